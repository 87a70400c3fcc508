"""The rarer styles: Windsor, ladder back, rocker, bent plywood, Adirondack."""

from dataclasses import replace

import numpy as np

from .assembly import Assembly
from .materials import scheme
from .parts import ROUND, SQUARE, X, Y, Z, fillet, mirrored, pad, place, resample, shell, sticks, sweep
from .proportions import Body, draw
from .supports import four_legs, rockers, stretch
from .uppers import arms, post_back, seat


def windsor(rng: np.random.Generator) -> Assembly:
    """A saddle seat on splayed turned legs, with spindles under a bow or a comb."""
    body = draw(
        rng, size=(0.2, 0.7), seat=(0.0, 0.5), thickness=(0.0, 0.0), leg=(0.2, 0.6), tilt=(0.75, 0.92)
    )
    body = replace(body, thickness=_plank(rng))
    chair = Assembly(rng, scheme(rng, "any", 0.15))
    frame, half, deep = chair.scheme.frame, 0.5 * body.width, 0.5 * body.depth
    points = pad(half, deep, body.thickness, power=(3.0, 2.3), narrow=0.95, bevel=0.4 * body.thickness)
    points[:, 2] -= 0.02 * np.maximum(1.0 - (points[:, 0] / half) ** 2 - (points[:, 1] / deep) ** 2, 0.0)
    chair.add(place(points, (0.0, body.seat - 0.5 * body.thickness, 0.0), 90.0), chair.scheme.seat)
    four_legs(
        chair,
        body,
        body.seat - 0.5 * body.thickness,
        chair.pick(turned=0.7, tapered=0.3),
        chair.between(0.05, 0.12),
        (0.62 * half, 0.6 * deep),
        stretchers="h" if chair.chance(0.85) else "none",
    )
    count, armed = int(rng.integers(6, 12)), chair.chance(0.6)
    spread = np.linspace(-1.0, 1.0, count + 2)[1:-1]
    lean = np.tan(np.radians(max(body.tilt, 6.0))) * (1.0 - body.seat)
    foot = np.stack(
        [
            0.78 * half * np.sin(1.2 * spread) / np.sin(1.2),
            np.full(count, body.seat - 0.01),
            -0.88 * deep * np.cos(0.95 * spread),
        ],
        axis=1,
    )
    bowed = chair.chance(0.6)
    wide = half * chair.between(0.8, 1.0)
    if bowed:
        turn = np.linspace(0.0, np.pi, 19)
        rise = np.sin(turn) ** 0.7
        bow = np.stack(
            [
                0.9 * wide * np.sign(np.cos(turn)) * np.abs(np.cos(turn)) ** 0.75,
                body.seat - 0.01 + (1.0 - body.seat) * rise,
                -0.6 * deep - (0.3 * deep + lean) * rise,
            ],
            axis=1,
        )
        chair.add(sweep(bow, 0.016, ROUND, Z), frame)
        x = 0.82 * wide * spread
        y = np.interp(x, bow[::-1, 0], bow[::-1, 1])
        z = np.interp(x, bow[::-1, 0], bow[::-1, 2])
        head = np.stack([x, y, z], axis=1)
    else:
        x = 0.95 * wide * spread
        head = np.stack([x, np.full(count, 0.95), -0.9 * deep - lean + 0.05 * spread**2], axis=1)
        across = np.linspace(-1.12, 1.12, 9)
        comb = np.stack(
            [0.95 * wide * across, 0.96 + 0.02 * (1.0 - across**2), -0.9 * deep - lean + 0.05 * across**2],
            axis=1,
        )
        chair.add(sweep(comb, (0.012, chair.between(0.025, 0.045)), SQUARE, Y), frame)
    chair.add(sticks(foot, head, 0.011, taper=0.8, section=ROUND), frame)
    if armed:
        level = body.seat + chair.between(0.2, 0.28)
        angle = np.linspace(0.0, np.pi, 13)
        back_z = float(np.interp(level, (body.seat, 1.0), (-0.88 * deep, -0.9 * deep - lean)))
        rail = np.stack([1.05 * half * np.cos(angle), np.full(13, level), back_z * np.sin(angle)], axis=1)
        tips = np.array([[1.1 * half, level, 0.55 * deep]])
        rail = np.concatenate([tips, rail, tips * np.array([-1.0, 1.0, 1.0])])
        chair.add(sweep(rail, (0.024, 0.013), SQUARE, Y), frame)
        posts = np.array([(0.8, 0.4, 1.08), (0.85, 0.08, 1.06), (0.85, -0.2, 1.03)])
        start = np.stack([posts[:, 0] * half, np.full(3, body.seat - 0.01), posts[:, 1] * deep], axis=1)
        end = np.stack([posts[:, 2] * half, np.full(3, level), posts[:, 1] * deep], axis=1)
        chair.add(mirrored(sticks(start, end, 0.012, section=ROUND)), frame)
    return chair


