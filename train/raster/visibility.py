"""Which triangle each sample of a pixel sees, and how much of it the cut-outs in front of it hide.

A pixel has S samples, 4 or, for cut-outs, whose edges are soft in themselves, 2. Each is on a row and in a column of
its own, so that edges of any slope get S levels, and row s of pixel row y is stored at [y * S + s]. Vertices lie on
a grid of 1/256 pixel and edges are exact integers, so no sample falls between two triangles that share an edge.
"""

import numpy as np

from train.raster.geometry import UNITS
from train.raster.kernel import inlined, kernel
from train.raster.textures import ONE, ZERO, coverage_at, level_of
from train.scenes.mesh import CULL, CUTOUT, FIRST, OPACITY

PLACES = np.array([96, 32, 224, 160])  # of the samples from left to right, on rows from top to bottom
CUTOUT_PLACES = np.array([64, 192])  # each between two of the others
SLACK = 1e-9  # pixels
HIDDEN = np.float32(0.98)  # what lies behind so much coverage is not seen
FORWARD = np.float32(0.012)  # scene units by which cut-outs (brows, hair) are drawn nearer than they are
NARROW = 3  # columns up to which a row is tried sample by sample
SOLID, FAINT = np.float32(0.5), np.float32(0.004)


@inlined()
def span(edge, step, inverse, first, last):
    """What is left of the places first .. last where ``edge + place * step`` is not negative.

    ``inverse`` is 1 / step. Places that are exactly on the edge stay: SLACK is less than any other distance to it.
    """
    root = -np.float64(edge) * inverse
    if step > 0:
        return max(first, int(np.ceil(root - SLACK))), last
    if step < 0:
        return first, min(last, int(np.floor(root + SLACK)))
    return first, (last if edge >= 0 else first - 1)


@inlined()
def triangle(places, triangles, t):
    """Corners of triangle ``t`` (the first, and the others relative to it) and twice its area, all in fixed point.

    Rows run downwards. The area is negative, and b and c are exchanged, if it is seen from behind.
    """
    a, b, c = np.uintp(triangles[t, 0]), np.uintp(triangles[t, 1]), np.uintp(triangles[t, 2])  # unsigned: see kernel
    ax, ay = np.int64(places[a, 0]), np.int64(places[a, 1])
    bx, by = np.int64(places[b, 0]) - ax, np.int64(places[b, 1]) - ay
    cx, cy = np.int64(places[c, 0]) - ax, np.int64(places[c, 1]) - ay
    area = by * cx - bx * cy
    if area < 0:
        return a, c, b, ax, ay, cx, cy, bx, by, area
    return a, b, c, ax, ay, bx, by, cx, cy, area


@kernel()
def see(surface, points, near, places, best, owner):
    """Fill ``best`` (S * size, size) with the largest 1 / distance of opaque triangles and ``owner`` with whose it is.

    ``places`` (S,) is PLACES or another lattice of 2 ** n samples.
    """
    triangles, materials, which = surface.triangles, surface.materials, surface.which
    samples, size, rows = places.shape[0], best.shape[1], best.shape[0]
    step = UNITS // samples
    half, shift = step // 2, 0
    while (1 << shift) < step:
        shift += 1
    for t in range(triangles.shape[0]):
        a, b, c, ax, ay, bx, by, cx, cy, area = triangle(points, triangles, t)
        if area <= 0:
            if area == 0 or materials[which[t], CULL] == ONE:
                continue
            area = -area
        r0 = max((ay + min(0, by, cy) - half + step - 1) >> shift, 0)
        r1 = min((ay + max(0, by, cy) - half) >> shift, rows - 1)
        left, right = ax + min(0, bx, cx), ax + max(0, bx, cx)
        if r0 > r1 or right < 0 or left >= size * UNITS or materials[which[t], CUTOUT] == ONE:
            continue
        inverse = ONE / np.float32(area)
        near_a, rise_b, rise_c = near[a], (near[b] - near[a]) * inverse, (near[c] - near[a]) * inverse
        step_b, step_c = -UNITS * cy, UNITS * by
        step_a = -step_b - step_c
        inverse_a, inverse_b, inverse_c = 0.0, 0.0, 0.0
        if right - left > NARROW * UNITS:
            inverse_a, inverse_b, inverse_c = 1.0 / step_a, 1.0 / step_b, 1.0 / step_c  # infinite ones are not used
        for r in range(r0, r1 + 1):
            place = places[r & (samples - 1)]
            x0, x1 = max((left - place + UNITS - 1) >> 8, 0), min((right - place) >> 8, size - 1)
            x, y = x0 * UNITS + place - ax, (r << shift) + half - ay
            edge_b, edge_c = y * cx - x * cy, x * by - y * bx
            edge_a = area - edge_b - edge_c
            if x1 > x0 + NARROW:
                skip, last = span(edge_a, step_a, inverse_a, 0, x1 - x0)
                skip, last = span(edge_b, step_b, inverse_b, skip, last)
                skip, last = span(edge_c, step_c, inverse_c, skip, last)
                x0, x1 = x0 + skip, x0 + last
                edge_a, edge_b, edge_c = edge_a + skip * step_a, edge_b + skip * step_b, edge_c + skip * step_c
            row = np.uintp(r)
            for x in range(x0, x1 + 1):
                column = np.uintp(x)
                nearness = near_a + np.float32(edge_b) * rise_b + np.float32(edge_c) * rise_c
                # one branch instead of four: which samples a small triangle covers cannot be predicted
                if ((edge_a | edge_b | edge_c) >= 0) & (nearness > best[row, column]):
                    best[row, column] = nearness
                    owner[row, column] = t
                edge_a, edge_b, edge_c = edge_a + step_a, edge_b + step_b, edge_c + step_c


