"""Which triangle each sample of a pixel sees, and how much of it the cut-outs in front of it hide.

A pixel has S = 4 samples, each on a row and in a column of its own, so that edges of any slope get 4 levels. Row s of
pixel row y is stored at [y * S + s]. Vertices lie on a grid of 1/256 pixel, on which no sample falls between two
triangles that share an edge.
"""

import numpy as np

from train.raster.geometry import UNITS
from train.raster.kernel import inlined, kernel
from train.raster.textures import ONE, ZERO, coverage_at, level_of
from train.scenes.mesh import CULL, CUTOUT, FIRST, OPACITY

SAMPLES = 4  # per pixel
PLACES = np.array([96, 32, 224, 160])  # of the samples from left to right, on rows from top to bottom
DOWN = 6  # rows are 2 ** DOWN fixed-point units apart
STEP = 1 << DOWN
MIDDLE = STEP // 2
SLACK = 1e-8  # pixels, less than between an edge and a sample that is not on it
PIXEL = 1.0 / UNITS
FAR = 1e9
UNIT = np.float32(UNITS)
HIDDEN = np.float32(0.93)  # so much coverage hides all
FORWARD = np.float32(0.012)  # scene units by which cut-outs (brows, hair) are drawn nearer than they are
BLOCK = 3  # squares of 8 pixels
SOLID, FAINT = np.float32(0.5), np.float32(0.004)


@inlined()
def triangle(places, triangles, t):
    """Corners of triangle ``t`` (the first, and the others relative to it) and twice its area, all in fixed point.

    Rows run downwards. The area is negative, and b and c are exchanged, if it is seen from behind.
    """
    # unsigned indices need no test for counting from the end
    a, b, c = np.uintp(triangles[t, 0]), np.uintp(triangles[t, 1]), np.uintp(triangles[t, 2])
    ax, ay = np.int64(places[a, 0]), np.int64(places[a, 1])
    bx, by = np.int64(places[b, 0]) - ax, np.int64(places[b, 1]) - ay
    cx, cy = np.int64(places[c, 0]) - ax, np.int64(places[c, 1]) - ay
    area = by * cx - bx * cy
    if area < 0:
        return a, c, b, ax, ay, cx, cy, bx, by, area
    return a, b, c, ax, ay, bx, by, cx, cy, area


@inlined()
def side(dx, dy, x, y):
    """One edge of a triangle, from (x, y) by (dx, dy): the x at y = 0 and its slope as a lower bound of the inside and
    as an upper bound, whichever it is; the other one, and both of a level edge, bound nothing."""
    slope = np.float64(dx) / np.float64(dy)
    at = np.float64(x) - np.float64(y) * slope
    return (at if dy > 0 else -FAR), (slope if dy > 0 else 0.0), (at if dy < 0 else FAR), (slope if dy < 0 else 0.0)


@inlined()
def sides(bx, by, cx, cy):
    """The three edges of a triangle with a corner at (0, 0), as side() gives them."""
    return (*side(bx, by, 0, 0), *side(cx - bx, cy - by, bx, by), *side(-cx, -cy, 0, 0))


@inlined()
def span(edges, y, shift, most):
    """First and last column of a triangle's samples on the row ``y`` below its corner, the columns being ``shift``
    fixed-point units to the right of the corner. Samples exactly on an edge belong to both its triangles."""
    low = max(edges[0] + edges[1] * y, edges[4] + edges[5] * y, edges[8] + edges[9] * y)
    high = min(edges[2] + edges[3] * y, edges[6] + edges[7] * y, edges[10] + edges[11] * y)
    return (max(int(np.ceil((low - shift) * PIXEL - SLACK)), 0),
            min(int(np.floor((high - shift) * PIXEL + SLACK)), most))


@kernel()
def see(surface, points, near, best, owner):
    """Fill ``best`` (S * size, size) with the largest 1 / distance of opaque triangles, ``owner`` with whose it is."""
    triangles, materials, which = surface.triangles, surface.materials, surface.which
    size, rows = best.shape[1], best.shape[0]
    for t in range(triangles.shape[0]):
        a, b, c, ax, ay, bx, by, cx, cy, area = triangle(points, triangles, t)
        if area <= 0:
            if area == 0 or materials[which[t], CULL] == ONE:
                continue
            area = -area
        r0 = max((ay + min(0, by, cy) - MIDDLE + STEP - 1) >> DOWN, 0)
        r1 = min((ay + max(0, by, cy) - MIDDLE) >> DOWN, rows - 1)
        left, right = ax + min(0, bx, cx), ax + max(0, bx, cx)
        if r0 > r1 or right < 0 or left >= size * UNITS or materials[which[t], CUTOUT] == ONE:
            continue
        inverse = ONE / np.float32(area)
        rise_b, rise_c = (near[b] - near[a]) * inverse, (near[c] - near[a]) * inverse
        rise_x = rise_c * np.float32(by) - rise_b * np.float32(cy)
        rise_y = rise_b * np.float32(cx) - rise_c * np.float32(bx)
        edges = sides(bx, by, cx, cy)
        for r in range(r0, r1 + 1):
            shift, y = PLACES[r & (SAMPLES - 1)] - ax, (r << DOWN) + MIDDLE - ay
            x0, x1 = span(edges, np.float64(y), np.float64(shift), size - 1)
            nearness = near[a] + rise_y * np.float32(y) + rise_x * np.float32(x0 * UNITS + shift)
            row = np.uintp(r)
            for x in range(x0, x1 + 1):
                column = np.uintp(x)
                if nearness > best[row, column]:
                    best[row, column] = nearness
                    owner[row, column] = t
                nearness += rise_x * UNIT


