"""Upholstered chairs, office chairs, and shells on a pedestal."""

import numpy as np

from .assembly import Assembly
from .materials import scheme
from .parts import (
    SQUARE,
    Part,
    X,
    Z,
    fillet,
    mirrored,
    pad,
    pad_triangles,
    place,
    resample,
    shell,
    soft_box,
    sticks,
    sweep,
    wall,
)
from .proportions import Body, draw
from .supports import column, disc_foot, four_legs, star, trumpet
from .uppers import arms, panel_back, seat


def upholstered(rng: np.random.Generator) -> Assembly:
    """Club, tub and wing chairs, closed nearly down to the floor."""
    body = draw(
        rng, size=(0.55, 1.0), seat=(0.0, 0.5), thickness=(0.5, 0.8), sheet=(0.6, 0.95), tilt=(0.3, 0.85)
    )
    chair = Assembly(rng, scheme(rng, "any", 1.0))
    cloth, foot = chair.scheme.seat, chair.between(0.0, 0.16)
    kind = chair.pick(club=0.5, tub=0.3, wing=0.2)
    half, deep = 0.5 * body.width, 0.5 * body.depth
    thick = chair.between(0.08, 0.2)
    if foot > 0.03:
        four_legs(
            chair,
            body,
            foot + 0.02,
            chair.pick(square=0.5, tapered=0.5),
            0.01,
            (0.8 * half, 0.75 * deep) if kind == "tub" else (half + 0.3 * thick, deep - 0.03),
        )
    soft, cushion = chair.between(0.03, 0.06), max(0.1, 0.4 * body.seat)
    chair.add(
        soft_box((-half, foot, -deep - 0.5 * thick), (half, body.seat - 0.8 * cushion, deep - 0.01), 0.02),
        cloth,
    )
    points = pad(half * 0.985, deep, cushion, power=(9.0, 9.0), bevel=soft, crown=chair.between(0.0, 0.04))
    chair.add(place(points, (0.0, body.seat - 0.5 * cushion, 0.0), 90.0), cloth)
    rise = chair.between(0.12, 0.24)
    if kind == "tub":
        count = 21
        turn = np.linspace(0.0, np.pi, count)
        reach = chair.between(0.6, 1.0)
        plan = np.stack([(half + 0.4 * thick) * np.cos(turn), -(deep + 0.3 * thick) * np.sin(turn)], axis=1)
        ends = np.linspace(reach * deep, 0.0, 5)[:-1]
        right = np.stack([np.full(4, plan[0, 0]), ends], axis=1)
        plan = np.concatenate([right, plan, (right * np.array([-1.0, 1.0]))[::-1]])
        share = np.clip(np.concatenate([np.zeros(4), np.sin(turn), np.zeros(4)]), 0.0, 1.0)
        low = 1.0 if chair.chance(0.35) else body.seat + rise
        top = low + (1.0 - low) * share ** chair.between(0.8, 2.5)
        chair.add(wall(plan, np.full(len(plan), foot), top, thick, chair.between(0.0, 0.2)), cloth)
        return chair
    level, front = body.seat + rise, deep * chair.between(0.85, 1.02)
    arm = chair.scheme.seat if chair.chance(0.9) else chair.scheme.arms
    chair.add(
        mirrored(
            soft_box(
                (half, foot, -deep - 0.6 * thick),
                (half + thick, level, front),
                chair.between(0.02, 0.5 * thick),
            )
        ),
        arm,
    )
    sheet = max(0.1, min(body.sheet, 0.3))
    wide = half + (thick if chair.chance(0.4) else 0.0)
    panel_back(
        chair,
        body,
        foot + 0.02,
        1.0,
        wide,
        sheet,
        offset=-0.35 * sheet,
        material=cloth,
        lateral=0.03,
        power=(12.0, chair.between(3.0, 12.0)),
        narrow=chair.between(0.95, 1.05),
    )
    if chair.chance(0.6):
        panel_back(
            chair, body, body.seat, 0.97, 0.96 * half, 0.1, offset=0.3 * sheet, material=cloth, narrow=1.0
        )
    if kind == "wing":
        lift, wing = chair.between(0.9, 0.97), chair.between(0.35, 0.65) * deep
        points = pad(
            0.5 * wing, 0.5 * (lift - level) + 0.05, 0.5 * thick, power=(6.0, 2.6), bevel=0.2 * thick
        )
        # a quarter turn about the vertical stands the wing along the side: across becomes forward
        across, up, out = points.T
        middle = 0.5 * (lift + level)
        points = np.stack([wide - 0.25 * thick - out, up, across + 0.4 * wing], axis=1)
        points[:, 2] += float(body.back_z(middle)) - np.tan(np.radians(body.tilt)) * up
        points[:, 1] += middle
        chair.add(mirrored((points, pad_triangles())), cloth)
    return chair


