"""Two routes for the Gradio app: the live socket, and one frame by plain HTTP for where sockets are blocked.

    gr.Blocks(...).launch(app_kwargs={"routes": routes(studios)})     # what dcign.ui.live.LivePage does
    gr.mount_gradio_app(app, demo, path, app_kwargs={"routes": routes(studios)})     # below another app

GET  /gradio_api/live/socket    WebSocket, see conversation.py
POST /gradio_api/live/render    {"code": "...", "azimuth": .., "elevation": .., "light": .., "drawn": ..} -> image/jpeg
GET  /gradio_api/live/render    204: the server is there

A code that came by a plain request is remembered for some seconds, for the next frame of its drag.

The public endpoint /render does the same for gradio_client, but has to answer with a file; live frames never
become files. Both lie below /gradio_api/, because some proxies forward nothing else to Python.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from ..graphics_code import FACTORS, GraphicsCode
from ..studio import Studio
from .conversation import POLICY, TRY_LATER, Conversation, explained
from .frames import finite, frame, readable
from .limits import Limits
from .pool import DecodePool

SOCKET = "/gradio_api/live/socket"
RENDER = "/gradio_api/live/render"
_RECENT, _SECONDS = 32, 20.0   # how many codes of plain requests are remembered, and for how long
_TURNS = 2   # plain requests that are drawn at once: however many come, sockets have their turns
_HERE = ("localhost", "127.0.0.1", "0.0.0.0", "::1")


def routes(
    studios: Mapping[str, Studio], pool: DecodePool | None = None, limits: Limits = Limits()
) -> list[BaseRoute]:
    """The two routes, on one pool of decode threads."""
    service = _Service(studios, pool or DecodePool(), limits)
    return [WebSocketRoute(SOCKET, service.socket), Route(RENDER, service.render, methods=["GET", "POST"])]


class _Service:
    def __init__(self, studios: Mapping[str, Studio], pool: DecodePool, limits: Limits) -> None:
        self._studios = studios
        self._pool = pool
        self._limits = limits
        self._sockets = 0
        self._requests = 0
        self._turns = asyncio.Semaphore(_TURNS)
        self._recent: dict[bytes, GraphicsCode] = {}   # by what their text hashes to

    async def socket(self, socket: WebSocket) -> None:
        await socket.accept()   # a browser only shows the reason of a socket that was open
        if not own_page(socket.headers):
            await socket.close(POLICY, "not the demo's own page; a proxy has to pass X-Forwarded-Host on")
        elif self._sockets >= self._limits.sockets:
            await socket.close(TRY_LATER, "too many visitors at once")
        else:
            self._sockets += 1
            try:
                await Conversation(socket, self._studios, self._pool, self._limits).run()
            finally:
                self._sockets -= 1

    async def render(self, request: Request) -> Response:
        if request.method != "POST":   # a page that asks whether the server is there
            return Response(status_code=204)
        if not own_page(request.headers):
            return _refusal(403, "this address is for the demo's own page (a proxy has to pass X-Forwarded-Host on): use the endpoint /render")
        if self._requests >= self._limits.requests:
            return _refusal(503, "too many visitors at once")
        self._requests += 1
        try:
            return await self._answer(request)
        except ClientDisconnect:
            return Response(status_code=499)
        finally:
            self._requests -= 1

    async def _answer(self, request: Request) -> Response:
        body = bytearray()
        try:
            async with asyncio.timeout(self._limits.patience):   # who drips holds no place for ever
                async for piece in request.stream():
                    body += piece
                    if len(body) > self._limits.characters:
                        return _refusal(413, f"more than {self._limits.characters} bytes")
        except TimeoutError:
            return _refusal(408, "the request took too long to arrive")
        begin = time.perf_counter()
        try:
            asked = json.loads(bytes(body))
            code = await self._code(asked.get("code"))
            code = code.without_picture() if asked.get("drawn") is True else code
            angles = {
                name: None if asked.get(name) is None else finite(asked[name], name) for name in FACTORS
            }
        except (ValueError, AttributeError, RecursionError) as problem:
            return _refusal(400, str(problem) if type(problem) is ValueError else "the request is not JSON")
        except OSError as problem:   # weights that cannot be loaded
            return _refusal(500, explained(problem))
        try:
            picture = await self._drawn(code, angles, asked.get("fine") is True)
        except Exception as problem:
            return _refusal(400 if type(problem) is ValueError else 500, explained(problem))
        # The page subtracts the time spent here from the round trip, to know how many to keep in flight.
        spent = f"draw;dur={(time.perf_counter() - begin) * 1000:.1f}"
        return Response(
            picture, media_type="image/jpeg", headers={"Server-Timing": spent, "Cache-Control": "no-store"}
        )

    async def _code(self, text: object) -> GraphicsCode:
        """The code of a text that comes with every frame of a drag: as long as it is the same object, what was drawn
        of it is known (dcign.own_picture). ValueError as by from_json()."""
        key = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() if isinstance(text, str) else None
        if key in self._recent:
            return self._recent[key]
        code = await asyncio.to_thread(readable, self._studios, text)
        if len(self._recent) < _RECENT:
            self._recent[key] = code
            asyncio.get_running_loop().call_later(_SECONDS, self._recent.pop, key, None)
        return code

    async def _drawn(self, code: GraphicsCode, angles: Mapping[str, float | None], fine: bool) -> bytes:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future = loop.create_future()

        def put(result: bytes | Exception) -> None:
            if answer.done():
                return
            if isinstance(result, Exception):
                answer.set_exception(result)
            else:
                answer.set_result(result)

        def deliver(result: bytes | Exception) -> None:
            try:
                loop.call_soon_threadsafe(put, result)
            except RuntimeError:   # the server is shutting down
                pass

        async with self._turns:
            lane = self._pool.lane(deliver)
            lane.offer(lambda: frame(self._studios, code, angles, fine))
            try:
                return await answer
            finally:
                lane.close()


def own_page(headers: Headers) -> bool:
    """Whether a browser's request comes from this server's page, as Gradio asks it for its own routes: on a
    machine of one's own, no page of another site may use the server; elsewhere it is public anyway.

    Behind a proxy the host may be this machine's although the page is public; no page can set those headers.
    """
    origin, host = headers.get("origin"), headers.get("host", "")
    forwarded = any(name in headers for name in ("forwarded", "x-forwarded-for", "x-forwarded-host"))
    try:
        if origin is None or forwarded or urlsplit(f"//{host}").hostname not in _HERE:
            return True
        return urlsplit(origin).hostname in _HERE
    except ValueError:   # no browser sends such an address
        return False


def _refusal(status: int, message: str) -> Response:
    return JSONResponse({"error": message}, status_code=status)
