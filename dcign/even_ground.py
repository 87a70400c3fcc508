"""The ground of a picture of one object, where that is even: a studio's paper, lit more on one side, or two walls of one colour.

    ground = even_ground(pixels)                    # what the picture would show without the object; None if it is not even
    shown, mask = on_ground(pixels, ground, (255, 255, 255))    # the object on another ground

A polynomial of the place is fitted to the border first, then to all that it explains and that hangs together with the border;
what is left of it there is smoothed and added, so that folds and corners are followed.

Shape legend: H, W pixels; h, w of the small picture on which the ground is looked for; T terms of the polynomial.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

TOLERANCE = 24  # levels of 0..255 by which ground may differ from what is fitted
SHARE = 0.85  # of the border that must be ground
_SIDE = 128  # longer side of the small picture
_DEGREE = 3
_ROUNDS = 6
_LONGEST = 4 * _SIDE  # steps along a part of the picture: longer ways are a labyrinth's
_REACH = 5.0  # small pixels over which what is left is smoothed
_SHADE = (0.4, 0.5)  # the darkest shadow on a ground, as a share of it; darker things are none for sure
_HUE = 12  # levels by which a shadow may differ from a darker ground, and
_VIVID = 0.1  # of the ground's colour more: bright channels are cut off
_ELSE = 0.25  # of the largest part: a smaller one that crosses the border belongs to something else
_NARROW = 0.08  # of the shorter side: what is narrower than two thirds of that, from left to right, is a leg and no shadow
_LOW = 0.12  # of the object's height: what reaches further down is its feet, even if it might be a shadow
_GRAIN = 1.5 * TOLERANCE  # levels; a ground that differs from itself by more is a pattern, whatever its mean
_SPECK = 0.003  # of the largest part: smaller ones are dust


@dataclass(frozen=True, eq=False)
class EvenGround:
    """Levels (H, W, 3) of the ground, float32; how far it differs from them, in levels; and where what stands out may be the
    object, (H, W) from 0 to 1."""

    levels: np.ndarray
    noise: float
    object: np.ndarray


def even_ground(pixels: np.ndarray) -> EvenGround | None:
    """The ground of uint8 (H, W, 3), or None where it is not even."""
    image = Image.fromarray(pixels)
    share = min(1.0, _SIDE / max(image.size))
    small = np.asarray(image.resize([max(8, round(side * share)) for side in image.size], Image.Resampling.BOX), np.float32)  # (h, w, 3)
    terms, border = _terms(*small.shape[:2]), _border(*small.shape[:2])
    known = border
    for _ in range(_ROUNDS):
        fitted = _fit(terms, small, known)
        near = _away(small, fitted) <= TOLERANCE
        if near[border].mean() < SHARE:
            return None
        known = _reached((border | known) & near, near)
    left, weight = (_smooth(values) for values in ((small - fitted) * known[..., None], known.astype(np.float32)[..., None]))
    fitted = fitted + left / (weight + 1.0)  # little is said far from what is known
    found = _object(_away(small, fitted), border)
    levels, known, found = (_enlarged(part, image.size) for part in (fitted, known[..., None], found[..., None]))  # (H, W, 3 or 1)
    differs = _away(pixels, levels)[known[..., 0] > 0.99]
    noise = float(np.percentile(differs, 95)) if len(differs) else np.inf  # of a strip of few pixels nothing is known
    return EvenGround(levels.clip(0, 255), noise, found[..., 0]) if noise <= _GRAIN else None


def on_ground(pixels: np.ndarray, ground: EvenGround, colour: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """What stands out from its ground in uint8 (H, W, 3), on one of another colour: uint8 (H, W, 3), and where it is, booleans (H, W).
    The old ground fades into the new; a shadow on it becomes one on the other."""
    picture, levels, new = pixels.astype(np.float32), ground.levels, np.array(colour, np.float32)
    away = (_away(picture, levels) - max(0.0, ground.noise - TOLERANCE / 2)) * ground.object  # (H, W)
    share = (picture * levels).sum(2) / np.maximum((levels * levels).sum(2), 1.0)  # (H, W), how bright the ground would be
    shadow, mask = _shadow(picture, levels, away, share)
    opacity = (away / TOLERANCE).clip(0, 1)[..., None]  # (H, W, 1)
    darker = (1 - share) * _inside(*share.shape)  # a shadow that the border cuts fades before
    kept = picture + shadow[..., None] * ((1 - darker)[..., None] * new - picture)
    return np.rint(kept * opacity + new * (1 - opacity)).astype(np.uint8), mask


def _shadow(picture: np.ndarray, levels: np.ndarray, away: np.ndarray, share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where what stands out is a shadow, from 0 to 1, and where it is the object, booleans: (H, W) each."""
    hue = _HUE + _VIVID * np.ptp(levels, 2)
    off = _away(picture, share[..., None] * levels)
    dark = ((share - _SHADE[0]) / (_SHADE[1] - _SHADE[0])).clip(0, 1) * (2 - off / hue).clip(0, 1) * (share <= 1)  # as a shadow is
    outside = away > TOLERANCE
    rows = np.flatnonzero((outside & (dark < 0.5)).any(1))
    if len(rows):  # below the seat: what is grey above it is the object's
        fallen = (np.arange(len(picture)) - rows.mean()) / (rows[-1] + 1 - rows[0])
        dark = dark * (10 * fallen).clip(0, 1)[:, None]
    solid = outside & (dark < 0.5)
    if 4 * solid.sum() < outside.sum():  # all of it is grey
        return np.zeros_like(dark), outside
    shadow = dark * _wide((away > TOLERANCE / 4) & (dark >= 0.5))
    rows, lowest = np.flatnonzero(solid.any(1)), np.flatnonzero(outside.any(1)).max(initial=0)
    feet = len(rows) and lowest - rows[-1] > _LOW * (rows[-1] + 1 - rows[0])
    return shadow, outside if feet else solid


