"""Folding chairs of tube, director's chairs and deck chairs."""

from dataclasses import replace

import numpy as np

from .assembly import Assembly
from .materials import scheme
from .parts import ROUND, fillet, mirrored, pad, place, resample, shell, sticks, sweep
from .proportions import draw
from .uppers import panel_back


def folding(rng: np.random.Generator) -> Assembly:
    """Folding chairs of metal or wood, director's chairs and deck chairs."""
    kind = ("metal", "director", "deck")[int(np.searchsorted((0.5, 0.8), rng.random()))]
    body = draw(
        rng, size=(0.1, 0.6), seat=(0.2, 0.7), thickness=(0.0, 0.15), leg=(0.1, 0.4), tilt=(0.55, 0.8)
    )
    chair = Assembly(
        rng, scheme(rng, "metal" if kind == "metal" else "wood", 0.6 if kind == "metal" else 1.0)
    )
    frame, half, front = chair.scheme.frame, 0.5 * body.width, 0.5 * body.depth
    if kind == "director":
        leg, level = chair.between(0.013, 0.02), body.seat + chair.between(0.18, 0.26)
        z = 0.8 * front
        for side in (z, -z):  # a cross in front and one behind
            chair.add(
                sticks(
                    [(-half, 0.02, side), (half, 0.02, side - 0.03)],
                    [(half, body.seat, side), (-half, body.seat, side - 0.03)],
                    (leg, 0.7 * leg),
                ),
                frame,
            )
        rails = np.array([(half, body.seat, 0.0), (half, 0.015, 0.0), (half, level, 0.0)])
        reach = np.array([0.0, 0.0, front * 1.05])
        chair.add(mirrored(sticks(rails - reach, rails + reach, (leg * 1.3, 0.8 * leg))), frame)
        posts = np.array([(half, body.seat, 0.85 * z), (half, body.seat, -z)])
        chair.add(mirrored(sticks(posts, [(half, level, 0.85 * z), (half, 1.0, -z - 0.04)], leg)), frame)
        points = pad(half, 0.95 * front, 0.015, power=(14.0, 14.0))
        points[:, 2] -= chair.between(0.0, 0.04) * (1.0 - (points[:, 0] / half) ** 2)
        chair.add(place(points, (0.0, body.seat, 0.0), 90.0), chair.scheme.seat)
        low = chair.between(0.74, 0.84)
        panel_back(
            chair,
            replace(body, tilt=3.0, depth=2.0 * z + 0.02),
            low,
            0.99,
            half + leg,
            0.015,
            power=(14.0, 14.0),
            narrow=1.0,
            lateral=0.02,
        )
        return chair
    if kind == "deck":
        reach, lean = chair.between(0.5, 0.65), chair.between(0.28, 0.42)
        leg = chair.between(0.014, 0.022)
        chair.add(
            mirrored(
                sticks(
                    [(half, 0.0, 0.85 * reach), (half - 2.2 * leg, 0.0, -reach)],
                    [(half, 1.0, -reach - lean + 0.2), (half - 2.2 * leg, 0.42, reach)],
                    leg,
                )
            ),
            frame,
        )
        bars = [(0.97, -reach - lean + 0.22), (0.40, reach), (0.01, -0.97 * reach), (0.03, 0.8 * reach)]
        ends = np.array([(half, y, z) for y, z in bars])
        chair.add(sticks(ends * np.array([-1.0, 1.0, 1.0]), ends, leg, section=ROUND), frame)
        line = fillet(
            [(0.0, 0.41, reach), (0.0, 0.22, -0.2 * reach), (0.0, 0.98, -reach - lean + 0.22)], 0.4, 9
        )
        chair.add(
            shell(resample(line[:, [2, 1]], 15), np.full(15, half - 3.0 * leg), np.zeros(15), 0.015),
            chair.scheme.seat,
        )
        return chair
    # the front legs run up into the back, the rear legs into the front of the seat
    size, top_z = chair.between(0.01, 0.016), -front - chair.between(0.02, 0.12)
    foot = front * chair.between(0.9, 1.3)
    share = body.seat + 0.02
    meet = foot + (top_z - foot) * share
    path = fillet(
        [(half, 0.0, foot), (half, share, meet), (half, 0.97, top_z), (0.0, 0.97, top_z - 0.02)], 0.08
    )
    loop = np.concatenate([path, (path * np.array([-1.0, 1.0, 1.0]))[::-1][1:]])
    chair.add(sweep(loop, size, ROUND, np.array([0.1, 0.5, 0.86])), frame)
    inner, middle = half - 2.2 * size, meet + front * 0.85
    rear = np.array(
        [
            (inner, 0.0, meet - front * chair.between(0.7, 1.1)),
            (inner, body.seat - 0.012, middle + 0.4 * front),
        ]
    )
    chair.add(mirrored(sticks(rear[0], rear[1], size, section=ROUND)), frame)
    bars = np.array([(half, 0.12, foot + (top_z - foot) * 0.12), (inner, 0.1, rear[0, 2] + 0.03)])
    chair.add(sticks(bars * np.array([-1.0, 1.0, 1.0]), bars, 0.8 * size, section=ROUND), frame)
    points = pad(inner + 0.8 * size, 1.05 * front, body.thickness * 0.6, power=(5.0, 7.0), narrow=0.9)
    chair.add(place(points, (0.0, body.seat, middle - 0.3 * front), 92.0), chair.scheme.seat)
    low = chair.between(0.66, 0.82)
    tilt = np.degrees(np.arctan2(foot - top_z, 0.97))
    line = replace(body, tilt=tilt, seat=0.97, depth=-2.0 * top_z)
    panel_back(chair, line, low, 0.985, half, 0.025, offset=0.005, narrow=1.0, lateral=-0.03)
    return chair
