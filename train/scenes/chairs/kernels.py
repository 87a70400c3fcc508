"""Compiled inner loops of the chair parts: rings along a path, skins over rings, cushions, rounded corners."""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def bar_paths(start, end, places):
    """Straight paths (N, n, 3) from start (N, 3) to end (N, 3) with points at these places (n,) in 0..1."""
    path = np.empty((start.shape[0], places.shape[0], 3))
    for i in range(start.shape[0]):
        for j in range(places.shape[0]):
            for k in range(3):
                path[i, j, k] = start[i, k] + places[j] * (end[i, k] - start[i, k])
    return path


@njit(cache=True, nogil=True)
def rings_along(path, size, section, reference, choose):
    """Sections (m, 2) swept along paths (N, n, 3), scaled by size (n or 1, 2): rings (N, n, m, 3).

    The second half width lies along ``reference`` (3,); ``choose`` takes z instead, or y for paths along z.
    """
    copies, count = path.shape[0], path.shape[1]
    points = section.shape[0]
    rings = np.empty((copies, count, points, 3))
    for i in range(copies):
        rx, ry, rz = reference[0], reference[1], reference[2]
        if choose:
            dx, dy, dz = (path[i, count - 1, 0] - path[i, 0, 0], path[i, count - 1, 1] - path[i, 0, 1],
                          path[i, count - 1, 2] - path[i, 0, 2])
            along = abs(dz) > 0.75 * np.sqrt(dx * dx + dy * dy + dz * dz)
            rx, ry, rz = 0.0, 1.0 if along else 0.0, 0.0 if along else 1.0
        for j in range(count):
            tx, ty, tz = 0.0, 0.0, 0.0
            for other in (j - 1, j + 1):
                if 0 <= other < count:
                    sign = 1.0 if other > j else -1.0
                    dx = sign * (path[i, other, 0] - path[i, j, 0])
                    dy = sign * (path[i, other, 1] - path[i, j, 1])
                    dz = sign * (path[i, other, 2] - path[i, j, 2])
                    length = np.sqrt(dx * dx + dy * dy + dz * dz) + 1e-12
                    tx, ty, tz = tx + dx / length, ty + dy / length, tz + dz / length
            length = np.sqrt(tx * tx + ty * ty + tz * tz) + 1e-12
            tx, ty, tz = tx / length, ty / length, tz / length
            ux, uy, uz = ry * tz - rz * ty, rz * tx - rx * tz, rx * ty - ry * tx
            length = np.sqrt(ux * ux + uy * uy + uz * uz) + 1e-12
            ux, uy, uz = ux / length, uy / length, uz / length
            vx, vy, vz = ty * uz - tz * uy, tz * ux - tx * uz, tx * uy - ty * ux
            row = j if size.shape[0] > 1 else 0
            for k in range(points):
                a, b = section[k, 0] * size[row, 0], section[k, 1] * size[row, 1]
                rings[i, j, k, 0] = path[i, j, 0] + a * ux + b * vx
                rings[i, j, k, 1] = path[i, j, 1] + a * uy + b * vy
                rings[i, j, k, 2] = path[i, j, 2] + a * uz + b * vz
    return rings


@njit(cache=True, nogil=True)
def skin_over(rings):
    """Vertices (N * (n + 4) * m, 3) of skins over rings (N, n, m, 3) with hard flat ends, and their uv.

    The uv (N * (n + 4) * (m + 1), 2) run along and around the skin in the chair's units; one column more than
    the vertices closes the seam.
    """
    copies, count, points = rings.shape[0], rings.shape[1], rings.shape[2]
    vertices = np.empty((copies, count + 4, points, 3))
    uv = np.empty((copies, count + 4, points + 1, 2))
    middle = np.zeros((count, 3))
    for i in range(copies):
        for j in range(count):
            for c in range(3):
                middle[j, c] = 0.0
            for k in range(points):
                for c in range(3):
                    vertices[i, j + 2, k, c] = rings[i, j, k, c]
                    middle[j, c] += rings[i, j, k, c] / points
        for k in range(points):
            for c in range(3):
                vertices[i, 0, k, c] = middle[0, c]
                vertices[i, 1, k, c] = rings[i, 0, k, c]
                vertices[i, count + 2, k, c] = rings[i, count - 1, k, c]
                vertices[i, count + 3, k, c] = middle[count - 1, c]
        along = 0.0
        for j in range(count):
            if j > 0:
                along += np.sqrt((middle[j, 0] - middle[j - 1, 0]) ** 2 + (middle[j, 1] - middle[j - 1, 1]) ** 2
                                 + (middle[j, 2] - middle[j - 1, 2]) ** 2)
            around = 0.13 * i  # so that the legs of a chair do not all look the same
            for k in range(points + 1):
                here, before = k % points, (k + points - 1) % points
                if k > 0:
                    around += np.sqrt((rings[i, j, here, 0] - rings[i, j, before, 0]) ** 2
                                      + (rings[i, j, here, 1] - rings[i, j, before, 1]) ** 2
                                      + (rings[i, j, here, 2] - rings[i, j, before, 2]) ** 2)
                uv[i, j + 2, k, 0] = along
                uv[i, j + 2, k, 1] = around
        for k in range(points + 1):
            for c in range(2):
                uv[i, 0, k, c] = uv[i, 2, k, c]
                uv[i, 1, k, c] = uv[i, 2, k, c]
                uv[i, count + 2, k, c] = uv[i, count + 1, k, c]
                uv[i, count + 3, k, c] = uv[i, count + 1, k, c]
    return vertices.reshape((-1, 3)), uv.reshape((-1, 2))


