"""Photographs that show more than a head, for the network that finds it (train/framing.py).

    picture, (x, y, side) = wide_photograph(rendered, (208, 208, 208), rng)

Shape legend: S pixels.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from train.augmentation.cutout import compose
from train.augmentation.degrade import blurred, develop, finish, forward, frame
from train.augmentation.grounds import new_ground
from train.augmentation.occluders import clothes, cover_parts
from train.augmentation.photograph import AugmentConfig, cropped_planes

#: What befalls them, stronger than what a code is read from: a head is to be found in any picture.
WILD = replace(AugmentConfig(), blur=0.4, noise=0.5, jpeg=0.5, grey=0.12, exposure=0.35, roll=12.0)
#: Shares of the picture's width that the square which a render shows may take: from a figure that stands far off to a face that fills it.
SIDES = (0.2, 1.15)
DRESSED = 0.95  # share of those with clothes
OCCLUDED = 0.15  # with something in front of the face
FRAMED = 0.15  # that were padded to a square


def wide_crop(rng: np.random.Generator) -> tuple[np.ndarray, tuple[float, float, float]]:
    """A crop (3, 3) as degrade.random_crop() has it, but wide, and where the square that the render shows lies in it: its middle across
    and down and its side, in shares of the picture's width."""
    low, high = np.log(SIDES)
    side = float(np.exp(rng.uniform(low, high)))
    loose = 1 - 0.55 * side if side < 1 else 0.1  # how far off the middle a face is still to be seen
    x, y = 0.5 + 0.5 * loose * rng.uniform(-1, 1, 2) * np.array([1.0, 1.0])
    roll, stretch = rng.uniform(-1, 1, 2)
    angle, stretch = np.radians(WILD.roll * roll * abs(roll) ** 0.5), np.exp(0.5 * WILD.aspect * stretch)
    turn = np.array(((np.cos(angle) * stretch, np.sin(angle) * stretch), (-np.sin(angle) / stretch, np.cos(angle) / stretch))) / side
    middle = 2 * np.array((x, y)) - 1
    matrix = np.eye(3)
    matrix[:2, :2], matrix[:2, 2] = turn, -turn @ middle
    return matrix.astype(np.float32), (float(x), float(y), side)


def wide_photograph(picture: np.ndarray | None, ground: tuple[int, int, int], rng: np.random.Generator,
                    size: int = 160) -> tuple[np.ndarray, tuple[float, float, float] | None]:
    """A rendered face (S, S, 4) uint8, colour and mask, somewhere in a photograph (S, S, 3) uint8, and where, as wide_crop() says;
    of no face, a photograph without any. The same arguments and state of ``rng`` give the same bytes."""
    if picture is None:
        planes, place = np.zeros((size, size, 5), np.float32), None
        planes[..., 4] = 1.0
        matrix = np.eye(3, dtype=np.float32)
    else:
        matrix, place = wide_crop(rng)
        planes = cropped_planes(picture, ground, matrix)
    dressed, occluded, framed, unsharp = rng.random(4)
    light = new_ground(planes[..., 3], "face", rng)
    compose(planes, light)
    if picture is not None and dressed < DRESSED:
        clothes(light, picture, planes, forward(matrix), 1.0, rng, trunk=True)
    if picture is not None and occluded < OCCLUDED:
        cover_parts(light, picture, planes, forward(matrix), "face", 1.0, rng)
    if picture is not None and framed < FRAMED:
        frame(light, planes[..., 3], rng)
    if unsharp < WILD.blur:
        light = blurred(light, WILD, rng)
    return finish(develop(light, WILD, rng), WILD, rng), place
