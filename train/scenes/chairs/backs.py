"""Backs: panels, posts with fillings, rails."""

from dataclasses import replace

import numpy as np

from .assembly import Assembly
from .materials import Surface
from .parts import ROUND, SQUARE, THIN, Pad, X, Y, Z, fillet, mirrored, sweep
from .proportions import Body
from .seats import upholster
from .supports import BELOW

ALONG = np.linspace(-1.0, 1.0, 9)


def panel_back(chair: Assembly, body: Body, low: float, high: float, half_width: float, thickness: float,
               surface: Surface | None = None, offset: float = 0.0, power=None, lateral=None, narrow=None) -> None:
    """A panel or cushion between two heights, curved across, `offset` in front of the back's line."""
    half_b = 0.5 * (high - low)
    surface = surface or chair.scheme.back
    power = power or (chair.between(4.0, 12.0), chair.between(2.5, 12.0))
    narrow = chair.between(0.8, 1.15) if narrow is None else narrow
    pad = Pad(half_width, half_b, thickness, power=power, narrow=narrow, bevel=thickness * chair.between(0.3, 0.5),
              crown=thickness * chair.between(0.0, 0.25) if thickness > 0.05 else 0.0)
    lateral = chair.between(0.0, 0.08) if lateral is None else lateral
    a, b, n = pad.points.T
    n += lateral * ((a / half_width) ** 2 - 0.4) + chair.between(-0.02, 0.02) * ((b / half_b) ** 2 - 0.5)
    middle = 0.5 * (low + high)
    piped = thickness > 0.04 and surface.kind == "cloth" and chair.chance(0.2)
    upholster(chair, pad, (0.0, middle, float(body.back_z(middle)) + offset), body.tilt, surface, piped)


def channelled_back(chair: Assembly, body: Body, low: float, high: float, half_width: float, thickness: float,
                    surface: Surface, count: int, upright: bool = False) -> None:
    """A back of ``count`` rolls side by side, or one above the other."""
    total = 2.0 * half_width if upright else high - low
    size = total / count
    for k in range(count):
        middle = (k + 0.5) * size
        half_a, half_b = (0.53 * size, 0.5 * (high - low)) if upright else (half_width, 0.53 * size)
        pad = Pad(half_a, half_b, thickness, power=(7.0, 7.0), bevel=0.48 * min(thickness, size), columns=20)
        height = 0.5 * (low + high) if upright else low + middle
        x = middle - half_width if upright else 0.0
        chair.add(pad.place((x, height, float(body.back_z(height))), body.tilt), surface)


def rails(chair: Assembly, body: Body, heights, half_width: float, half_height: float, depth: float, sabre: float,
          bow: float, surface: Surface, crest: float = 0.0) -> None:
    """Horizontal bars across the back at these heights, bowed backwards; crest arches them upwards."""
    heights = np.atleast_1d(np.asarray(heights, float))
    share = (heights - body.seat) / (body.top - body.seat)
    arch = 1.0 - ALONG**2
    path = np.empty((len(heights), 9, 3))
    path[..., 0] = half_width * ALONG
    path[..., 1] = heights[:, None] + crest * arch
    path[..., 2] = (body.back_z(heights) - sabre * share**2)[:, None] - bow * arch
    chair.add(sweep(path, (depth, half_height), SQUARE, Y), surface)


def posts(chair: Assembly, body: Body, half: float, sabre: float, square: bool, foot: float, rake: float,
          flare: float) -> None:
    """Two posts at x = +-half from height `foot` to the top; with foot 0 they are the back legs."""
    leg, top = body.leg, body.top
    height = np.linspace(body.seat, top, 7)
    share = (height - body.seat) / (top - body.seat)
    path = np.empty((9, 3))
    path[2:, 0], path[2:, 1] = half + flare * share, height
    path[2:, 2] = body.back_z(height) - sabre * share**2
    floor = foot - BELOW if foot == 0.0 else foot
    path[0] = half, floor, path[2, 2] - rake
    path[1] = half, 0.5 * (foot + body.seat), path[2, 2] - 0.3 * rake
    path[:, 2] += leg
    ends = chair.between(0.6, 1.0)
    taper = np.ones(9) if square else np.linspace(1.0, ends, 9)
    chair.add(mirrored(sweep(path, np.outer(taper, (leg, leg)), SQUARE if square else ROUND, X)), chair.scheme.frame)