def office(rng: np.random.Generator) -> Assembly:
    """A swivel chair on a star base with castors."""
    body = draw(
        rng, size=(0.1, 0.6), seat=(0.05, 0.6), thickness=(0.1, 0.45), sheet=(0.2, 0.6), tilt=(0.4, 0.85)
    )
    chair = Assembly(rng, scheme(rng, "metal", 1.0))
    dark = chair.scheme.metal
    hub, thick = chair.between(0.09, 0.14), chair.between(0.014, 0.024)
    star(
        chair, chair.between(0.27, 0.36), hub, 5 if chair.chance(0.7) else 4, True, thick, dark, rng.random()
    )
    under = seat(chair, body, "round" if chair.chance(0.12) else "cushion", chair.between(0.85, 1.0))
    column(chair, hub, under, chair.between(0.02, 0.032), dark)
    chair.add(
        soft_box(
            (-0.25 * body.width, under - 0.03, -0.2 * body.depth),
            (0.25 * body.width, under + 0.01, 0.2 * body.depth),
            0.01,
        ),
        dark,
    )
    low = body.seat + (chair.between(0.1, 0.35) * (1.0 - body.seat) if chair.chance(0.7) else -0.04)
    head = chair.chance(0.15)
    high = 0.83 if head else 1.0
    sheet, wide = max(body.sheet, 0.035), 0.5 * body.width * chair.between(0.75, 1.05)
    panel_back(chair, body, low, high, wide, sheet, lateral=chair.between(0.02, 0.1))
    z = float(body.back_z(low + 0.1)) - 0.4 * sheet
    spine = fillet(
        [(0.0, under - 0.012, -0.1 * body.depth), (0.0, under - 0.012, z - 0.03), (0.0, low + 0.16, z)], 0.06
    )
    chair.add(sweep(spine, (0.012, chair.between(0.012, 0.045)), SQUARE, X), dark)
    if head:
        panel_back(chair, body, 0.87, 1.0, 0.6 * wide, 0.04, narrow=1.0)
        chair.add(
            sticks(
                (0.0, 0.75, float(body.back_z(0.75)) - 0.5 * sheet),
                (0.0, 0.92, float(body.back_z(0.92)) - 0.01),
                (0.03, 0.008),
            ),
            dark,
        )
    if chair.chance(0.62):
        level, x = body.seat + chair.between(0.13, 0.22), 0.5 * body.width + 0.045
        if chair.chance(0.6):
            chair.add(
                mirrored(
                    sweep(
                        fillet(
                            [(0.2 * body.width, under - 0.01, 0.0), (x, under - 0.01, 0.0), (x, level, 0.0)],
                            0.04,
                        ),
                        (0.02, 0.014),
                        SQUARE,
                        Z,
                    )
                ),
                dark,
            )
        else:
            path = fillet(
                [
                    (0.3 * body.width, under, 0.2 * body.depth),
                    (x, under, 0.22 * body.depth),
                    (x, level - 0.01, 0.25 * body.depth),
                    (x, level - 0.01, -0.22 * body.depth),
                    (x, under, -0.2 * body.depth),
                    (0.3 * body.width, under, -0.2 * body.depth),
                ],
                0.06,
            )
            chair.add(mirrored(sweep(path, 0.014)), dark)
        points = pad(
            chair.between(0.022, 0.04), chair.between(0.1, 0.16), 0.028, power=(4.0, 4.0), bevel=0.012
        )
        chair.add(
            mirrored(place(points, (x, level, 0.02), 90.0)), chair.scheme.arms if chair.chance(0.4) else dark
        )
    return chair


