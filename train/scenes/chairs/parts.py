"""Geometry of chair parts: pads, sticks, tubes, shells and walls, all closed and wound outwards.

Every function returns a `Part`, the pair (vertices (V, 3), triangles (T, 3)), in the chair's frame: y up from
the floor, z to the front, x to image-right. Nothing here draws random numbers.
"""

from functools import lru_cache

import numpy as np

Part = tuple[np.ndarray, np.ndarray]

X = np.array([1.0, 0.0, 0.0])
Y = np.array([0.0, 1.0, 0.0])
Z = np.array([0.0, 0.0, 1.0])
# A direction that no run or bend of an axis-aligned tube is parallel to.
OBLIQUE = np.array([0.52, 0.60, 0.608])


@lru_cache(maxsize=None)
def _circle(points: int, phase: float) -> tuple[np.ndarray, np.ndarray]:
    angles = 2.0 * np.pi * (np.arange(points) + phase) / points
    return np.cos(angles), np.sin(angles)


@lru_cache(maxsize=None)
def superellipse(points: int, power: float, phase: float = 0.0) -> np.ndarray:
    """Counter-clockwise outline (points, 2) within [-1, 1]^2; power 2 is a circle, 8 nearly a square."""
    cosine, sine = _circle(points, phase)
    exponent = 2.0 / power
    return np.stack(
        [np.sign(cosine) * np.abs(cosine) ** exponent, np.sign(sine) * np.abs(sine) ** exponent], axis=1
    )


ROUND = superellipse(8, 2.0)
SQUARE = superellipse(8, 12.0, 0.5)
SOFT = superellipse(16, 4.0)


@lru_cache(maxsize=None)
def _grid(rows: int, columns: int, hard: tuple[int, ...]) -> np.ndarray:
    """Triangles of a tube-like grid that ends in points; `hard` bands join duplicated rings."""
    band = np.repeat(np.arange(rows - 1), columns)
    column = np.tile(np.arange(columns), rows - 1)
    here, right = band * columns + column, band * columns + (column + 1) % columns
    lower = np.stack([here, right, here + columns], axis=1)
    upper = np.stack([right, right + columns, here + columns], axis=1)
    lower[band == rows - 2, 2] = (
        rows - 1
    ) * columns  # one shared vertex at each end, for a smooth normal there
    upper[band == 0, 0] = 0
    lower = lower[(band != 0) & ~np.isin(band, hard)]
    upper = upper[(band != rows - 2) & ~np.isin(band, hard)]
    return np.concatenate([lower, upper]).astype(np.int32)


@lru_cache(maxsize=None)
def _repeated(rows: int, columns: int, hard: tuple[int, ...], copies: int) -> np.ndarray:
    single = _grid(rows, columns, hard)
    offsets = np.arange(copies, dtype=np.int32)[:, None, None] * (rows * columns)
    return (single[None] + offsets).reshape(-1, 3)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.sqrt((vectors * vectors).sum(axis=-1, keepdims=True))


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """np.cross costs several times as much on arrays this small."""
    ax, ay, az, bx, by, bz = a[..., 0], a[..., 1], a[..., 2], b[..., 0], b[..., 1], b[..., 2]
    return np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], axis=-1)


def loft(path: np.ndarray, u: np.ndarray, v: np.ndarray, section: np.ndarray) -> Part:
    """Skin sections over paths, with hard-edged flat ends.

    path (N, n, 3); u and v broadcast to it and u x v points along the path; section broadcasts to (N, n, m,
    2) and is counter-clockwise in (u, v).
    """
    copies, count, _ = path.shape
    columns = section.shape[-2]
    rings = path[:, :, None] + section[..., :1] * u[..., None, :] + section[..., 1:] * v[..., None, :]
    vertices = np.empty((copies, count + 4, columns, 3))
    vertices[:, 2:-2] = rings
    vertices[:, 1], vertices[:, -2] = rings[:, 0], rings[:, -1]
    vertices[:, 0] = rings[:, 0].mean(axis=1, keepdims=True)
    vertices[:, -1] = rings[:, -1].mean(axis=1, keepdims=True)
    return vertices.reshape(-1, 3), _repeated(count + 4, columns, (1, count + 1), copies)