@njit(cache=True, nogil=True)
def cushion(half_a, half_b, thickness, power_front, power_rear, narrow, bulge, bevel, crown, columns, rows_of):
    """Vertices (14 * columns, 3) of a cushion in its own frame (see parts.Pad), and uv (15 * columns, 2).

    rows_of (14, 3): share of the outline, how much of the bevel is taken off, and which height the row has.
    The last row of uv is the sides' own below: there they meet the underside's.    """
    half = 0.5 * thickness
    bevel = min(bevel, half, 0.45 * half_a, 0.45 * half_b)
    heights = (-half, bevel * 0.293 - half, bevel - half, half - bevel, half - bevel * 0.293, half)
    vertices = np.empty((14 * columns, 3))
    uv = np.empty((15 * columns, 2))
    for k in range(columns):
        angle = 2.0 * np.pi * (k + 0.5) / columns
        cosine, sine = np.cos(angle), np.sin(angle)
        p = power_rear if sine > 0 else power_front
        # the usual exponent 2 / p would crowd the points into the corners and leave the sides too coarse to bend
        spacing = max(2.0 / p, 0.6)
        a, b = abs(cosine) ** spacing, abs(sine) ** spacing
        norm = (a ** p + b ** p) ** (1.0 / p)
        a, b = (a if cosine > 0 else -a) / norm, (b if sine > 0 else -b) / norm
        if b < 0:
            b *= 1.0 + bulge * (1.0 - a * a)
        a *= 1.0 + 0.5 * (narrow - 1.0) * (1.0 + b)
        for j in range(14):
            i = j * columns + k
            inset = rows_of[j, 1] * bevel
            x = a * rows_of[j, 0] * (half_a - inset)
            y = b * rows_of[j, 0] * (half_b - inset)
            n = heights[int(rows_of[j, 2])]
            if crown != 0.0 and j >= 9:
                n += crown * max(1.0 - (x / half_a) ** 2, 0.0) * max(1.0 - (y / half_b) ** 2, 0.0)
            vertices[i, 0], vertices[i, 1], vertices[i, 2] = x, y, n
            # the sides continue the face outwards, so that a pattern does not run into streaks there
            out = (half - abs(n)) if rows_of[j, 0] == 1.0 else 0.0
            uv[i, 0] = b * (rows_of[j, 0] * (half_b - inset) + out)
            uv[i, 1] = a * (rows_of[j, 0] * (half_a - inset) + out)
        uv[14 * columns + k, 0] = b * (half_b + thickness - bevel)
        uv[14 * columns + k, 1] = a * (half_a + thickness - bevel)
    return vertices, uv


@njit(cache=True, nogil=True)
def rounded(points, radius, steps):
    """A polyline (n, 3) whose corners are curves of ``steps`` points that begin ``radius`` before each corner."""
    count = points.shape[0]
    line = np.empty((2 + (count - 2) * steps, 3))
    line[0], line[-1] = points[0], points[count - 1]
    for i in range(1, count - 1):
        before, after = 0.0, 0.0
        for c in range(3):
            before += (points[i, c] - points[i - 1, c]) ** 2
            after += (points[i + 1, c] - points[i, c]) ** 2
        before, after = np.sqrt(before), np.sqrt(after)
        reach = min(radius, 0.49 * before, 0.49 * after)
        for s in range(steps):
            t = s / (steps - 1.0)
            for c in range(3):
                enter = points[i, c] + reach * (points[i - 1, c] - points[i, c]) / before
                leave = points[i, c] + reach * (points[i + 1, c] - points[i, c]) / after
                line[1 + (i - 1) * steps + s, c] = ((1.0 - t) ** 2 * enter + 2.0 * t * (1.0 - t) * points[i, c]
                                                    + t * t * leave)
    return line


@njit(cache=True, nogil=True)
def evenly(line, places):
    """Points of a polyline (n, d) at these places (m,) along it, rising in 0..1."""
    n, d = line.shape
    along = np.zeros(n)
    for i in range(1, n):
        step = 0.0
        for c in range(d):
            step += (line[i, c] - line[i - 1, c]) ** 2
        along[i] = along[i - 1] + np.sqrt(step)
    result = np.empty((places.shape[0], d))
    j = 0
    for i in range(places.shape[0]):
        wanted = along[n - 1] * places[i]
        while j < n - 2 and along[j + 1] < wanted:
            j += 1
        share = min(max((wanted - along[j]) / max(along[j + 1] - along[j], 1e-12), 0.0), 1.0)
        for c in range(d):
            result[i, c] = line[j, c] + share * (line[j + 1, c] - line[j, c])
    return result
