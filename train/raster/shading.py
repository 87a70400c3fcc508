"""What colour each pixel is: lights and textures in linear light, once per surface that a pixel sees."""

import numpy as np

from train.raster.colour import CODES, ENCODED
from train.raster.floor import light_left
from train.raster.geometry import UNITS
from train.raster.kernel import inlined, kernel
from train.raster.shadows import reached
from train.raster.textures import HALF, ONE, ZERO, colour_at, level_of
from train.raster.visibility import SAMPLES
from train.scenes.mesh import BLEND, BLUE, FIRST, GREEN, RED, SECOND, WRAP

MOST = 8  # surfaces that can share a pixel: two for each of its samples
SEEN = np.float32(0.01)  # coverage below which nothing is shaded
APART = np.float32(0.05)  # scene units in depth between surfaces that are shaded apart
SQUARE = np.float32(UNITS * UNITS)
ASLANT = np.float32(0.3)  # cosine, towards the camera
TINY = np.float32(1e-9)


@inlined()
def surface_light(surface, camera, lights, shadow, casting, points, near, t, x, y):
    """Linear RGB towards the camera of triangle ``t`` at the middle of pixel (x, y), or at its nearest place to it."""
    t = np.uintp(t)
    a, b, c = (np.uintp(surface.triangles[t, 0]), np.uintp(surface.triangles[t, 1]),
               np.uintp(surface.triangles[t, 2]))
    ax, ay = np.int64(points[a, 0]), np.int64(points[a, 1])
    bx, by = np.int64(points[b, 0]) - ax, np.int64(points[b, 1]) - ay
    cx, cy = np.int64(points[c, 0]) - ax, np.int64(points[c, 1]) - ay
    px, py = x * UNITS + UNITS // 2 - ax, y * UNITS + UNITS // 2 - ay
    inverse = ONE / np.float32(bx * cy - by * cx)
    wb = max(np.float32(px * cy - py * cx) * inverse, ZERO)
    wc = max(np.float32(bx * py - by * px) * inverse, ZERO)
    wa = max(ONE - wb - wc, ZERO)
    wa, wb, wc = wa * near[a], wb * near[b], wc * near[c]  # perspective
    total = ONE / (wa + wb + wc)
    wa, wb, wc = wa * total, wb * total, wc * total

    vertices, normals = surface.vertices, surface.normals
    vx = wa * vertices[a, 0] + wb * vertices[b, 0] + wc * vertices[c, 0]
    vy = wa * vertices[a, 1] + wb * vertices[b, 1] + wc * vertices[c, 1]
    vz = wa * vertices[a, 2] + wb * vertices[b, 2] + wc * vertices[c, 2]
    nx = wa * normals[a, 0] + wb * normals[b, 0] + wc * normals[c, 0]
    ny = wa * normals[a, 1] + wb * normals[b, 1] + wc * normals[c, 1]
    nz = wa * normals[a, 2] + wb * normals[b, 2] + wc * normals[c, 2]
    ex, ey, ez = camera.eye[0] - vx, camera.eye[1] - vy, camera.eye[2] - vz
    norm = ONE / (np.sqrt(nx * nx + ny * ny + nz * nz) + TINY)
    length = np.sqrt(ex * ex + ey * ey + ez * ez)
    # two-sided: the side that the winding shows is lit, unless the normals clearly say otherwise
    towards = (nx * ex + ny * ey + nz * ez) * norm / length
    if towards < (ASLANT if inverse > ZERO else -ASLANT):
        norm = -norm
    nx, ny, nz = nx * norm, ny * norm, nz * norm

    row = surface.materials[np.uintp(surface.which[t])]
    colours = surface.colours
    red = (wa * colours[a, 0] + wb * colours[b, 0] + wc * colours[c, 0]) * row[RED]
    green = (wa * colours[a, 1] + wb * colours[b, 1] + wc * colours[c, 1]) * row[GREEN]
    blue = (wa * colours[a, 2] + wb * colours[b, 2] + wc * colours[c, 2]) * row[BLUE]
    if row[FIRST] >= ZERO:
        ta, tb, tc = (np.uintp(surface.triangle_uv[t, 0]), np.uintp(surface.triangle_uv[t, 1]),
                      np.uintp(surface.triangle_uv[t, 2]))
        uv = surface.uv
        ua, va = uv[ta, 0], uv[ta, 1]
        ub, vb, uc, vc = uv[tb, 0] - ua, uv[tb, 1] - va, uv[tc, 0] - ua, uv[tc, 1] - va
        u, v = ua + wb * ub + wc * uc, va + wb * vb + wc * vc
        density = abs((ub * vc - uc * vb) * inverse) * SQUARE
        k = np.uintp(row[FIRST])
        start_0, height_0, width_0 = surface.offset[k], surface.height[k], surface.width[k]
        start, height, width = level_of(start_0, height_0, width_0, density)
        r, g, s = colour_at(surface.texels, start, height, width, u, v)
        if row[SECOND] >= ZERO:
            k, blend = np.uintp(row[SECOND]), row[BLEND]
            if height_0 == surface.height[k] and width_0 == surface.width[k]:
                start += surface.offset[k] - start_0
            else:
                start, height, width = level_of(surface.offset[k], surface.height[k], surface.width[k], density)
            r2, g2, s2 = colour_at(surface.texels, start, height, width, u, v)
            r, g, s = r + blend * (r2 - r), g + blend * (g2 - g), s + blend * (s2 - s)
        red, green, blue = red * r, green * g, blue * s

    lx, ly, lz = lights.axes[2, 0], lights.axes[2, 1], lights.axes[2, 2]
    facing = nx * lx + ny * ly + nz * lz
    diffuse = (facing + row[WRAP]) / (ONE + row[WRAP])
    rise = nx * lights.up[0] + ny * lights.up[1] + nz * lights.up[2]
    base = lights.ambient + lights.sky * rise
    gloss = ZERO
    if diffuse > ZERO:
        lit = lights.key
        if casting:
            lit *= reached(shadow, lights.axes, vx, vy, vz, nx, ny, nz, facing)
        base += lit * diffuse
        shine = wa * surface.specular[a] + wb * surface.specular[b] + wc * surface.specular[c]
        if shine > ZERO and facing > ZERO:
            hx, hy, hz = lx * length + ex, ly * length + ey, lz * length + ez
            half = max(nx * hx + ny * hy + nz * hz, ZERO)
            half = half * half / (hx * hx + hy * hy + hz * hz)  # squared cosine of the half vector
            half *= half
            half *= half
            gloss = shine * lit * half * half * half
    if lights.fill > ZERO:
        across = nx * lights.fill_direction[0] + ny * lights.fill_direction[1] + nz * lights.fill_direction[2]
        base += lights.fill * max((across + row[WRAP]) / (ONE + row[WRAP]), ZERO)
    return red * base + gloss, green * base + gloss, blue * base + gloss


