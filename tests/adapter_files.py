"""Helpers of the tests of other people's data: a bulging face, a box, and where red pixels are in a render."""

from dataclasses import replace

import numpy as np
import pytest

from train.camera import View
from train.raster import render
from train.scenes import STAGES
from train.scenes.mesh import Mesh


def same_bytes(one: Mesh, two: Mesh) -> bool:
    names = ("vertices", "triangles", "colours", "normals")
    return all(getattr(one, name).tobytes() == getattr(two, name).tobytes() for name in names)


def where_marked(mesh: Mesh, marked: np.ndarray, view: View, stage: str) -> tuple[float, float]:
    """Column and row, -1 (left, top) to 1, of the pixels whose vertices are ``marked`` (V,): all others turn black."""
    painted = replace(mesh, colours=np.repeat(marked[:, None], 3, 1).astype(np.float32), specular=None)
    drawn = render(painted, view, STAGES[stage].rig, 120)
    rows, columns = np.nonzero((drawn.colour.max(-1) > 50) & (drawn.mask == 255))
    assert len(columns) > 3
    return columns.mean() / 59.5 - 1.0, rows.mean() / 59.5 - 1.0


def check_directions(mesh: Mesh, nose: np.ndarray, crown: np.ndarray | None, stage: str) -> None:
    """Positive azimuth takes the nose to image-right, positive elevation shows the crown, light comes from its side.

    ``nose`` and ``crown`` (V,) mark vertices; a mask has no crown.
    """
    across = [where_marked(mesh, nose, View(azimuth), stage)[0] for azimuth in (-40, 0, 40)]
    assert across[0] + 0.06 < across[1] < across[2] - 0.06 and abs(across[1]) < 0.1
    down = [where_marked(mesh, nose, View(0, elevation), stage)[1] for elevation in (-25, 0, 25)]
    assert down[0] + 0.05 < down[1] < down[2] - 0.05
    if crown is not None:
        top = [where_marked(mesh, crown, View(0, elevation), stage)[1] for elevation in (5, 25)]
        assert top[0] < top[1] < down[2]  # it leans into the picture
    for light, sign in ((60, 1), (-60, -1)):
        face = render(mesh, View(light=light), STAGES[stage].rig, 80).colour[36:56].astype(float)
        assert sign * (face[:, 44:56].mean() - face[:, 24:36].mean()) > 10


def red_column(mesh: Mesh, azimuth: float, stage: str) -> float:
    """Where red pixels are across the picture, -1 (left) to 1 (right)."""
    pixels = render(mesh, View(azimuth), STAGES[stage].rig, 80).colour.astype(int)
    columns = np.nonzero(pixels[..., 0] > pixels[..., 1:].max(-1) + 40)[1]
    assert len(columns) > 3
    return (columns.mean() - 39.5) / 40


def a_mask(depth: float = 60.0):
    """A bulging face of (V, 3) points, y up and z forward, with a nose that is marked; triangles from 0."""
    across, up = np.meshgrid(np.linspace(-1, 1, 17), np.linspace(-1.25, 1.25, 21))
    points = np.stack([70 * across, 80 * up + 15, depth * (1 - 0.6 * across**2 - 0.3 * up**2)], -1)
    nose = (np.abs(across) < 0.2) & (np.abs(up) < 0.2)
    points[nose, 2] += 25
    corner = (np.arange(20)[:, None] * 17 + np.arange(16)).ravel()
    outwards = np.concatenate([np.stack([corner, corner + 1, corner + 18], 1),
                               np.stack([corner, corner + 18, corner + 17], 1)])
    return points.reshape(-1, 3), outwards, nose.ravel()


def a_box(low, high):
    """Corners (8, 3) and 12 triangles of a box, wound outwards."""
    corners = np.array([[(low, high)[(i >> k) & 1][k] for k in range(3)] for i in range(8)], float)
    quads = [(0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5)]
    return corners, np.array([(q[i], q[i + 1], q[0]) for q in quads for i in (1, 2)])


def basel_2009(path, inwards: bool = False, **changes):
    """A model of 3 shape and 2 texture components: micrometres, 0 to 255, triangles from 1."""
    io = pytest.importorskip("scipy.io", reason="the .mat files are written and read by scipy")
    points, triangles, nose = a_mask()
    rng = np.random.default_rng(1)
    size = 3 * len(points)
    data = {"shapeMU": 1000.0 * points.reshape(-1, 1), "shapePC": rng.normal(size=(size, 3)) / size**0.5,
            "shapeEV": np.array([[30000.0], [20000.0], [10000.0]]),
            "texMU": np.where(nose, [[255.0], [0.0], [0.0]], 128.0).T.reshape(-1, 1),
            "texPC": rng.normal(size=(size, 2)) / size**0.5, "texEV": np.array([[20.0], [10.0]]),
            "tl": (triangles[:, ::-1] if inwards else triangles) + 1.0}
    io.savemat(path, {key: value.astype(np.float32) for key, value in (data | changes).items() if value is not None})
    return path
