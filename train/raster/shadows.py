"""What the key light does not reach: a depth map seen from the light, and how it is read with a soft edge.

The map is as fine as the penumbra needs and fits the object. Reading it counts, over a square of texels, those in
which something lies nearer to the light than the surface's own plane; fractions of texels and of depth count in part,
so that neither steps nor acne show.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from train.raster.geometry import UNITS
from train.raster.kernel import inlined, kernel
from train.raster.textures import HALF, ONE, ZERO, coverage_at, level_of
from train.raster.visibility import sides, span, triangle
from train.scenes.mesh import CULL, CUTOUT, FIRST, OPACITY, SHADOW

PENUMBRA = 3  # texels of the map across a penumbra
FINEST, COARSEST = 208, 64  # texels along a side of the map
WIDEST = 8  # texels across a penumbra, at most
BIAS, BAND = np.float32(0.008), np.float32(0.022)  # scene units: nothing is shadowed within, then partly
NO_SIDES = (0.0,) * 12
SHARPNESS = np.float32(1.0) / BAND
LIFT = np.float32(0.012)  # scene units along the normal
COARSE = np.float32(4e-4)  # the share of a cut-out's texture that a texel of the map covers, roughly
STEEPEST = np.float32(5.0)  # slope of a surface against the light that is still allowed for


class ShadowMap(NamedTuple):
    """Distances towards the light, in units from the middle, of what it meets first and last. Rows run downwards."""

    first: np.ndarray  # (R, R) float32, -1e30 where nothing is
    last: np.ndarray  # (R, R) float32, 1e30 where nothing is; (1, 1) if it was not asked for
    left: np.float32  # scene units, of the first texel's edges
    top: np.float32
    texel: np.float32  # scene units
    reach: int  # texels across the penumbra


def map_of(low, high, softness: float, both: bool, scratch) -> ShadowMap:
    """An empty map over the bounds ``low`` and ``high`` (3,) in the light's axes."""
    width = max(float(high[0] - low[0]), float(high[1] - low[1]), 1e-3)
    inner = min(max(int(width * PENUMBRA / max(softness, 1e-3)) + 1, COARSEST), FINEST)
    texel = width / inner
    reach = min(max(round(softness / texel), 1), WIDEST)
    margin = reach + 2 + int(LIFT / texel)
    side, width = inner + 2 * margin, width + 2 * margin * texel
    first = scratch("first", (side, side), np.float32)
    first.fill(-1e30)
    last = scratch("last", (side, side) if both else (1, 1), np.float32)
    last.fill(1e30)
    return ShadowMap(first, last, np.float32(0.5 * (float(low[0]) + float(high[0]) - width)),
                     np.float32(0.5 * (float(low[1]) + float(high[1]) - width)), np.float32(texel), reach)