@inlined()
def uniform(surface, place_of, owner_of, first, x):
    """Whether the samples of a pixel, in the rows from ``first`` on, see one surface: a single triangle, or triangles
    of one texture at one depth, which are smooth enough for one of them to stand for its neighbours."""
    low, high = place_of[first, x], place_of[first, x]
    t = np.uintp(owner_of[first, x])
    alike, same = True, True
    m = surface.which[t]
    for s in range(1, SAMPLES):
        row = first + np.uintp(s)
        other = np.uintp(owner_of[row, x])
        same &= other == t
        alike &= surface.which[other] == m
        low, high = min(low, place_of[row, x]), max(high, place_of[row, x])
    return same or (alike and high - low < APART * high * high and surface.materials[np.uintp(m), FIRST] >= ZERO)


@kernel()
def shade(surface, camera, lights, shadow, casting, points, near, best, owner, layered, cover, front_near, front_owner,
          box, kind, place, shades, light, mask, depth):
    """Fill ``light`` (H, W, 4) with linear RGB and coverage, and ``mask`` and ``depth``, within ``box``: the first and
    the last row and column of the object. ``kind``, ``place`` and ``shades`` (MOST, ...) are for notes."""
    share = ONE / np.float32(SAMPLES)
    for y in range(box[0], box[1] + 1):
        first = np.uintp(y * SAMPLES)
        for x in range(box[2], box[3] + 1):
            column = np.uintp(x)
            least, most, veiled, unveiled = best[first, column], best[first, column], ZERO, ONE
            for s in range(1, SAMPLES):
                solid = best[first + np.uintp(s), column]
                least, most = min(least, solid), max(most, solid)
            if layered:
                for s in range(SAMPLES):
                    hidden = cover[first + np.uintp(s), column]
                    veiled, unveiled = max(veiled, hidden), min(unveiled, hidden)
            else:
                unveiled = ZERO
            if most == ZERO and veiled == ZERO:
                continue
            count, times = SAMPLES, ONE
            if veiled < SEEN:
                if least > ZERO and uniform(surface, best, owner, first, column):
                    count, times = 1, np.float32(SAMPLES)
            elif unveiled == ONE and uniform(surface, front_near, front_owner, first, column):
                count, times = 1, np.float32(SAMPLES)
            red, green, blue, covered, nearest = ZERO, ZERO, ZERO, ZERO, ZERO
            found = 0
            for s in range(count):
                row = first + np.uintp(s)
                hidden = cover[row, column] if layered else ZERO
                for layer in range(2):
                    if layer == 0:
                        weight, t, closeness = (ONE - hidden) * times, np.int64(owner[row, column]), best[row, column]
                        if closeness == ZERO or weight < SEEN:
                            continue
                    else:
                        if hidden < SEEN:
                            break
                        weight, t, closeness = (hidden * times, np.int64(front_owner[row, column]),
                                                front_near[row, column])
                    m = surface.which[np.uintp(t)]
                    name = -1 - np.int64(m) if surface.materials[np.uintp(m), FIRST] >= ZERO else t
                    apart = APART * closeness * closeness
                    i = 0
                    while i < found and not (kind[i] == name and abs(place[i] - closeness) < apart):
                        i += 1
                    if i == found:
                        found += 1
                        kind[i], place[i] = name, closeness
                        shades[i, 0], shades[i, 1], shades[i, 2] = surface_light(
                            surface, camera, lights, shadow, casting, points, near, t, x, y)
                    red += weight * shades[i, 0]
                    green += weight * shades[i, 1]
                    blue += weight * shades[i, 2]
                    covered += weight
                    nearest = max(nearest, closeness)
            if covered > ZERO:
                covered = min(covered * share, ONE)
                light[y, x, 0], light[y, x, 1], light[y, x, 2] = red * share, green * share, blue * share
                light[y, x, 3] = covered
                mask[y, x] = np.uint8(covered * np.float32(255.0) + HALF)
                depth[y, x] = ONE / nearest


@kernel()
def develop(light, floor, ground, colour):
    """Lay linear RGB and coverage ``light`` (H, W, 4) over the ground with the floor's shadow: ``colour``, sRGB.

    ``colour`` holds the ground already.
    """
    for y in range(light.shape[0]):
        for x in range(light.shape[1]):
            rest = ONE - light[y, x, 3]
            if rest > ZERO and floor.strength > ZERO:
                rest *= light_left(floor, x, y)
            if rest == ONE:
                continue
            for k in range(3):
                value = light[y, x, k] + rest * ground[k]
                colour[y, x, k] = ENCODED[int(min(max(value, ZERO), ONE) * CODES)]
