"""Bent sheets, bodies of revolution and soft walls; the frame and units are those of parts."""

from functools import lru_cache

import numpy as np

from .parts import SOFT, Part, skin

AROUND = 24  # places about an axis, of what is turned about one


def _tangents(path: np.ndarray) -> np.ndarray:
    steps = path[1:] - path[:-1]
    steps /= np.sqrt((steps * steps).sum(axis=1, keepdims=True))
    tangents = np.concatenate([steps[:1], steps[1:] + steps[:-1], steps[-1:]])
    return tangents / np.sqrt((tangents * tangents).sum(axis=1, keepdims=True))


@lru_cache(maxsize=None)
def _across(columns: int) -> np.ndarray:
    return np.linspace(-1.0, 1.0, columns)


def _sheet(profile: np.ndarray, curl: np.ndarray, lift: np.ndarray, even: bool) -> tuple[np.ndarray, np.ndarray]:
    """How far the edges of a shell rise (n, m), and which way that is in (z, y) (n, 2)."""
    tangents = _tangents(profile)
    out = np.stack([tangents[:, 1], -tangents[:, 0]], axis=1)  # the sheet's upper side
    if even:
        share = np.linspace(0.0, 1.0, len(profile))[:, None]
        out = (1.0 - share) * out[:1] + share * out[-1:]
        out /= np.sqrt((out * out).sum(axis=1, keepdims=True))
    return curl[:, None] * lift, out


def shell(profile: np.ndarray, half_width: np.ndarray, curl: np.ndarray, thickness: float, power: float = 2.0,
          even: bool = False, columns: int = 9) -> Part:
    """A bent sheet that follows a side profile (n, 2) of (z, y) from the seat's front to the top of the back.

    half_width (n,) across, curl (n,) lifts the edges out of the sheet; `even` turns the lift steadily from the front
    to the top, so that high edges do not fold where the sheet bends.
    """
    across, n = _across(columns), len(profile)
    rise, out = _sheet(profile, curl, np.abs(across) ** power, even)
    lower, upper = rise - 0.5 * thickness, rise[:, ::-1] + 0.5 * thickness
    # the rim has corners of its own: its edges are hard
    height = np.concatenate([lower, lower[:, -1:], upper[:, :1], upper, upper[:, -1:], lower[:, :1]], axis=1)
    wide = half_width[:, None] * across
    rings = np.empty((1, n, 2 * columns + 4, 3))
    rings[0, :, :columns, 0], rings[0, :, columns + 2:-2, 0] = -wide, wide
    rings[0, :, columns:columns + 2, 0], rings[0, :, -2:, 0] = -wide[:, -1:], wide[:, -1:]
    rings[0, :, :, 1] = profile[:, 1:] + height * out[:, 1:]
    rings[0, :, :, 2] = profile[:, :1] + height * out[:, :1]
    return skin(rings, (columns - 1, columns + 1, 2 * columns + 1, 2 * columns + 3))


def shell_lines(profile: np.ndarray, half_width: np.ndarray, curl: np.ndarray, across: np.ndarray, power: float = 2.0,
                even: bool = False) -> np.ndarray:
    """Points (n, m, 3) of a shell's middle surface at these places (m,) in -1..1 across."""
    rise, out = _sheet(profile, curl, np.abs(across) ** power, even)
    points = np.empty((len(profile), len(across), 3))
    points[..., 0] = half_width[:, None] * across
    points[..., 1] = profile[:, 1:] + rise * out[:, 1:]
    points[..., 2] = profile[:, :1] + rise * out[:, :1]
    return points


def shell_height(profile: np.ndarray, half_width: np.ndarray, curl: np.ndarray, x: float, z, power: float = 2.0,
                 even: bool = False) -> np.ndarray:
    """Heights of a shell's middle surface at x and these z, which fall along the shell."""
    line = shell_lines(profile, half_width, curl, np.array([x / float(half_width.max())]), power, even)[:, 0]
    return np.interp(-np.asarray(z), -line[:, 2], line[:, 1])


def revolve(profile: np.ndarray, forward: bool = False) -> Part:
    """A profile (n, 2) of (radius, place) turned about the y axis, or about the z axis if ``forward``.

    The profile begins at the low (rear) pole and has its outer side first.
    """
    angles = 2.0 * np.pi * np.arange(AROUND) / AROUND
    radius = np.maximum(profile[:, :1], 1e-4)
    one, two = radius * np.cos(angles), radius * np.sin(angles)
    place = np.broadcast_to(profile[:, 1:], one.shape)
    return skin(np.stack([one, two, place] if forward else [one, place, -two], axis=-1)[None])


def wall(plan: np.ndarray, bottom, top: np.ndarray, thickness: float, lean: float = 0.0) -> Part:
    """A soft wall along a plan path (n, 2) of (x, z) between heights (n,); lean tips it outwards."""
    bottom = np.broadcast_to(np.asarray(bottom, float), top.shape)
    tangents = _tangents(plan)
    side = np.stack([tangents[:, 1], -tangents[:, 0]], axis=1)  # Y x tangent, as (x, z)
    tall = 0.5 * (top - bottom)
    across = SOFT[:, 0] * 0.5 * thickness - lean * SOFT[:, 1] * tall[:, None]
    rings = np.empty((1, len(plan), len(SOFT), 3))
    rings[0, :, :, 0] = plan[:, :1] + across * side[:, :1]
    rings[0, :, :, 1] = (0.5 * (bottom + top))[:, None] + SOFT[:, 1] * tall[:, None]
    rings[0, :, :, 2] = plan[:, 1:] + across * side[:, 1:]
    return skin(rings)
