"""Soft simple shapes in linear light: what grounds and occluders are drawn from.

A shape is one row of ``shape()``; ``paint`` puts rows on a layer in order. Places and lengths are shares of the
picture's width, measured from its upper left corner, so a shape looks the same at every size.
"""

from __future__ import annotations

import functools

import numpy as np
from numba import njit

from train.raster.kernel import kernel

ELLIPSE, BOX = 0.0, 1.0
EVERYWHERE, ON_SUBJECT, UPPER_HALF = 0.0, 1.0, 2.0
_COLUMNS = 18
_CODES = 16384  # steps of linear light in the table back to sRGB: finer than a level in the darkest tones


@functools.cache
def tables() -> tuple[np.ndarray, np.ndarray]:
    """sRGB levels to linear light (256,), and linear light times ``_CODES`` to sRGB levels (16385,), float32."""
    level = np.arange(256) / 255.0
    linear = np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)
    light = np.arange(_CODES + 1) / _CODES
    levels = 255.0 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return linear.astype(np.float32), levels.astype(np.float32)


@functools.cache
def tiles() -> np.ndarray:
    """Two endless patterns (2, 256, 256) float32 of unit deviation: speckle of all sizes, and grain along the rows."""
    rng = np.random.default_rng(20150)
    fy, fx = np.fft.fftfreq(256)[:, None] * 256, np.fft.rfftfreq(256)[None] * 256
    spectra = (1.0 / (2.0 + np.hypot(fy, fx)) ** 0.8, np.exp(-((fx / 5.0) ** 2)) / (1.0 + np.abs(fy)) ** 0.4)
    result = []
    for spectrum in spectra:
        pattern = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((256, 256))) * spectrum, (256, 256))
        result.append((pattern - pattern.mean()) / pattern.std())
    return np.stack(result).clip(-2.5, 2.5).astype(np.float32)


def shape(kind: float, x: float, y: float, rx: float, ry: float, colour, angle: float = 0.0, soft: float = 0.0,
          opacity: float = 1.0, corner: float = 0.0, rim: float = 0.0, light: tuple[float, float] = (0.0, 0.0),
          bulge: float = 0.0, where: float = EVERYWHERE, erase: bool = False) -> tuple[float, ...]:
    """One row for paint(): a kind of shape, its centre and half axes, and its linear colour (3,).

    angle: degrees, clockwise. soft: width of the edge. corner: rounding, 0 to 1. rim: width of an outline instead of
    a filled shape. light: how much brighter it gets towards its right and its lower end. bulge: how much darker it
    gets towards its edge. where: EVERYWHERE, ON_SUBJECT, or the UPPER_HALF of the shape. erase: takes away instead.
    """
    return (kind, x, y, rx, ry, np.radians(angle), soft, opacity, *colour, corner, rim, *light, bulge, where,
            float(erase))


def placed(shapes: list[tuple[float, ...]], matrix: np.ndarray) -> np.ndarray:
    """Rows (n, 18) float32 for paint(), carried along by ``matrix`` (2, 3): a turn, a scale and a shift."""
    rows = np.array(shapes, np.float32).reshape(-1, _COLUMNS)
    rows[:, 1:3] = rows[:, 1:3] @ matrix[:, :2].T + matrix[:, 2]
    scale = float(np.sqrt(abs(matrix[0, 0] * matrix[1, 1] - matrix[0, 1] * matrix[1, 0])))
    rows[:, [3, 4, 6, 12]] *= scale
    rows[:, 5] += np.arctan2(matrix[1, 0], matrix[0, 0])
    return rows


