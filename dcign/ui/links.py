"""Links to a state of the page: the class, the example and the three angles, all in the address, nothing stored.

    http://127.0.0.1:7860/?class=chairs&example=3&azimuth=30&elevation=10&light=-45

The viewer's script writes them. Whatever an address holds that makes no sense is left out: a link never fails.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs

from ..graphics_code import FACTORS

_LONGEST = 500   # characters of an address that are looked at


@dataclass(frozen=True)
class Link:
    """model: the class. example: its number, counted from 0. angles: degrees, by factor."""

    model: str
    example: int = 0
    angles: dict[str, float] = field(default_factory=dict)


def read_link(search: object, pictures: Mapping[str, Sequence[Path]]) -> Link | None:
    """The link in an address's query ("?class=..."); None if it names no class with pictures."""
    if not isinstance(search, str) or len(search) > _LONGEST:
        return None
    given = {name: values[-1] for name, values in parse_qs(search.removeprefix("?")).items()}
    model = given.get("class", "")
    if not pictures.get(model):
        return None
    number = given.get("example", "")
    example = int(number) if number.isascii() and number.isdigit() and len(number) < 5 else 0
    angles = {name: value for name in FACTORS if (value := _degrees(given.get(name))) is not None}
    return Link(model, example if example < len(pictures[model]) else 0, angles)


def _degrees(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return round(value) if math.isfinite(value) and abs(value) <= 360 else None
