"""Long work that a visitor can watch and cancel.

    ticket = tickets.issue()                         # when it is asked for, which may be long before its turn
    with tickets.taken(ticket) as unwanted:          # tickets.cancel(ticket) from anywhere sets unwanted
        for step in watched(work, unwanted):         # work(report) runs in a thread; report(stage, done, total)
            yield bar(step)

Gradio's own way to cancel closes the generator, but can only do so between two of its steps, which may take long to
happen; closing ends the work too, at its next report, for visitors who leave.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TypeVar

Result = TypeVar("Result")
Step = tuple[str, int, int]      # what is being done, how much of it is done, of how much
Report = Callable[[str, int, int], None]

_PERIOD = 0.12   # seconds between two looks
_MOST = 1000     # tickets


class Cancelled(BaseException):
    """Raised inside the work when nobody waits for it any more; no error, so that no handler of errors takes it."""


class Tickets:
    """Who may cancel what: a ticket is known to the page whose work it is, and cannot be guessed."""

    def __init__(self) -> None:
        self._open: dict[str, threading.Event] = {}      # until their turn; whoever asks for many loses the oldest of these
        self._begun: dict[str, threading.Event] = {}

    def issue(self) -> str:
        """A new ticket. Of very many, those of pages that left before their turn, the oldest is forgotten."""
        ticket = secrets.token_urlsafe(16)
        self._open[ticket] = threading.Event()
        while len(self._open) > _MOST:
            self._open.pop(next(iter(self._open)), None)
        return ticket

    @contextmanager
    def taken(self, ticket: object) -> Iterator[threading.Event]:
        """What cancel() sets, or has set; the ticket holds until the block ends."""
        unwanted = self._open.pop(ticket, None) if isinstance(ticket, str) else None
        if unwanted is None:
            yield threading.Event()
            return
        self._begun[ticket] = unwanted
        try:
            yield unwanted
        finally:
            del self._begun[ticket]

    def cancel(self, ticket: object) -> None:
        """End the work of that ticket, if there is any."""
        for held in (self._open, self._begun):
            if isinstance(ticket, str) and ticket in held:
                held[ticket].set()


def watched(
    work: Callable[[Report], Result], unwanted: threading.Event
) -> Generator[Step, None, Result]:
    """Yield the newest step some eight times a second; return what the work returned, or raise what it raised:
    Cancelled once unwanted is set."""
    newest: Step = ("drawing", 0, 1)

    def report(stage: str, done: int, total: int) -> None:
        nonlocal newest
        if unwanted.is_set():
            raise Cancelled
        newest = (stage, done, total)

    pool = ThreadPoolExecutor(1, thread_name_prefix="export")
    future = pool.submit(work, report)
    pool.shutdown(wait=False)   # leaving waits for nobody, as Gradio closes generators in its event loop
    try:
        while not future.done():
            wait([future], timeout=_PERIOD)
            yield newest
        if unwanted.is_set():   # after the last report
            raise Cancelled
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
    # a screen reader hears what is being done, not eight numbers a second
    return (f"<progress max='1' value='{share:.3f}' aria-label='{stage.capitalize()}'></progress>"
            f"<span aria-hidden='true'>{words}</span>")
