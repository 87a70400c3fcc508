"""Long work that a visitor can watch and cancel.

    for step in watched(work):       # work(report) runs in a thread; report(stage, done, total)
        yield bar(step)              # closing the generator, as Gradio does on Cancel, ends the work at its next frame
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

Result = TypeVar("Result")
Step = tuple[str, int, int]      # what is being done, how much of it is done, of how much
Report = Callable[[str, int, int], None]

_PERIOD = 0.12   # seconds between two looks


class Cancelled(BaseException):
    """Raised inside the work when nobody waits for it any more; no error, so that no handler of errors takes it."""


def watched(work: Callable[[Report], Result]) -> Generator[Step, None, Result]:
    """Yield the newest step some eight times a second; return what the work returned, or raise what it raised."""
    unwanted = threading.Event()
    newest: Step = ("drawing", 0, 1)

    def report(stage: str, done: int, total: int) -> None:
        nonlocal newest
        if unwanted.is_set():
            raise Cancelled
        newest = (stage, done, total)

    with ThreadPoolExecutor(1, thread_name_prefix="export") as pool:   # leaving waits for the thread: a frame or two
        future = pool.submit(work, report)
        try:
            while not future.done():
                wait([future], timeout=_PERIOD)
                yield newest
        finally:
            unwanted.set()
    return future.result()


def bar(step: Step | None) -> str:
    """The step as a progress bar with its words; nothing without a step."""
    if step is None:
        return ""
    stage, done, total = step
    words = f"{stage.capitalize()} {done} of {total}"
    share = (0.7 if stage == "drawing" else 0.3) * done / max(total, 1) + (0 if stage == "drawing" else 0.7)
    return f"<progress max='1' value='{share:.3f}' aria-label='Progress'></progress><span>{words}</span>"
