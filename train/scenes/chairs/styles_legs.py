"""Chairs that stand on legs or runners: dining chairs, sled bases and cantilevers, stools."""

from dataclasses import replace

import numpy as np

from .assembly import Assembly
from .materials import scheme
from .parts import ROUND, X, fillet, mirrored, resample, shell, sticks, sweep
from .proportions import draw
from .supports import apron, disc_foot, four_legs, ring, sled, stretch, trumpet
from .uppers import arms, panel_back, post_back, seat


def dining(rng: np.random.Generator, with_arms: bool) -> Assembly:
    """Four legs with a back, with or without arms."""
    body = draw(rng, size=(0.2, 0.85) if with_arms else (0.0, 0.7))
    metallic = rng.random() < 0.25
    chair = Assembly(rng, scheme(rng, "metal" if metallic else "any", 0.62))
    kind = "tube" if metallic else chair.pick(square=0.42, tapered=0.34, turned=0.1, sabre=0.14)
    if metallic:
        body = replace(body, leg=min(body.leg, chair.between(0.012, 0.018)))
    square, narrow = kind in ("square", "sabre"), chair.between(0.75, 0.97) if chair.chance(0.75) else 1.0
    posts, leg = chair.chance(0.55), body.leg
    splay = 0.0 if posts and chair.chance(0.4) else chair.between(0.0, 0.09)
    upholstered = chair.scheme.seat is not chair.scheme.frame
    seat_kind = chair.pick(cushion=0.5, framed=0.5) if upholstered else chair.pick(plank=0.75, cushion=0.25)
    under = seat(chair, body, seat_kind, narrow)
    rails = chair.pick(box=0.5, h=0.35, front=0.15) if chair.chance(0.27) else "none"
    wide, depth = 0.5 * body.width * 2.0 / (1.0 + narrow), 0.5 * body.depth - leg
    if posts:  # the back legs run on into the back
        inset = 1.0 if seat_kind == "framed" else 0.9  # keeps the front legs under rounded corners
        front, rear, rake = inset * wide - leg, narrow * wide - leg, chair.between(0.0, 0.1)
        four_legs(chair, body, under + 0.01, kind, splay, (front, inset * depth), front_only=True)
        stretch(chair, rails, under, (front, inset * depth, splay), (rear, depth, rake), 0.5 * leg, square)
        fill = chair.pick(
            panel=0.36,
            cushion=0.08,
            slats=0.13,
            spindles=0.09,
            ladder=0.14,
            splat=0.07,
            rail=0.09,
            cross=0.04,
        )
        post_back(chair, body, fill, rear, chair.between(0.0, 0.08), square, foot=0.0, rake=rake)
    else:
        front = rear = narrow * wide - leg
        four_legs(chair, body, under + 0.01, kind, splay, (front, 0.92 * depth), stretchers=rails)
        if seat_kind == "plank" and chair.chance(0.4):
            apron(chair, (front, 0.92 * depth), under + 0.005, chair.between(0.04, 0.08), 0.012)
        sheet = max(body.sheet, 0.035 if upholstered else 0.02)
        low = body.seat - 0.6 * body.thickness
        if not with_arms and chair.chance(0.35):
            x, foot = front * chair.between(0.3, 0.8), low
            low = body.seat + chair.between(0.08, 0.3) * (1.0 - body.seat)
            bracket = fillet(
                [
                    (x, foot, -0.4 * body.depth),
                    (x, foot, -0.5 * body.depth - 0.01),
                    (x, low + 0.12, float(body.back_z(low + 0.12)) - 0.3 * sheet),
                ],
                0.05,
            )
            chair.add(mirrored(sweep(bracket, max(0.7 * leg, 0.011), ROUND, X)), chair.scheme.frame)
        panel_back(chair, body, low, 1.0, narrow * wide * chair.between(0.94, 1.04), sheet)
    if with_arms:
        arm = chair.pick(bar=0.6, loop=0.22, panel=0.18)
        arms(chair, body, wide - 0.01 if arm == "panel" else 0.5 * (front + rear), arm, square)
    return chair


