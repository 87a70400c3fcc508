"""Cantilevers and sled bases of bent tube or bar, and stools."""

from dataclasses import replace

import numpy as np

from .arms import arms
from .assembly import Assembly
from .backs import panel_back
from .materials import Surface, scheme
from .parts import ROUND, SQUARE, X, fillet, mirrored, resample, sticks, sweep
from .proportions import Body, draw
from .seats import loose_cushion, seat
from .shells import shell
from .supports import column, disc_foot, four_legs, ring, sled, stretch, trumpet


def _start(rng: np.random.Generator) -> tuple[Body, str]:
    """Sizes, and what the top is: a "cushion", a "plank", or one bent "sheet" for the seat and the back."""
    body, share = draw(rng, size=(0.0, 0.85), seat=(0.1, 0.9), thickness=(0.0, 0.35), tilt=(0.4, 0.9)), rng.random()
    if share < 0.3:
        return replace(body, thickness=0.03), "sheet"
    return (replace(body, thickness=min(body.thickness, 0.06)), "plank") if share < 0.44 else (body, "cushion")


def _top(chair: Assembly, body: Body, kind: str, half: float, sheet: float) -> None:
    """The seat and the back."""
    front, rear = 0.5 * body.depth, -0.5 * body.depth
    if kind == "sheet":
        line = fillet([(0.0, body.seat - 0.02, front + 0.015), (0.0, body.seat, front - 0.03),
                       (0.0, body.seat - 0.015, rear + 0.02), (0.0, 1.0, float(body.back_z(1.0)))],
                      chair.between(0.08, 0.25), 7)
        profile = resample(line[:, [2, 1]], 17)
        thick = 0.012 if chair.scheme.seat.kind == "cane" else chair.between(0.018, 0.05)
        chair.add(shell(profile, np.full(17, half), np.full(17, chair.between(0.0, 0.03)), thick), chair.scheme.seat)
        return
    seat(chair, body, kind, 1.0)
    low = body.seat + chair.between(0.06, 0.5) * (1.0 - body.seat)
    panel_back(chair, body, low, 1.0, half, sheet, narrow=1.0, offset=0.3 * sheet, lateral=chair.between(0.0, 0.03))


def cantilever(rng: np.random.Generator) -> Assembly:
    """One tube from the back over the seat and along the floor to the other side; no back legs."""
    body, kind = _start(rng)
    chair = Assembly(rng, scheme(rng, "metal" if rng.random() < 0.9 else "timber", 0.9,
                                 ("cloth", "cane", "plastic")[int(np.searchsorted((0.8, 0.88), rng.random()))]))
    if chair.scheme.seat.kind == "cane" and kind != "sheet":
        body = replace(body, thickness=0.025, sheet=0.02)
    size, half = chair.between(0.012, 0.02), 0.5 * body.width + 0.005
    front, rear, under = 0.5 * body.depth, -0.5 * body.depth, body.seat - body.thickness
    high = chair.between(0.9, 0.99)
    top_z, sheet = float(body.back_z(high)), max(body.sheet * 0.7, 0.02)
    lean, foot = chair.between(-0.02, 0.08), rear - chair.between(0.0, 0.08)
    side = np.array([(half, high, top_z), (half, under - size, rear - 0.02), (half, under - size, front),
                     (half, size, front + lean), (half, size, foot)])
    path = np.concatenate([side, (side * (-1.0, 1.0, 1.0))[::-1]])
    chair.add(sweep(fillet(path, chair.between(0.05, 0.13), 6), size), chair.scheme.frame)
    bars = np.array([(half, under - 0.9 * size, 0.6 * front), (half, under - 0.9 * size, 0.6 * rear)])
    chair.add(sticks(bars * (-1.0, 1.0, 1.0), bars, size, section=ROUND), chair.scheme.frame)
    if chair.chance(0.4):
        level = body.seat + chair.between(0.17, 0.26)
        loop = fillet([(half, level, float(body.back_z(level))), (half, level, 0.75 * front),
                       (half, under - size, front * 0.8)], 0.1, 6)
        chair.add(mirrored(sweep(loop, size, ROUND, X)), chair.scheme.frame)
        if chair.chance(0.6):
            y = level + size
            chair.add(
                mirrored(sticks((half, y, 0.7 * rear), (half, y, 0.5 * front), (0.024, 0.012))), chair.scheme.arms
            )
    _top(chair, body, kind, half, sheet)
    return chair


