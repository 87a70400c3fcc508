"""A few decode threads that are shared fairly: every client has a lane, and the lanes take turns.

    pool = DecodePool(threads=2)
    lane = pool.lane(deliver)          # deliver(result or exception) is called from a decode thread
    lane.offer(lambda: draw(angles))   # replaces an offer that has not been started
    lane.delivered()                   # the client has taken a result: one more may be drawn
    lane.close()

A lane draws one frame at a time, so its results come in the order of its offers, and it stops drawing while
its client has not taken the last ones. Batching does not pay on a CPU; two threads with one torch thread each
serve several clients better than one frame spread over all cores.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any

Job = Callable[[], Any]

#: Results that a client may leave untaken. Ten on their way fill a line with 200 ms of round trip at 50 frames
#: a second; without a limit a slow line would collect seconds of old frames in its buffers.
UNTAKEN = 10


class Lane:
    """One client's place in the pool. Made by DecodePool.lane(); methods may be called from any thread."""

    def __init__(self, pool: DecodePool, deliver: Callable[[Any], None]) -> None:
        self._pool = pool
        self._deliver = deliver
        # All of these are guarded by the pool's condition.
        self.waiting: Job | None = None
        self.untaken = 0
        self.busy = False       # among the ready lanes, or being drawn
        self.closed = False

    def offer(self, job: Job) -> None:
        """Draw this next. An older offer that still waits is forgotten: only the newest counts."""
        self._change(waiting=job)

    def delivered(self) -> None:
        """The client has taken one result."""
        self._change(taken=1)

    def close(self) -> None:
        """Forget what waits, deliver nothing more."""
        with self._pool.changed:
            self.closed, self.waiting = True, None

    def _change(self, waiting: Job | None = None, taken: int = 0) -> None:
        with self._pool.changed:
            if waiting is not None and not self.closed:
                self.waiting = waiting
            self.untaken = max(0, self.untaken - taken)
            self._pool.make_ready(self)

    def run(self, job: Job) -> None:
        """Draw and deliver; called by the pool's threads."""
        try:
            result = job()
        except Exception as problem:   # belongs to the client, not to the thread
            result = problem
        if not self.closed:
            self._deliver(result)   # only hands it over, so the next frame does not wait for the line
        with self._pool.changed:
            self.busy = False
            self._pool.make_ready(self, drawn=1)


class DecodePool:
    """Decode threads, started with the first lane. threads: how many, each with one torch thread."""

    def __init__(self, threads: int = 2) -> None:
        self.changed = threading.Condition()
        self._ready: deque[Lane] = deque()
        self._threads = threads
        self._started = False

    def lane(self, deliver: Callable[[Any], None]) -> Lane:
        """A new client. deliver gets each result, or the exception that a job raised."""
        with self.changed:
            if not self._started:
                self._started = True
                for number in range(self._threads):
                    threading.Thread(target=self._work, name=f"decode-{number}", daemon=True).start()
        return Lane(self, deliver)

    def make_ready(self, lane: Lane, drawn: int = 0) -> None:
        """Put the lane at the end of the row if it has something to draw. The caller holds `changed`."""
        lane.untaken += drawn
        if lane.waiting is not None and not lane.busy and lane.untaken < UNTAKEN:
            lane.busy = True
            self._ready.append(lane)
            self.changed.notify()

    def _work(self) -> None:
        import torch

        torch.set_num_threads(1)
        while True:
            with self.changed:
                while not self._ready:
                    self.changed.wait()
                lane = self._ready.popleft()
                job, lane.waiting = lane.waiting, None
                if job is None:   # closed while it stood in the row
                    lane.busy = False
                    continue
            lane.run(job)
            del lane, job   # an idle thread holds nobody's picture