def sled_base(rng: np.random.Generator) -> Assembly:
    """Runners or a cantilever of bent tube."""
    body = draw(rng, size=(0.05, 0.8), thickness=(0.0, 0.35), tilt=(0.4, 0.9))
    chair = Assembly(rng, scheme(rng, "metal" if rng.random() < 0.85 else "any", 0.85))
    size, half = chair.between(0.011, 0.022), 0.5 * body.width + 0.005
    front, rear, under = 0.5 * body.depth, -0.5 * body.depth, body.seat - body.thickness
    high = chair.between(0.9, 0.99)
    top_z, sheet = float(body.back_z(high)), max(body.sheet * 0.7, 0.025)
    if chair.chance(
        0.55
    ):  # cantilever: one tube, from the back over the seat and the floor to the other side
        lean, foot = chair.between(-0.02, 0.08), rear - chair.between(0.0, 0.08)
        side = np.array(
            [
                (half, high, top_z),
                (half, under - size, rear - 0.02),
                (half, under - size, front),
                (half, size, front + lean),
                (half, size, foot),
            ]
        )
        path = np.concatenate([side, (side * np.array([-1.0, 1.0, 1.0]))[::-1]])
        chair.add(sweep(fillet(path, chair.between(0.05, 0.13)), size), chair.scheme.frame)
        if chair.chance(0.35):
            level = body.seat + chair.between(0.17, 0.26)
            loop = fillet(
                [
                    (half, level, float(body.back_z(level))),
                    (half, level, 0.75 * front),
                    (half, under - size, front * 0.8),
                ],
                0.1,
            )
            chair.add(mirrored(sweep(loop, size, ROUND, X)), chair.scheme.frame)
            chair.add(
                mirrored(
                    sticks(
                        (half, level + size, 0.7 * rear), (half, level + size, 0.5 * front), (0.024, 0.012)
                    )
                ),
                chair.scheme.arms,
            )
    else:
        sled(chair, body, under, half, size, chair.between(-0.02, 0.06))
        x = (half - size) * chair.between(0.75, 1.0)
        posts = fillet(
            [(x, under - size, 0.3 * rear), (x, under - size, rear - 0.02), (x, high, top_z)], 0.07
        )
        chair.add(mirrored(sweep(posts, 0.85 * size, ROUND, X)), chair.scheme.frame)
        if chair.chance(0.35):
            arms(chair, body, half, chair.pick(loop=0.6, bar=0.4), False, foot=under)
    if chair.chance(0.3):  # one bent sheet for the seat and the back
        profile = fillet(
            [
                (0.0, body.seat, front),
                (0.0, body.seat - 0.015, rear + 0.02),
                (0.0, 1.0, float(body.back_z(1.0))),
            ],
            chair.between(0.08, 0.25),
            7,
        )
        profile = resample(profile[:, [2, 1]], 13)
        sheet = chair.between(0.015, 0.05)
        chair.add(
            shell(profile, np.full(13, half), np.full(13, chair.between(0.0, 0.03)), sheet), chair.scheme.seat
        )
        return chair
    seat(chair, body, chair.pick(cushion=0.8, plank=0.2), 1.0)
    low = body.seat + chair.between(0.06, 0.5) * (1.0 - body.seat)
    panel_back(
        chair, body, low, 1.0, half, sheet, narrow=1.0, offset=0.3 * sheet, lateral=chair.between(0.0, 0.03)
    )
    return chair


def stool(rng: np.random.Generator) -> Assembly:
    """Stools and bar stools without a back."""
    body = draw(rng, size=(0.3, 1.0), leg=(0.0, 0.6))
    wide = rng.uniform(0.36, 0.56) if rng.random() < 0.6 else rng.uniform(0.6, 0.9)  # bar stools and low ones
    body = replace(
        body, width=wide, depth=wide, seat=1.0, thickness=float(np.clip(body.thickness, 0.04, 0.14)), tilt=0.0
    )
    chair = Assembly(rng, scheme(rng, "metal" if rng.random() < 0.4 else "any", 0.5))
    kind = chair.pick(legs=0.7, column=0.3)
    rounded = chair.chance(0.6)
    under = seat(chair, body, "round" if rounded else chair.pick(cushion=0.5, plank=0.5), 1.0)
    if kind == "legs":
        spread = (0.34 if rounded else 0.46) * wide
        splay = chair.between(0.0, 0.12)
        leg = chair.pick(square=0.3, tapered=0.4, tube=0.3)
        four_legs(
            chair,
            body,
            under + 0.01,
            leg,
            splay,
            (spread, spread),
            stretchers=chair.pick(none=0.3, box=0.4, h=0.3),
        )
        return chair
    radius = chair.between(0.2, 0.3)
    foot = chair.pick(trumpet=0.5, disc=0.5)
    (trumpet if foot == "trumpet" else disc_foot)(chair, radius, under + 0.01, chair.scheme.frame)
    if chair.chance(0.5):
        ring(chair, 0.65 * radius, 0.35, 0.012, chair.scheme.metal)
        chair.add(
            sticks((-0.65 * radius, 0.35, 0.0), (0.65 * radius, 0.35, 0.0), 0.01, section=ROUND),
            chair.scheme.metal,
        )
    return chair
