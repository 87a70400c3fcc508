"""Folding chairs of tube or wood, director's chairs and deck chairs."""

from dataclasses import replace

import numpy as np

from .assembly import Assembly
from .backs import panel_back
from .materials import scheme
from .parts import BAR, ROUND, Pad, fillet, mirrored, resample, sticks, sweep
from .proportions import Body, draw
from .shells import shell
from .supports import BELOW


def _body(rng: np.random.Generator) -> Body:
    return draw(rng, size=(0.1, 0.6), seat=(0.2, 0.7), thickness=(0.0, 0.15), leg=(0.1, 0.4), tilt=(0.55, 0.8))


def folding(rng: np.random.Generator, wooden: bool) -> Assembly:
    """The front legs run up into the back, the rear legs into the front of the seat."""
    body = _body(rng)
    chair = Assembly(rng, scheme(rng, "timber" if wooden else "metal", 0.3 if wooden else 0.7,
                                 "cloth" if rng.random() < 0.6 else "plastic"))
    frame, half, front = chair.scheme.frame, 0.5 * body.width, 0.5 * body.depth
    size, top_z = chair.between(0.01, 0.016), -front - chair.between(0.02, 0.12)
    foot = front * chair.between(0.9, 1.3)
    share = body.seat + 0.02
    meet = foot + (top_z - foot) * share
    slope = (top_z - foot) / 0.97
    if wooden:
        size *= 1.1
        legs = np.array([(half, -BELOW, foot - BELOW * slope), (half, 1.0, foot + slope)])
        chair.add(mirrored(sticks(legs[0], legs[1], (0.9 * size, 1.5 * size))), frame)
    else:
        line = fillet(
            [(half, -BELOW, foot - BELOW * slope), (half, share, meet), (half, 0.97, top_z), (0.0, 0.97, top_z - 0.02)],
            0.08,
        )
        loop = np.concatenate([line, (line * (-1.0, 1.0, 1.0))[::-1][1:]])
        chair.add(sweep(loop, size, ROUND, np.array([0.1, 0.5, 0.86])), frame)
    inner, middle = half - 2.2 * size, meet + front * 0.85
    rear = np.array(
        [(inner, 0.0, meet - front * chair.between(0.7, 1.1)), (inner, body.seat - 0.012, middle + 0.4 * front)]
    )
    rear[0] += (rear[0] - rear[1]) * BELOW / rear[1, 1]
    chair.add(mirrored(sticks(rear[0], rear[1], size if not wooden else (0.9 * size, 1.4 * size),
                              section=ROUND if not wooden else BAR)), frame)
    bars = np.array(
        [(half, 0.12, foot + slope * 0.12), (inner, 0.1, rear[0, 2] + (rear[1, 2] - rear[0, 2]) * 0.1 / rear[1, 1])]
    )
    # the hinges at which the seat hangs on the front legs
    bars = np.concatenate([bars, [(half, body.seat - 0.02, foot + slope * (body.seat - 0.02))]])
    chair.add(sticks(bars * (-1.0, 1.0, 1.0), bars, 0.8 * size, section=ROUND), frame)
    low = chair.between(0.66, 0.82)
    if wooden and chair.chance(0.6):  # slats
        count = int(chair.between(5.0, 8.0))
        z = middle - 0.3 * front + np.linspace(-1.0, 1.0, count) * 0.98 * front
        ends = np.stack([np.full(count, inner), np.full(count, body.seat), z], axis=1)
        chair.add(sticks(ends * (-1.0, 1.0, 1.0), ends, (0.008, 0.7 * front / count)), chair.scheme.seat)
        runner = np.array([(0.9 * inner, body.seat - 0.014, z[0]), (0.9 * inner, body.seat - 0.014, z[-1])])
        chair.add(mirrored(sticks(runner[0], runner[1], (0.012, 0.008))), frame)
        heights = np.linspace(low, 0.96, int(chair.between(2.0, 4.0)))
        ends = np.stack([np.full(len(heights), half), heights, foot + slope * heights], axis=1)
        chair.add(sticks(ends * (-1.0, 1.0, 1.0), ends, (0.028, 0.007)), chair.scheme.back)
        return chair
    pad = Pad(inner + 0.8 * size, 1.05 * front, max(body.thickness * 0.6, 0.025), power=(5.0, 7.0), narrow=0.9)
    chair.add(pad.place((0.0, body.seat, middle - 0.3 * front), 92.0), chair.scheme.seat)
    line = replace(body, tilt=float(np.degrees(np.arctan(-slope))), seat=0.97, depth=-2.0 * (foot + 0.97 * slope))
    panel_back(chair, line, low, 0.985, half, 0.025, offset=0.005, narrow=1.0, lateral=-0.03)
    return chair