def _wide(mask: np.ndarray) -> np.ndarray:
    """Where the mask (H, W) is not narrow from left to right, and a little around, from 0 to 1: legs stand, shadows lie."""
    reach = max(1, round(0.5 * _NARROW * min(mask.shape)))
    within = _mean(mask.astype(np.float32), reach) > 0.7
    around = max(1, reach // 3)
    return (4 * around * _mean(_mean((2 * reach * _mean(within.astype(np.float32), reach)).clip(0, 1), around).T, around).T).clip(0, 1)


def _mean(values: np.ndarray, reach: int) -> np.ndarray:
    """(H, W) over so many pixels to both sides; beyond the border is nothing."""
    sums = np.cumsum(np.pad(values, ((0, 0), (reach + 1, reach))), 1, dtype=np.float64)
    return ((sums[:, 2 * reach + 1:] - sums[:, :-2 * reach - 1]) / (2 * reach + 1)).astype(np.float32)


def _inside(height: int, width: int) -> np.ndarray:
    """From 0 at the border to 1 where a tenth of the shorter side lies between, (H, W)."""
    down, across = (np.minimum(np.arange(size), np.arange(size)[::-1]) + 0.5 for size in (height, width))
    return (np.minimum(down[:, None], across) / (0.1 * min(height, width))).clip(0, 1)


def _object(away: np.ndarray, border: np.ndarray) -> np.ndarray:
    """Where (h, w) something stands out by half the tolerance, with two pixels around it; without specks, without what nowhere does by
    the whole, and without what is smaller than the largest part and cut off by the border."""
    mask = away > TOLERANCE / 2
    parts = np.where(mask, np.arange(1, mask.size + 1).reshape(mask.shape), 0)
    for _ in range(_LONGEST):  # each part takes the largest of its numbers
        grown = parts.copy()
        grown[1:] = np.maximum(grown[1:], grown[:-1])
        grown[:-1] = np.maximum(grown[:-1], grown[1:])
        grown[:, 1:] = np.maximum(grown[:, 1:], grown[:, :-1])
        grown[:, :-1] = np.maximum(grown[:, :-1], grown[:, 1:])
        grown[~mask] = 0
        if (grown == parts).all():
            break
        parts = grown
    numbers, sizes = np.unique(parts[mask], return_counts=True)
    largest = sizes.max(initial=1)
    faint, cut = ~np.isin(numbers, parts[away > TOLERANCE]), np.isin(numbers, parts[border])
    kept = numbers[~((sizes < _SPECK * largest) | faint | cut & (sizes < _ELSE * largest))]
    return _spread(_spread(np.isin(parts, kept)))


def _spread(mask: np.ndarray) -> np.ndarray:
    """The mask (h, w) and the neighbours of all that is in it."""
    down = mask.copy()
    down[1:] |= mask[:-1]
    down[:-1] |= mask[1:]
    both = down.copy()
    both[:, 1:] |= down[:, :-1]
    both[:, :-1] |= down[:, 1:]
    return both


def _enlarged(values: np.ndarray, size: tuple[int, int]) -> np.ndarray:  # (h, w, C) to (H, W, C)
    layers = [Image.fromarray(layer).resize(size, Image.Resampling.BILINEAR) for layer in values.astype(np.float32).transpose(2, 0, 1)]
    return np.stack([np.asarray(layer) for layer in layers], 2)


def _terms(height: int, width: int) -> np.ndarray:  # (h, w, T)
    down, across = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    return np.stack([down**i * across**j for i in range(_DEGREE + 1) for j in range(_DEGREE + 1 - i)], 2).astype(np.float32)


def _border(height: int, width: int) -> np.ndarray:  # (h, w)
    border = np.ones((height, width), bool)
    border[2:-2, 2:-2] = False
    return border


def _fit(terms: np.ndarray, picture: np.ndarray, known: np.ndarray) -> np.ndarray:
    """The polynomial that most of what is known lies near, everywhere."""
    rows, levels = terms[known], picture[known]
    weights = np.ones(len(rows), np.float32)
    for _ in range(8):
        scaled = rows * weights[:, None]
        coefficients = np.linalg.lstsq(scaled.T @ rows + 1e-3 * np.eye(rows.shape[1], dtype=np.float32), scaled.T @ levels, rcond=None)[0]
        weights = 1 / (1 + (np.abs(rows @ coefficients - levels).max(1) / (TOLERANCE / 3)) ** 4)
    return terms @ coefficients


def _away(picture: np.ndarray, ground: np.ndarray) -> np.ndarray:
    return np.abs(picture - ground).max(2)


def _reached(seeds: np.ndarray, within: np.ndarray) -> np.ndarray:
    """What hangs together with the seeds, both (h, w)."""
    for _ in range(_LONGEST):
        grown = _spread(seeds) & within
        if (grown == seeds).all():
            break
        seeds = grown
    return grown


def _smooth(values: np.ndarray) -> np.ndarray:
    """(h, w, C) under a Gaussian."""
    down, across = (np.exp(-0.5 * ((np.arange(size)[:, None] - np.arange(size)) / _REACH) ** 2).astype(np.float32)
                    for size in values.shape[:2])
    return np.einsum("ij,jkc,lk->ilc", down, values, across, optimize=True)