def _frames(tangents: np.ndarray, reference: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    u = _unit(_cross(np.broadcast_to(reference, tangents.shape), tangents))
    return u, _cross(tangents, u)


def sticks(
    start, end, size, taper: float = 1.0, section: np.ndarray = SQUARE, reference=None, profile=None
) -> Part:
    """N straight bars from start to end, each (N, 3) or (3,).

    size is a half width or a pair (across, along `reference`); taper scales the end. `profile` replaces the
    taper by rows (place in 0..1, scale), for turned legs. Without a reference the second half width lies
    along z, or along y for bars that run along z.
    """
    start, end = np.atleast_2d(np.asarray(start, float)), np.atleast_2d(np.asarray(end, float))
    rows = np.array(((0.0, 1.0), (1.0, taper)) if profile is None else profile)
    direction = _unit(end - start)
    if reference is None:
        reference = np.where(np.abs(direction[:, 2:]) > 0.75, Y, Z)
    u, v = _frames(direction, reference)
    path = start[:, None] + rows[:, :1] * (end - start)[:, None]
    scaled = rows[:, 1, None, None] * (section * np.asarray(size, float))
    return loft(path, u[:, None], v[:, None], scaled[None])


def sweep(path: np.ndarray, size, section: np.ndarray = ROUND, reference: np.ndarray = OBLIQUE) -> Part:
    """A bar along curved paths (n, 3) or (N, n, 3).

    size: half width, pair, or (n, 2) half widths; the second one lies along `reference`, which must not be
    parallel to the path anywhere.
    """
    path = path if path.ndim == 3 else path[None]
    steps = _unit(path[:, 1:] - path[:, :-1])
    tangents = _unit(np.concatenate([steps[:, :1], steps[:, 1:] + steps[:, :-1], steps[:, -1:]], axis=1))
    u, v = _frames(tangents, reference)
    size = np.asarray(size, float)
    scaled = section * (size[:, None] if size.ndim == 2 else size)
    return loft(path, u, v, scaled.reshape((1, -1) + scaled.shape[-2:]))


def fillet(points, radius: float, steps: int = 5) -> np.ndarray:
    """A polyline (n, 3) whose corners are curves that begin `radius` before each corner."""
    points = np.asarray(points, float)
    edges = points[1:] - points[:-1]
    lengths = np.sqrt((edges * edges).sum(axis=1, keepdims=True))
    edges = edges / lengths
    reach = np.minimum(radius, 0.49 * np.minimum(lengths[:-1], lengths[1:]))
    corner = points[1:-1]
    before, after = corner - reach * edges[:-1], corner + reach * edges[1:]
    t = np.linspace(0.0, 1.0, steps)[:, None]
    curve = (1 - t) ** 2 * before[:, None] + 2 * t * (1 - t) * corner[:, None] + t**2 * after[:, None]
    return np.concatenate([points[:1], curve.reshape(-1, 3), points[-1:]])


def resample(profile: np.ndarray, count: int) -> np.ndarray:
    """Resample a polyline (n, 2) evenly."""
    steps = np.sqrt(((profile[1:] - profile[:-1]) ** 2).sum(axis=1))
    along = np.concatenate([[0.0], np.cumsum(steps)])
    even = np.linspace(0.0, along[-1], count)
    return np.stack([np.interp(even, along, profile[:, k]) for k in range(2)], axis=1)


def pad(
    half_a: float,
    half_b: float,
    thickness: float,
    *,
    power=(6.0, 6.0),
    narrow: float = 1.0,
    bulge: float = 0.0,
    bevel: float | None = None,
    crown: float = 0.0,
    columns: int = 28,
) -> np.ndarray:
    """A cushion, seat or panel in its own frame (a across, b to the back or up, n out of the face): (V, 3).

    power: corner powers at the b < 0 and the b > 0 half; narrow: width at b = +half_b over that at -half_b;
    bulge pushes the b < 0 edge outwards; bevel: edge rounding, a quarter of the thickness unless given;
    crown: rise of the middle of the face. Its triangles are `pad_triangles(columns)`; warp the vertices
    freely before `place`.
    """
    cosine, sine = _circle(columns, 0.5)
    p = np.where(sine > 0, power[1], power[0])
    # the usual exponent 2 / p would crowd the points into the corners and leave the sides too coarse to bend
    spacing = np.maximum(2.0 / p, 0.6)
    a, b = np.abs(cosine) ** spacing, np.abs(sine) ** spacing
    norm = (a**p + b**p) ** (1.0 / p)
    a, b = np.sign(cosine) * a / norm, np.sign(sine) * b / norm
    b = np.where(b < 0, b * (1.0 + bulge * (1.0 - a * a)), b)
    a = a * (1.0 + 0.5 * (narrow - 1.0) * (1.0 + b))
    half, bevel = 0.5 * thickness, 0.25 * thickness if bevel is None else min(bevel, 0.5 * thickness)
    bevel = min(bevel, 0.45 * half_a, 0.45 * half_b)
    low, out = bevel * 0.293, half - bevel
    face = (0.0, 0.35, 0.65, 0.88, 1.0)
    rows = np.array(
        [(share, bevel, -half) for share in face]
        + [(1.0, low, low - half), (1.0, 0.0, -out), (1.0, 0.0, out), (1.0, low, half - low)]
        + [(share, bevel, half) for share in face[::-1]]
    )
    vertices = np.empty((len(rows), columns, 3))
    vertices[..., 0] = a * (rows[:, 0] * (half_a - rows[:, 1]))[:, None]
    vertices[..., 1] = b * (rows[:, 0] * (half_b - rows[:, 1]))[:, None]
    vertices[..., 2] = rows[:, 2, None]
    if crown:
        across, along, _ = np.moveaxis(vertices[9:], -1, 0)
        vertices[9:, :, 2] += crown * (
            np.maximum(1.0 - (across / half_a) ** 2, 0.0) * np.maximum(1.0 - (along / half_b) ** 2, 0.0)
        )
    return vertices.reshape(-1, 3)


def pad_triangles(columns: int = 28) -> np.ndarray:
    """The triangles of a `pad` with so many columns."""
    return _grid(14, columns, ())


def place(points: np.ndarray, origin, tilt: float, columns: int = 28) -> Part:
    """Stand a pad's points (V, 3) at `origin`, leaning back by `tilt` degrees; 90 lays it down facing up."""
    cosine, sine = np.cos(np.radians(tilt)), np.sin(np.radians(tilt))
    a, b, n = points.T
    placed = np.stack([a, cosine * b + sine * n, cosine * n - sine * b], axis=1) + np.asarray(origin, float)
    return placed, pad_triangles(columns)


def box(low, high, bevel: float = 0.01, power: float = 14.0) -> Part:
    """An upright box with softened edges between two corners."""
    low, high = np.asarray(low, float), np.asarray(high, float)
    half = 0.5 * (high - low)
    return place(
        pad(half[0], half[2], 2 * half[1], power=(power, power), bevel=bevel, columns=16),
        0.5 * (low + high),
        90.0,
        columns=16,
    )


def shell(
    profile: np.ndarray,
    half_width: np.ndarray,
    curl: np.ndarray,
    thickness: float,
    power: float = 2.0,
    even: bool = False,
) -> Part:
    """A bent sheet that follows a side profile (n, 2) of (z, y) from the seat's front to the top of the back.

    half_width (n,) across, curl (n,) lifts the edges out of the sheet; `even` turns the lift steadily from
    the front to the top, so that high edges do not fold where the sheet bends.
    """
    path = np.concatenate([np.zeros((len(profile), 1)), profile[:, 1:], profile[:, :1]], axis=1)[None]
    steps = _unit(path[:, 1:] - path[:, :-1])
    tangents = _unit(np.concatenate([steps[:, :1], steps[:, 1:] + steps[:, :-1], steps[:, -1:]], axis=1))
    across = np.linspace(-1.0, 1.0, 9)
    lift = np.abs(across) ** power
    lower = np.stack(
        [np.multiply.outer(half_width, across), np.multiply.outer(curl, lift) - 0.5 * thickness], axis=-1
    )
    upper = lower[:, ::-1] + np.array([0.0, thickness])
    v = _cross(tangents, np.broadcast_to(-X, tangents.shape))
    if even:
        share = np.linspace(0.0, 1.0, len(profile))[:, None]
        v = _unit((1.0 - share) * v[:, :1] + share * v[:, -1:])
    return loft(path, -X, v, np.concatenate([lower, upper], axis=1)[None])


def wall(plan: np.ndarray, bottom: np.ndarray, top: np.ndarray, thickness: float, lean: float = 0.0) -> Part:
    """A soft wall along a plan path (n, 2) of (x, z) between heights (n,); lean tips it outwards."""
    middle = 0.5 * (np.broadcast_to(bottom, top.shape) + top)
    path = np.stack([plan[:, 0], middle, plan[:, 1]], axis=1)[None]
    flat = path * np.array([1.0, 0.0, 1.0])
    steps = _unit(flat[:, 1:] - flat[:, :-1])
    tangents = _unit(np.concatenate([steps[:, :1], steps[:, 1:] + steps[:, :-1], steps[:, -1:]], axis=1))
    u, v = _frames(tangents, Y)
    half = np.stack([np.full(len(top), 0.5 * thickness), 0.5 * (top - bottom)], axis=1)
    section = SOFT * half[:, None]
    section[..., 0] -= lean * section[..., 1]
    return loft(path, u, v, section[None])


def soft_box(low, high, soft: float) -> Part:
    """An upholstered block between two corners."""
    low, high = np.asarray(low, float), np.asarray(high, float)
    half = 0.5 * (high - low)
    points = pad(half[0], half[2], 2.0 * half[1], power=(12.0, 12.0), bevel=soft, columns=20)
    return place(points, 0.5 * (low + high), 90.0, columns=20)


def mirrored(part: Part) -> Part:
    """The part and its mirror image in x, as one part."""
    vertices, triangles = part
    return (
        np.concatenate([vertices, vertices * np.array([-1.0, 1.0, 1.0])]),
        np.concatenate([triangles, triangles[:, ::-1] + len(vertices)]),
    )
