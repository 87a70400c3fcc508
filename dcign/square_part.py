"""A square part of a picture, which may reach beyond it; and the one that shows an object as a training render does."""

from __future__ import annotations

import numpy as np
from PIL import Image

FILL = 0.8  # longer side of an object's box as a share of the picture, as in training renders
MIDDLE = 0.53  # height of the box's centre there, from the top


def square_part(image: Image.Image, centre_x: float, centre_y: float, side: float, size: int,
                ground: tuple[int, int, int] | None = None) -> Image.Image:
    """A square of the picture at size x size; what lies outside is the ground, or the edge drawn out."""
    scale = size / side
    left, top = centre_x - side / 2, centre_y - side / 2
    box = (max(left, 0.0), max(top, 0.0), min(left + side, image.width), min(top + side, image.height))
    # Where the part that exists lands in the result, in whole pixels.
    x0, y0 = round((box[0] - left) * scale), round((box[1] - top) * scale)
    x1, y1 = round((box[2] - left) * scale), round((box[3] - top) * scale)
    x1, y1 = min(max(x1, x0 + 1), size), min(max(y1, y0 + 1), size)
    part = np.asarray(image.resize((x1 - x0, y1 - y0), Image.Resampling.LANCZOS, box=box, reducing_gap=3.0))
    outside = ((y0, size - y1), (x0, size - x1), (0, 0))
    if ground is None:
        return Image.fromarray(np.pad(part, outside, mode="edge"))
    result = np.full((size, size, 3), ground, np.uint8)
    result[y0:y1, x0:x1] = part
    return Image.fromarray(result)


def object_square(left: float, top: float, right: float, bottom: float) -> tuple[float, float, float]:
    """Middle and side of the square in which an object that fills this box lies as in a training render."""
    side = max(bottom - top, right - left) / FILL
    return (left + right) / 2, (top + bottom) / 2 - (MIDDLE - 0.5) * side, side
