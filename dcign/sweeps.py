"""Paths through pose and light: which angles the frames of a sweep show.

    path((-90, 90), 36, there_and_back=True)      # 70 angles, neither end twice in a row
    sweep_values((-180, 180), 36, circular=True)  # a full turn without a doubled frame where it closes
    angles(studio.ranges, "all", 72)              # 72 triples of azimuth, elevation and light that close
"""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence

import numpy as np

from .graphics_code import FACTORS

MAX_FRAMES = 720
MOTIONS = (*FACTORS, "all", "path")
FULL_TURN = 360.0

#: Degrees of azimuth, elevation and light; None keeps the code's own.
Triple = tuple[float | None, float | None, float | None]

# "all": factor -> how often it swings while azimuth does so once, where in its swing it starts (of a turn), and over
# what share of its range: all extremes at once look worse than any of them.
_SWINGS = {"azimuth": (1, 0.0, 1.0), "elevation": (2, 0.25, 0.6), "light": (1, 0.25, 0.8)}


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
        circular = is_circle(limits)
    values = sweep_values(limits, frames, circular)
    return np.concatenate([values, values[-2:0:-1]]) if there_and_back else values


def angles(
    ranges: Mapping[str, tuple[float, float]],
    motion: str,
    frames: int,
    there_and_back: bool = False,
    smooth: bool = True,
    held: Mapping[str, float | None] | None = None,
    points: Sequence[Triple] = (),
) -> list[Triple]:
    """What each of exactly `frames` frames shows.

    motion: a factor over its whole range, "all" (a closed figure through all of them), or "path" (through the
    points, at their pace). there_and_back: return to the start within the frames; "all" and a full turn close
    anyway. smooth: slow down where the motion turns round or ends. held: degrees of the factors that stay;
    None, or no entry, keeps the code's own. ValueError for a motion that these ranges do not have.
    """
    sweep_values((0.0, 1.0), frames)   # the number of frames
    still = {name: (held or {}).get(name) for name in ranges}
    if motion == "path":
        moving = _along(points, ranges, _shares(frames, there_and_back, smooth and there_and_back))
    elif motion == "all":
        moving = {name: _swing(limits, frames, *_SWINGS[name]) for name, limits in ranges.items()}
    elif motion in ranges:
        if is_circle(ranges[motion]) and not there_and_back:
            moving = {motion: sweep_values(ranges[motion], frames, circular=True)}
        else:
            low, high = ranges[motion]
            moving = {motion: low + (high - low) * _shares(frames, there_and_back, smooth)}
    else:
        raise ValueError(f"this model has no motion {motion!r}: choose {', '.join([*ranges, 'all', 'path'])}")
    rows = []
    for number in range(frames):
        at = {**still, **{name: _plain(values[number]) for name, values in moving.items()}}
        rows.append(tuple(at.get(name) for name in FACTORS))
    return rows


def is_circle(limits: tuple[float, float]) -> bool:
    """Whether a range of degrees goes all the way round."""
    return limits[1] - limits[0] >= FULL_TURN


def _plain(value: float | None) -> float | None:
    # Rounded, so that the way back shows the very angles of the way there and they are drawn only once.
    return None if value is None else round(float(value), 6) + 0.0


def _shares(frames: int, there_and_back: bool, smooth: bool) -> np.ndarray:
    """How far along the way each frame is, 0..1."""
    if there_and_back:
        turn = np.arange(frames) / frames
        return (1 - np.cos(2 * np.pi * turn)) / 2 if smooth else 1 - np.abs(1 - 2 * turn)
    share = np.linspace(0, 1, frames)
    return share * share * (3 - 2 * share) if smooth else share


def _swing(limits: tuple[float, float], frames: int, times: int, phase: float, share: float) -> np.ndarray:
    low, high = limits
    turn = np.arange(frames) / frames
    if is_circle(limits):
        return low + (high - low) * turn
    return (low + high) / 2 + share * (high - low) / 2 * np.sin(2 * np.pi * (times * turn + phase))


def _along(
    points: Sequence[Triple], ranges: Mapping[str, tuple[float, float]], shares: np.ndarray
) -> dict[str, list[float | None]]:
    """Each factor of the points at these shares of their way. A factor that is None anywhere keeps the code's own."""
    if len(points) < 2:
        raise ValueError("a path needs at least 2 points of [azimuth, elevation, light]: record one first")
    where, moving = np.arange(len(points)), {}
    for place, name in enumerate(FACTORS):
        if name not in ranges:
            continue
        column = [point[place] for point in points]
        if any(value is None for value in column):
            moving[name] = [None] * len(shares)
            continue
        values = np.array(column, float)
        if is_circle(ranges[name]):
            values = np.unwrap(values, period=FULL_TURN)   # the short way round, not through the front
        moving[name] = np.interp(shares * (len(points) - 1), where, values).tolist()
    return moving
