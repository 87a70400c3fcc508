"""Grounds of which renders' inputs know nothing: leaves, stone, cloth, walls and floors, for the network that cuts objects out
(train/matting.py).

    ground = surroundings(mask, rng)       # (S, S, 3) float32, linear light
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from train.augmentation.grounds import natural_colour, new_ground

KNOWN, BUSY, SURFACE = 0.45, 0.2, 0.15  # shares of grounds.new_ground(), of its busy kinds, of one surface; the rest are walls with floors
_BUSY = ("clutter", "texture", "room", "blurred")


def noise(size: int, fall: float, rng: np.random.Generator) -> np.ndarray:
    """Noise of all sizes (S, S) of unit deviation; ``fall``: how much of an octave the next finer one has."""
    out, cells, share = np.zeros((size, size), np.float32), 4, 1.0
    while cells <= size:
        coarse = Image.fromarray(rng.standard_normal((cells, cells)).astype(np.float32))
        out += share * np.asarray(coarse.resize((size, size), Image.Resampling.BICUBIC))
        cells, share = 2 * cells, share * fall
    return out / out.std()


def surface(size: int, rng: np.random.Generator) -> np.ndarray:
    """Two or three colours mixed by noise (S, S, 3), softly or in patches."""
    fall, sharp = rng.uniform(0.5, 1.1), np.exp(rng.uniform(0.0, 3.0))
    share = _step(noise(size, fall, rng), sharp)
    out = natural_colour(rng) * share + natural_colour(rng) * (1 - share)
    if rng.random() < 0.5:
        share = _step(noise(size, fall, rng) - 1.0, sharp)
        out = natural_colour(rng) * share + out * (1 - share)
    return (out * np.exp(rng.uniform(0.1, 0.5) * noise(size, fall, rng)[..., None])).astype(np.float32)


def surroundings(mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A ground (S, S, 3) of linear light for an object where ``mask`` (S, S) is above 0."""
    kind, size = rng.random(), len(mask)
    if kind < KNOWN:
        return new_ground(mask, "object", rng)
    if kind < KNOWN + BUSY:
        return new_ground(mask, "object", rng, _BUSY[rng.integers(len(_BUSY))])
    if kind < KNOWN + BUSY + SURFACE:
        return surface(size, rng)
    wall, floor = (surface(size, rng) if rng.random() < 0.6 else new_ground(mask, "object", rng, kinds[rng.integers(len(kinds))])
                   for kinds in (("clutter", "texture", "gradient"), ("texture", "gradient")))
    rows = np.flatnonzero((mask > 0.5).any(1))
    feet = rows[-1] / size if len(rows) else 1.0
    place = (np.arange(size) + 0.5) / size
    below = place[:, None] - rng.uniform(0.3, max(feet - 0.03, 0.35)) - rng.uniform(-0.1, 0.1) * (place - 0.5)
    share = _step(below.astype(np.float32), np.exp(rng.uniform(2.0, 6.0)))
    return np.ascontiguousarray(floor * share + wall * (1 - share), np.float32)


def _step(values: np.ndarray, sharp: float) -> np.ndarray:
    """A smooth step at 0, (S, S) to (S, S, 1)."""
    return (1 / (1 + np.exp(-np.clip(sharp * values, -40, 40))))[..., None].astype(np.float32)
