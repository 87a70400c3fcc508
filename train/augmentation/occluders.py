"""Things in front of the subject: glasses, hands, hats, scarves, hair and clothes; bars, cushions, other furniture.

They are placed by the subject's mask in the picture as it was rendered and carried along with its crop.
"""

from __future__ import annotations

import numpy as np

from train.augmentation.grounds import natural_colour
from train.augmentation.landmarks import Box, find_box, find_eyes
from train.augmentation.shapes import (
    BOX,
    ELLIPSE,
    ON_SUBJECT,
    UPPER_HALF,
    paint,
    placed,
    shape,
)
from train.raster.kernel import kernel


def _glasses(eyes, box: Box, rng) -> list:
    x, y, wide = eyes
    size, kind, thick, tint, corner, round_ = rng.random(6)
    lens_x = wide * (0.34 + 0.1 * size)
    lens_y = lens_x * (0.62 + 0.35 * round_)
    apart = wide * 0.46
    rim = 0.006 + 0.014 * thick * thick
    frame = natural_colour(rng, 0.5) if tint < 0.4 else np.full(3, 0.012, np.float32)
    glass = natural_colour(rng, 0.25)
    rows = []
    for side in (-1, 1):
        if kind < 0.3:  # sunglasses
            rows.append(shape(BOX, x + side * apart, y, lens_x, lens_y, glass, 0.0, 0.008,
                              0.8 + 0.2 * tint, 0.5 + 0.5 * corner, light=(0.2, -0.5)))
        else:
            rows.append(shape(BOX, x + side * apart, y, lens_x, lens_y, np.full(3, 0.8), 0.0, 0.008, 0.09 * tint,
                              0.5 + 0.5 * corner))
        rows.append(shape(BOX, x + side * apart, y, lens_x, lens_y, frame, 0.0, 0.006, 0.95, 0.5 + 0.5 * corner, rim))
        end = apart + lens_x
        rows.append(shape(BOX, x + side * (end + wide) / 2, y - 0.5 * lens_y, max(wide - end, 0.01) / 2 + 0.01,
                          0.004 + 0.3 * rim, frame, 0.0, 0.006, 0.9, where=ON_SUBJECT))
    rows.append(shape(BOX, x, y - 0.25 * lens_y, max(apart - lens_x, 0.012) + 0.004, 0.004 + 0.3 * rim, frame, 0.0,
                      0.006, 0.95))
    return rows


def _hand(box: Box, rng) -> list:
    """A palm and four fingers at the cheek or the chin, of the subject's own skin."""
    side = 1.0 if rng.random() < 0.5 else -1.0
    y, middle, wide = box.at(float(rng.uniform(0.68, 0.82)))
    x = middle + side * min(wide, 0.3) * float(rng.uniform(0.55, 0.95))
    lean, spread, long, dark = rng.random(4)
    skin = box.skin * (0.75 + 0.5 * dark)
    angle = side * (-10.0 - 35.0 * lean)  # of the fingers, from upright
    turn = np.radians(angle)
    up, across = np.array((np.sin(turn), -np.cos(turn))), np.array((np.cos(turn), np.sin(turn)))
    rows = [shape(BOX, *(np.array((x, y)) - up * 0.24), 0.05, 0.2, skin * 0.8, angle, 0.012, corner=1.0, bulge=0.4),
            shape(BOX, *(np.array((x, y)) - up * 0.06), 0.07, 0.085, skin, angle, 0.012, corner=0.8, bulge=0.3)]
    for finger in range(4):
        off = (finger - 1.5) * (0.029 + 0.008 * spread)
        reach = 0.055 + 0.025 * long - 0.008 * abs(finger - 1.3)
        place = np.array((x, y)) + up * (0.035 + reach * 0.5) + across * off
        rows.append(shape(BOX, *place, 0.0185, reach, skin * (0.92 + 0.04 * finger), angle + 90 * off, 0.01,
                          corner=1.0, bulge=0.35))
    return rows


def _hat(box: Box, rng) -> list:
    kind, low, dark, side, cloth = rng.random(5)
    y, middle, wide = box.at(0.22 + 0.1 * low)
    wide = min(wide, 0.38)
    colour = natural_colour(rng, 0.9)
    second = natural_colour(rng) if cloth < 0.3 else colour * (0.5 + 0.3 * dark)
    tall = y - box.top
    if kind < 0.25:  # a headband
        return [shape(BOX, middle, y - 0.25 * tall, wide * 1.1, 0.025 + 0.03 * dark, colour, 6 * side - 3, 0.01,
                      where=ON_SUBJECT, light=(0.2, -0.1))]
    rows = [shape(ELLIPSE, middle, y, wide * 1.1, tall * (1.12 + 0.2 * dark), colour, 0.0, 0.012, where=UPPER_HALF,
                  light=(0.3 * side - 0.15, -0.2), bulge=0.45)]
    if kind < 0.6:  # a woollen hat with a turned-up edge
        rows.append(shape(BOX, middle, y - 0.01, wide * 1.13, 0.03 + 0.02 * dark, second, 0.0, 0.012, corner=0.7,
                          bulge=0.3))
    else:  # a cap or a hat with a brim
        brim = 1.15 + (0.45 * dark if kind > 0.8 else 0.0)
        shift = 0.0 if kind > 0.8 else (side - 0.5) * 1.2 * wide
        rows.append(shape(ELLIPSE, middle + shift, y, wide * brim, 0.022 + 0.02 * low, second, 0.0, 0.01,
                          light=(0.0, -0.4)))
    return rows


