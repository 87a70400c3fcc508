"""What flow is learned from (flow.py): rendered pictures in other colours, or what photographs might show of the same scene from
two sides, its ground, lens and light the same.

Shape legend: S pixels.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from train.augmentation import AugmentConfig, crop_of, photograph
from train.augmentation.photograph import cropped_planes

#: What befalls both sides alike. A crop is less than what the encoder is shown: what the app frames lies closer. Nothing lies in front of
#: the subject, as that is placed by what is found in each picture by itself.
SHOTS = replace(AugmentConfig(), touched=1.0, shift=0.04, zoom=0.07, roll=6.0, aspect=0.04, perspective=0.04, background=0.9,
                occluders=0.0, framed=0.0, clothes=0.6)


def in_colours(picture: np.ndarray, power: np.ndarray) -> np.ndarray:
    """uint8 (S, S, 3) to float32 in [0, 1], each channel to its ``power`` (3,): white stays white."""
    return (picture.astype(np.float32) / 255.0) ** power


def crop_in(number: int, shots: AugmentConfig = SHOTS) -> np.ndarray:
    """The crop (3, 3) of the photograph of that number: where each of its pixels looks in the render, from -1 to 1 each way."""
    return crop_of(shots, _generator(number))


def mask_in(picture: np.ndarray, number: int, ground: tuple[int, int, int], shots: AugmentConfig = SHOTS) -> np.ndarray:
    """Where the photograph of that number shows the subject of a rendered picture (S, S, 4), (S, S) float32 from 0 to 1."""
    return cropped_planes(picture, ground, crop_in(number, shots))[..., 3]


def as_photograph(picture: np.ndarray, number: int, ground: tuple[int, int, int], subject: str, given: np.ndarray | None = None,
                  shots: AugmentConfig = SHOTS) -> np.ndarray:
    """A rendered picture (S, S, 4) uint8, colour and mask, in the photograph of that number: (S, S, 3) uint8. It is the one that
    is ``given``, or, where that is another picture, a new view of it: on its ground, with neither grain nor a file's blocks."""
    config = shots if given is None else replace(shots, noise=0.0, jpeg=0.0)
    return photograph(picture, ground, config, _generator(number), subject, given)


def _generator(number: int) -> np.random.Generator:
    return np.random.default_rng([number, 7])
