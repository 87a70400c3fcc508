"""The conversation with one page over its WebSocket.

The page sends texts of JSON:
    {"kind": "code", "key": "<short name>", "code": "<GraphicsCode.to_json()>"}       once per socket and code
    {"kind": "view", "key": "...", "sequence": 17, "azimuth": 30, "elevation": 0, "light": -45}    every input;
        with "drawn": true the decoder draws all of it, however near the view is to the code's own picture; with "fine": true it
        comes with the picture's detail, if the code has that, at twice the size
    {"kind": "seen", "sequence": 17}                                     every frame that came
and gets, for the newest view only, one binary message
    <length of the header, 4 bytes, big-endian> <header> <JPEG>
whose header is {"sequence", "azimuth", "elevation", "light", "fine", "milliseconds": spent on drawing},
or a text: {"kind": "unknown", "key": ...} if the code has to be sent again, {"kind": "problem", "message": ...}
if this view cannot be drawn. Who sends no such message, too much or too large, is cut off with a reason.
Nothing is remembered after the socket closes.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import deque
from collections.abc import Mapping
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from ..graphics_code import FACTORS, GraphicsCode
from ..studio import Studio
from .frames import finite, frame, readable
from .limits import Budget, Limits, TooMuch
from .pool import DecodePool

POLICY, TRY_LATER = 1008, 1013   # WebSocket close codes
_KEY = 64
_LONGEST = 300   # characters of a problem
_log = logging.getLogger(__name__)


def packed(header: Mapping[str, Any], picture: bytes) -> bytes:
    """One binary message."""
    text = json.dumps(header).encode()
    return len(text).to_bytes(4, "big") + text + picture


def explained(problem: Exception) -> str:
    """What the person may read. Ours are ValueErrors that name the remedy; others only go to the log."""
    if isinstance(problem, ValueError):
        return str(problem)
    _log.error("a frame failed", exc_info=problem)
    return "This picture cannot be drawn. Try another one; the server's log says more."


def _sequence(message: dict) -> int:
    sequence = message.get("sequence")
    if isinstance(sequence, bool) or not isinstance(sequence, int) or not 0 <= sequence < 2**53:
        raise TooMuch("a message without its sequence number")
    return sequence


class Conversation:
    """One page's socket, from accept to close."""

    def __init__(
        self, socket: WebSocket, studios: Mapping[str, Studio], pool: DecodePool, limits: Limits
    ) -> None:
        self._socket = socket
        self._studios = studios
        self._limits = limits
        self._budget = Budget(limits)
        self._codes: dict[str, tuple[GraphicsCode, GraphicsCode]] = {}   # as it came, and without its picture
        self._loop = asyncio.get_running_loop()
        self._outbox: asyncio.Queue[str | tuple[bytes, int]] = asyncio.Queue()
        self._unseen: deque[int] = deque()   # sent, and not yet confirmed by the page
        self._lane = pool.lane(self._deliver)

    async def run(self) -> None:
        """Listen until the page leaves or is cut off."""
        sender = asyncio.create_task(self._send())
        try:
            while True:
                async with asyncio.timeout(self._limits.silence):
                    text = await self._receive()
                self._budget.spend(text)
                await self._understand(text)
        except TooMuch as reason:
            await self._close(POLICY, str(reason))
        except TimeoutError:
            await self._close(1000, "nothing was asked for a long time")
        except WebSocketDisconnect:
            pass
        finally:
            self._lane.close()
            self._codes.clear()   # the lane and this object hold each other: it may be a while until they are collected
            sender.cancel()

    async def _receive(self) -> str:
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        if message.get("text") is None:
            raise TooMuch("messages are texts of JSON")
        return message["text"]

    async def _understand(self, text: str) -> None:
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            raise TooMuch("a message that is not JSON") from None
        kind = message.get("kind") if isinstance(message, dict) else None
        if kind == "seen":
            self._confirm(_sequence(message))
            return
        key = message.get("key") if kind in ("code", "view") else None
        if not isinstance(key, str) or len(key) > _KEY:
            raise TooMuch("a message of no known kind")
        if kind == "code":
            await self._keep(key, message.get("code"))
        else:
            self._look(key, message)

    async def _keep(self, key: str, text: Any) -> None:
        self._budget.spend_code(text)
        try:
            code = await asyncio.to_thread(readable, self._studios, text)
        except ValueError as problem:
            self._tell({"kind": "problem", "message": f"The graphics code cannot be used: {problem}."})
            return
        except OSError as problem:   # its weights cannot be loaded
            self._tell({"kind": "problem", "message": explained(problem)})
            return
        self._codes.pop(key, None)
        self._codes[key] = code, code.without_picture()
        while len(self._codes) > self._limits.codes:
            del self._codes[next(iter(self._codes))]

    def _look(self, key: str, message: dict) -> None:
        sequence = _sequence(message)
        if key not in self._codes:
            self._tell({"kind": "unknown", "key": key})
            return
        code = self._codes[key][message.get("drawn") is True]
        fine = message.get("fine") is True and code.detail is not None
        asked = {name: message.get(name) for name in FACTORS}
        try:
            angles = {
                name: None if value is None else finite(value, name) for name, value in asked.items()
            }
        except ValueError as problem:
            self._tell({"kind": "problem", "sequence": sequence, "message": str(problem)})
            return

        def draw() -> tuple[bytes, int]:
            begin = time.perf_counter()
            picture = frame(self._studios, code, angles, fine)
            spent = round((time.perf_counter() - begin) * 1000, 2)
            return packed({"sequence": sequence, **asked, "fine": fine, "milliseconds": spent}, picture), sequence

        self._lane.offer(draw)

    def _confirm(self, sequence: int) -> None:
        while self._unseen and self._unseen[0] <= sequence:
            self._unseen.popleft()
            self._lane.delivered()

    def _deliver(self, result: tuple[bytes, int] | Exception) -> None:
        """From a decode thread."""
        try:
            self._loop.call_soon_threadsafe(self._post, result)
        except RuntimeError:   # the server is shutting down
            pass

    def _post(self, result: tuple[bytes, int] | Exception) -> None:
        if isinstance(result, Exception):
            self._lane.delivered()
            self._tell({"kind": "problem", "message": explained(result)})
        else:
            self._outbox.put_nowait(result)

    def _tell(self, message: dict) -> None:
        if "message" in message:   # it may quote what the page sent
            message = message | {"message": message["message"][:_LONGEST]}
        if self._outbox.qsize() < 16:   # a page that does not listen need not be told everything
            self._outbox.put_nowait(json.dumps(message))

    async def _send(self) -> None:
        while True:
            message = await self._outbox.get()
            try:
                if isinstance(message, tuple):
                    # Only what is on its way can be confirmed: no page gets room for frames that it has not taken.
                    self._unseen.append(message[1])
                    await self._socket.send_bytes(message[0])
                else:
                    await self._socket.send_text(message)
            except (WebSocketDisconnect, RuntimeError):   # it left; run() notices by itself
                return

    async def _close(self, status: int, reason: str) -> None:
        if self._socket.application_state is WebSocketState.CONNECTED:
            try:
                await self._socket.close(status, reason[:120])
            except RuntimeError:
                pass
