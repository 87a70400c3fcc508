"""Chairs upholstered nearly down to the floor: club, cube, rolled arms, tub, barrel, wing, recliner, slipper."""

import numpy as np

from .assembly import Assembly
from .backs import channelled_back, panel_back
from .materials import scheme
from .parts import DISC, Pad, mirrored, soft_box, stand, sticks
from .proportions import Body, draw
from .seats import loose_cushion
from .shells import wall
from .supports import feet, four_legs


def _start(rng: np.random.Generator, size=(0.66, 1.0), seat=(0.0, 0.5), tilt=(0.3, 0.85)) -> tuple[Assembly, Body]:
    body = draw(rng, size=size, seat=seat, thickness=(0.5, 0.8), sheet=(0.6, 0.95), tilt=tilt)
    return Assembly(rng, scheme(rng, "wood", 1.0)), body


def _base(chair: Assembly, body: Body, thick: float, inset: tuple[float, float], rounded: bool = False) -> float:
    """The legs, the body under the cushion, and the cushion; returns the height of the body's underside.

    thick: of the arms, behind which the body ends; ``rounded`` behind, for a round wall.
    """
    half, deep, cloth = 0.5 * body.width, 0.5 * body.depth, chair.scheme.seat
    foot = chair.between(0.03, 0.15) if chair.chance(0.75) else 0.0
    if foot > 0.08:
        four_legs(chair, body, foot + 0.02, chair.pick(square=0.4, tapered=0.6), 0.01, inset)
    elif foot > 0.0:
        feet(chair, inset, foot + 0.02, 1.3 * body.leg, chair.scheme.frame)
    cushion = max(0.1, 0.4 * body.seat)
    if rounded:
        high = body.seat - 0.85 * cushion
        pad = Pad(half, deep, high - foot, power=(9.0, 2.1), bevel=0.02)
        chair.add(pad.place((0.0, 0.5 * (high + foot), 0.0), 90.0), cloth)
        loose_cushion(chair, half, deep, cushion, (0.0, body.seat - 0.5 * cushion, 0.01), 90.0, cloth, (9.0, 2.1))
        return foot
    chair.add(
        soft_box(
            (-half - 0.005, foot, -deep - 0.45 * thick), (half + 0.005, body.seat - 0.85 * cushion, deep - 0.01), 0.02
        ),
        cloth,
    )
    loose_cushion(chair, half - 0.006, deep + 0.01, cushion, (0.0, body.seat - 0.5 * cushion, 0.01), 90.0, cloth)
    return foot


def _arms(chair: Assembly, body: Body, thick: float, foot: float, level: float, front: float, soft: float) -> None:
    half, deep = 0.5 * body.width, 0.5 * body.depth
    chair.add(
        mirrored(soft_box((half, foot, -deep - 0.55 * thick), (half + thick, level, front), soft)), chair.scheme.seat
    )


def _back(chair: Assembly, body: Body, foot: float, wide: float, inner: float, power=None) -> float:
    """The back with, mostly, a cushion of its own; returns its thickness."""
    cloth, sheet = chair.scheme.seat, max(0.1, min(body.sheet, 0.26))
    panel_back(chair, body, foot + 0.02, 1.0, wide, sheet, offset=-0.4 * sheet, surface=cloth, lateral=0.02,
               power=power or (12.0, chair.between(3.0, 12.0)), narrow=chair.between(0.95, 1.03))
    kind = chair.pick(cushion=0.5, rolls=0.12, plain=0.38)
    if kind == "cushion":
        high = chair.between(0.93, 1.02)
        panel_back(chair, body, body.seat - 0.02, high, inner, 0.12, offset=0.25 * sheet, surface=cloth, narrow=1.0,
                   lateral=0.0)
    elif kind == "rolls":
        channelled_back(chair, body, body.seat - 0.02, 0.98, inner, 0.1, cloth, int(chair.between(3.0, 6.0)),
                        chair.chance(0.6))
    return sheet


def club(rng: np.random.Generator) -> Assembly:
    """A club chair with arms like blocks."""
    chair, body = _start(rng)
    half, deep, thick = 0.5 * body.width, 0.5 * body.depth, chair.between(0.1, 0.2)
    front = deep * chair.between(0.85, 1.02)
    foot = _base(chair, body, thick, (half + 0.35 * thick, front - 0.4 * thick))
    level = body.seat + chair.between(0.12, 0.24)
    _arms(chair, body, thick, foot + 0.004, level, front, chair.between(0.02, 0.5 * thick))
    _back(chair, body, foot, half + (0.95 * thick if chair.chance(0.4) else 0.0), 0.97 * half)
    return chair


