"""Which triangle each sample of a pixel sees, and how much of it the cut-outs in front of it hide.

A pixel has S samples (4 or 8, a power of two), each on a row and in a column of its own, so that edges of any slope
get S levels. They are stored as S rows per pixel row: sample s of pixel (x, y) is at [y * S + s, x]. Vertices lie on
a grid of 1/256 pixel and edges are exact integers, so no sample falls between two triangles that share an edge.
"""

import numpy as np

from train.raster.geometry import UNITS
from train.raster.kernel import inlined, kernel
from train.raster.textures import ONE, ZERO, coverage_at
from train.scenes.mesh import CULL, CUTOUT, FIRST, OPACITY

HIDDEN = np.float32(0.98)  # what lies behind so much coverage is not seen
FORWARD = np.float32(0.012)  # scene units by which cut-outs (brows, hair) are drawn nearer than they are
SOLID = np.float32(0.5)


def sample_places(samples: int) -> np.ndarray:
    """Horizontal places (S,) of a pixel's samples in fixed point: a lattice with one sample per column and row."""
    step = UNITS // samples
    return (3 * np.arange(samples) + 1) % samples * step + step // 2


@inlined()
def span(edge, step, first, last):
    """The columns in [first, last] at which ``edge + column * step`` is not negative (edge counts from column 0)."""
    if step > 0:
        if edge + first * step < 0:
            first = -(edge // step)
    elif step < 0:
        if edge + last * step < 0:
            last = edge // (-step) if edge >= 0 else first - 1
    elif edge < 0:
        last = first - 1
    return first, last


@kernel()
def see(surface, points, near, size, places, cutouts, best, owner, cover, front_near, front_owner):
    """One pass over the triangles.

    Opaque ones (``cutouts`` False) fill ``best`` (S * size, size) with the largest 1 / distance and ``owner`` with
    its triangle. Cut-outs come after them: they fill ``cover`` with how much they hide, ``front_near`` and
    ``front_owner`` with the one to be shown.
    """
    triangles, materials = surface.triangles, surface.materials
    samples = places.shape[0]
    step = UNITS // samples
    shift = 0
    while (1 << shift) < step:
        shift += 1
    half = step // 2
    rows = size * samples
    for t in range(triangles.shape[0]):
        m = surface.which[t]
        if (materials[m, CUTOUT] == ONE) != cutouts:
            continue
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay = np.int64(points[a, 0]), np.int64(points[a, 1])
        bx, by = np.int64(points[b, 0]) - ax, np.int64(points[b, 1]) - ay
        cx, cy = np.int64(points[c, 0]) - ax, np.int64(points[c, 1]) - ay
        area = by * cx - bx * cy  # y points down: front faces are positive
        if area <= 0:
            if area == 0 or materials[m, CULL] == ONE:
                continue
            area = -area
            b, c = c, b
            bx, by, cx, cy = cx, cy, bx, by
        r0 = max((ay + min(0, by, cy) - half + step - 1) >> shift, 0)
        r1 = min((ay + max(0, by, cy) - half) >> shift, rows - 1)
        if r0 > r1:
            continue
        left, right = ax + min(0, bx, cx), ax + max(0, bx, cx)
        if right < 0 or left >= size * UNITS:
            continue
        inverse = ONE / np.float32(area)
        rise_b, rise_c = (near[b] - near[a]) * inverse, (near[c] - near[a]) * inverse
        step_b, step_c = -UNITS * cy, UNITS * by
        step_a = -step_b - step_c
        density, u0, v0, ub, vb, uc, vc = ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO
        first, height, width, opacity = 0, 1, 1, materials[m, OPACITY]
        if cutouts:
            texture = int(materials[m, FIRST])
            first, height, width = surface.offset[texture], surface.height[texture], surface.width[texture]
            ta, tb, tc = surface.triangle_uv[t, 0], surface.triangle_uv[t, 1], surface.triangle_uv[t, 2]
            if triangles[t, 1] != b:
                tb, tc = tc, tb
            u0, v0 = surface.uv[ta, 0], surface.uv[ta, 1]
            ub, vb = surface.uv[tb, 0] - u0, surface.uv[tb, 1] - v0
            uc, vc = surface.uv[tc, 0] - u0, surface.uv[tc, 1] - v0
            density = abs(ub * vc - uc * vb) * np.float32(height * width * UNITS * UNITS) * inverse
        for r in range(r0, r1 + 1):
            y = (r << shift) + half - ay
            place = places[r & (samples - 1)]
            x0, x1 = max((left - place + UNITS - 1) >> 8, 0), min((right - place) >> 8, size - 1)
            if x0 > x1:
                continue
            edge_b = -(place - ax) * cy + y * cx
            edge_c = (place - ax) * by - y * bx
            edge_a = area - edge_b - edge_c
            x0, x1 = span(edge_a, step_a, x0, x1)
            x0, x1 = span(edge_b, step_b, x0, x1)
            x0, x1 = span(edge_c, step_c, x0, x1)
            for x in range(x0, x1 + 1):
                wb, wc = np.float32(edge_b + x * step_b), np.float32(edge_c + x * step_c)
                nearness = near[a] + wb * rise_b + wc * rise_c
                if cutouts:
                    nearness += FORWARD * nearness * nearness
                    hidden = cover[r, x]
                    if nearness <= best[r, x] or (hidden > HIDDEN and nearness < front_near[r, x]):
                        continue
                    wb, wc = wb * inverse * near[b] / nearness, wc * inverse * near[c] / nearness
                    alpha = opacity * coverage_at(surface.texels, first, height, width, density,
                                                  u0 + wb * ub + wc * uc, v0 + wb * vb + wc * vc)
                    if alpha < np.float32(0.004):
                        continue
                    # the nearest solid one is shown; as long as there is none, the nearest one
                    shown = front_near[r, x]
                    if hidden == ZERO or (nearness > shown and (alpha > SOLID or hidden < SOLID)) or (
                            alpha > SOLID and hidden < SOLID):
                        front_near[r, x] = nearness
                        front_owner[r, x] = t
                    cover[r, x] = hidden + alpha * (ONE - hidden)
                elif nearness > best[r, x]:
                    best[r, x] = nearness
                    owner[r, x] = t