def post_back(chair: Assembly, body: Body, fill: str, half: float, sabre: float, square: bool, foot: float = 0.0,
              rake: float = 0.0) -> None:
    """Two posts and between them a filling, from the seat to the top.

    fill: "panel", "cane", "slats", "spindles", "ladder", "splat", "rail", "cross", "lattice", "arch", "hoop" or
    "cushion". With foot 0 the posts are the back legs and `rake` sets their feet back.
    """
    frame, back = chair.scheme.frame, chair.scheme.back
    leg, top = body.leg, body.top
    if fill in ("arch", "hoop"):
        _arch(chair, body, fill, half, sabre, square, rake)
        return
    flare = chair.between(-0.02, 0.04)
    posts(chair, body, half, sabre, square, foot, rake, flare)
    inner = half + 0.5 * flare
    bow = chair.between(0.0, 0.06)
    depth = max(0.45 * leg, 0.008)
    line = replace(body, depth=body.depth - 2.0 * leg)
    crest = chair.between(0.0, 0.05) if chair.chance(0.4) else 0.0
    tall = chair.between(0.025, 0.07)
    room = top - body.seat
    if fill in ("panel", "cushion"):
        low = body.seat + room * (chair.between(0.02, 0.5) if fill == "panel" else 0.05)
        panel_back(chair, line, low, top - chair.between(0.0, 0.03), inner - 0.3 * leg, max(body.sheet * 0.5, 0.02),
                   power=(12.0, 12.0), offset=-sabre * 0.4, narrow=1.0, lateral=-0.5 * bow)
        return
    if fill == "ladder":
        count = int(chair.between(2.0, 6.0))
        heights = np.linspace(body.seat + room * chair.between(0.15, 0.4), top - tall, count)
        rails(chair, line, heights, inner, min(tall, 0.27 * room / count), depth, sabre, bow, back, crest)
        return
    rails(chair, line, top - 0.5 * tall, inner + (leg if chair.chance(0.4) else 0.0), tall, depth * 1.2, sabre, bow,
          frame if fill != "rail" else back, crest)
    if fill == "rail":
        if chair.chance(0.5):
            rails(chair, line, body.seat + 0.5 * room, inner, tall * 0.7, depth, sabre, bow, back)
        return
    base = body.seat + (chair.between(0.08, 0.3) * room if chair.chance(0.5) or fill == "cane" else -0.02)
    if base > body.seat:
        rails(chair, line, base, inner, 0.022, depth, sabre, bow, frame)
    if fill == "cane":
        panel_back(chair, line, base, top - tall, inner - 0.2 * leg, 0.01, power=(14.0, 14.0), offset=-sabre * 0.4,
                   narrow=1.0, lateral=-0.5 * bow, surface=Surface("back", "cane"))
        return
    if fill in ("cross", "lattice"):
        steps = np.linspace(0.0, 1.0, 6)
        path = np.empty((2, 6, 3))
        path[0, :, 0] = inner * (2.0 * steps - 1.0)
        path[1, :, 0] = -path[0, :, 0]
        path[..., 1] = base + (top - tall - base) * steps
        path[..., 2] = line.back_z(path[0, :, 1]) - sabre * ((path[0, :, 1] - body.seat) / room) ** 2
        path[0, :, 2] -= 0.004  # the bars cross: their faces must not lie in one plane
        chair.add(sweep(path, (max(0.3 * leg, 0.009), 0.011), SQUARE, Z), frame)
        if fill == "lattice":
            rails(chair, line, 0.5 * (base + top - tall), inner, 0.012, depth * 0.8, sabre, bow, frame)
        return
    count = 1 if fill == "splat" else int(chair.between(3.0, 9.0 if fill == "spindles" else 7.0))
    gap = 2.0 * inner / (count + 1)
    across = (np.arange(count) - 0.5 * (count - 1)) * gap
    width = {"splat": chair.between(0.07, 0.13), "slats": 0.5 * gap * chair.between(0.35, 0.7)}.get(fill, 0.011)
    edge = (1.0 - (across / inner) ** 2)[:, None]
    lines = base + (top - 0.6 * tall + crest * edge - base) * np.linspace(0.0, 1.0, 6)  # into the middle of the rail
    share = np.maximum((lines - body.seat) / room, 0.0)
    path = np.empty((count, 6, 3))
    path[..., 0], path[..., 1] = across[:, None], lines
    # without a lower rail the bars stand in the seat: the bow of the back begins there
    path[..., 2] = line.back_z(lines) - sabre * share**2 - bow * edge * (1.0 if base > body.seat else share)
    shape = np.ones((6, 1)) * (width, 0.007 if fill != "spindles" else 0.011)
    if fill == "splat":
        shape[:, 0] *= 1.0 + 0.45 * np.sin(np.linspace(0.0, chair.between(3.0, 8.0), 6))
    # the reference lies along z, so that a slat is wide across and thin along z
    chair.add(sweep(path, shape, THIN if fill == "spindles" else SQUARE, Z), back)