def cube(rng: np.random.Generator) -> Assembly:
    """A low block: arms and back nearly as high as each other, straight edges."""
    chair, body = _start(rng, (0.75, 0.97), (0.3, 0.6), (0.0, 0.4))
    half, deep, thick = 0.5 * body.width, 0.5 * body.depth, chair.between(0.13, 0.24)
    foot = _base(chair, body, 2.0 * thick, (half + 0.4 * thick, deep - 0.04))
    level = chair.between(0.72, 0.99)
    soft = chair.between(0.015, 0.05)
    _arms(chair, body, thick, foot + 0.004, level, deep * chair.between(0.95, 1.04), soft)
    cloth = chair.scheme.seat
    chair.add(
        soft_box((-half - 0.95 * thick, foot + 0.002, -deep - thick), (half + 0.95 * thick, 1.0, -deep + 0.02), soft),
        cloth,
    )
    loose_cushion(chair, half - 0.008, 0.5 * (1.0 - body.seat), 0.14, (0.0, 0.5 * (1.0 + body.seat), 0.06 - deep),
                  chair.between(6.0, 14.0), cloth)
    return chair


def rolled(rng: np.random.Generator) -> Assembly:
    """An armchair with round, rolled arms."""
    chair, body = _start(rng)
    half, deep, thick = 0.5 * body.width, 0.5 * body.depth, chair.between(0.09, 0.15)
    foot = _base(chair, body, thick, (half + 0.3 * thick, deep - 0.03))
    level, front, radius = body.seat + chair.between(0.1, 0.18), 0.98 * deep, chair.between(0.6, 0.8) * thick
    _arms(chair, body, thick, foot + 0.004, level, front - 0.01, 0.02)
    x = half + 0.5 * thick + chair.between(0.0, 0.3) * thick
    rolls = ((0.0, 0.6), (0.03, 0.95), (0.12, 1.0), (0.94, 1.0), (0.985, 0.92), (1.0, 0.75))
    chair.add(
        mirrored(
            sticks((x, level, -deep - 0.3 * thick), (x, level, front + 0.02), radius, section=DISC, profile=rolls)
        ),
        chair.scheme.seat,
    )
    _back(chair, body, foot, half + (0.6 * thick if chair.chance(0.4) else 0.0), 0.95 * half,
          (12.0, chair.between(2.4, 5.0)))
    return chair


def wing(rng: np.random.Generator) -> Assembly:
    """A high back with wings at its sides."""
    chair, body = _start(rng, (0.4, 0.75), (0.0, 0.35), (0.5, 0.85))
    half, deep, thick = 0.5 * body.width, 0.5 * body.depth, chair.between(0.08, 0.14)
    front = deep * chair.between(0.85, 1.0)
    foot = _base(chair, body, thick, (half + 0.3 * thick, front - 0.4 * thick))
    level, wide = body.seat + chair.between(0.12, 0.2), half + 0.25 * thick
    _arms(chair, body, thick, foot + 0.004, level, front, 0.4 * thick)
    _back(chair, body, foot, wide, 0.93 * half)
    lift, reach = chair.between(0.9, 0.97), chair.between(0.4, 0.7) * deep
    pad = Pad(0.5 * reach, 0.5 * (lift - level) + 0.05, 0.6 * thick, power=(6.0, 2.6), bevel=0.27 * thick)
    # a quarter turn about the vertical stands the wing along the side: across becomes forward
    across, up, out = pad.points.T.copy()
    middle = 0.5 * (lift + level)
    pad.points[:, 0], pad.points[:, 1] = wide + 0.1 * thick - out + chair.between(0.0, 0.2) * (across + 0.5 * reach), up
    pad.points[:, 2] = across + 0.42 * reach + float(body.back_z(middle)) - np.tan(np.radians(body.tilt)) * up
    pad.points[:, 1] += middle
    chair.add(mirrored(pad.place((0.0, 0.0, 0.0), 0.0)), chair.scheme.seat)
    return chair


