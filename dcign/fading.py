"""How shares fade as a view turns."""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np

Degrees = TypeVar("Degrees", float, np.ndarray)


def wrapped(degrees: Degrees) -> Degrees:
    """The same direction, or directions, from -180 to 180 degrees."""
    return (degrees + 180) % 360 - 180


def smooth(value: float, fade: tuple[float, float]) -> float:
    """1 up to the first of these, 0 from the second on, half a cosine between."""
    fallen = min(max((value - fade[0]) / (fade[1] - fade[0]), 0.0), 1.0)
    return 0.5 + 0.5 * math.cos(math.pi * fallen)