def sled_base(rng: np.random.Generator) -> Assembly:
    """Closed side frames of tube that stand on runners."""
    body, kind = _start(rng)
    chair = Assembly(rng, scheme(rng, "metal" if rng.random() < 0.85 else "timber", 0.85,
                                 "cloth" if rng.random() < 0.85 else "plastic"))
    size, half = chair.between(0.011, 0.02), 0.5 * body.width + 0.005
    rear, under = -0.5 * body.depth, body.seat - body.thickness
    high, sheet = chair.between(0.9, 0.99), max(body.sheet * 0.7, 0.025)
    sled(chair, body, under, half, size, chair.between(-0.02, 0.06), chair.chance(0.2))
    x = (half - size) * chair.between(0.75, 0.97)
    line = fillet(
        [(x, under - size, 0.3 * rear), (x, under - size, rear - 0.02), (x, high, float(body.back_z(high)))], 0.07
    )
    chair.add(mirrored(sweep(line, 0.85 * size, ROUND, X)), chair.scheme.frame)
    if chair.chance(0.33):
        arms(chair, replace(body, leg=1.1 * size), half, chair.pick(loop=0.6, bar=0.4), False, foot=under)
    _top(chair, body, kind, half, sheet)
    return chair


def sled_lounge(rng: np.random.Generator) -> Assembly:
    """A wide, low easy chair: two frames of flat bar with cushions between them."""
    body = draw(rng, size=(0.6, 1.0), seat=(0.0, 0.35), thickness=(0.45, 0.62), tilt=(0.8, 0.95))
    chair = Assembly(rng, scheme(rng, "metal" if rng.random() < 0.7 else "wood", 1.0))
    frame, cloth = chair.scheme.frame, chair.scheme.seat
    half, front, rear = 0.5 * body.width, 0.5 * body.depth, -0.5 * body.depth
    thick, size = min(body.thickness, 0.2), chair.between(0.012, 0.018)
    x, wide = half + size, chair.between(0.02, 0.045)
    under = body.seat - 0.9 * thick
    top_z = float(body.back_z(0.92)) - 0.4 * thick
    level = under - wide if chair.chance(0.6) else body.seat + chair.between(0.12, 0.2)
    rise = rear + (top_z - rear) * (level - wide) / 0.92  # where the back post has this height
    path = fillet([(x, level, rise), (x, level, front), (x, wide * 0.5, front - 0.04), (x, wide * 0.5, rear - 0.05),
                   (x, 0.92, top_z - 0.02)], 0.02, 3)
    chair.add(mirrored(sweep(path, (0.5 * wide, size), SQUARE, X)), frame)
    bars = np.array(
        [(x, under - 0.01, 0.75 * front), (x, under - 0.01, 0.6 * rear), (x, 0.8, top_z * 0.9 + rear * 0.1)]
    )
    if level > body.seat:  # the seat hangs on bars between the frames
        chair.add(mirrored(sticks((x, under - 0.01, front - 0.01), (x, under - 0.01, rear), (size, 0.5 * wide))), frame)
    chair.add(sticks(bars * (-1.0, 1.0, 1.0), bars, size, section=ROUND), frame)
    tilt = chair.between(4.0, 10.0)
    loose_cushion(chair, half - 0.01, front + 0.02, thick, (0.0, body.seat - 0.5 * thick, 0.02), 90.0 - tilt, cloth)
    back = 0.5 * (1.0 - body.seat) + 0.02
    z = float(body.back_z(body.seat + back)) + 0.1 * thick
    loose_cushion(chair, half - 0.01, back, thick, (0.0, 1.0 - back, z), body.tilt, cloth)
    return chair


def _stool_seat(chair: Assembly, body: Body, kind: str) -> float:
    """A seat; a woven one is of rush, whatever the scheme says. Returns the height of its underside."""
    return seat(chair, body, kind, 1.0, Surface("seat", "rush") if kind == "woven" else None)


