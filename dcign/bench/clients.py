"""Light clients: they speak to the live socket as the page does, without a browser.

    with crowd(url, code_text, clients=3) as members:
        ...                                              # something else at the same time
    print([member.fps() for member in members])
"""

from __future__ import annotations

import asyncio
import json
import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_HZ = 60
_TURNS = 2.0


@dataclass
class Member:
    """What one client has seen. errors: texts; a socket that closed early is one."""

    frames: int = 0
    backwards: int = 0
    newest: int = -1
    errors: list[str] = field(default_factory=list)
    began: float = 0.0
    ended: float = 0.0

    def fps(self) -> float:
        return self.frames / max(self.ended - self.began, 1e-9)


@contextmanager
def crowd(url: str, code: str, clients: int) -> Iterator[list[Member]]:
    """That many clients, each swinging its azimuth at 60 Hz until the end of the block. code: its JSON text."""
    members = [Member() for _ in range(clients)]
    over = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_all(url, code, members, over)), daemon=True)
    thread.start()
    try:
        yield members
    finally:
        over.set()
        thread.join(20)


async def _all(url: str, code: str, members: list[Member], over: threading.Event) -> None:
    await asyncio.gather(*(_visit(url, code, member, phase, over) for phase, member in enumerate(members)))


async def _visit(url: str, code: str, member: Member, phase: int, over: threading.Event) -> None:
    from websockets.asyncio.client import connect
    from websockets.exceptions import WebSocketException

    address = url.replace("http", "ws", 1) + "/gradio_api/live/socket"
    try:
        async with connect(address, max_size=None) as socket:
            await socket.send(json.dumps({"kind": "code", "key": "one", "code": code}))
            listening = asyncio.create_task(_listen(socket, member))
            member.began, sequence = time.monotonic(), 0
            while not over.is_set() and not listening.done():
                swing = 60 * math.sin(_TURNS * (time.monotonic() - member.began) + phase)
                view = {"azimuth": round(swing, 1), "elevation": 0, "light": 0}
                await socket.send(json.dumps({"kind": "view", "key": "one", "sequence": sequence, **view}))
                sequence += 1
                await asyncio.sleep(max(0.0, member.began + sequence / _HZ - time.monotonic()))
            member.ended = time.monotonic()
            if listening.done():
                member.errors.append("the server closed the socket")
            listening.cancel()
    except (OSError, WebSocketException) as problem:
        member.ended = time.monotonic()
        member.errors.append(str(problem))


async def _listen(socket, member: Member) -> None:
    async for message in socket:
        if isinstance(message, str):
            member.errors.append(message)
            continue
        length = int.from_bytes(message[:4], "big")
        sequence = json.loads(message[4 : 4 + length])["sequence"]
        await socket.send(json.dumps({"kind": "seen", "sequence": sequence}))
        member.frames += 1
        member.backwards += sequence <= member.newest
        member.newest = sequence
