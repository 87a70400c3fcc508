"""Seats, backs and arms, added to an assembly around a Body."""

from dataclasses import replace

import numpy as np

from .assembly import Assembly
from .parts import ROUND, SOFT, SQUARE, X, Y, Z, box, fillet, mirrored, pad, place, sticks, sweep
from .proportions import Body


def seat(chair: Assembly, body: Body, kind: str, narrow: float, material=None) -> float:
    """Add a seat and return the height of its underside. kind: "plank", "cushion", "framed" or "round"."""
    material = material or chair.scheme.seat
    half_a, half_b, thickness = 0.5 * body.width, 0.5 * body.depth, body.thickness
    bulge = chair.between(0.0, 0.1) if chair.chance(0.5) else 0.0
    power = (chair.between(4.5, 10.0), chair.between(9.0, 14.0))
    wide = half_a * 2.0 / (1.0 + narrow)  # the middle keeps its width while the back narrows
    if kind == "plank":
        thickness = min(thickness, 0.06)
        points = pad(wide, half_b, thickness, power=power, narrow=narrow, bulge=bulge, bevel=0.4 * thickness)
        dish = chair.between(0.0, 0.025)
        points[:, 2] -= dish * np.maximum(
            1.0 - (points[:, 0] / half_a) ** 2 - (points[:, 1] / half_b) ** 2, 0.0
        )
    elif kind == "round":
        thickness = min(thickness, 0.12)
        points = pad(
            half_a, half_b, thickness, power=(2.2, 2.2), bevel=0.45 * thickness, crown=0.2 * thickness
        )
    else:
        rail = 0.0
        if kind == "framed":
            rail = chair.between(0.04, 0.08)
            points = pad(wide, half_b, rail, power=(9.0, 12.0), narrow=narrow, bevel=0.008)
            chair.add(place(points, (0.0, body.seat - thickness - 0.5 * rail, 0.0), 90.0), chair.scheme.frame)
            wide, half_b = 0.97 * wide, 0.97 * half_b
        points = pad(
            wide,
            half_b,
            thickness,
            power=power,
            narrow=narrow,
            bulge=bulge,
            bevel=thickness * chair.between(0.3, 0.5),
            crown=thickness * chair.between(0.0, 0.3),
        )
        chair.add(place(points, (0.0, body.seat - 0.5 * thickness, 0.0), 90.0), material)
        return body.seat - thickness - rail
    chair.add(place(points, (0.0, body.seat - 0.5 * thickness, 0.0), 90.0), material)
    return body.seat - thickness


def _curve(body: Body, low: float, high: float, count: int, sabre: float) -> tuple[np.ndarray, np.ndarray]:
    """Heights and z of a back's line; sabre > 0 bends the top further backwards."""
    height = np.linspace(low, high, count)
    share = (height - body.seat) / (body.top - body.seat)
    return height, body.back_z(height) - sabre * np.maximum(share, 0.0) ** 2


def panel_back(
    chair: Assembly,
    body: Body,
    low: float,
    high: float,
    half_width: float,
    thickness: float,
    material=None,
    offset: float = 0.0,
    power=None,
    lateral=None,
    narrow=None,
) -> None:
    """A panel or cushion between two heights, curved across, `offset` in front of the back's line."""
    half_b = 0.5 * (high - low)
    power = power or (chair.between(4.0, 12.0), chair.between(2.5, 12.0))
    narrow = chair.between(0.8, 1.15) if narrow is None else narrow
    points = pad(
        half_width,
        half_b,
        thickness,
        power=power,
        narrow=narrow,
        bevel=thickness * chair.between(0.3, 0.5),
        crown=thickness * chair.between(0.0, 0.25) if thickness > 0.05 else 0.0,
    )
    lateral = chair.between(0.0, 0.08) if lateral is None else lateral
    points[:, 2] += lateral * ((points[:, 0] / half_width) ** 2 - 0.4)
    points[:, 2] += chair.between(-0.02, 0.03) * ((points[:, 1] / half_b) ** 2 - 0.5)
    middle = 0.5 * (low + high)
    chair.add(
        place(points, (0.0, middle, float(body.back_z(middle)) + offset), body.tilt),
        material or chair.scheme.back,
    )


