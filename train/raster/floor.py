"""The key light's soft shadow on the floor below the object, sharp where things touch it and softer farther away."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from train.raster.geometry import Camera
from train.raster.kernel import inlined, kernel
from train.raster.shadows import ShadowMap
from train.raster.textures import HALF, ONE, ZERO

CELLS = 96  # along a side of the map of the floor, at most
SEARCH = 0.16  # scene units around a point in which what shades it is looked for
TOUCH = np.float32(0.035)  # scene units, the penumbra of what touches the floor
WIDEN = np.float32(0.25)  # width of the penumbra per unit of distance from what casts it
WIDEST = 0.42  # scene units
FADE = np.float32(1.5)  # scene units after which a shadow is half as deep
LOWEST_LIGHT = 0.08  # sine of the light's elevation over the floor: below it there is no floor shadow


class FloorShadow(NamedTuple):
    """Lost light (C, C) in the light's axes, and how a pixel finds its place in it: affine in the pixel's centre.

    ``ray`` has rows of how much a pixel's ray falls, moves right and moves down (as the light looks); columns of the
    value at pixel (0, 0) and its change per column and row. ``strength`` is 0 where there is no shadow to draw.
    """

    lost: np.ndarray
    ray: np.ndarray  # (3, 3) float32
    fall: np.float32  # from the camera to the floor
    start: np.ndarray  # (2,) float32, the camera in the map, cells
    strength: np.float32


NONE = FloorShadow(np.zeros((1, 1), np.float32), np.zeros((3, 3), np.float32), np.float32(0.0),
                   np.zeros(2, np.float32), np.float32(0.0))


def floor_shadow(shadow: ShadowMap, axes: np.ndarray, camera: Camera, floor: float, strength: float,
                 scratch) -> FloorShadow:
    """The shadow on the plane y = ``floor``, or NONE if the camera or the light is not above it."""
    fall = float(camera.eye[1]) - floor
    if strength <= 0.0 or fall <= 0.05 or axes[2, 1] < LOWEST_LIGHT:
        return NONE
    side = shadow.first.shape[0]
    pool = -(-side // CELLS)
    cell = float(shadow.texel) * pool
    margin = int(np.ceil(0.5 * WIDEST / cell)) + 2
    cells = -(-side // pool) + 2 * margin
    lost, table = scratch("lost", (cells, cells), np.float32), (cells + 1, cells + 1)
    shaded, far, deep = (scratch(name, table, np.float32) for name in ("shaded", "far", "deep"))
    for array in (lost, shaded, far, deep):
        array.fill(0.0)
    lose_light(shadow, axes, np.float32(floor), pool, margin, shaded, far, deep, lost)
    # a ray through a pixel: towards the middle of the picture, right and up by so much of the screen's axes
    tan = 1.0 / float(camera.scale)
    right, up, back = camera.axes.astype(np.float64)
    half = float(camera.half)
    corner = -back + tan * ((0.5 - half) * right + (half - 0.5) * up)
    rays = np.stack([corner, tan * right, -tan * up], 1)  # (3, 3): columns are corner, per column, per row
    finder = np.stack([[0.0, 1.0, 0.0], axes[0] / cell, axes[1] / cell])
    start = (np.array([axes[0] @ camera.eye - shadow.left, axes[1] @ camera.eye - shadow.top]) / cell) + margin - 0.5
    return FloorShadow(lost, (finder @ rays).astype(np.float32), np.float32(fall), start.astype(np.float32),
                       np.float32(strength))


@inlined()
def _box(table, row, column, half):
    """Sum of the table's cells within ``half`` of a cell, each way."""
    size = table.shape[0] - 1
    r0, r1 = max(row - half, 0), min(row + half + 1, size)
    c0, c1 = max(column - half, 0), min(column + half + 1, size)
    return table[r1, c1] - table[r0, c1] - table[r1, c0] + table[r0, c0]


@kernel()
def lose_light(shadow, axes, floor, pool, margin, shaded, far, deep, lost):
    """Fill ``lost`` (C, C) with the share of the light that the floor loses, in cells of ``pool`` texels with a margin
    around. ``shaded``, ``far`` and ``deep`` (C + 1, C + 1) become summed-area tables of how much of a cell is shaded,
    at what distance from the floor, and how deeply."""
    last = shadow.last
    size = lost.shape[0]
    cell = shadow.texel * np.float32(pool)
    part = ONE / np.float32(pool * pool)
    for r in range(size):
        sum_shaded, sum_far, sum_deep = ZERO, ZERO, ZERO
        for c in range(size):
            for j in range((r - margin) * pool, (r - margin + 1) * pool):
                for i in range((c - margin) * pool, (c - margin + 1) * pool):
                    if 0 <= j < last.shape[0] and 0 <= i < last.shape[0] and last[j, i] < np.float32(1e29):
                        along = shadow.top + (np.float32(j) + HALF) * shadow.texel
                        across = shadow.left + (np.float32(i) + HALF) * shadow.texel
                        ground = (floor - along * axes[1, 1] - across * axes[0, 1]) / axes[2, 1]
                        distance = max(last[j, i] - ground, ZERO)
                        sum_shaded += part
                        sum_far += part * distance
                        sum_deep += part / (ONE + (distance / FADE) * (distance / FADE))
            shaded[r + 1, c + 1] = shaded[r, c + 1] + sum_shaded
            far[r + 1, c + 1] = far[r, c + 1] + sum_far
            deep[r + 1, c + 1] = deep[r, c + 1] + sum_deep
    search = max(int(np.float32(SEARCH) / cell), 1)
    widest = np.float32(margin - 2)
    for r in range(1, size - 1):
        for c in range(1, size - 1):
            around = _box(shaded, r, c, margin)
            if around < np.float32(1e-3):
                continue
            near = _box(shaded, r, c, search)
            if near > np.float32(1e-3):
                distance = _box(far, r, c, search) / near
            else:
                distance = _box(far, r, c, margin) / around
            half = min(HALF * (TOUCH + WIDEN * distance) / cell, widest)
            whole = int(half)
            part = half - np.float32(whole)
            inner_sum, outer_sum = _box(deep, r, c, whole), _box(deep, r, c, whole + 1)
            lost[r, c] = ((ONE - part) * inner_sum / np.float32((2 * whole + 1) ** 2)
                          + part * outer_sum / np.float32((2 * whole + 3) ** 2))


@inlined()
def light_left(floor, x, y):
    """The share of its light that the floor seen through pixel (x, y) keeps."""
    ray = floor.ray
    column, row = np.float32(x), np.float32(y)
    drop = -(ray[0, 0] + column * ray[0, 1] + row * ray[0, 2])
    if drop < np.float32(1e-4):
        return ONE  # at or above the horizon
    reach = floor.fall / drop
    u = floor.start[0] + reach * (ray[1, 0] + column * ray[1, 1] + row * ray[1, 2])
    v = floor.start[1] + reach * (ray[2, 0] + column * ray[2, 1] + row * ray[2, 2])
    last = np.float32(floor.lost.shape[0] - 1)
    if not (ZERO <= u < last and ZERO <= v < last):
        return ONE
    i, j = int(u), int(v)
    fx, fy = u - np.float32(i), v - np.float32(j)
    lost = floor.lost
    low = lost[j, i] * (ONE - fx) + lost[j, i + 1] * fx
    high = lost[j + 1, i] * (ONE - fx) + lost[j + 1, i + 1] * fx
    return ONE - floor.strength * (low * (ONE - fy) + high * fy)
