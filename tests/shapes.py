"""Simple meshes with outward winding, for tests of the rasteriser."""

import numpy as np

from train.scenes.mesh import Mesh, TextureBank, material


def sphere(centre, radius, colour, rows=16, columns=24):
    """Vertices, triangles and colours of a closed sphere."""
    latitude = np.linspace(-np.pi / 2, np.pi / 2, rows)[:, None]
    longitude = np.linspace(0, 2 * np.pi, columns, endpoint=False)[None]
    points = np.stack([np.cos(latitude) * np.sin(longitude), np.sin(latitude) + 0 * longitude,
                       np.cos(latitude) * np.cos(longitude)], -1)
    triangles = []
    for row in range(rows - 1):
        for column in range(columns):
            a, b = row * columns + column, row * columns + (column + 1) % columns
            c, d = a + columns, b + columns
            triangles += [(a, b, d), (a, d, c)]
    vertices = points.reshape(-1, 3) * radius + np.array(centre)
    return vertices, np.array(triangles), np.tile(colour, (len(vertices), 1))


def box(low, high, colour):
    """Vertices, triangles and colours of a box with hard edges."""
    vertices, triangles = [], []
    for axis in range(3):
        for end, value in ((0, low[axis]), (1, high[axis])):
            u, v = (axis + 1) % 3, (axis + 2) % 3
            corners = np.empty((4, 3))
            corners[:, axis] = value
            corners[:, u] = [low[u], high[u], high[u], low[u]]
            corners[:, v] = [low[v], low[v], high[v], high[v]]
            first = len(vertices) * 4
            vertices.append(corners)
            triangles += [(first, first + 1, first + 2), (first, first + 2, first + 3)] if end else [
                (first, first + 2, first + 1), (first, first + 3, first + 2)]
    vertices = np.concatenate(vertices)
    return vertices, np.array(triangles), np.tile(colour, (len(vertices), 1))


def mesh(*parts) -> Mesh:
    """One mesh of several parts."""
    offsets = np.cumsum([0] + [len(part[0]) for part in parts[:-1]])
    return Mesh(np.concatenate([part[0] for part in parts]).astype(np.float32),
                np.concatenate([part[1] + offset for part, offset in zip(parts, offsets)]).astype(np.int32),
                np.concatenate([part[2] for part in parts]).astype(np.float32))


def card(texture: np.ndarray, cutout: bool, half: float = 1.0) -> Mesh:
    """A square of ``half`` its width that faces the front and shows ``texture`` (H, W, 4)."""
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float32)
    triangles = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    vertices = np.concatenate([corners * half, np.zeros((4, 1))], 1).astype(np.float32)
    return Mesh(vertices, triangles, np.ones((4, 3), np.float32), uv=0.5 + 0.5 * corners, triangle_uv=triangles,
                triangle_material=np.zeros(2, np.int32),
                materials=np.array([material(0, cutout=cutout, casts_shadow=False)], np.float32),
                bank=TextureBank.pack([texture]))