@kernel()
def farthest(best, blocks):
    """Fill ``blocks`` (B, B) with the smallest 1 / distance in each square of 2 ** BLOCK pixels."""
    size = best.shape[1]
    for j in range(blocks.shape[0]):
        for i in range(blocks.shape[1]):
            least = np.float32(1e30)
            for r in range((j << BLOCK) * SAMPLES, min((j + 1) << BLOCK, size) * SAMPLES):
                for x in range(i << BLOCK, min((i + 1) << BLOCK, size)):
                    least = min(least, best[np.uintp(r), np.uintp(x)])
            blocks[j, i] = least


@kernel()
def see_cutouts(surface, points, near, best, blocks, cover, front_near, front_owner, pixel_of, pixel_alpha):
    """Fill ``cover`` (S * size, size) with how much cut-outs hide of what ``best`` holds, and ``front_near`` and
    ``front_owner`` with the one to be shown.

    A triangle's coverage is looked up once per pixel: ``pixel_of`` (size,) says for which triangle and row of pixels
    ``pixel_alpha`` (size,) holds it. ``blocks`` comes from farthest(): what lies behind it is passed over unseen.
    """
    triangles, materials, which = surface.triangles, surface.materials, surface.which
    size, rows = best.shape[1], best.shape[0]
    for t in range(triangles.shape[0]):
        m = which[t]
        if materials[m, CUTOUT] != ONE:
            continue
        a, b, c, ax, ay, bx, by, cx, cy, area = triangle(points, triangles, t)
        ta, tb, tc = surface.triangle_uv[t, 0], surface.triangle_uv[t, 1], surface.triangle_uv[t, 2]
        if area <= 0:
            if area == 0 or materials[m, CULL] == ONE:
                continue
            area, tb, tc = -area, tc, tb
        r0 = max((ay + min(0, by, cy) - MIDDLE + STEP - 1) >> DOWN, 0)
        r1 = min((ay + max(0, by, cy) - MIDDLE) >> DOWN, rows - 1)
        left, right = ax + min(0, bx, cx), ax + max(0, bx, cx)
        if r0 > r1 or right < 0 or left >= size * UNITS:
            continue
        nearest = max(near[a], near[b], near[c])
        nearest += FORWARD * nearest * nearest
        hidden = True
        for j in range((r0 // SAMPLES) >> BLOCK, ((r1 // SAMPLES) >> BLOCK) + 1):
            for i in range(max(left >> (8 + BLOCK), 0), min(right >> 8, size - 1) // (1 << BLOCK) + 1):
                hidden &= nearest <= blocks[j, i]
        if hidden:
            continue
        inverse = ONE / np.float32(area)
        rise_b, rise_c = (near[b] - near[a]) * inverse, (near[c] - near[a]) * inverse
        rise_x = rise_c * np.float32(by) - rise_b * np.float32(cy)
        rise_y = rise_b * np.float32(cx) - rise_c * np.float32(bx)
        near_a = near[a] + FORWARD * near[a] * near[a]
        edges = sides(bx, by, cx, cy)
        u0, v0 = surface.uv[ta, 0], surface.uv[ta, 1]
        ub, vb = surface.uv[tb, 0] - u0, surface.uv[tb, 1] - v0
        uc, vc = surface.uv[tc, 0] - u0, surface.uv[tc, 1] - v0
        k, opacity = int(materials[m, FIRST]), materials[m, OPACITY]
        start, height, width = level_of(surface.offset[k], surface.height[k], surface.width[k],
                                        abs(ub * vc - uc * vb) * np.float32(UNITS * UNITS) * inverse)
        for r in range(r0, r1 + 1):
            line, shift, y = (r << DOWN) >> 8, PLACES[r & (SAMPLES - 1)] - ax, (r << DOWN) + MIDDLE - ay
            x0, x1 = span(edges, np.float64(y), np.float64(shift), size - 1)
            start_near = near_a + rise_y * np.float32(y)
            row = np.uintp(r)
            for x in range(x0, x1 + 1):
                column = np.uintp(x)
                nearness = start_near + rise_x * np.float32(x * UNITS + shift)
                veil = cover[row, column]
                if (nearness <= best[row, column]) | ((veil == ONE) & (nearness < front_near[row, column])):
                    continue
                if pixel_of[x] != t * size + line:
                    pixel_of[x] = t * size + line
                    px, py = x * UNITS + UNITS // 2 - ax, line * UNITS + UNITS // 2 - ay
                    wb, wc = np.float32(py * cx - px * cy) * inverse, np.float32(px * by - py * bx) * inverse
                    wb, wc = wb * near[b] / nearness, wc * near[c] / nearness
                    pixel_alpha[x] = opacity * coverage_at(surface.texels, start, height, width,
                                                           u0 + wb * ub + wc * uc, v0 + wb * vb + wc * vc)
                alpha = pixel_alpha[x]
                if alpha < FAINT:
                    continue
                # the nearest solid one is shown; as long as there is none, the nearest one
                solid, thin = alpha > SOLID, veil < SOLID
                if (veil == ZERO) | (solid & thin) | ((nearness > front_near[row, column]) & (solid | thin)):
                    front_near[row, column] = nearness
                    front_owner[row, column] = t
                veil += alpha * (ONE - veil)
                cover[row, column] = veil if veil < HIDDEN else ONE
