"""Grounds to put a subject on: studio paper, blurred and cluttered places, rooms, patterned surfaces.

    ground = new_ground(mask, "object", rng)       # (S, S, 3) float32, linear light
"""

from __future__ import annotations

import functools

import numpy as np

from train.augmentation.shapes import BOX, ELLIPSE, paint, shape, spread, tiles
from train.raster.kernel import inlined, kernel

#: kinds of ground and how often each is met, by subject
MIX = {
    "face": {"plain": 0.17, "gradient": 0.25, "blurred": 0.23, "clutter": 0.20, "room": 0.07, "texture": 0.08},
    "object": {"plain": 0.22, "gradient": 0.20, "blurred": 0.07, "clutter": 0.11, "room": 0.27, "texture": 0.13},
}
WOOD, CARPET, TILES, STRIPES, GRASS = range(5)


def natural_colour(rng: np.random.Generator, brightest: float = 1.0, vivid: float = 0.75) -> np.ndarray:
    """A linear colour (3,) of walls, cloths and things: mostly pale, brownish or bluish, now and then vivid."""
    kind, place, saturation, value = rng.random(4).tolist()
    hue = 0.03 + 0.11 * place if kind < 0.45 else 0.54 + 0.12 * place if kind < 0.68 else place
    saturation = vivid * saturation * saturation
    value = brightest * (0.1 + 0.9 * value**0.7)
    wheel = (abs((6.0 * hue + turn) % 6.0 - 3.0) - 1.0 for turn in (0.0, 4.0, 2.0))
    return np.array([(value * (1.0 - saturation * (1.0 - min(max(w, 0.0), 1.0)))) ** 2.2 for w in wheel], np.float32)


@functools.cache
def _cut_corners(cells: int) -> np.ndarray:
    """(8 * cells, cells): what three rounds of Chaikin's corner cutting make of a row of cells."""
    rows = np.eye(cells)
    for _ in range(3):
        before, after = np.concatenate([rows[:1], rows[:-1]]), np.concatenate([rows[1:], rows[-1:]])
        rows = np.stack([0.75 * rows + 0.25 * before, 0.75 * rows + 0.25 * after], 1).reshape(-1, cells)
    return rows.astype(np.float32)


def _smooth(coarse: np.ndarray, out: np.ndarray) -> None:
    """Spread a coarse picture (n, n, 3) so that its cells are not seen."""
    finer = _cut_corners(len(coarse))
    rows = finer @ coarse.reshape(len(coarse), -1).astype(np.float32)
    spread(np.matmul(finer, rows.reshape(len(finer), -1, 3)), out)


@inlined()
def _whole(value):
    """The largest integer that is not larger; int() alone rounds towards zero."""
    result = np.int32(value)
    return result - 1 if value < result else result


@inlined()
def _pattern(kind, u, v, speckle, grain, scale, contrast):
    """How bright a patterned surface is at (u, v), in units of its own pattern; 1 on average."""
    one, half = np.float32(1.0), np.float32(0.5)
    if kind == WOOD:
        plank = _whole(v * scale)
        across = v * scale - np.float32(plank)
        streak = grain[_whole(v * np.float32(220.0)) & 255, _whole(u * np.float32(90.0)) + plank * 77 & 255]
        board = np.float32((plank * 37) & 7) * np.float32(0.143) - half
        tone = one + contrast * (np.float32(0.22) * streak + np.float32(0.35) * board)
        return tone * np.float32(0.55) if across < np.float32(0.05) else tone
    fine = speckle[_whole(v * np.float32(160.0)) & 255, _whole(u * np.float32(160.0)) & 255]
    if kind == CARPET:
        return one + np.float32(0.3) * contrast * fine
    if kind == GRASS:
        coarse = speckle[_whole(v * np.float32(40.0)) & 255, _whole(u * np.float32(40.0)) & 255]
        return max(one + contrast * (np.float32(0.35) * fine + np.float32(0.25) * coarse), np.float32(0.05))
    column, row = _whole(u * scale), _whole(v * scale)
    a, b = u * scale - np.float32(column), v * scale - np.float32(row)
    if kind == STRIPES:
        return one + contrast * (np.float32(0.4) if a < half else np.float32(-0.4)) + np.float32(0.05) * fine
    tone = one + np.float32(0.08) * contrast * fine
    if a < np.float32(0.06) or b < np.float32(0.06):
        return tone * np.float32(0.7)
    return tone * (one + half * contrast * (np.float32((column + row) & 1) - half))


