"""Photographs of any framing, for the networks that find what they show (train/framing.py, train/matting.py).

    picture, (x, y, side) = wide_photograph(rendered, (208, 208, 208), rng)     # a head
    picture, told = placed_object(rendered, another, (255, 255, 255), rng)      # alpha, and the light that the ground keeps

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
from train.augmentation.surroundings import surroundings

#: What befalls them, stronger than what a code is read from: a head is to be found in any picture.
WILD = replace(AugmentConfig(), blur=0.4, noise=0.5, jpeg=0.5, grey=0.12, exposure=0.35, roll=12.0)
#: Shares of the picture's width that the square which a render shows may take: from a figure that stands far off to a face that fills it.
SIDES = (0.2, 1.15)
DRESSED = 0.95  # share of those with clothes
OCCLUDED = 0.15  # with something in front of the face
FRAMED = 0.15  # that were padded to a square
#: The same for objects, which are photographed nearer by and more upright.
OBJECTS = replace(AugmentConfig(), blur=0.3, noise=0.5, jpeg=0.5, exposure=0.3, roll=5.0)
OBJECT_SIDES = (0.5, 1.15)
AMONG = 0.2  # share of objects with another of their kind to one side, behind them
OBJECT_FRAMED = 0.1


def wide_crop(rng: np.random.Generator) -> tuple[np.ndarray, tuple[float, float, float]]:
    """A crop (3, 3) as degrade.random_crop() has it, but wide, and where the square that the render shows lies in it: its middle across
    and down and its side, in shares of the picture's width."""
    side = _side(SIDES, rng)
    loose = 1 - 0.55 * side if side < 1 else 0.1  # how far off the middle a face is still to be seen
    x, y = 0.5 + 0.5 * loose * rng.uniform(-1, 1, 2)
    return _crop(x, y, side, WILD, rng), (float(x), float(y), side)


def _side(limits: tuple[float, float], rng: np.random.Generator) -> float:
    return float(np.exp(rng.uniform(*np.log(limits))))


def _crop(x: float, y: float, side: float, config: AugmentConfig, rng: np.random.Generator) -> np.ndarray:
    """What shows a render there, crooked (3, 3)."""
    roll, stretch = rng.uniform(-1, 1, 2)
    angle, stretch = np.radians(config.roll * roll * abs(roll) ** 0.5), np.exp(0.5 * config.aspect * stretch)
    turn = np.array(((np.cos(angle) * stretch, np.sin(angle) * stretch), (-np.sin(angle) / stretch, np.cos(angle) / stretch))) / side
    matrix = np.eye(3)
    matrix[:2, :2], matrix[:2, 2] = turn, -turn @ (2 * np.array((x, y)) - 1)
    return matrix.astype(np.float32)


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


def placed_object(picture: np.ndarray | None, another: np.ndarray, ground: tuple[int, int, int],
                  rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A rendered object (S, S, 4) uint8, colour and mask, in a photograph (S, S, 3) uint8; and alpha and how much of its light the ground
    keeps (S, S, 2) uint8. ``another`` may stand behind it. Of no object, a photograph without any. The same arguments and state of ``rng``
    give the same bytes."""
    planes = np.zeros((*another.shape[:2], 5), np.float32)
    planes[..., 4] = 1.0
    side = _side(OBJECT_SIDES, rng)
    loose = max(1 - side, 0.0) + 0.1
    x, y = 0.5 + 0.5 * loose * rng.uniform(-1, 1, 2)
    if picture is not None:
        planes = cropped_planes(picture, ground, _crop(x, y, side, OBJECTS, rng))
    light = surroundings(planes[..., 3], rng)
    among, framed, unsharp = rng.random(3)
    if picture is not None and among < AMONG:
        aside = x + rng.choice((-1.0, 1.0)) * side * rng.uniform(0.5, 0.8)
        compose(cropped_planes(another, ground, _crop(aside, y - 0.1 * side, 0.8 * side, OBJECTS, rng)), light)
    compose(planes, light)
    told = np.rint(255 * planes[..., 3:].clip(0, 1)).astype(np.uint8)
    if picture is not None and framed < OBJECT_FRAMED:
        before = light.copy()
        frame(light, planes[..., 3], rng)
        told[(light != before).any(-1), 1] = 255  # no shadow falls on a bar
    if unsharp < OBJECTS.blur:
        light = blurred(light, OBJECTS, rng)
    return finish(develop(light, OBJECTS, rng), OBJECTS, rng), told
