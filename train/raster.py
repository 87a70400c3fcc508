"""The software rasteriser: a mesh, a view and a size in; colour, mask and depth out.

    picture = render(identity.mesh, View(azimuth=30), FACE_RIG, 160)

Three passes in numba: visibility at 2x2 subsamples (perspective z-buffer, alpha to coverage), a shadow map seen from
the key light, and deferred shading in linear light, converted to sRGB once. One thread per call and no fast-math: the
same seed gives the same bytes everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from train.camera import Rig, View, light_direction, rotation
from train.scenes.mesh import CULL, CUTOUT, OPACITY, SHADOW, WRAP, Mesh, material, vertex_normals

SUBSAMPLES = 2
SHADOW_MAP = 192
PLAIN = np.array([material()], np.float32)


@dataclass(frozen=True)
class Render:
    colour: np.ndarray  # (H, W, 3) uint8 sRGB on the rig's ground
    mask: np.ndarray  # (H, W) uint8 coverage
    depth: np.ndarray  # (H, W) float32 scene units from the camera, inf where nothing is


@njit(cache=True, nogil=True, inline="always")
def _fetch(texels, start, height, width, u, v, out):
    """Bilinear texture look-up with v upwards; ``out`` (4,) receives linear RGB and coverage."""
    x = u * width - 0.5
    y = (1.0 - v) * height - 0.5
    x0, y0 = int(np.floor(x)), int(np.floor(y))
    fx, fy = x - x0, y - y0
    xa, xb = min(max(x0, 0), width - 1), min(max(x0 + 1, 0), width - 1)
    ya, yb = min(max(y0, 0), height - 1), min(max(y0 + 1, 0), height - 1)
    for k in range(4):
        top = texels[start + ya * width + xa, k] * (1 - fx) + texels[start + ya * width + xb, k] * fx
        low = texels[start + yb * width + xa, k] * (1 - fx) + texels[start + yb * width + xb, k] * fx
        out[k] = top * (1 - fy) + low * fy


@njit(cache=True, nogil=True)
def _visibility(points, closeness, triangles, uv, triangle_uv, which, materials, texels, offset, heights, widths,
                grid, shadow_pass, best, owner, weights):
    """Fill ``best`` (grid, grid) with the largest closeness and, for the camera, who owns each subsample."""
    texel = np.empty(4, np.float32)
    for t in range(triangles.shape[0]):
        row = materials[which[t]]
        if shadow_pass and row[SHADOW] == 0.0:
            continue
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay, bx, by, cx, cy = (points[a, 0], points[a, 1], points[b, 0], points[b, 1], points[c, 0], points[c, 1])
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)  # y points down: front faces are negative
        if area == 0.0 or (row[CULL] == 1.0 and area > 0.0):
            continue
        x0, x1 = max(int(np.ceil(min(ax, bx, cx) - 0.5)), 0), min(int(np.floor(max(ax, bx, cx) - 0.5)), grid - 1)
        y0, y1 = max(int(np.ceil(min(ay, by, cy) - 0.5)), 0), min(int(np.floor(max(ay, by, cy) - 0.5)), grid - 1)
        if x0 > x1 or y0 > y1:
            continue
        inverse = 1.0 / area
        cut = row[CUTOUT] == 1.0
        for y in range(y0, y1 + 1):
            py = y + 0.5
            for x in range(x0, x1 + 1):
                px = x + 0.5
                wb = ((px - ax) * (cy - ay) - (py - ay) * (cx - ax)) * inverse
                wc = ((bx - ax) * (py - ay) - (by - ay) * (px - ax)) * inverse
                wa = 1.0 - wb - wc
                if wa < 0.0 or wb < 0.0 or wc < 0.0:
                    continue
                near = wa * closeness[a] + wb * closeness[b] + wc * closeness[c]
                if near <= best[y, x]:
                    continue
                if cut:
                    qa, qb, qc = wa, wb, wc
                    if not shadow_pass:
                        qa, qb, qc = wa * closeness[a] / near, wb * closeness[b] / near, wc * closeness[c] / near
                    ta, tb, tc = triangle_uv[t, 0], triangle_uv[t, 1], triangle_uv[t, 2]
                    u = qa * uv[ta, 0] + qb * uv[tb, 0] + qc * uv[tc, 0]
                    v = qa * uv[ta, 1] + qb * uv[tb, 1] + qc * uv[tc, 1]
                    k = int(row[0])
                    _fetch(texels, offset[k], heights[k], widths[k], u, v, texel)
                    # alpha to coverage: the four subsamples of a pixel have four thresholds
                    threshold = 0.5 if shadow_pass else 0.125 + 0.25 * ((x & 1) + 2 * (y & 1))
                    if texel[3] * row[OPACITY] < threshold:
                        continue
                best[y, x] = near
                if not shadow_pass:
                    owner[y, x] = t
                    weights[y, x, 0] = wb
                    weights[y, x, 1] = wc


@njit(cache=True, nogil=True)
def _shade(camera_vertices, camera_normals, closeness, triangles, colours, specular, uv, triangle_uv, which, materials,
           texels, offset, heights, widths, owner, weights, best, light, up, key, ambient, sky, shadow_best, shadow_axes,
           shadow_scale, distance, size, subsamples, ground, colour, mask, depth):
    first, second = np.empty(4, np.float32), np.empty(4, np.float32)
    shadow_size = shadow_best.shape[0]
    share = 1.0 / (subsamples * subsamples)
    for y in range(size):
        for x in range(size):
            red = green = blue = cover = 0.0
            r = g = bl = 0.0
            nearest = 0.0
            shaded = -1
            for sub in range(subsamples * subsamples):
                sy, sx = y * subsamples + sub // subsamples, x * subsamples + sub % subsamples
                t = owner[sy, sx]
                if t < 0:
                    continue
                cover += share
                nearest = max(nearest, best[sy, sx])
                # a neighbour of the same textured material stands for this one: textures are smooth at this size
                if (sub == 1 or sub == 3) and shaded == which[t] and materials[shaded, 0] >= 0.0:
                    red, green, blue = red + r, green + g, blue + bl
                    continue
                shaded = which[t]
                a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
                wb, wc = weights[sy, sx, 0], weights[sy, sx, 1]
                wa = 1.0 - wb - wc
                near = best[sy, sx]
                wa, wb, wc = wa * closeness[a] / near, wb * closeness[b] / near, wc * closeness[c] / near
                nx = wa * camera_normals[a, 0] + wb * camera_normals[b, 0] + wc * camera_normals[c, 0]
                ny = wa * camera_normals[a, 1] + wb * camera_normals[b, 1] + wc * camera_normals[c, 1]
                nz = wa * camera_normals[a, 2] + wb * camera_normals[b, 2] + wc * camera_normals[c, 2]
                vx = wa * camera_vertices[a, 0] + wb * camera_vertices[b, 0] + wc * camera_vertices[c, 0]
                vy = wa * camera_vertices[a, 1] + wb * camera_vertices[b, 1] + wc * camera_vertices[c, 1]
                vz = wa * camera_vertices[a, 2] + wb * camera_vertices[b, 2] + wc * camera_vertices[c, 2]
                ex, ey, ez = -vx, -vy, distance - vz
                norm = 1.0 / (np.sqrt(nx * nx + ny * ny + nz * nz) + 1e-9)
                if nx * ex + ny * ey + nz * ez < 0.0:  # two-sided: face the camera
                    norm = -norm
                nx, ny, nz = nx * norm, ny * norm, nz * norm
                row = materials[which[t]]
                r = (wa * colours[a, 0] + wb * colours[b, 0] + wc * colours[c, 0]) * row[3]
                g = (wa * colours[a, 1] + wb * colours[b, 1] + wc * colours[c, 1]) * row[4]
                bl = (wa * colours[a, 2] + wb * colours[b, 2] + wc * colours[c, 2]) * row[5]
                if row[0] >= 0.0:
                    ta, tb, tc = triangle_uv[t, 0], triangle_uv[t, 1], triangle_uv[t, 2]
                    u = wa * uv[ta, 0] + wb * uv[tb, 0] + wc * uv[tc, 0]
                    v = wa * uv[ta, 1] + wb * uv[tb, 1] + wc * uv[tc, 1]
                    k = int(row[0])
                    _fetch(texels, offset[k], heights[k], widths[k], u, v, first)
                    if row[1] >= 0.0:
                        k = int(row[1])
                        _fetch(texels, offset[k], heights[k], widths[k], u, v, second)
                        for i in range(3):
                            first[i] = first[i] * (1.0 - row[2]) + second[i] * row[2]
                    r, g, bl = r * first[0], g * first[1], bl * first[2]
                lit = 1.0
                # shadow: offset along the normal hides acne near the terminator
                ox, oy, oz = vx + 0.035 * nx, vy + 0.035 * ny, vz + 0.035 * nz
                qx = (ox * shadow_axes[0, 0] + oy * shadow_axes[0, 1] + oz * shadow_axes[0, 2]) * shadow_scale
                qy = (ox * shadow_axes[1, 0] + oy * shadow_axes[1, 1] + oz * shadow_axes[1, 2]) * shadow_scale
                qz = ox * light[0] + oy * light[1] + oz * light[2]
                ix, iy = int(qx + shadow_size * 0.5), int(shadow_size * 0.5 - qy)
                if 2 <= ix < shadow_size - 2 and 2 <= iy < shadow_size - 2:
                    count = 0
                    for dy in range(-2, 3, 2):
                        for dx in range(-2, 3, 2):
                            if shadow_best[iy + dy, ix + dx] - 100.0 > qz + 0.02:
                                count += 1
                    lit = 1.0 - count / 9.0
                facing = nx * light[0] + ny * light[1] + nz * light[2]
                wrap = row[WRAP]
                diffuse = max(0.0, (facing + wrap) / (1.0 + wrap))
                rise = nx * up[0] + ny * up[1] + nz * up[2]
                base = ambient + sky * rise + key * diffuse * lit
                gloss = 0.0
                shine = wa * specular[a] + wb * specular[b] + wc * specular[c]
                if shine > 0.0 and facing > 0.0:
                    length = 1.0 / np.sqrt(ex * ex + ey * ey + ez * ez)
                    hx, hy, hz = light[0] + ex * length, light[1] + ey * length, light[2] + ez * length
                    half = (nx * hx + ny * hy + nz * hz) / np.sqrt(hx * hx + hy * hy + hz * hz)
                    gloss = shine * key * lit * max(half, 0.0) ** 24
                r, g, bl = share * (r * base + gloss), share * (g * base + gloss), share * (bl * base + gloss)
                red, green, blue = red + r, green + g, blue + bl
            rest = 1.0 - cover
            red, green, blue = red + rest * ground[0], green + rest * ground[1], blue + rest * ground[2]
            for k in range(3):
                value = red if k == 0 else (green if k == 1 else blue)
                value = min(max(value, 0.0), 1.0)
                value = 12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055
                colour[y, x, k] = int(value * 255.0 + 0.5)
            mask[y, x] = int(cover * 255.0 + 0.5)
            depth[y, x] = np.inf if cover == 0.0 else 1.0 / nearest


def to_linear(srgb: np.ndarray) -> np.ndarray:
    """sRGB in [0, 1] to linear light."""
    srgb = np.asarray(srgb, np.float32)
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4).astype(np.float32)


def render(mesh: Mesh, view: View, rig: Rig, size: int) -> Render:
    """Draw ``mesh`` from ``view`` into a square picture of ``size`` pixels."""
    grid = size * SUBSAMPLES
    count = len(mesh.triangles)
    turn = rotation(view.azimuth, view.elevation)
    vertices = mesh.vertices @ turn.T
    normals = mesh.normals if mesh.normals is not None else vertex_normals(mesh.vertices, mesh.triangles)
    normals = normals @ turn.T
    up = turn[:, 1].copy()
    closeness = (1.0 / (rig.distance - vertices[:, 2])).astype(np.float32)
    scale = np.float32(grid / 2 / rig.extent * rig.distance)
    points = np.empty((len(vertices), 2), np.float32)
    points[:, 0] = grid / 2 + vertices[:, 0] * closeness * scale
    points[:, 1] = grid / 2 - vertices[:, 1] * closeness * scale
    uv = mesh.uv if mesh.uv is not None else np.zeros((1, 2), np.float32)
    triangle_uv = mesh.triangle_uv if mesh.triangle_uv is not None else np.zeros((count, 3), np.int32)
    which = mesh.triangle_material if mesh.triangle_material is not None else np.zeros(count, np.int32)
    materials = mesh.materials if mesh.materials is not None else PLAIN
    specular = mesh.specular if mesh.specular is not None else np.zeros(len(vertices), np.float32)
    bank = mesh.bank
    textures = (bank.texels, bank.offset, bank.height, bank.width)
    best = np.zeros((grid, grid), np.float32)
    owner = np.full((grid, grid), -1, np.int32)
    weights = np.empty((grid, grid, 2), np.float32)
    _visibility(points, closeness, mesh.triangles, uv, triangle_uv, which, materials, *textures, grid, False, best,
                owner, weights)

    light = light_direction(view.light, rig.light_elevation)
    side = np.cross(np.array([0, 1, 0], np.float32), light)
    side = (side / np.linalg.norm(side)).astype(np.float32)
    axes = np.stack([side, np.cross(light, side)]).astype(np.float32)
    shadow_scale = np.float32(SHADOW_MAP / 2 / 1.5)
    flat = vertices @ axes.T
    flat = np.stack([SHADOW_MAP / 2 + flat[:, 0] * shadow_scale, SHADOW_MAP / 2 - flat[:, 1] * shadow_scale], 1)
    # the shadow map keeps the largest distance towards the light, shifted to be positive
    towards = (vertices @ light + 100.0).astype(np.float32)
    shadow_best = np.zeros((SHADOW_MAP, SHADOW_MAP), np.float32)
    _visibility(flat.astype(np.float32), towards, mesh.triangles, uv, triangle_uv, which, materials, *textures,
                SHADOW_MAP, True, shadow_best, owner, weights)

    colour = np.empty((size, size, 3), np.uint8)
    mask = np.empty((size, size), np.uint8)
    depth = np.empty((size, size), np.float32)
    ground = to_linear(np.array(rig.ground, np.float32) / 255.0)
    _shade(vertices, normals, closeness, mesh.triangles, mesh.colours, specular, uv, triangle_uv, which, materials,
           *textures, owner, weights, best, light, up, rig.key, rig.ambient, rig.sky, shadow_best, axes, shadow_scale,
           np.float32(rig.distance), size, SUBSAMPLES, ground, colour, mask, depth)
    return Render(colour, mask, depth)