@kernel()
def see_cutouts(surface, points, near, places, best, cover, front_near, front_owner, pixel_of, pixel_alpha):
    """Fill ``cover`` (2 * size, size) with how much cut-outs hide of what ``best`` holds, and ``front_near`` and
    ``front_owner`` with the one to be shown.

    A triangle's coverage is looked up once per pixel: ``pixel_of`` (size,) says for which triangle and row of pixels
    ``pixel_alpha`` (size,) holds it.
    """
    triangles, materials, which = surface.triangles, surface.materials, surface.which
    samples, size, rows = places.shape[0], cover.shape[1], cover.shape[0]
    step = UNITS // samples
    half, shift = step // 2, 0
    while (1 << shift) < step:
        shift += 1
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
        r0 = max((ay + min(0, by, cy) - half + step - 1) >> shift, 0)
        r1 = min((ay + max(0, by, cy) - half) >> shift, rows - 1)
        left, right = ax + min(0, bx, cx), ax + max(0, bx, cx)
        if r0 > r1 or right < 0 or left >= size * UNITS:
            continue
        inverse = ONE / np.float32(area)
        near_a, rise_b, rise_c = near[a], (near[b] - near[a]) * inverse, (near[c] - near[a]) * inverse
        near_a += FORWARD * near_a * near_a
        step_b, step_c = -UNITS * cy, UNITS * by
        step_a = -step_b - step_c
        inverse_a, inverse_b, inverse_c = 1.0 / step_a, 1.0 / step_b, 1.0 / step_c  # infinite ones are not used
        u0, v0 = surface.uv[ta, 0], surface.uv[ta, 1]
        ub, vb = surface.uv[tb, 0] - u0, surface.uv[tb, 1] - v0
        uc, vc = surface.uv[tc, 0] - u0, surface.uv[tc, 1] - v0
        k, opacity = int(materials[m, FIRST]), materials[m, OPACITY]
        start, height, width = level_of(surface.offset[k], surface.height[k], surface.width[k],
                                        abs(ub * vc - uc * vb) * np.float32(UNITS * UNITS) * inverse)
        for r in range(r0, r1 + 1):
            place, line = places[r & (samples - 1)], (r << shift) >> 8
            x0, x1 = max((left - place + UNITS - 1) >> 8, 0), min((right - place) >> 8, size - 1)
            x, y = x0 * UNITS + place - ax, (r << shift) + half - ay
            edge_b, edge_c = y * cx - x * cy, x * by - y * bx
            skip, last = span(area - edge_b - edge_c, step_a, inverse_a, 0, x1 - x0)
            skip, last = span(edge_b, step_b, inverse_b, skip, last)
            skip, last = span(edge_c, step_c, inverse_c, skip, last)
            x0, x1 = x0 + skip, x0 + last
            edge_b, edge_c = edge_b + skip * step_b, edge_c + skip * step_c
            row, line_of_best = np.uintp(r), np.uintp(2 * r)
            for x in range(x0, x1 + 1):
                column = np.uintp(x)
                nearness = near_a + np.float32(edge_b) * rise_b + np.float32(edge_c) * rise_c
                edge_b, edge_c = edge_b + step_b, edge_c + step_c
                hidden = cover[row, column]
                if (nearness <= best[line_of_best, column]) | ((hidden > HIDDEN) & (nearness < front_near[row, column])):
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
                if ((nearness > front_near[row, column]) & ((alpha > SOLID) | (hidden < SOLID))) | (
                        (alpha > SOLID) & (hidden < SOLID)):
                    front_near[row, column] = nearness
                    front_owner[row, column] = t
                cover[row, column] = hidden + alpha * (ONE - hidden)
