"""Where things are in a rendered picture: the subject's outline and colours, and the eyes of a face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from train.augmentation.shapes import tables
from train.raster.kernel import kernel

_EYES = 0.35  # how sure of the eyes one must be to put glasses on them


@dataclass(frozen=True)
class Box:
    """Where the subject is, as shares of the picture; ``left`` and ``right`` by row, and its linear colours."""

    top: float
    bottom: float
    left: np.ndarray
    right: np.ndarray
    skin: np.ndarray  # the mean of its middle, linear (3,)
    crown: np.ndarray  # of its uppermost part

    @property
    def height(self) -> float:
        return self.bottom - self.top

    def at(self, down: float) -> tuple[float, float, float]:
        """Row, middle column and half width at a share of the subject's height."""
        y = self.top + down * self.height
        row = min(max(int(y * len(self.left)), 0), len(self.left) - 1)
        return y, float(self.left[row] + self.right[row]) / 2, float(self.right[row] - self.left[row]) / 2


@kernel()
def _edges(picture, left, right):
    """The first and the last column of the subject in every row, (0, 0) where there is none."""
    size = picture.shape[0]
    for y in range(size):
        left[y] = right[y] = 0
        for x in range(size):
            if picture[y, x, 3] > 127:
                if right[y] == 0:
                    left[y] = x
                right[y] = x + 1


@njit(cache=True, nogil=True, error_model="numpy")
def _mean(picture, linear, first, last):
    total, count = np.zeros(3, np.float32), 1e-3
    for y in range(first, last):
        for x in range(picture.shape[0]):
            if picture[y, x, 3] > 127:
                count += 1
                for k in range(3):
                    total[k] += linear[picture[y, x, k]]
    return total / np.float32(count)


def find_box(picture: np.ndarray) -> Box | None:
    """Where the subject of (S, S, 4) uint8 is, or None if there is hardly any."""
    size = len(picture)
    left, right = np.empty(size, np.int64), np.empty(size, np.int64)
    _edges(picture, left, right)
    rows = np.flatnonzero(right)
    if len(rows) < 0.2 * size:
        return None
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    skin, crown = (_mean(picture, tables()[0], top + int(first * (bottom - top)), top + int(last * (bottom - top)) + 1)
                   for first, last in ((0.5, 0.8), (0.02, 0.12)))
    return Box(top / size, bottom / size, left / size, right / size, skin, crown)


@njit(cache=True, nogil=True, error_model="numpy")
def _bridge(picture, first, last, high, half):
    """Where ``high`` rows within [first, last) look most like two eyes: (column, row, how sure, -1 to 1).

    There are dark things with light above and below, alike left and right of the column, and none at it as at a
    mouth. A fringe of hair has no light above.
    """
    size, rows, reach = picture.shape[0], last - first, max(high // 3, 1)
    dark = np.zeros((rows, size), np.float32)
    grey = np.empty((size, size), np.float32)
    for y in range(first - reach, last + reach):
        for x in range(size):
            total = np.float32(30.0)
            for k in range(3):
                total += picture[y, x, k]
            grey[y, x] = np.log(total)
    for y in range(rows):
        v = y + first
        for x in range(size):
            if picture[v - reach, x, 3] > 250 and picture[v + reach, x, 3] > 250:
                dark[y, x] = max(min(grey[v - reach, x], grey[v + reach, x]) - grey[v, x], np.float32(0.0))
    # down to every row and about every column: likeness, power, what is dark beside the column and at it
    sums = np.zeros((rows + 1, size, 4), np.float32)
    near, inner, outer = max(half // 6, 1), (half * 3) // 10, (half * 3) // 4
    for y in range(rows):
        for x in range(half, size - half):
            likeness, power, side, middle = np.float32(0.0), np.float32(1e-3 * half), np.float32(0.0), np.float32(0.0)
            for d in range(1, half):
                a, b = dark[y, x - d], dark[y, x + d]
                likeness += a * b
                power += np.float32(0.5) * (a * a + b * b)
                if d <= near:
                    middle += a + b
                elif inner <= d <= outer:
                    side += a + b
            sums[y + 1, x, 0] = sums[y, x, 0] + likeness
            sums[y + 1, x, 1] = sums[y, x, 1] + power
            sums[y + 1, x, 2] = sums[y, x, 2] + side / (outer - inner + 1)
            sums[y + 1, x, 3] = sums[y, x, 3] + middle / near
    best, column, row = np.float32(-1.0), half, 0
    for y in range(rows - high):
        for x in range(half, size - half):
            alike = (sums[y + high, x, 0] - sums[y, x, 0]) / (sums[y + high, x, 1] - sums[y, x, 1])
            beside, at = sums[y + high, x, 2] - sums[y, x, 2], sums[y + high, x, 3] - sums[y, x, 3]
            score = alike * (beside - at) / (beside + at + np.float32(0.1))
            if score > best:
                best, column, row = score, x, y
    # within these rows, where the dark is
    weight, total = np.float32(0.0), np.float32(1e-6)
    for y in range(row, row + high):
        side = sums[y + 1, column, 2] - sums[y, column, 2]
        weight += side * y
        total += side
    return column, first + int(weight / total + np.float32(0.5)), best


def find_eyes(picture: np.ndarray, box: Box) -> tuple[float, float, float] | None:
    """The bridge of the nose, (x, y), and half the width of the face seen there, or None if it is turned away."""
    if len(picture) >= 128:
        picture = np.ascontiguousarray(picture[::2, ::2])  # enough to tell, and eight times as fast
    size = len(picture)
    high = box.height * size
    first, last = (int(box.top * size + share * high) for share in (0.16, 0.66))
    column, row, sure = _bridge(picture, first, last, max(int(0.13 * high), 3), int(0.25 * high))
    if sure < _EYES:
        return None
    y, middle, wide = box.at(((row + 0.5) / size - box.top) / box.height)
    x = (column + 0.5) / size
    turned = abs(x - middle) / max(wide, 0.01)
    if turned > 0.5:
        return None
    return x, y + 0.012, min(wide, 0.29 * box.height) * (1.0 - 0.6 * turned * turned)