def pedestal(rng: np.random.Generator) -> Assembly:
    """A shell or a lounge seat on a star, a tulip foot or a plate."""
    body = draw(
        rng, size=(0.3, 0.9), seat=(0.1, 0.65), thickness=(0.1, 0.4), sheet=(0.2, 0.6), tilt=(0.5, 0.95)
    )
    chair = Assembly(rng, scheme(rng, "metal" if rng.random() < 0.7 else "any", 0.85))
    under, base = body.seat - 0.05, chair.scheme.frame
    radius, kind = chair.between(0.24, 0.36), chair.pick(star=0.5, trumpet=0.28, disc=0.22)
    shelled = chair.chance(0.65)
    if not shelled:
        under = seat(chair, body, "cushion", chair.between(0.85, 1.0))
    if kind == "star":
        hub = chair.between(0.05, 0.12)
        star(chair, radius, hub, 4 if chair.chance(0.6) else 5, False, chair.between(0.012, 0.022), base, 0.5)
        column(chair, hub, under + 0.02, chair.between(0.018, 0.035), base)
    elif kind == "trumpet":
        trumpet(chair, radius, under + 0.02, base)
    else:
        disc_foot(chair, radius, under + 0.02, base)
    if shelled:
        half = 0.5 * body.width
        chair.add(bucket(chair, body, half), chair.scheme.seat)
        if chair.chance(0.35):
            points = pad(0.8 * half, 0.42 * body.depth, 0.06, power=(3.0, 3.5), bevel=0.028, crown=0.015)
            chair.add(place(points, (0.0, body.seat + 0.02, 0.03), 92.0), chair.scheme.back)
        return chair
    panel_back(
        chair,
        body,
        body.seat - chair.between(0.0, 0.05),
        1.0,
        0.5 * body.width,
        max(body.sheet, 0.05),
        lateral=chair.between(0.0, 0.1),
    )
    if chair.chance(0.5):
        arms(chair, body, 0.5 * body.width, chair.pick(loop=0.5, panel=0.5), False)
    return chair


def bucket(chair: Assembly, body: Body, half: float) -> Part:
    """A moulded shell, whose sides may rise into arms."""
    rear, front = -0.5 * body.depth, 0.5 * body.depth
    drop = chair.between(0.0, 0.05)
    line = fillet(
        [
            (0.0, body.seat - drop, front),
            (0.0, body.seat - 0.02, 0.7 * front),
            (0.0, body.seat - 0.03, rear + 0.03),
            (0.0, 1.0, float(body.back_z(1.0))),
        ],
        chair.between(0.12, 0.25),
        8,
    )
    profile = resample(line[:, [2, 1]], 17)
    along = np.linspace(0.0, 1.0, 17)
    raised = chair.between(0.1, 0.24) if chair.chance(0.5) else chair.between(0.02, 0.08)
    middle = np.exp(-(((along - 0.47) / 0.2) ** 2))
    ends = np.clip(np.minimum(along, 1.0 - along) / 0.2, 0.0, 1.0)
    width = half * (0.6 + 0.4 * np.sqrt(1.0 - (1.0 - ends) ** 2)) * (1.0 - chair.between(0.0, 0.2) * along)
    curl = 0.03 + raised * middle
    return shell(profile, width, curl, chair.between(0.014, 0.035), power=chair.between(2.2, 4.0), even=True)
