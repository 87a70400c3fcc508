"""Arms: bars on posts, bent loops, panels."""

import numpy as np

from .assembly import Assembly
from .parts import ROUND, SOFT, SQUARE, box, fillet, mirrored, sticks, sweep
from .proportions import Body


def arms(chair: Assembly, body: Body, half_width: float, kind: str, square: bool, foot: float | None = None) -> None:
    """Arms at both sides. kind: "bar", "loop", "ring" or "panel"; foot: where the front posts begin."""
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
    if kind in ("loop", "ring"):
        low = (half, foot, front * 0.75) if kind == "loop" else (half, foot, front * 0.2)
        path = fillet([(half, height + 0.02, back - leg), (half + flare, height, 0.9 * front), low],
                      chair.between(0.05, 0.16), 7)
        chair.add(mirrored(sweep(path, leg)), frame)
        if chair.chance(0.5):
            y = height + leg
            chair.add(mirrored(sticks((half + flare, y, 0.8 * back), (half + flare, y, 0.7 * front),
                                      (chair.between(0.02, 0.035), 0.012))), top)
        return
    post = front - chair.between(0.02, 0.08)
    chair.add(
        mirrored(sticks((half, foot, post), (half + flare, height, post), leg, section=SQUARE if square else ROUND)),
        frame,
    )
    along = np.linspace(0.0, 1.0, 6)
    path = np.stack(
        [half + flare * np.minimum(along * 1.6, 1.0), height + chair.between(-0.02, 0.05) * (1 - along) ** 2,
         back - leg + (front - back) * along],
        axis=1,
    )
    wide = chair.between(0.018, 0.05)
    size = np.stack([wide * (0.65 + 0.35 * along), np.full(6, chair.between(0.01, 0.02))], axis=1)
    chair.add(mirrored(sweep(path, size, SQUARE if square else SOFT, np.array([0.0, 1.0, 0.0]))), top)
    if chair.chance(0.15):
        ends = np.linspace(back + 0.06, post - 0.06, int(chair.between(2.0, 6.0)))
        start = np.stack([np.full(len(ends), half), np.full(len(ends), body.seat - 0.02), ends], axis=1)
        chair.add(mirrored(sticks(start, start + (flare, height - body.seat + 0.02, 0.0), 0.011)), frame)
