"""What a caller may pass to a Studio as degrees: one number, none, or a list of both."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

Degrees = float | Sequence[float | None] | np.ndarray | None


def degrees(value: object, factor: str) -> float:
    """A finite number of degrees, for the factor that the message names; ValueError for all else."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise ValueError(f"{factor} must be a number of degrees, not {value!r}")
    if not math.isfinite(value):
        raise ValueError(f"{factor} must be a finite number of degrees, not {value}")
    return float(value)


def is_list(values: Degrees) -> bool:
    """Whether there is a value for each picture, not one for all."""
    return isinstance(values, (list, tuple)) or (isinstance(values, np.ndarray) and values.ndim > 0)


def entry(values: Degrees, number: int) -> float | None:
    """Degrees of one picture: its own of a list, or the one for all."""
    if not is_list(values):
        return values
    return values[number if len(values) > 1 else 0]