def bar_stool(rng: np.random.Generator) -> Assembly:
    """A tall stool without a back, on four legs with a foot rest or on a column."""
    wide = 0.36 + 0.16 * rng.random()
    body = draw(rng, leg=(0.0, 0.5))
    body = replace(body, width=wide, depth=wide, seat=1.0, thickness=min(max(body.thickness, 0.04), 0.14), tilt=0.0)
    chair = Assembly(rng, scheme(rng, "metal" if rng.random() < 0.5 else "timber", 0.55))
    rounded = chair.chance(0.6)
    under = _stool_seat(chair, body, "round" if rounded else chair.pick(cushion=0.45, plank=0.4, woven=0.15))
    if chair.chance(0.65):
        spread = (0.34 if rounded else 0.42) * wide
        four_legs(chair, body, under + 0.01, chair.pick(square=0.3, tapered=0.4, tube=0.3), chair.between(0.0, 0.1),
                  (spread, spread), stretchers=chair.pick(box=0.75, h=0.25))
        return chair
    radius = chair.between(0.2, 0.27)
    (trumpet if chair.chance(0.5) else disc_foot)(chair, radius, under + 0.01, chair.scheme.frame)
    if chair.chance(0.6):
        ring(chair, 0.65 * radius, 0.35, 0.012, chair.scheme.metal)
        chair.add(sticks((-0.65 * radius, 0.35, 0.0), (0.65 * radius, 0.35, 0.0), 0.01, section=ROUND),
                  chair.scheme.metal)
    return chair


def low_stool(rng: np.random.Generator) -> Assembly:
    """A low stool or pouffe without a back."""
    wide, deep = 0.75 + 0.45 * rng.random(), 0.75 + 0.35 * rng.random()
    body = draw(rng, leg=(0.2, 0.9))
    body = replace(body, width=wide, depth=deep, seat=1.0, thickness=min(max(body.thickness, 0.08), 0.3), tilt=0.0,
                   leg=1.4 * body.leg)
    chair = Assembly(rng, scheme(rng, "timber", 0.65))
    rounded = chair.chance(0.45)
    kind = "round" if rounded else chair.pick(cushion=0.6, plank=0.25, woven=0.15)
    under = _stool_seat(chair, body, kind)
    share = 0.33 if rounded else 0.42
    four_legs(chair, body, under + 0.01, chair.pick(square=0.5, tapered=0.5), chair.between(0.0, 0.1),
              (share * wide, share * deep), stretchers=chair.pick(none=0.6, box=0.2, h=0.2))
    return chair


def bar_chair(rng: np.random.Generator) -> Assembly:
    """A bar stool with a low back."""
    body = draw(rng, size=(0.0, 0.3), thickness=(0.1, 0.3), leg=(0.0, 0.45), tilt=(0.3, 0.75))
    body = replace(
        body, seat=0.7 + 0.1 * rng.random(), width=0.38 + 0.08 * rng.random(), depth=0.36 + 0.08 * rng.random()
    )
    chair = Assembly(rng, scheme(rng, "metal" if rng.random() < 0.5 else "timber", 0.7))
    under = seat(chair, body, chair.pick(cushion=0.7, plank=0.3), chair.between(0.85, 1.0))
    if chair.chance(0.7):
        x, z, splay = 0.42 * body.width, 0.42 * body.depth, chair.between(0.0, 0.07)
        four_legs(chair, body, under + 0.01, chair.pick(square=0.4, tapered=0.3, tube=0.3), splay, (x, z))
        stretch(chair, "box", 0.62 * under, (x + 0.38 * splay, z + 0.38 * splay, 0.62 * splay),
                (x + 0.38 * splay, z + 0.38 * splay, 0.62 * splay), 0.01, False)
    else:
        disc_foot(chair, chair.between(0.2, 0.26), under + 0.01, chair.scheme.frame)
        column(chair, 0.02, 0.55 * under, 0.03, chair.scheme.frame)
    sheet = max(0.6 * body.sheet, 0.025)
    low = body.seat + chair.between(-0.02, 0.06)
    line = np.array([(0.3 * body.width, under + 0.01, -0.3 * body.depth),
                     (0.3 * body.width, under + 0.01, -0.5 * body.depth - 0.015),
                     (0.3 * body.width, low + 0.08, float(body.back_z(low + 0.08)) - 0.2 * sheet)])
    chair.add(mirrored(sweep(fillet(line, 0.04), 0.011, ROUND, X)), chair.scheme.frame)
    panel_back(chair, body, low, 1.0, 0.5 * body.width, sheet, lateral=chair.between(0.0, 0.08))
    return chair
