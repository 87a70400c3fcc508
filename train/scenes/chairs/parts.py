"""Geometry of chair parts: pads, sticks, tubes, shells and walls, all closed and wound outwards.

Every function returns a `Part` in the chair's frame: y up from the floor, z to the front, x to image-right, in heights
of the chair. The uv run in the same units: u along the part (the grain of wood), v across or around it. Nothing here
draws random numbers.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from .kernels import bar_paths, cushion, evenly, rings_along, rounded, skin_over


class Part(NamedTuple):
    vertices: np.ndarray  # (V, 3)
    triangles: np.ndarray  # (T, 3)
    uv: np.ndarray  # (U, 2)
    triangle_uv: np.ndarray  # (T, 3)


X = np.array([1.0, 0.0, 0.0])
Y = np.array([0.0, 1.0, 0.0])
Z = np.array([0.0, 0.0, 1.0])
# A direction that no run or bend of an axis-aligned tube is parallel to.
OBLIQUE = np.array([0.52, 0.60, 0.608])
FLIP = np.array([-1.0, 1.0, 1.0])


@lru_cache(maxsize=None)
def superellipse(points: int, power: float, phase: float = 0.0) -> np.ndarray:
    """Counter-clockwise outline (points, 2) within [-1, 1]^2; power 2 is a circle, 8 nearly a square."""
    angles = 2.0 * np.pi * (np.arange(points) + phase) / points
    cosine, sine = np.cos(angles), np.sin(angles)
    exponent = 2.0 / power
    return np.stack(
        [np.sign(cosine) * np.abs(cosine) ** exponent, np.sign(sine) * np.abs(sine) ** exponent], axis=1
    )


ROUND = superellipse(8, 2.0)
THIN = superellipse(6, 2.0)
SQUARE = superellipse(8, 12.0, 0.5)
SOFT = superellipse(16, 4.0)
BAR = np.array([(1.0, -0.8), (1.0, 0.8), (0.8, 1.0), (-0.8, 1.0), (-1.0, 0.8), (-1.0, -0.8), (-0.8, -1.0), (0.8, -1.0)])
DISC = superellipse(24, 2.0)


@lru_cache(maxsize=None)
def _grid(rows: int, columns: int, hard: tuple[int, ...], copies: int, seam: int,
          folds: tuple[int, ...] = ()) -> np.ndarray:
    """Triangles of tube-like grids that end in points; `hard` bands join duplicated rings.

    seam 0 numbers the vertices, which close around; seam 1 the uv, which have a column more.
    """
    band = np.repeat(np.arange(rows - 1), columns)
    column = np.tile(np.arange(columns), rows - 1)
    wide = columns + seam
    here, right = band * wide + column, band * wide + (column + 1) % wide
    lower = np.stack([here, right, here + wide], axis=1)
    upper = np.stack([right, right + wide, here + wide], axis=1)
    if not seam:  # one shared vertex at each end, for a smooth normal there
        lower[band == rows - 2, 2] = (rows - 1) * wide
        upper[band == 0, 0] = 0
    kept = ~np.isin(band, hard) & ~np.isin(column, folds)
    lower, upper = lower[(band != 0) & kept], upper[(band != rows - 2) & kept]
    single = np.concatenate([lower, upper]).astype(np.int32)
    offsets = np.arange(copies, dtype=np.int32)[:, None, None] * (rows * wide)
    return (single[None] + offsets).reshape(-1, 3)


def skin(rings: np.ndarray, folds: tuple[int, ...] = ()) -> Part:
    """Skins over rings (N, n, m, 3) that turn counter-clockwise about the direction of the path; flat hard ends.

    folds: columns that lie where the next one does, so that there is a hard edge along the path.
    """
    copies, count, points, _ = rings.shape
    vertices, uv = skin_over(np.ascontiguousarray(rings))
    hard = (1, count + 1)
    return Part(vertices, _grid(count + 4, points, hard, copies, 0, folds), uv,
                _grid(count + 4, points, hard, copies, 1, folds))


def _sizes(size) -> np.ndarray:
    """Half widths as rows (1 or n, 2)."""
    size = np.asarray(size, float)
    if size.ndim == 2:
        return np.ascontiguousarray(size)
    return np.array([[size, size]]) if size.ndim == 0 else size[None]


def _points(points) -> np.ndarray:
    points = np.ascontiguousarray(points, float)
    return points if points.ndim == 2 else points[None]


STRAIGHT = np.array([0.0, 1.0])


def sticks(start, end, size, taper: float = 1.0, section: np.ndarray = SQUARE, reference=None, profile=None) -> Part:
    """N straight bars from start to end, each (N, 3) or (3,).

    size is a half width or a pair (across, along `reference`); taper scales the end. `profile` replaces the taper by
    rows (place in 0..1, scale), for turned legs. Without a reference the second half width lies along z, or along y
    for bars that run along z.
    """
    if profile is None:
        places, scale = STRAIGHT, np.array([[1.0], [taper]])
    else:
        rows = np.array(profile)
        places, scale = np.ascontiguousarray(rows[:, 0]), rows[:, 1:]
    path = bar_paths(_points(start), _points(end), places)
    return skin(rings_along(path, scale * _sizes(size), section, Z if reference is None else reference,
                            reference is None))


def sweep(path: np.ndarray, size, section: np.ndarray = ROUND, reference: np.ndarray = OBLIQUE) -> Part:
    """A bar along curved paths (n, 3) or (N, n, 3).

    size: half width, pair, or (n, 2) half widths; the second one lies along `reference`, which must not be parallel
    to the path anywhere.
    """
    path = np.ascontiguousarray(path if path.ndim == 3 else path[None])
    return skin(rings_along(path, _sizes(size), section, reference, False))


def fillet(points, radius: float, steps: int = 5) -> np.ndarray:
    """A polyline (n, 3) whose corners are curves that begin `radius` before each corner."""
    return rounded(np.array(points, float), radius, steps)


@lru_cache(maxsize=None)
def spacing(count: int, crowd: float) -> np.ndarray:
    """Places (count,) in 0..1, the closer to each other near both ends the more ``crowd`` (0..1) is."""
    share = np.linspace(0.0, 1.0, count)
    return (1.0 - crowd) * share + crowd * 0.5 * (1.0 - np.cos(np.pi * share))


def resample(line: np.ndarray, count: int, crowd: float = 0.0) -> np.ndarray:
    """Resample a polyline (n, d), evenly unless the ends are ``crowd``ed."""
    return evenly(np.ascontiguousarray(line), spacing(count, crowd))


FACE = (0.0, 0.35, 0.65, 0.88, 1.0)
# of a pad's 14 rows: share of the outline, how much of the bevel is taken off, and the place in the row of heights
PAD_ROWS = np.array(
    [(share, 1.0, 0) for share in FACE]
    + [(1.0, 0.293, 1), (1.0, 0.0, 2), (1.0, 0.0, 3), (1.0, 0.293, 4)]
    + [(share, 1.0, 5) for share in FACE[::-1]]
)


@lru_cache(maxsize=None)
def _pad_uv(columns: int) -> np.ndarray:
    """Triangles of a pad into its uv: the band of the sides has a lower row of its own."""
    triangles = _grid(14, columns, (), 1, 0).copy()
    row = triangles // columns
    side = (row.min(axis=1) == 6) & (row.max(axis=1) == 7)
    triangles[side] += np.where(row[side] == 6, 8 * columns, 0).astype(np.int32)
    return triangles


class Pad:
    """A cushion, seat or panel in its own frame (a across, b to the back or up, n out of the face).

    Warp `points` (V, 3) freely, then `place` it.
    """

    def __init__(self, half_a: float, half_b: float, thickness: float, *, power=(6.0, 6.0), narrow: float = 1.0,
                 bulge: float = 0.0, bevel: float | None = None, crown: float = 0.0, columns: int = 28):
        """power: corner powers at the b < 0 and the b > 0 half; narrow: width at b = +half_b over that at -half_b;
        bulge pushes the b < 0 edge outwards; bevel: edge rounding, a quarter of the thickness unless given; crown:
        rise of the middle of the face."""
        bevel = 0.25 * thickness if bevel is None else bevel
        self.columns = columns
        self.points, self.uv = cushion(half_a, half_b, thickness, float(power[0]), float(power[1]), float(narrow),
                                       float(bulge), float(bevel), float(crown), columns, PAD_ROWS)

    def place(self, origin, tilt: float) -> Part:
        """The pad stood at `origin`, leaning back by `tilt` degrees; 90 lays it down facing up."""
        cosine, sine = np.cos(np.radians(tilt)), np.sin(np.radians(tilt))
        turn = np.array([[1.0, 0.0, 0.0], [0.0, cosine, -sine], [0.0, sine, cosine]])
        return Part(self.points @ turn + np.asarray(origin, float), _grid(14, self.columns, (), 1, 0), self.uv,
                    _pad_uv(self.columns))

    def edge(self, face: bool = True) -> np.ndarray:
        """The closed outline (columns + 1, 3) of the edge of the face, or of the underside, for piping."""
        row = 8 if face else 5
        ring = self.points[row * self.columns:(row + 1) * self.columns]
        return np.concatenate([ring, ring[:1]])


def stand(points: np.ndarray, origin, tilt: float) -> np.ndarray:
    """Points (n, 3) of a pad's frame moved as `Pad.place` moves the pad."""
    cosine, sine = np.cos(np.radians(tilt)), np.sin(np.radians(tilt))
    return points @ np.array([[1.0, 0.0, 0.0], [0.0, cosine, -sine], [0.0, sine, cosine]]) + np.asarray(origin, float)


def box(low, high, bevel: float = 0.01, power: float = 14.0, columns: int = 16) -> Part:
    """An upright box with softened edges between two corners."""
    low, high = np.asarray(low, float), np.asarray(high, float)
    half = 0.5 * (high - low)
    pad = Pad(half[0], half[2], 2.0 * half[1], power=(power, power), bevel=bevel, columns=columns)
    return pad.place(0.5 * (low + high), 90.0)


def soft_box(low, high, soft: float) -> Part:
    """An upholstered block between two corners."""
    return box(low, high, soft, 12.0, 20)


def mirrored(part: Part) -> Part:
    """The part and its mirror image in x, as one part."""
    vertices, triangles, uv, triangle_uv = part
    return Part(
        np.concatenate([vertices, vertices * FLIP]),
        np.concatenate([triangles, triangles[:, ::-1] + np.int32(len(vertices))]),
        uv,
        np.concatenate([triangle_uv, triangle_uv[:, ::-1]]),
    )