@kernel()
def _cover(out, top, tilt, kind, matrix, depth, speckle, grain, scale, contrast):
    """Multiply ``out`` below the line ``top`` by a pattern: flat, or a floor that is seen ``depth`` deep."""
    size = out.shape[0]
    one, half = np.float32(1.0), np.float32(0.5)
    step = one / np.float32(size)
    top, tilt, depth = np.float32(top), np.float32(tilt), np.float32(depth)
    scale, contrast = np.float32(scale), np.float32(contrast)
    first = max(int((top - half * abs(tilt)) * size), 0)
    for y in range(first, size):
        py = (np.float32(y) + half) * step
        for x in range(size):
            px = (np.float32(x) + half) * step - half
            below = py - top - tilt * px
            if below < 0:
                continue
            # of a floor, the horizon lies above the far edge
            away = np.float32(0.9) / (below + depth) if depth > 0 else one
            a, b = px * away, away if depth > 0 else py
            u = matrix[0, 0] * a + matrix[0, 1] * b + matrix[0, 2]
            v = matrix[1, 0] * a + matrix[1, 1] * b + matrix[1, 2]
            tone = _pattern(kind, u, v, speckle, grain, scale, contrast)
            for k in range(3):
                out[y, x, k] *= tone


def _turned(rng: np.random.Generator, most: float) -> np.ndarray:
    angle, across, along = rng.uniform(-1, 1, 3) * (most, 3.0, 3.0)
    c, s = np.cos(angle), np.sin(angle)
    return np.array(((c, -s, across), (s, c, along)), np.float32)


def _plain(out, subject, rng) -> None:
    colour = natural_colour(rng)
    if subject == "object" and rng.random() < 0.45:  # most chairs for sale stand on white or grey paper
        colour = colour * 0.04 + np.float32(rng.uniform(0.45, 0.96))
    spread(colour[None, None], out)


def _gradient(out, subject, rng) -> None:
    """Studio paper: darker towards a corner or the border, or one colour that turns into another."""
    colour = natural_colour(rng)
    fall, centre_x, centre_y, two = rng.random(4)
    if rng.random() < 0.5:
        corners = colour * np.exp(rng.normal(0.0, 0.45, (2, 2, 1)))
        if two < 0.35:
            corners[1] = natural_colour(rng) * np.exp(rng.normal(0.0, 0.2, (2, 1)))
        _smooth(corners, out)
    else:
        place = (np.arange(20, dtype=np.float32) + 0.5) / 20
        far = (place - np.float32(centre_x)) ** 2 + (place[:, None] - np.float32(0.1 + 0.6 * centre_y)) ** 2
        glow = np.float32(0.35 + 0.4 * fall) + np.exp(far * np.float32(-1.5 - 4.0 * fall))
        spread(glow[..., None] * colour, out)


def _blurred(out, subject, rng) -> None:
    """A place far out of focus."""
    cells = int(rng.integers(3, 8))
    first, second = natural_colour(rng), natural_colour(rng)
    mixed = rng.random((cells, cells, 1), np.float32)
    coarse = first + mixed * (second - first)
    _smooth(coarse * np.exp(rng.normal(0.0, 0.35, (cells, cells, 1))), out)


def _clutter(out, subject, rng) -> None:
    """Things in front of a wall, sharp and blurred."""
    (_blurred if rng.random() < 0.5 else _gradient)(out, subject, rng)
    sharp = rng.random()
    rows = []
    for _ in range(int(rng.integers(4, 13))):
        x, y, long, thin, angle, soft, corner, kind, a, b = rng.random(10)
        soft = 0.15 * soft * soft * (1.3 - sharp)
        upright = angle * 8.0 - 4.0 if kind < 0.6 else angle * 180.0
        rows.append(shape(ELLIPSE if kind > 0.75 else BOX, 1.3 * x - 0.15, 1.3 * y - 0.15, 0.03 + 0.25 * long * long,
                          0.03 + 0.3 * thin * thin, natural_colour(rng), upright, soft, 1.0, corner * corner,
                          light=(0.5 * a - 0.25, 0.5 * b - 0.25)))
        if kind < 0.2:  # a row of the same thing: books, slats, columns
            step = 0.05 + 0.1 * thin
            tall = 0.05 + 0.3 * long
            rows[-1:] = [shape(BOX, x + step * i, y, 0.42 * step, tall, natural_colour(rng), 0.0, soft)
                         for i in range(5)]
    paint(out, np.array(rows, np.float32), out[..., 0])