def _arch(chair: Assembly, body: Body, fill: str, half: float, sabre: float, square: bool, rake: float) -> None:
    """Back legs that run up into an arch, with rungs, or a second arch inside."""
    leg, section, room = body.leg, SQUARE if square else ROUND, body.top - body.seat
    turn = np.linspace(0.0, np.pi, 15)
    radius = min(half, 0.9 * room)

    def line(x: float, tall: float, foot: float, back: float) -> np.ndarray:
        side = np.array([(x, foot), (x, 0.5 * (foot + body.seat)), (x, body.seat)])
        arch = np.stack([x * np.cos(turn), body.top - leg - tall + tall * np.sin(turn)], axis=1)
        flat = np.concatenate([side, arch, (side * (-1.0, 1.0))[::-1]])
        share = (flat[:, 1] - body.seat) / room
        z = np.where(share > 0.0, body.back_z(flat[:, 1]) - sabre * share**2, body.back_z(body.seat))
        z -= back * np.clip(-share * room / body.seat, 0.0, 1.1) ** 2
        return np.column_stack([flat, z + leg])

    outer = line(half, radius * chair.between(0.6, 1.0), -BELOW, rake)
    chair.add(sweep(outer, leg, section, _OBLIQUE), chair.scheme.frame)
    if fill == "hoop":
        inner = line(half * chair.between(0.5, 0.7), radius * 0.7, body.seat - 0.03, 0.0)
        inner[:, 1] = body.seat + (inner[:, 1] - body.seat) * chair.between(0.65, 0.8)
        inner[:, 2] = np.where(inner[:, 1] > body.seat, body.back_z(inner[:, 1]), body.back_z(body.seat)) + leg
        chair.add(sweep(inner[1:-1], 0.75 * leg, section, _OBLIQUE), chair.scheme.frame)
        return
    heights = body.seat + room * np.linspace(0.3, 0.58, int(chair.between(1.0, 3.0)))
    inset = replace(body, depth=body.depth - 2.0 * leg)
    rails(chair, inset, heights, half, 0.06 * room, 0.6 * leg, sabre, 0.0, chair.scheme.back)


_OBLIQUE = np.array([0.02, 0.3, 0.95])


def brackets(chair: Assembly, body: Body, x: float, low: float, join: float, sheet: float) -> None:
    """Two bent bars that carry a panel from below the seat up to height ``join`` behind it."""
    rear = 0.5 * body.depth
    line = np.array([(x, low, -0.8 * rear), (x, low, -rear - 0.01), (x, join, float(body.back_z(join)) - 0.2 * sheet)])
    chair.add(mirrored(sweep(fillet(line, 0.05), max(0.7 * body.leg, 0.011), ROUND, X)), chair.scheme.frame)

