"""A square part of a picture, which may reach beyond it; and the one that shows an object as a training render does."""

from __future__ import annotations

import numpy as np
from PIL import Image

FILL = 0.8  # longer side of an object's box as a share of the picture, as in training renders
MIDDLE = 0.53  # height of the box's centre there, from the top


def square_part(image: Image.Image, centre_x: float, centre_y: float, side: float, size: int,
                ground: tuple[int, int, int] | None = None, times: int = 1) -> Image.Image:
    """A square of an RGB picture, its middle and side in pixels, at size x size; what lies outside is the ground (0 to 255), or the edge
    drawn out. Of one that misses the picture, a pixel at least shows the nearest of it. ``times``: the same with so many pixels for each."""
    (left, right, x0, x1), (top, bottom, y0, y1) = (
        _overlap(middle - side / 2, side, length, size) for middle, length in ((centre_x, image.width), (centre_y, image.height)))
    box, (x0, x1, y0, y1), size = (left, top, right, bottom), (times * edge for edge in (x0, x1, y0, y1)), times * size
    part = np.asarray(image.resize((x1 - x0, y1 - y0), Image.Resampling.LANCZOS, box=box, reducing_gap=3.0))
    outside = ((y0, size - y1), (x0, size - x1), (0, 0))
    if ground is None:
        return Image.fromarray(np.pad(part, outside, mode="edge"))
    result = np.full((size, size, 3), ground, np.uint8)
    result[y0:y1, x0:x1] = part
    return Image.fromarray(result)


def overlap(image: Image.Image, centre_x: float, centre_y: float, side: float) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of what exists of such a square, as shares of its side."""
    left, top, right, bottom = (
        min(max((edge - middle) / side + 0.5, 0.0), 1.0)
        for edge, middle in ((0, centre_x), (0, centre_y), (image.width, centre_x), (image.height, centre_y)))
    return left, top, right, bottom


def _overlap(start: float, side: float, length: int, size: int) -> tuple[float, float, int, int]:
    """What exists of a part from ``start`` on: from where to where in the picture, and in the result, there in whole pixels."""
    low, high = min(max(start, 0.0), length - 1.0), max(min(start + side, length), 1.0)
    first = min(max(round((low - start) * size / side), 0), size - 1)
    last = min(max(round((high - start) * size / side), first + 1), size)
    return low, max(high, low + 1.0) if high <= low else high, first, last


def object_square(left: float, top: float, right: float, bottom: float) -> tuple[float, float, float]:
    """Middle and side of the square in which an object that fills this box lies as in a training render."""
    side = max(bottom - top, right - left) / FILL
    return (left + right) / 2, (top + bottom) / 2 - (MIDDLE - 0.5) * side, side
