"""What the key light does not reach: a depth map seen from the light, and how it is read with a soft edge.

The map is as fine as the penumbra needs and fits the object. Reading it counts, over a square of texels, those in
which something lies nearer to the light than the surface's own plane; fractions of texels and of depth count in part,
so that neither steps nor acne show.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from train.raster.kernel import inlined, kernel
from train.raster.textures import HALF, ONE, ZERO, coverage_at
from train.raster.visibility import span
from train.scenes.mesh import CULL, CUTOUT, FIRST, OPACITY, SHADOW

PENUMBRA = 3  # texels of the map across a penumbra
FINEST, COARSEST = 208, 64  # texels along a side of the map
WIDEST = 8  # texels across a penumbra, at most
EMPTY_BELOW = np.float32(1e30)
BIAS, BAND = np.float32(0.008), np.float32(0.022)  # scene units: nothing is shadowed within, then partly
LIFT = np.float32(0.012)  # scene units along the normal
STEEPEST = np.float32(2.0)  # slope of a surface against the light that is still allowed for


class ShadowMap(NamedTuple):
    """Distances towards the light of what it meets first (``top``) and last (``bottom``), in units from the middle."""

    top: np.ndarray  # (R, R) float32, -1e30 where nothing is
    bottom: np.ndarray  # (R, R) float32, 1e30 where nothing is; (1, 1) if it was not asked for
    left: np.float32  # scene units, of the first texel's edge
    low: np.float32
    texel: np.float32  # scene units
    reach: int  # texels across the penumbra


def map_of(low, high, softness: float, bottom: bool, scratch) -> ShadowMap:
    """An empty map over the bounds ``low`` and ``high`` (3,) in the light's axes; rows run upwards."""
    width = max(float(high[0] - low[0]), float(high[1] - low[1]), 1e-3) * 1.01
    side = int(np.clip(np.ceil(width * PENUMBRA / max(softness, 1e-3)), COARSEST, FINEST))
    texel = width / side
    reach = int(np.clip(round(softness / texel), 1, WIDEST))
    top = scratch("top", (side, side), np.float32)
    top.fill(-1e30)
    under = scratch("bottom", (side, side) if bottom else (1, 1), np.float32)
    under.fill(EMPTY_BELOW)
    middle = 0.5 * (np.asarray(low, np.float64) + np.asarray(high, np.float64))
    return ShadowMap(top, under, np.float32(middle[0] - width / 2), np.float32(middle[1] - width / 2),
                     np.float32(texel), reach)


