"""Paths through pose and light: which angles the frames of a sweep show.

    path((-90, 90), 36, there_and_back=True)      # 70 angles, neither end twice in a row
    sweep_values((-180, 180), 36, circular=True)  # a full turn without a doubled frame where it closes
"""

from __future__ import annotations

import operator

import numpy as np

MAX_FRAMES = 720


def sweep_values(limits: tuple[float, float], frames: int, circular: bool = False) -> np.ndarray:
    """Evenly spaced degrees (frames,) over the range. ValueError for fewer than 2 or more than MAX_FRAMES."""
    try:
        count = operator.index(frames)
    except TypeError:
        raise ValueError(f"the number of frames must be a whole number, not {frames!r}") from None
    if not 2 <= count <= MAX_FRAMES:
        raise ValueError(f"a sweep has 2 to {MAX_FRAMES} frames, not {count}")
    low, high = limits
    return np.linspace(low, high, count, endpoint=not circular)


def path(
    limits: tuple[float, float], frames: int, there_and_back: bool = False, circular: bool | None = None
) -> np.ndarray:
    """Degrees of every frame, (frames,), or (2 * frames - 2,) there and back.

    circular: whether the ends of the range are the same angle; by default if it spans 360 degrees.
    """
    if circular is None:
        circular = limits[1] - limits[0] >= 360
    values = sweep_values(limits, frames, circular)
    return np.concatenate([values, values[-2:0:-1]]) if there_and_back else values
