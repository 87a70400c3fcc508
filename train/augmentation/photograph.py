"""What may befall an input before the encoder sees it, so that photographs look familiar; the target stays clean.

One setting is not for inputs alone: ``recoloured`` mini-batches have other colours in their targets too (recolour.py).

    inputs = photograph(picture, (208, 208, 208), AugmentConfig(), np.random.default_rng(5), "face")

In this order: another crop (degrade.py), another ground (cutout.py, grounds.py), things in front (occluders.py),
light, blur, noise and JPEG (degrade.py). All random numbers come from the generator given.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from train.augmentation.cutout import colours, compose, take_apart, warp
from train.augmentation.degrade import (
    blurred,
    develop,
    finish,
    forward,
    frame,
    random_crop,
)
from train.augmentation.grounds import new_ground
from train.augmentation.occluders import clothes, cover_parts
from train.augmentation.shapes import spread, tables


@dataclass(frozen=True)
class AugmentConfig:
    """Shares are of the pictures that are touched at all; amounts are the largest ones or standard deviations."""

    touched: float = 0.73  # share of all pictures; the others stay as they were rendered
    crop: float = 0.55  # share with another crop
    shift: float = 0.05  # of the picture's width
    zoom: float = 0.09
    roll: float = 8.0  # degrees
    aspect: float = 0.06
    perspective: float = 0.06
    background: float = 0.72  # share with another ground
    framed: float = 0.07  # share of objects that were padded to a square
    occluders: float = 0.22  # share with something in front of the subject
    clothes: float = 0.4  # share of faces with clothes below the chin
    covered: float = 0.25  # of the subject and of the picture, at most, by either
    recoloured: float = 0.5  # share of the mini-batches of objects in other colours, targets too: see recolour.py
    lights: float = 0.65  # share with another exposure, contrast and colour
    exposure: float = 0.25  # standard deviation of the log gain
    cast: float = 0.07  # of the log gain of red against blue
    saturation: float = 0.45
    grey: float = 0.06  # share of those in black and white
    contrast: float = 0.13  # standard deviation of its logarithm
    gamma: float = 0.25
    shading: float = 0.14  # light that changes across the picture, vignette, haze
    blur: float = 0.3  # share out of focus, moved or of low resolution
    blur_deviation: float = 0.008  # of the picture's width
    sharpen: float = 0.12  # share with halos
    halo: float = 1.2
    noise: float = 0.45  # share with noise
    noise_deviation: float = 0.045
    jpeg: float = 0.35  # share that went through JPEG
    jpeg_quality: int = 25  # the worst


def crop_of(config: AugmentConfig, rng: np.random.Generator) -> np.ndarray:
    """The crop (3, 3) that photograph() takes with a generator in this state, as cutout.warp() has it: the unit matrix for none."""
    if rng.random() >= config.touched or rng.random(6)[0] >= config.crop:
        return np.eye(3, dtype=np.float32)
    return random_crop(config, rng)


def photograph(picture: np.ndarray, ground: tuple[int, int, int], config: AugmentConfig, rng: np.random.Generator,
               subject: str = "face", room_of: np.ndarray | None = None, kind: str | None = None) -> np.ndarray:
    """A rendered picture (S, S, 4) uint8, colour and mask, as a photograph might show it: (S, S, 3) uint8.

    ground: the sRGB colour behind the subject in ``picture``. subject: "face" or "object". room_of: another
    rendered picture (S, S, 4) of the subject, in whose room it stands. kind: of the other ground, one of grounds.MIX in place of a
    random one. The same arguments and state of ``rng`` give the same bytes.
    """
    if rng.random() >= config.touched:
        return colours(picture)
    size = len(picture)
    cropped, grounded, framed, clothed, occluded, unsharp = rng.random(6)
    matrix = random_crop(config, rng) if cropped < config.crop else None
    planes = cropped_planes(picture, ground, matrix)
    if grounded < config.background:
        standing = planes if room_of is None else cropped_planes(room_of, ground, matrix)
        light = new_ground(standing[..., 3], subject, rng, kind)
    else:
        light = np.empty((size, size, 3), np.float32)
        spread(tables()[0][list(ground)][None, None], light)
    compose(planes, light)
    if subject == "object" and framed < config.framed:
        frame(light, planes[..., 3], rng)
    matrix = np.eye(3, dtype=np.float32) if matrix is None else matrix
    if subject == "face" and clothed < config.clothes:
        clothes(light, picture, planes, forward(matrix), config.covered, rng)
    if occluded < config.occluders:
        cover_parts(light, picture, planes, forward(matrix), subject, config.covered, rng)
    if unsharp < config.blur:
        light = blurred(light, config, rng)
    return finish(develop(light, config, rng), config, rng)


def cropped_planes(picture: np.ndarray, ground: tuple[int, int, int], matrix: np.ndarray | None) -> np.ndarray:
    """A rendered picture's planes (S, S, 5), as cutout.take_apart() gives them, in that crop."""
    planes = take_apart(picture, ground)
    if matrix is None:
        return planes
    moved = np.empty_like(planes)
    warp(planes, matrix, moved)
    return moved