@kernel()
def cast(surface, lit, shadow, places):
    """Draw all that casts a shadow into the map. ``lit`` (V, 3) are places in the light's axes; ``places`` (V, 2)
    int32 receives them on the map's grid."""
    triangles, materials, which = surface.triangles, surface.materials, surface.which
    nearest, farthest = shadow.first, shadow.last
    side = nearest.shape[0]
    both = farthest.shape[0] > 1
    grid = np.float32(UNITS) / shadow.texel
    for i in range(lit.shape[0]):
        places[i, 0] = np.int32((lit[i, 0] - shadow.left) * grid)
        places[i, 1] = np.int32((lit[i, 1] - shadow.top) * grid)
    half = UNITS // 2
    for t in range(triangles.shape[0]):
        m = which[t]
        a, b, c, ax, ay, bx, by, cx, cy, area = triangle(places, triangles, t)
        turned = area < 0
        if area <= 0:
            if area == 0 or materials[m, CULL] == ONE:
                continue
            area = -area
        r0 = max((ay + min(0, by, cy) + half - 1) >> 8, 0)
        r1 = min((ay + max(0, by, cy) - half) >> 8, side - 1)
        left = max((ax + min(0, bx, cx) + half - 1) >> 8, 0)
        right = min((ax + max(0, bx, cx) - half) >> 8, side - 1)
        if r0 > r1 or left > right or materials[m, SHADOW] == ZERO:
            continue
        cut = materials[m, CUTOUT] == ONE
        inverse = ONE / np.float32(area)
        rise_b, rise_c = (lit[b, 2] - lit[a, 2]) * inverse, (lit[c, 2] - lit[a, 2]) * inverse
        rise_x = rise_c * np.float32(by) - rise_b * np.float32(cy)
        rise_y = rise_b * np.float32(cx) - rise_c * np.float32(bx)
        edges = sides(bx, by, cx, cy) if right > left else NO_SIDES
        for r in range(r0, r1 + 1):
            shift, y = half - ax, r * UNITS + half - ay
            x0, x1 = left, right
            if left == right:  # as small as a texel: its middle is inside, or nothing
                x = left * UNITS + shift
                edge_b, edge_c = y * cx - x * cy, x * by - y * bx
                if (edge_b | edge_c | (area - edge_b - edge_c)) < 0:
                    continue
            else:
                x0, x1 = span(edges, np.float64(y), np.float64(shift), right)
            start_towards = lit[a, 2] + rise_y * np.float32(y)
            for x in range(x0, x1 + 1):
                towards = start_towards + rise_x * np.float32(x * UNITS + shift)
                if towards <= nearest[r, x] and not (both and towards < farthest[r, x]):
                    continue
                if cut:
                    px, py = x * UNITS + half - ax, r * UNITS + half - ay
                    wb, wc = np.float32(py * cx - px * cy) * inverse, np.float32(px * by - py * bx) * inverse
                    ta, tb, tc = surface.triangle_uv[t, 0], surface.triangle_uv[t, 1], surface.triangle_uv[t, 2]
                    if turned:
                        tb, tc = tc, tb
                    wa = ONE - wb - wc
                    u = wa * surface.uv[ta, 0] + wb * surface.uv[tb, 0] + wc * surface.uv[tc, 0]
                    v = wa * surface.uv[ta, 1] + wb * surface.uv[tb, 1] + wc * surface.uv[tc, 1]
                    k = int(materials[m, FIRST])
                    start, height, width = level_of(surface.offset[k], surface.height[k], surface.width[k], COARSE)
                    if materials[m, OPACITY] * coverage_at(surface.texels, start, height, width, u, v) < HALF:
                        continue
                nearest[r, x] = max(nearest[r, x], towards)
                if both:
                    farthest[r, x] = min(farthest[r, x], towards)


@inlined()
def reached(shadow, axes, x, y, z, nx, ny, nz, facing):
    """The share of the key light, 0..1, that reaches a point with a unit normal; ``facing`` is its cosine."""
    x, y, z = x + LIFT * nx, y + LIFT * ny, z + LIFT * nz
    reach, texels = shadow.reach, ONE / shadow.texel
    middle = np.float32(reach) * HALF
    # the corner of the square of texels, and how far the point lies into it
    across = (x * axes[0, 0] + y * axes[0, 1] + z * axes[0, 2] - shadow.left) * texels - middle - HALF
    along = (x * axes[1, 0] + y * axes[1, 1] + z * axes[1, 2] - shadow.top) * texels - middle - HALF
    column, row = int(across), int(along)  # positive: the map has a margin
    fx, fy = across - np.float32(column), along - np.float32(row)
    steep = -shadow.texel / max(facing, np.float32(0.05))
    steepest = STEEPEST * shadow.texel
    slope_x = (nx * axes[0, 0] + ny * axes[0, 1] + nz * axes[0, 2]) * steep
    slope_y = (nx * axes[1, 0] + ny * axes[1, 1] + nz * axes[1, 2]) * steep
    slope_x = min(max(slope_x, -steepest), steepest)
    slope_y = min(max(slope_y, -steepest), steepest)
    plane = x * axes[2, 0] + y * axes[2, 1] + z * axes[2, 2] + BIAS
    plane -= slope_x * (middle + fx) + slope_y * (middle + fy)
    hidden, line, first = ZERO, ZERO, ZERO
    for j in range(row, row + reach + 2):
        level, line, share, edge = plane, ZERO, ZERO, ZERO
        for i in range(column, column + reach + 2):
            share = min(max((shadow.first[np.uintp(j), np.uintp(i)] - level) * SHARPNESS, ZERO), ONE)
            if i == column:
                edge = share
            line += share
            level += slope_x
        line -= fx * edge + (ONE - fx) * share  # the outermost columns and rows count in part
        if j == row:
            first = line
        hidden += line
        plane += slope_y
    hidden -= fy * first + (ONE - fy) * line
    return ONE - hidden / np.float32((reach + 1) * (reach + 1))
