"""Texture look-up: bilinear, from the mip level whose texels are about as large as a pixel."""

import numpy as np

from train.raster.kernel import inlined
from train.scenes.mesh import SMALLEST

ZERO, HALF, ONE = np.float32(0.0), np.float32(0.5), np.float32(1.0)
TWO, QUARTER = np.float32(2.0), np.float32(0.25)


@inlined()
def level_of(start, height, width, density):
    """Start, height and width of the mip level for a pixel that covers ``density`` of the unit square of a texture."""
    density *= np.float32(height * width)
    while density > TWO and max(height, width) > SMALLEST:
        start += height * width
        height, width = (height + 1) >> 1, (width + 1) >> 1
        density *= QUARTER
    return start, height, width


@inlined()
def corners(start, height, width, u, v):
    """The four texels around (u, v), v upwards, and where between them it lies.

    Returns top left, top right, low left, low right, share to the right, share downwards.
    """
    x = min(max(u * np.float32(width) - HALF, ZERO), np.float32(width - 1))
    y = min(max((ONE - v) * np.float32(height) - HALF, ZERO), np.float32(height - 1))
    x0, y0 = int(x), int(y)
    x1, y1 = min(x0 + 1, width - 1), min(y0 + 1, height - 1)
    top, low = start + y0 * width, start + y1 * width
    return (np.uintp(top + x0), np.uintp(top + x1), np.uintp(low + x0), np.uintp(low + x1),
            x - np.float32(x0), y - np.float32(y0))


@inlined()
def colour_at(texels, start, height, width, u, v):
    """Linear RGB at (u, v)."""
    a, b, c, d, fx, fy = corners(start, height, width, u, v)
    wa, wb, wc, wd = (ONE - fx) * (ONE - fy), fx * (ONE - fy), (ONE - fx) * fy, fx * fy
    return (texels[a, 0] * wa + texels[b, 0] * wb + texels[c, 0] * wc + texels[d, 0] * wd,
            texels[a, 1] * wa + texels[b, 1] * wb + texels[c, 1] * wc + texels[d, 1] * wd,
            texels[a, 2] * wa + texels[b, 2] * wb + texels[c, 2] * wc + texels[d, 2] * wd)


@inlined()
def coverage_at(texels, start, height, width, u, v):
    """Coverage at (u, v)."""
    a, b, c, d, fx, fy = corners(start, height, width, u, v)
    return ((texels[a, 3] * (ONE - fx) + texels[b, 3] * fx) * (ONE - fy)
            + (texels[c, 3] * (ONE - fx) + texels[d, 3] * fx) * fy)