@kernel()
def cast(surface, lit, shadow, places):
    """Draw all that casts a shadow into the map. ``lit`` (V, 3) are places in the light's axes; ``places`` (V, 2)
    int32 receives them on the map's grid."""
    triangles, materials = surface.triangles, surface.materials
    top, bottom = shadow.top, shadow.bottom
    side = top.shape[0]
    both = bottom.shape[0] > 1
    grid = np.float32(256.0) / shadow.texel
    for i in range(lit.shape[0]):
        places[i, 0] = np.int32((lit[i, 0] - shadow.left) * grid)
        places[i, 1] = np.int32((lit[i, 1] - shadow.low) * grid)
    for t in range(triangles.shape[0]):
        m = surface.which[t]
        if materials[m, SHADOW] == ZERO:
            continue
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay = np.int64(places[a, 0]), np.int64(places[a, 1])
        bx, by = np.int64(places[b, 0]) - ax, np.int64(places[b, 1]) - ay
        cx, cy = np.int64(places[c, 0]) - ax, np.int64(places[c, 1]) - ay
        area = bx * cy - by * cx  # rows run upwards: what faces the light is positive
        if area <= 0:
            if area == 0 or materials[m, CULL] == ONE:
                continue
            area = -area
            b, c = c, b
            bx, by, cx, cy = cx, cy, bx, by
        r0 = max((ay + min(0, by, cy) + 127) >> 8, 0)
        r1 = min((ay + max(0, by, cy) - 128) >> 8, side - 1)
        left = max((ax + min(0, bx, cx) + 127) >> 8, 0)
        right = min((ax + max(0, bx, cx) - 128) >> 8, side - 1)
        if r0 > r1 or left > right:
            continue
        cut = materials[m, CUTOUT] == ONE
        inverse = ONE / np.float32(area)
        rise_b, rise_c = (lit[b, 2] - lit[a, 2]) * inverse, (lit[c, 2] - lit[a, 2]) * inverse
        step_b, step_c = 256 * cy, -256 * by
        for r in range(r0, r1 + 1):
            y = r * 256 + 128 - ay
            edge_b = (128 - ax) * cy - y * cx
            edge_c = -(128 - ax) * by + y * bx
            x0, x1 = span(area - edge_b - edge_c, -step_b - step_c, left, right)
            x0, x1 = span(edge_b, step_b, x0, x1)
            x0, x1 = span(edge_c, step_c, x0, x1)
            for x in range(x0, x1 + 1):
                wb, wc = np.float32(edge_b + x * step_b), np.float32(edge_c + x * step_c)
                towards = lit[a, 2] + wb * rise_b + wc * rise_c
                if towards <= top[r, x] and not (both and towards < bottom[r, x]):
                    continue
                if cut:
                    wb, wc = wb * inverse, wc * inverse
                    ta, tb, tc = surface.triangle_uv[t, 0], surface.triangle_uv[t, 1], surface.triangle_uv[t, 2]
                    if triangles[t, 1] != b:
                        tb, tc = tc, tb
                    wa = ONE - wb - wc
                    u = wa * surface.uv[ta, 0] + wb * surface.uv[tb, 0] + wc * surface.uv[tc, 0]
                    v = wa * surface.uv[ta, 1] + wb * surface.uv[tb, 1] + wc * surface.uv[tc, 1]
                    k = int(materials[m, FIRST])
                    if materials[m, OPACITY] * coverage_at(surface.texels, surface.offset[k], surface.height[k],
                                                           surface.width[k], np.float32(16.0), u, v) < HALF:
                        continue
                top[r, x] = max(top[r, x], towards)
                if both:
                    bottom[r, x] = min(bottom[r, x], towards)


@inlined()
def reached(shadow, axes, x, y, z, nx, ny, nz, facing):
    """The share of the key light, 0..1, that reaches a point with a unit normal; ``facing`` is its cosine."""
    x, y, z = x + LIFT * nx, y + LIFT * ny, z + LIFT * nz
    side, reach, texel = shadow.top.shape[0], shadow.reach, shadow.texel
    # the corner of the square of texels, and how far the point lies into it
    across = (x * axes[0, 0] + y * axes[0, 1] + z * axes[0, 2] - shadow.left) / texel - np.float32(reach) * HALF
    along = (x * axes[1, 0] + y * axes[1, 1] + z * axes[1, 2] - shadow.low) / texel - np.float32(reach) * HALF
    across, along = across - HALF, along - HALF
    c0, r0 = int(np.floor(across)), int(np.floor(along))
    fx, fy = across - np.float32(c0), along - np.float32(r0)
    steep = ONE / max(facing, np.float32(0.05))
    slope_x = -(nx * axes[0, 0] + ny * axes[0, 1] + nz * axes[0, 2]) * steep
    slope_y = -(nx * axes[1, 0] + ny * axes[1, 1] + nz * axes[1, 2]) * steep
    slope_x = min(max(slope_x, -STEEPEST), STEEPEST) * texel
    slope_y = min(max(slope_y, -STEEPEST), STEEPEST) * texel
    middle = np.float32(reach) * HALF
    plane = x * axes[2, 0] + y * axes[2, 1] + z * axes[2, 2] + BIAS
    plane -= slope_x * (middle + fx) + slope_y * (middle + fy)
    scale = ONE / BAND
    hidden = ZERO
    for j in range(max(0, -r0), min(reach + 2, side - r0)):
        weight = ONE - fy if j == 0 else (fy if j == reach + 1 else ONE)
        row = ZERO
        for i in range(max(0, -c0), min(reach + 2, side - c0)):
            over = (shadow.top[r0 + j, c0 + i] - plane - slope_x * np.float32(i) - slope_y * np.float32(j)) * scale
            share = min(max(over, ZERO), ONE)
            row += share * (ONE - fx if i == 0 else (fx if i == reach + 1 else ONE))
        hidden += row * weight
    return ONE - hidden / np.float32((reach + 1) * (reach + 1))
