"""A longer line: a TCP proxy on this machine that delays every byte, both ways.

    with delayed(port, milliseconds=80) as farther:     # 80 ms of round trip
        open(f"http://127.0.0.1:{farther}")
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager

_PIECE = 65536


@contextmanager
def delayed(port: int, milliseconds: float) -> Iterator[int]:
    """Forward a new port of 127.0.0.1 to this one, with that much added round trip; yields the new port."""
    ready: Future[tuple[int, Callable[[], None]]] = Future()

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(
            _slowly(reader, far_writer, milliseconds / 2000), _slowly(far_reader, writer, milliseconds / 2000)
        )

    connections: set[asyncio.Task] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(forward(reader, writer))
        connections.add(task)
        task.add_done_callback(connections.discard)

    async def serve() -> None:
        over, loop = asyncio.Event(), asyncio.get_running_loop()
        server = await asyncio.start_server(accept, "127.0.0.1", 0)
        ready.set_result((server.sockets[0].getsockname()[1], lambda: loop.call_soon_threadsafe(over.set)))
        await over.wait()
        server.close()   # asyncio.run() cancels what is still under way

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="proxy", daemon=True)
    thread.start()
    farther, stop = ready.result(10)
    try:
        yield farther
    finally:
        stop()
        thread.join(5)


async def _slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    """One direction: every piece leaves `seconds` after it came, however many are under way."""
    loop = asyncio.get_running_loop()
    under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(1024)

    async def write() -> None:
        while True:
            due, piece = await under_way.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            if not piece:
                break
            writer.write(piece)
            await writer.drain()

    writing = asyncio.create_task(write())
    try:
        while not writing.done():
            piece = await reader.read(_PIECE)
            await under_way.put((loop.time() + seconds, piece))
            if not piece:
                break
        await writing
    except OSError:   # either end has left
        pass
    finally:
        writing.cancel()
        writer.close()