def _rails(
    chair: Assembly,
    body: Body,
    heights,
    half_width: float,
    half_height: float,
    depth: float,
    sabre: float,
    bow: float,
    material,
    crest: float = 0.0,
) -> None:
    """Horizontal bars across the back at these heights, bowed backwards; crest arches them upwards."""
    across = np.linspace(-1.0, 1.0, 9)
    heights = np.atleast_1d(np.asarray(heights, float))
    share = (heights - body.seat) / (body.top - body.seat)
    path = np.empty((len(heights), 9, 3))
    path[..., 0] = half_width * across
    path[..., 1] = heights[:, None] + crest * (1.0 - across**2)
    path[..., 2] = (body.back_z(heights) - sabre * share**2)[:, None] - bow * (1.0 - across**2)
    chair.add(sweep(path, (depth, half_height), SQUARE, Y), material)


def post_back(
    chair: Assembly,
    body: Body,
    fill: str,
    half: float,
    sabre: float,
    square: bool,
    foot: float = 0.0,
    rake: float = 0.0,
) -> None:
    """Two posts at x = +-half from height `foot` to the top, and between them a filling.

    fill: "panel", "slats", "spindles", "ladder", "splat", "rail", "cross" or "cushion". With foot 0 the posts
    are the back legs and `rake` sets their feet back.
    """
    frame, back = chair.scheme.frame, chair.scheme.back
    leg, top = body.leg, body.top
    height, z = _curve(body, body.seat, top, 7, sabre)
    flare = chair.between(-0.02, 0.04)
    upper = np.stack([half + flare * (height - body.seat) / (top - body.seat), height, z], axis=1)
    lower = np.array([[half, foot, z[0] - rake], [half, 0.5 * (foot + body.seat), z[0] - 0.3 * rake]])
    path = np.concatenate([lower, upper])
    taper = np.linspace(1.0, chair.between(0.6, 1.0), len(path)) if not square else np.ones(len(path))
    path[:, 2] += leg
    section = SQUARE if square else ROUND
    chair.add(mirrored(sweep(path, np.outer(taper, (leg, leg)), section, X)), frame)

    inner = half + 0.5 * flare
    bow = chair.between(0.0, 0.06)
    depth = max(0.45 * leg, 0.008)
    line = replace(body, depth=body.depth - 2.0 * leg)
    crest = chair.between(0.0, 0.05) if chair.chance(0.4) else 0.0
    tall = chair.between(0.025, 0.07)
    room = top - body.seat
    if fill in ("panel", "cushion"):
        low = body.seat + room * (chair.between(0.02, 0.5) if fill == "panel" else 0.05)
        panel_back(
            chair,
            line,
            low,
            top - chair.between(0.0, 0.03),
            inner - (0.3 * leg),
            max(body.sheet * 0.5, 0.02),
            power=(12.0, 12.0),
            offset=-sabre * 0.4,
            narrow=1.0,
            lateral=-0.5 * bow,
        )
        return
    if fill == "ladder":
        count = int(chair.rng.integers(2, 6))
        heights = np.linspace(body.seat + room * chair.between(0.15, 0.4), top - tall, count)
        _rails(chair, line, heights, inner, min(tall, 0.32 * room / count), depth, sabre, bow, back, crest)
        return
    _rails(
        chair,
        line,
        top - 0.5 * tall,
        inner + (leg if chair.chance(0.4) else 0.0),
        tall,
        depth * 1.2,
        sabre,
        bow,
        frame if fill != "rail" else back,
        crest,
    )
    if fill == "rail":
        if chair.chance(0.5):
            _rails(chair, line, body.seat + 0.5 * room, inner, tall * 0.7, depth, sabre, bow, back)
        return
    base = body.seat + (chair.between(0.08, 0.3) * room if chair.chance(0.5) else -0.02)
    if base > body.seat:
        _rails(chair, line, base, inner, 0.022, depth, sabre, bow, frame)
    if fill == "cross":
        ends = np.array([[-inner, base], [inner, base], [-inner, top - tall], [inner, top - tall]])
        points = np.column_stack([ends, line.back_z(ends[:, 1]) - sabre * 0.6])
        chair.add(sticks(points[:2], points[[3, 2]], (0.02, 0.3 * leg)), frame)
        return
    count = 1 if fill == "splat" else int(chair.rng.integers(3, 9 if fill == "spindles" else 7))
    gap = 2.0 * inner / (count + 1)
    across = (np.arange(count) - 0.5 * (count - 1)) * gap
    width = {"splat": chair.between(0.07, 0.13), "slats": 0.5 * gap * chair.between(0.35, 0.7)}.get(
        fill, 0.011
    )
    lines = np.linspace(base, top - tall, 6)
    share = (lines - body.seat) / room
    path = np.empty((count, 6, 3))
    path[..., 0], path[..., 1] = across[:, None], lines
    edge = 1.0 - (across / inner) ** 2
    path[..., 2] = line.back_z(lines) - sabre * np.maximum(share, 0.0) ** 2 - bow * edge[:, None]
    size = np.array((width, 0.007 if fill != "spindles" else 0.011))
    shape = np.ones((6, 1)) * size
    if fill == "splat":
        shape[:, 0] *= 1.0 + 0.45 * np.sin(np.linspace(0.0, chair.between(3.0, 8.0), 6))
    # the reference lies along z, so that a slat is wide across and thin along z
    chair.add(sweep(path, shape, ROUND if fill == "spindles" else SQUARE, Z), back)


