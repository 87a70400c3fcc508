"""What one client may send before it is cut off."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Defaults: a 240 Hz display may send every input and confirm every frame; a code of a photograph is some sixty kilobytes, of noise at most 260.

    characters: of one message. rate: messages a second over the long run, burst: at once; a message costs one
    and another one for every `unit` characters, a code one more for every `code_unit`. codes: kept per socket. sockets: at once.
    requests: plain HTTP frames at once. patience: seconds until such a request has to be there. silence: seconds until a
    socket that says nothing is closed.
    """

    characters: int = 300_000
    rate: float = 600.0
    burst: float = 1800.0
    unit: int = 16_384
    code_unit: int = 2000   # an identity slider sends sixty codes of ten thousand characters a second
    codes: int = 4
    sockets: int = 256
    requests: int = 64
    patience: float = 10.0
    silence: float = 1800.0


class TooMuch(Exception):
    """The client is cut off; the text is the reason, at most 123 bytes (the limit of a close frame)."""


class Budget:
    """A bucket that fills with `rate` up to `burst`; spend() raises TooMuch when it is empty."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._left = limits.burst
        self._since = clock()

    def spend(self, message: str) -> None:
        """Pay for one message."""
        limits = self._limits
        if len(message) > limits.characters:
            raise TooMuch(f"a message of {len(message)} characters; the limit is {limits.characters}")
        self._pay(1 + len(message) / limits.unit)

    def spend_code(self, text: object) -> None:
        """Pay for what a code costs beside its message: milliseconds in which it is read."""
        self._pay(len(text) / self._limits.code_unit if isinstance(text, str) else 0)

    def _pay(self, price: float) -> None:
        limits, now = self._limits, self._clock()
        self._left = min(limits.burst, self._left + (now - self._since) * limits.rate)
        self._since = now
        self._left -= price
        if self._left < 0:
            raise TooMuch(f"too many messages: {limits.rate:g} a second are the limit, fewer of long ones")