def _scarf(box: Box, rng) -> list:
    y, middle, wide = box.at(float(rng.uniform(0.95, 1.02)))
    colour, second = natural_colour(rng), natural_colour(rng)
    wide = float(np.clip(wide, 0.18, 0.34))
    rows = []
    for fold in range(3):
        tilt = float(rng.uniform(-8, 8))
        rows.append(shape(BOX, middle, y + 0.055 * (2 - fold) - 0.03, wide * (1.25 - 0.08 * fold), 0.045,
                          colour if fold % 2 == 0 else 0.7 * colour + 0.3 * second, tilt, 0.015, corner=1.0, bulge=0.5))
    return rows


def _strand(box: Box, rng) -> list:
    """Thin locks of the subject's own hair that fall across the forehead and down one side."""
    side = 1.0 if rng.random() < 0.5 else -1.0
    y, middle, wide = box.at(0.1)
    wide = min(max(wide, 0.2), 0.33)
    start, lean = middle - side * wide * float(rng.uniform(0.0, 0.5)), float(rng.uniform(0.8, 1.1))
    rows = []
    for _ in range(int(rng.integers(3, 8))):
        bend, long, tone, shift, thick = rng.random(5)
        along = np.linspace(0, 1, 7)
        xs = start + side * (wide * (lean + 0.15 * bend) * np.sin(along * (1.3 + 0.4 * shift)) + 0.05 * shift * along)
        ys = y + box.height * (0.35 + 0.4 * long) * along**1.3
        for i in range(6):
            dx, dy = xs[i + 1] - xs[i], ys[i + 1] - ys[i]
            rows.append(shape(BOX, xs[i] + dx / 2, ys[i] + dy / 2, float(np.hypot(dx, dy)) / 2 + 0.006,
                              (0.006 + 0.008 * thick) * (1.0 - 0.13 * i), box.crown * (0.75 + 0.6 * tone),
                              float(np.degrees(np.arctan2(dy, dx))), 0.009, 0.85, corner=1.0))
    return rows


def _clothes(box: Box, rng, trunk: bool = False) -> list:
    """Shoulders below the chin, with a collar, a neckline or a jacket over a shirt; with a ``trunk``, all that is below them."""
    low, wide, cut, deep, tone = rng.random(5)
    y, middle, neck = box.at(0.88 + 0.06 * low)
    neck = float(np.clip(neck, 0.13, 0.2))
    colour = natural_colour(rng, 0.75)
    top = y + 0.02  # of the shoulders, beside the neck
    rows = [shape(ELLIPSE, middle, top + 0.34, 0.56 + 0.15 * wide, 0.38, colour, 0.0, 0.012, light=(0.1, 0.2))]
    if trunk:
        rows.append(shape(BOX, middle, top + 2.34, 0.55 + 0.15 * wide, 2.0, colour, 0.0, 0.012, light=(0.1, 0.05)))
    if cut < 0.5:  # a shirt with its collar, under a jacket
        shirt = natural_colour(rng) * 0.35 + 0.5 if tone < 0.7 else natural_colour(rng)
        rows.append(shape(BOX, middle, top + 0.02, neck * 0.92, neck * 0.92, shirt, 45.0, 0.01))
        rows += [shape(BOX, middle + side * neck * 0.72, top + 0.045, 0.024, 0.085, shirt * 0.85, side * 38.0, 0.01,
                       corner=0.2) for side in (-1, 1)]
        rows.append(shape(BOX, middle, top - 0.06, neck * 0.95, neck * 0.95, colour, 45.0, 0.012, erase=True))
        if cut < 0.25:
            rows.append(shape(BOX, middle, top + 0.16, 0.028, 0.09, natural_colour(rng, 0.7), 0.0, 0.008, corner=0.3))
    elif cut < 0.8:  # a round neckline
        rows.append(shape(ELLIPSE, middle, top - 0.03, neck * 1.05, 0.07 + 0.09 * deep, colour, 0.0, 0.012, erase=True))
    else:  # a high one
        rows.append(shape(BOX, middle, top + 0.06, neck * 1.05, 0.07, colour * 0.9, 0.0, 0.012, corner=0.5, bulge=0.3))
    return rows