def _plank(rng: np.random.Generator) -> float:
    """Thickness of a solid wooden seat, in heights of the chair."""
    return 0.035 + 0.02 * rng.random()


def _framed(rng: np.random.Generator, upholstered: float, tilt) -> tuple[Assembly, Body]:
    body = draw(rng, size=(0.1, 0.65), seat=(0.0, 0.5), thickness=(0.0, 0.1), leg=(0.15, 0.5), tilt=tilt)
    return Assembly(rng, scheme(rng, "wood", upholstered)), body


def ladder_back(rng: np.random.Generator, tilt=(0.3, 0.8), lift: float = 0.0) -> Assembly:
    """Tall posts with rungs, a woven seat and many stretchers."""
    chair, body = _framed(rng, 0.6, tilt)
    narrow = chair.between(0.75, 0.9)
    under, square = seat(chair, body, "cushion", narrow), chair.chance(0.25)
    wide, leg = body.width / (1.0 + narrow), body.leg
    kind, depth = "square" if square else "tapered", 0.5 * body.depth - leg
    four_legs(chair, body, under + 0.02, kind, 0.0, (wide - leg, depth), front_only=True)
    stretch(
        chair, "box", under, (wide - leg, depth, 0.0), (narrow * wide - leg, depth, 0.0), 0.4 * leg, square
    )
    post_back(
        chair,
        body,
        chair.pick(ladder=0.75, slats=0.25) if lift else "ladder",
        narrow * wide - leg,
        chair.between(0.0, 0.06),
        square,
    )
    if lift or chair.chance(0.4):
        arms(chair, body, 0.5 * (1.0 + narrow) * wide - leg, "bar", square)
    if lift:
        rockers(
            chair,
            0.5 * (1.0 + narrow) * wide - leg,
            body.depth * chair.between(0.85, 1.05),
            0.022,
            chair.between(0.08, 0.14),
        )
    return chair


def rocker(rng: np.random.Generator) -> Assembly:
    """A ladder or slat back with arms, on two curved runners."""
    return ladder_back(rng, tilt=(0.75, 0.92), lift=0.05)


def bent_ply(rng: np.random.Generator) -> Assembly:
    """One bent sheet on bent side frames or thin legs, or bent down to the floor (Panton, zig-zag)."""
    body = draw(rng, size=(0.2, 0.75), seat=(0.0, 0.6), tilt=(0.6, 0.95))
    kind = ("loops", "legs", "zigzag")[int(np.searchsorted((0.4, 0.75), rng.random()))]
    chair = Assembly(rng, scheme(rng, "metal" if kind == "legs" else "any", 0.0 if kind == "zigzag" else 0.5))
    half, front, rear = 0.5 * body.width, 0.5 * body.depth, -0.5 * body.depth
    top_z, sheet = float(body.back_z(1.0)), chair.between(0.018, 0.03)
    dip = chair.between(0.01, 0.05)
    side = [
        (0.0, body.seat - 0.03, front + 0.01),
        (0.0, body.seat, 0.85 * front),
        (0.0, body.seat - dip, rear + 0.04),
        (0.0, 1.0, top_z),
    ]
    corner = chair.between(0.06, 0.22)
    if kind == "zigzag":
        side = [(0.0, 0.5 * sheet, front), (0.0, 0.5 * sheet, rear), (0.0, body.seat, front), *side[2:]]
        corner = chair.between(0.02, 0.14)
    line = resample(fillet(side, corner, 8)[:, [2, 1]], 31 if kind == "zigzag" else 19)
    count = len(line)
    above = np.clip((np.arange(count) / count - 0.75) / 0.25, 0.0, 1.0)
    width = half * (1.0 - chair.between(0.0, 0.25) * above**2)
    chair.add(shell(line, width, np.full(count, chair.between(0.0, 0.03)), sheet), chair.scheme.seat)
    if kind == "legs":
        four_legs(
            chair,
            body,
            body.seat - dip - 0.005,
            "tube",
            chair.between(0.02, 0.08),
            (0.75 * half, 0.7 * front),
        )
        corners = np.array([(0.75 * half, body.seat - dip - 0.008, z) for z in (0.7 * front, -0.7 * front)])
        chair.add(sticks(corners * np.array([-1.0, 1.0, 1.0]), corners, 0.012), chair.scheme.frame)
        chair.add(mirrored(sticks(corners[0], corners[1], 0.012)), chair.scheme.frame)
    elif kind == "loops":
        x, level = half + 0.03, body.seat + chair.between(0.12, 0.22)
        loop = fillet(
            [
                (x, 0.02, 0.2 * rear),
                (x, 0.02, front),
                (x, level, 0.95 * front),
                (x, level, 1.05 * rear),
                (x, 0.02, 1.15 * rear),
                (x, 0.02, 0.2 * rear + 0.005),
            ],
            chair.between(0.08, 0.2),
            7,
        )
        chair.add(mirrored(sweep(loop, (0.013, 0.028), SQUARE, X)), chair.scheme.frame)
        bars = np.array([(x, body.seat - 0.03, 0.93 * front), (x, level - 0.01, 0.97 * rear)])
        bars = np.concatenate([bars, [(x, body.seat - dip - 0.02, rear * 0.75)]])
        chair.add(sticks(bars * np.array([-1.0, 1.0, 1.0]), bars, 0.014), chair.scheme.frame)
        posts = np.array([(x - 0.015, body.seat - dip - 0.02, rear * 0.75), (x - 0.015, level, rear * 0.75)])
        chair.add(mirrored(sticks(posts[0], posts[1], 0.012)), chair.scheme.frame)
    return chair