def arms(
    chair: Assembly, body: Body, half_width: float, kind: str, square: bool, foot: float | None = None
) -> None:
    """Arms at both sides. kind: "bar", "loop" or "panel"; foot: where the front posts begin."""
    rise = chair.between(0.17, 0.29) * min(1.0, (body.top - body.seat) / 0.42)
    height = body.seat + rise
    back = float(body.back_z(height)) + body.leg
    front = 0.5 * body.depth * chair.between(0.3, 0.95)
    flare = chair.between(0.0, 0.05)
    half, leg = half_width, 0.8 * body.leg
    frame, top = chair.scheme.frame, chair.scheme.arms
    foot = body.seat - 0.5 * body.thickness if foot is None else foot
    if kind == "panel":
        thick = chair.between(0.03, 0.09)
        chair.add(mirrored(box((half - 0.01, foot, back), (half + thick, height, front), 0.3 * thick)), top)
        return
    if kind == "loop":
        path = fillet(
            [
                (half, height + 0.02, back - leg),
                (half + flare, height, 0.9 * front),
                (half, foot, front * 0.75),
            ],
            chair.between(0.05, 0.16),
            7,
        )
        chair.add(mirrored(sweep(path, leg)), frame)
        if chair.chance(0.5):
            place_of = np.array(
                [(half + flare, height + leg, 0.8 * back), (half + flare, height + leg, 0.7 * front)]
            )
            chair.add(mirrored(sticks(place_of[0], place_of[1], (chair.between(0.02, 0.035), 0.012))), top)
        return
    post = front - chair.between(0.02, 0.08)
    chair.add(
        mirrored(
            sticks((half, foot, post), (half + flare, height, post), leg, section=SQUARE if square else ROUND)
        ),
        frame,
    )
    count = 6
    along = np.linspace(0.0, 1.0, count)
    path = np.stack(
        [
            half + flare * np.minimum(along * 1.6, 1.0),
            height + chair.between(-0.02, 0.05) * (1 - along) ** 2,
            back - leg + (front - back) * along,
        ],
        axis=1,
    )
    wide = chair.between(0.018, 0.05)
    size = np.stack([wide * (0.65 + 0.35 * along), np.full(count, chair.between(0.01, 0.02))], axis=1)
    chair.add(mirrored(sweep(path, size, SQUARE if square else SOFT, Y)), top)
    if chair.chance(0.15):
        ends = np.linspace(back + 0.06, post - 0.06, int(chair.rng.integers(2, 6)))
        start = np.stack([np.full(len(ends), half), np.full(len(ends), body.seat - 0.02), ends], axis=1)
        chair.add(
            mirrored(sticks(start, start + np.array([flare, height - body.seat + 0.02, 0.0]), 0.011)), frame
        )