def _room(out, subject, rng, floor: float) -> None:
    """A wall, its skirting and a floor in perspective; at times the corner of the room, a door or a picture.

    ``floor`` is where the subject stands, as a share of the height.
    """
    wall, ground = natural_colour(rng, 1.0, 0.5), natural_colour(rng, 0.85, 0.6)
    edge = float(rng.uniform(0.3, max(floor - 0.06, 0.35))) if subject == "object" else float(rng.uniform(0.6, 1.1))
    tilt, blur, lean, skirting, dark = rng.uniform(-0.05, 0.05), rng.random(), *rng.random(3)
    soft = 0.05 * blur * blur * (1.6 if subject == "face" else 0.5)
    _smooth(wall * np.exp(rng.normal(0.0, 0.15, (2, 2, 1))), out)
    rows = []
    if rng.random() < 0.3:
        side = float(rng.uniform(-0.35, 0.35))
        rows.append(shape(BOX, 0.5 + side + np.sign(side) * 0.5, 0.4, 0.5, 1.0, wall * (0.55 + 0.3 * dark), 0.0, soft))
    for _ in range(int(rng.integers(0, 3))):  # pictures, windows, doors
        x, y, long, tall, pick = rng.random(5)
        tall = 0.08 + 0.25 * tall
        y = edge - tall if pick < 0.3 else y * edge * 0.7
        rows.append(shape(BOX, x, y, 0.05 + 0.12 * long, tall, natural_colour(rng), 0.0, soft))
        if pick > 0.5:
            rows.append(shape(BOX, x, y, 0.05 + 0.12 * long, tall, natural_colour(rng, 0.5), 0.0, soft, rim=0.025))
    angle = float(np.degrees(np.arctan(tilt)))
    rows.append(shape(BOX, 0.5, edge + 1.0, 2.0, 1.0, ground, angle, soft, light=(0.3 * lean - 0.15, 0.0)))
    if skirting < 0.6:
        high = 0.008 + 0.02 * dark
        pale = wall * 0.3 + 0.45 if lean < 0.6 else wall * 0.4
        rows.append(shape(BOX, 0.5, edge - high, 1.0, high, pale, angle, soft))
    paint(out, np.array(rows, np.float32), out[..., 0])
    speckle, grain = tiles()
    kind = (WOOD, WOOD, CARPET, CARPET, TILES)[int(rng.integers(5))]
    _cover(out, edge, tilt, kind, _turned(rng, 1.6), float(rng.uniform(0.25, 0.7)), speckle, grain,
           float(rng.uniform(4.0, 9.0)), float(rng.uniform(0.2, 0.9)) * (1.0 - 0.7 * blur))


def _texture(out, subject, rng) -> None:
    """One patterned surface behind everything: boards, carpet, brick, wallpaper, a lawn."""
    kind = int(rng.integers(5))
    _gradient(out, subject, rng)
    if kind == GRASS:
        out *= np.array((0.5, 0.7, 0.22) if rng.random() < 0.6 else (0.5, 0.5, 0.5), np.float32)
    speckle, grain = tiles()
    _cover(out, 0.0, 0.0, kind, _turned(rng, 3.1 if rng.random() < 0.3 else 0.1), 0.0, speckle, grain,
           float(rng.uniform(4.0, 16.0)), float(rng.uniform(0.3, 1.0)))


_KINDS = {"plain": _plain, "gradient": _gradient, "blurred": _blurred, "clutter": _clutter, "room": _room,
          "texture": _texture}


def new_ground(mask: np.ndarray, subject: str, rng: np.random.Generator, kind: str | None = None) -> np.ndarray:
    """A ground (S, S, 3) of linear light for a subject ("face" or "object") where ``mask`` (S, S) is above 0.

    kind: one of those in MIX instead of a random one.
    """
    out = np.empty((*mask.shape, 3), np.float32)
    if kind is None:
        mix = MIX[subject]
        kind = list(mix)[min(int(np.searchsorted(np.cumsum(list(mix.values())), rng.random())), len(mix) - 1)]
    if kind == "room":
        rows = np.flatnonzero((mask > 0.5).any(1))
        _room(out, subject, rng, float(rows[-1] + 1) / len(mask) if len(rows) else 1.0)
    else:
        _KINDS[kind](out, subject, rng)
    return out