def adirondack(rng: np.random.Generator) -> Assembly:
    """A low garden chair of planks with a fanned back and broad arms."""
    body = draw(rng, size=(0.4, 0.85), seat=(0.0, 0.2), leg=(0.1, 0.4))
    chair = Assembly(rng, scheme(rng, "any", 0.0))
    frame, half, thin = chair.scheme.frame, 0.5 * body.width, 0.011
    front, rear = 0.55 * body.depth, -0.5 * body.depth
    high, low = body.seat * chair.between(0.9, 1.05), body.seat * chair.between(0.55, 0.75)
    count = int(rng.integers(5, 8))
    along = np.linspace(0.0, 1.0, count)
    centre = np.stack([np.zeros(count), high + (low - high) * along, front + (rear - front) * along], axis=1)
    reach = np.array([half, 0.0, 0.0])
    gap = 0.42 * (front - rear) / (count - 1)
    chair.add(sticks(centre - reach, centre + reach, (thin, gap)), frame)
    lean = np.radians(chair.between(18.0, 30.0))
    slats = int(rng.integers(5, 8))
    spread = np.linspace(-1.0, 1.0, slats)
    length = (1.0 - low) / np.cos(lean) * (1.0 - chair.between(0.0, 0.18) * spread**2)
    foot = np.stack([0.8 * half * spread, np.full(slats, low), np.full(slats, rear)], axis=1)
    way = np.stack(
        [chair.between(0.0, 0.14) * spread, np.full(slats, np.cos(lean)), np.full(slats, -np.sin(lean))],
        axis=1,
    )
    head = foot + way * length[:, None]
    chair.add(sticks(foot, head, (0.8 * half / (slats - 1) * 0.9, thin), taper=1.1), frame)
    level = high + chair.between(0.16, 0.24)
    back_z = rear - np.tan(lean) * (level - low)
    cross = np.array([(half + 0.03, level - 0.02, back_z - 0.025), (half, low - 0.01, rear - 0.025)])
    chair.add(sticks(cross * np.array([-1.0, 1.0, 1.0]), cross, (0.03, 0.012)), frame)
    x = half + 0.01
    legs = np.array([[(x, 0.0, front - 0.06), (x, level, front - 0.06)]])
    chair.add(mirrored(sticks(legs[:, 0], legs[:, 1], (0.014, 0.045))), frame)
    chair.add(
        mirrored(
            sticks(
                (x - 0.02, high - 0.045, front),
                (x - 0.02, 0.03, rear - 0.3 * body.depth),
                (0.014, 0.04),
                reference=Y,
            )
        ),
        frame,
    )
    chair.add(
        mirrored(
            sticks(
                (x + 0.01, level + 0.01, front + 0.04),
                (x + 0.01, level + 0.01, back_z - 0.05),
                (chair.between(0.04, 0.075), thin),
                taper=0.7,
            )
        ),
        frame,
    )
    return chair
