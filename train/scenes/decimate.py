"""Fewer triangles for what is seen small: half-edge collapses by quadric error, whose vertices are a subset.

Because no vertex moves, the modes of a morphable model act on the kept ones unchanged. V vertices, T triangles.
"""

from __future__ import annotations

import numba
import numpy as np

ROUNDS = 60
SHARE = 0.12  # of the candidates that the first rounds may collapse: cheap ones everywhere first
LEAST_TURN = 0.5  # cosine: a collapse may not turn a triangle further


def decimate(vertices: np.ndarray, triangles: np.ndarray, corners: np.ndarray, importance: np.ndarray,
             locked: np.ndarray, target: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Reduce to about ``target`` triangles. Returns which rows are left (T',), their vertices and texture corners.

    ``importance`` (V,) scales the error at a vertex; ``locked`` (V,) stay, and so do the vertices of open borders and
    of texture seams. ``corners`` (T, 3) number the texture coordinates; the winding stays as it was.
    """
    free = ~(locked | _borders(len(vertices), triangles) | _seams(len(vertices), triangles, corners))
    quadrics = _quadrics(vertices.astype(np.float64), triangles, importance.astype(np.float64))
    triangles, corners = triangles.astype(np.int64), corners.astype(np.int64)
    rows, share = np.arange(len(triangles)), SHARE
    for _ in range(ROUNDS):
        if len(triangles) <= target or share > 1.0:
            break
        start, around = _adjacency(len(vertices), triangles)
        alive = _round(vertices.astype(np.float64), triangles, corners, start, around, quadrics, free, share,
                       (len(triangles) - target + 1) // 2)
        if alive.mean() > 0.99:  # the cheap ones do not fit: look further
            share *= 1.5
        rows, triangles, corners = rows[alive], triangles[alive], corners[alive]
    return rows, triangles, corners


def _borders(count: int, triangles: np.ndarray) -> np.ndarray:
    """Which vertices (V,) lie on an edge that does not have exactly two triangles."""
    edges = np.sort(triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), 1).astype(np.int64)
    keys, uses = np.unique(edges[:, 0] * count + edges[:, 1], return_counts=True)
    open_edges = keys[uses != 2]
    found = np.zeros(count, bool)
    found[open_edges // count] = found[open_edges % count] = True
    return found


def _seams(count: int, triangles: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Which vertices (V,) have more than one texture corner."""
    pairs = np.unique(triangles.ravel().astype(np.int64) * (int(corners.max()) + 1) + corners.ravel())
    return np.bincount(pairs // (int(corners.max()) + 1), minlength=count) > 1


def _adjacency(count: int, triangles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The triangles of vertex i are around[start[i]:start[i + 1]]."""
    flat = triangles.ravel()
    start = np.concatenate([[0], np.cumsum(np.bincount(flat, minlength=count))])
    return start, np.argsort(flat, kind="stable") // 3


@numba.njit(cache=True)
def _quadrics(vertices, triangles, importance):
    """Symmetric plane quadrics (V, 10), weighted by area and importance."""
    quadrics = np.zeros((vertices.shape[0], 10))
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t]
        normal = np.cross(vertices[b] - vertices[a], vertices[c] - vertices[a])
        area = np.sqrt((normal**2).sum())
        if area < 1e-12:
            continue
        x, y, z = normal / area
        d = -(x * vertices[a, 0] + y * vertices[a, 1] + z * vertices[a, 2])
        plane = np.array([x * x, x * y, x * z, x * d, y * y, y * z, y * d, z * z, z * d, d * d])
        for i in (a, b, c):
            quadrics[i] += plane * (area * importance[i])
    return quadrics


@numba.njit(cache=True)
def _error(q, p):
    x, y, z = p
    return (q[0] * x * x + 2 * q[1] * x * y + 2 * q[2] * x * z + 2 * q[3] * x + q[4] * y * y + 2 * q[5] * y * z
            + 2 * q[6] * y + q[7] * z * z + 2 * q[8] * z + q[9])


@numba.njit(cache=True)
def _round(vertices, triangles, corners, start, around, quadrics, free, share, most):
    """Collapse the cheapest edges that do not touch each other; returns which triangles are left (T,)."""
    count = vertices.shape[0]
    best, cost = np.full(count, -1, np.int64), np.full(count, np.inf)
    for u in range(count):
        if not free[u]:
            continue
        for k in range(start[u], start[u + 1]):
            for i in triangles[around[k]]:
                if i != u:
                    apart = ((vertices[i] - vertices[u]) ** 2).sum()
                    error = _error(quadrics[u], vertices[i]) + 1e-4 * apart * apart
                    if error < cost[u]:
                        best[u], cost[u] = i, error
    order = np.argsort(cost)
    candidates = (best >= 0).sum()
    alive = np.ones(triangles.shape[0], np.bool_)
    touched = np.zeros(count, np.bool_)
    mark = np.full(count, -1, np.int64)
    done = 0
    for place in range(max(1, int(share * candidates))):
        u = order[place]
        v = best[u]
        if v < 0 or touched[u] or touched[v] or done >= most:
            continue
        # the neighbours that u and v share must be the two across their edge
        for k in range(start[u], start[u + 1]):
            for i in triangles[around[k]]:
                mark[i] = u
        shared = 0
        seen = np.full(64, -1, np.int64)
        for k in range(start[v], start[v + 1]):
            for i in triangles[around[k]]:
                if i != u and i != v and mark[i] == u and not (seen[:shared] == i).any() and shared < 64:
                    seen[shared] = i
                    shared += 1
        if shared != 2:
            continue
        fits, corner = True, -1
        for k in range(start[u], start[u + 1]):
            t = around[k]
            tri = triangles[t]
            if v in tri:
                for m in range(3):
                    if tri[m] == v:
                        corner = corners[t, m]
                continue
            p = vertices[tri].copy()
            before = np.cross(p[1] - p[0], p[2] - p[0])
            for m in range(3):
                if tri[m] == u:
                    p[m] = vertices[v]
            after = np.cross(p[1] - p[0], p[2] - p[0])
            size = np.sqrt((before**2).sum() * (after**2).sum())
            longest = max(((p[1] - p[0]) ** 2).sum(), ((p[2] - p[0]) ** 2).sum(), ((p[2] - p[1]) ** 2).sum())
            if (before * after).sum() < LEAST_TURN * size or np.sqrt((after**2).sum()) < 0.12 * longest:
                fits = False
                break
        if not fits or corner < 0:
            continue
        for k in range(start[u], start[u + 1]):
            t = around[k]
            if v in triangles[t]:
                alive[t] = False
            for m in range(3):
                touched[triangles[t, m]] = True
                if triangles[t, m] == u:
                    triangles[t, m], corners[t, m] = v, corner
        for k in range(start[v], start[v + 1]):
            for m in range(3):
                touched[triangles[around[k], m]] = True
        quadrics[v] += quadrics[u]
        done += 1
    return alive