def director(rng: np.random.Generator) -> Assembly:
    """Crossed legs in front and behind, a sling for the seat and one for the back, flat arms."""
    body = _body(rng)
    chair = Assembly(rng, scheme(rng, "timber" if rng.random() < 0.85 else "metal", 1.0, "canvas"))
    canvas, frame, half, front = chair.scheme.seat, chair.scheme.frame, 0.5 * body.width, 0.5 * body.depth
    leg, level, z = chair.between(0.013, 0.02), body.seat + chair.between(0.18, 0.26), 0.4 * body.depth
    for side in (z, -z):  # a cross in front and one behind
        chair.add(
            sticks(
                [(-half, 0.02, side), (half, 0.02, side - 0.03)],
                [(half, body.seat, side), (-half, body.seat, side - 0.03)],
                (leg, 0.7 * leg),
            ),
            frame,
        )
    rails = np.array([(half, body.seat, 0.0), (half, 0.8 * leg, 0.0), (half, level, 0.0)])
    reach = np.array([0.0, 0.0, front * 1.05])
    chair.add(mirrored(sticks(rails - reach, rails + reach, (leg * 1.3, 0.8 * leg))), frame)
    posts = np.array([(half, body.seat, 0.85 * z), (half, body.seat, -z)])
    chair.add(mirrored(sticks(posts, [(half, level, 0.85 * z), (half, 1.0, -z - 0.04)], leg)), frame)
    pad = Pad(half, 0.95 * front, 0.015, power=(14.0, 14.0))
    a, b, n = pad.points.T
    n -= chair.between(0.0, 0.04) * (1.0 - (a / half) ** 2)
    chair.add(pad.place((0.0, body.seat + 0.004, 0.0), 90.0), canvas)
    line = replace(body, tilt=5.0, depth=2.0 * z + 0.02)
    panel_back(
        chair,
        line,
        chair.between(0.74, 0.84),
        0.985,
        half + 0.9 * leg,
        0.015,
        canvas,
        power=(14.0, 14.0),
        narrow=1.0,
        lateral=0.02,
        offset=0.01,
    )
    return chair


def deck(rng: np.random.Generator) -> Assembly:
    """A long sling of canvas between two frames that cross."""
    body = _body(rng)
    chair = Assembly(rng, scheme(rng, "wood", 1.0, "canvas"))
    half, reach, lean = 0.5 * body.width, chair.between(0.5, 0.62), chair.between(0.28, 0.4)
    leg, frame = chair.between(0.014, 0.022), chair.scheme.frame
    inner, head = half - 2.4 * leg, -reach - lean + 0.2
    start = np.array([(half, 0.0, 0.85 * reach), (inner, 0.0, -reach)])
    end = np.array([(half, 1.0, head), (inner, 0.42, reach)])
    start += (start - end) * BELOW / (end - start)[:, 1:2]
    chair.add(mirrored(sticks(start, end, leg)), frame)

    def along(k: int, height: float) -> float:
        return start[k, 2] + (end[k, 2] - start[k, 2]) * (height - start[k, 1]) / (end[k, 1] - start[k, 1])

    bars = np.array([(half, 0.97, along(0, 0.97)), (half, 0.04, along(0, 0.04)), (inner, 0.40, along(1, 0.40)),
                     (inner, 0.03, along(1, 0.03))])
    chair.add(sticks(bars * (-1.0, 1.0, 1.0), bars, 0.9 * leg, section=ROUND), frame)
    sag = chair.between(0.16, 0.24)
    line = fillet([(0.0, 0.405, reach - 0.02), (0.0, sag, -0.15 * reach), (0.0, 0.975, along(0, 0.975))], 0.4, 9)
    chair.add(shell(resample(line[:, [2, 1]], 15), np.full(15, inner - leg), np.zeros(15), 0.012), chair.scheme.seat)
    return chair