@kernel()
def paint(layer, rows, mask):
    """Draw ``rows`` over ``layer`` (S, S, 3), or (S, S, 4) premultiplied with cover; ``mask`` (S, S) is the subject."""
    size, channels = layer.shape[0], layer.shape[2]
    one = np.float32(1.0)
    half = np.float32(0.5)
    for n in range(rows.shape[0]):
        row = rows[n]
        cx, cy, rx, ry = row[1] * size, row[2] * size, max(row[3] * size, half), max(row[4] * size, half)
        turn_x, turn_y = np.cos(row[5]), np.sin(row[5])
        soft = max(row[6] * size, one)
        small = min(rx, ry)
        corner = row[11] * small
        rim = max(row[12] * size, one) if row[12] > 0 else np.float32(0.0)
        reach_x = abs(turn_x) * rx + abs(turn_y) * ry + soft + rim
        reach_y = abs(turn_y) * rx + abs(turn_x) * ry + soft + rim
        x0, x1 = max(int(cx - reach_x), 0), min(int(cx + reach_x) + 1, size)
        y0, y1 = max(int(cy - reach_y), 0), min(int(cy + reach_y) + 1, size)
        inverse_x, inverse_y, sharp = one / rx, one / ry, one / soft
        far = (one + (soft + rim) / small) ** 2
        # within this the edge is not felt; with a rim or a bulge, that is the very middle
        near = np.float32(1e-6) if rim > 0 or row[15] > 0 else max(one - soft / small, np.float32(1e-3)) ** 2
        for y in range(y0, y1):
            dy = np.float32(y) + half - cy
            for x in range(x0, x1):
                dx = np.float32(x) + half - cx
                u, v = dx * turn_x + dy * turn_y, dy * turn_x - dx * turn_y
                if row[0] == ELLIPSE:
                    p, q = u * inverse_x, v * inverse_y
                    away = p * p + q * q
                    if away > far:
                        continue
                    if away < near:
                        inside = small
                    else:  # the distance to the edge of an ellipse, to first order
                        away = np.sqrt(away)
                        slope = np.sqrt(p * p * inverse_x * inverse_x + q * q * inverse_y * inverse_y)
                        inside = (one - away) * away / slope
                else:
                    p, q = abs(u) - rx + corner, abs(v) - ry + corner
                    if p > 0 and q > 0:
                        inside = corner - np.sqrt(p * p + q * q)
                    else:
                        inside = corner - max(p, q)
                if rim > 0:
                    inside = rim * half - abs(inside)
                alpha = min(max(inside * sharp + half, np.float32(0.0)), one) * row[7]
                if row[16] == ON_SUBJECT:
                    alpha *= mask[y, x]
                elif row[16] == UPPER_HALF:
                    alpha *= min(max(half - v * sharp, np.float32(0.0)), one)
                if alpha <= 0:
                    continue
                rest = one - alpha
                if row[17] > 0:
                    for k in range(channels):
                        layer[y, x, k] *= rest
                    continue
                tone = one + row[13] * u * inverse_x + row[14] * v * inverse_y
                if row[15] > 0:
                    edge = one - min(max(inside / small, np.float32(0.0)), one)
                    tone *= one - row[15] * edge * edge
                tone = max(tone, np.float32(0.02)) * alpha
                for k in range(3):
                    layer[y, x, k] = layer[y, x, k] * rest + row[8 + k] * tone
                if channels == 4:
                    layer[y, x, 3] = layer[y, x, 3] * rest + alpha


@njit(cache=True, nogil=True, error_model="numpy")
def spread(coarse, out):
    """Fill ``out`` (S, S, 3) from a coarse float32 picture (h, w, 3), bilinear between the centres of its cells."""
    size = out.shape[0]
    high, wide = coarse.shape[0], coarse.shape[1]
    left, right, part = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.float32)
    line = np.empty((wide, 3), np.float32)
    for x in range(size):
        place = (x + 0.5) / size * wide - 0.5
        first = int(np.floor(place))
        share = place - first
        left[x], right[x] = max(first, 0), min(first + 1, wide - 1)
        part[x] = share
    for y in range(size):
        place = (y + 0.5) / size * high - 0.5
        first = int(np.floor(place))
        share = np.float32(place - first)
        top, low = max(first, 0), min(first + 1, high - 1)
        for x in range(wide):
            for k in range(3):
                line[x, k] = coarse[top, x, k] + (coarse[low, x, k] - coarse[top, x, k]) * share
        for x in range(size):
            a, b, s = left[x], right[x], part[x]
            for k in range(3):
                out[y, x, k] = line[a, k] + (line[b, k] - line[a, k]) * s