def tub(rng: np.random.Generator) -> Assembly:
    """A round wall about the seat, level or rising to the back."""
    chair, body = _start(rng)
    half, deep, thick = 0.5 * body.width, 0.5 * body.depth, chair.between(0.07, 0.16)
    foot = _base(chair, body, 0.0, (0.7 * half, 0.65 * deep), True)
    level = body.seat + chair.between(0.12, 0.24)
    turn = np.linspace(0.0, np.pi, 21)
    reach = chair.between(0.6, 1.0)
    plan = np.stack([(half + 0.4 * thick) * np.cos(turn), -(deep + 0.3 * thick) * np.sin(turn)], axis=1)
    ends = np.linspace(reach * deep, 0.0, 5)[:-1]
    right = np.stack([np.full(4, plan[0, 0]), ends], axis=1)
    plan = np.concatenate([right, plan, (right * (-1.0, 1.0))[::-1]])
    share = np.concatenate([np.zeros(4), np.maximum(np.sin(turn), 0.0), np.zeros(4)])
    low = 1.0 if chair.chance(0.3) else level
    top = low + (1.0 - low) * share ** chair.between(0.8, 2.5)
    chair.add(wall(plan, foot + 0.004, top, thick, chair.between(0.0, 0.2)), chair.scheme.seat)
    if chair.chance(0.3):
        loose_cushion(chair, 0.62 * half, 0.5 * (0.92 - body.seat), 0.12,
                      (0.0, 0.5 * (0.92 + body.seat), 0.06 - 0.86 * deep), 12.0, chair.scheme.seat, (4.0, 3.0))
    return chair


def barrel(rng: np.random.Generator) -> Assembly:
    """A dining tub: a thin round back that runs into the arms, over a round seat on slender legs."""
    body = draw(rng, size=(0.35, 0.75), seat=(0.3, 0.7), thickness=(0.3, 0.5), leg=(0.1, 0.5), tilt=(0.0, 0.4))
    chair = Assembly(rng, scheme(rng, "wood" if rng.random() < 0.7 else "metal", 1.0,
                                 "cloth" if rng.random() < 0.85 else "wicker"))
    half, deep, thick = 0.5 * body.width, 0.5 * body.depth, chair.between(0.04, 0.08)
    body_low = body.seat - max(body.thickness, 0.1)
    pad = Pad(half, deep, body.seat - body_low, power=(4.0, 2.6), bevel=0.03, crown=0.015)
    chair.add(pad.place((0.0, 0.5 * (body.seat + body_low), 0.0), 90.0), chair.scheme.seat)
    four_legs(chair, body, body_low + 0.02, "tapered" if chair.scheme.frame.kind == "wood" else "tube",
              chair.between(0.0, 0.07), (0.68 * half, 0.62 * deep))
    turn = np.linspace(-chair.between(0.0, 0.35), np.pi, 25)
    turn = np.linspace(turn[0], np.pi - turn[0], 25)
    plan = np.stack([(half + 0.3 * thick) * np.cos(turn), -(deep + 0.3 * thick) * np.sin(turn)], axis=1)
    level = body.seat + chair.between(0.1, 0.25) * (1.0 - body.seat) / 0.45
    top = level + (1.0 - level) * np.maximum(np.sin(turn), 0.0) ** chair.between(0.8, 2.0)
    low = body_low + (0.004 if chair.chance(0.7) else 0.5 * (body.seat - body_low))
    chair.add(wall(plan, low, top, thick, chair.between(0.05, 0.22)), chair.scheme.seat)
    return chair


def recliner(rng: np.random.Generator) -> Assembly:
    """An armchair leaning back with its foot rest out."""
    chair, body = _start(rng, (0.45, 0.75), (0.1, 0.5), (0.9, 0.98))
    half, deep, thick = 0.5 * body.width, 0.5 * body.depth, chair.between(0.11, 0.18)
    foot = _base(chair, body, thick, (half + 0.3 * thick, deep - 0.4 * thick))
    _arms(chair, body, thick, foot + 0.004, body.seat + chair.between(0.12, 0.2), 0.97 * deep, 0.4 * thick)
    _back(chair, body, foot + 0.12, 0.98 * half, 0.94 * half)
    length, slope = chair.between(0.16, 0.24), chair.between(8.0, 30.0)
    pad = Pad(0.94 * half, length, 0.1, power=(8.0, 8.0), bevel=0.045, crown=0.01)
    middle = stand(np.array([[0.0, -length, 0.0]]), (0.0, 0.0, 0.0), 90.0 - slope)[0]
    chair.add(pad.place(np.array([0.0, body.seat - 0.09, deep - 0.02]) + middle * (0.0, 1.0, 1.0), 90.0 - slope),
              chair.scheme.seat)
    return chair


def slipper(rng: np.random.Generator) -> Assembly:
    """A low upholstered chair without arms, to the floor or on short feet."""
    chair, body = _start(rng, (0.4, 0.75), (0.1, 0.6), (0.4, 0.85))
    half, deep = 0.5 * body.width, 0.5 * body.depth
    foot = _base(chair, body, 0.12, (half - 0.05, deep - 0.05))
    _back(chair, body, foot, 0.985 * half, 0.93 * half)
    return chair