def _in_front(box: Box, rng) -> list:
    """Something before an object: bars, a cushion on it, a lump, the corner of other furniture."""
    kind, x, y, a, b, c = rng.random(6)
    colour = natural_colour(rng)
    place, middle, wide = box.at(0.25 + 0.5 * y)
    soft = 0.008 + 0.03 * c * c
    if kind < 0.3:  # posts, rails, stems
        angle = (0.0 if a < 0.6 else 90.0) + 16.0 * b - 8.0
        gap = 0.12 + 0.2 * c
        return [shape(BOX, middle + wide * (1.4 * x - 0.7) + gap * i * np.cos(np.radians(angle)),
                      place + gap * i * np.sin(np.radians(angle)), 0.015 + 0.02 * a * b, 1.5, colour, angle, soft,
                      light=(0.5, 0.0), bulge=0.3) for i in range(1 + int(3 * c * b))]
    if kind < 0.52:
        return [shape(BOX, middle + wide * (0.8 * x - 0.4), box.at(0.4 + 0.2 * y)[0], 0.07 + 0.06 * a, 0.06 + 0.06 * b,
                      colour, 50.0 * c - 25.0, 0.012, corner=0.45, light=(0.2, 0.15), bulge=0.4)]
    if kind < 0.7:
        rows = []
        for _ in range(4):
            dx, dy, p, q = rng.uniform(-1, 1, 4)
            rows.append(shape(ELLIPSE, middle + wide * (1.2 * x - 0.6) + 0.06 * dx, place + 0.06 * dy, 0.06 + 0.025 * p,
                              0.06 + 0.025 * q, colour * (1.0 + 0.1 * p), 0.0, soft, light=(0.25, -0.2), bulge=0.3))
        return rows
    # a table or a box that reaches in from a lower corner or a side
    side = 1.0 if x < 0.5 else -1.0
    edge = middle + side * wide * (0.25 + 0.6 * a)
    angle = side * (30.0 * b - 12.0)
    rows = [shape(BOX, edge + side * 0.5, 0.55 + 0.35 * y + 0.5, 0.5, 0.5, colour, angle, soft, corner=0.1 * c,
                  light=(0.2, 0.2))]
    if c < 0.5:  # its top
        rows.append(shape(BOX, edge + side * 0.5, 0.56 + 0.35 * y, 0.53, 0.02, colour * 1.3, angle, soft))
    return rows


def _put(light: np.ndarray, rows: list, planes: np.ndarray, place: np.ndarray, most: float) -> bool:
    """Draw on ``light`` unless more than a share ``most`` of the picture or of the subject would be covered."""
    layer = np.zeros((*light.shape[:2], 4), np.float32)
    mask = planes[..., 3]
    paint(layer, placed(rows, place), mask)
    return _over(light, layer, mask, most)


@kernel()
def _over(light, layer, mask, most):
    size = light.shape[0]
    covered, hidden, subject = 0.0, 0.0, 1e-6
    for y in range(size):
        for x in range(size):
            covered += layer[y, x, 3]
            hidden += layer[y, x, 3] * mask[y, x]
            subject += mask[y, x]
    if covered > most * size * size or hidden > most * subject:
        return False
    for y in range(size):
        for x in range(size):
            if layer[y, x, 3] > 0:
                rest = np.float32(1.0) - layer[y, x, 3]
                for k in range(3):
                    light[y, x, k] = light[y, x, k] * rest + layer[y, x, k]
    return True


def clothes(light: np.ndarray, picture: np.ndarray, planes: np.ndarray, place: np.ndarray, most: float,
            rng: np.random.Generator, trunk: bool = False) -> bool:
    """Dress a face, with a ``trunk`` also below its shoulders; arguments and result as of cover_parts()."""
    box = find_box(picture)
    return box is not None and _put(light, _clothes(box, rng, trunk), planes, place, most)


def cover_parts(light: np.ndarray, picture: np.ndarray, planes: np.ndarray, place: np.ndarray, subject: str,
                most: float, rng: np.random.Generator) -> bool:
    """Put something in front of the subject in ``light`` (S, S, 3), linear, in place; False if nothing fits.

    picture: (S, S, 4) uint8 as rendered; planes: the subject after its crop, as take_apart() returns it, and place:
    the crop as forward() gives it. most: the share of the picture, and of the subject, that may be covered.
    """
    box = find_box(picture)
    if box is None:
        return False
    if subject != "face":
        return _put(light, _in_front(box, rng), planes, place, most)
    kind = rng.random()
    eyes = find_eyes(picture, box) if kind < 0.5 else None
    if eyes is not None:
        return _put(light, _glasses(eyes, box, rng), planes, place, most)
    kind = rng.random()
    hair = box.crown.sum() < 0.45 * box.skin.sum()
    rows = (_strand if hair and kind < 0.2 else _hand if kind < 0.5 else _hat if kind < 0.85 else _scarf)(box, rng)
    return _put(light, rows, planes, place, most)
