"""Every source keeps the signs of the angles: where its front, its top and its bright side go in its own pictures."""

import numpy as np
import pytest
from adapter_files import basel_2009
from test_ict import ict  # noqa: F401, a fixture
from test_mesh_files import folder  # noqa: F401, a fixture
from test_paper_chairs import block  # noqa: F401, a fixture

from train.camera import View, rotation
from train.raster import render
from train.scenes import STAGES, open_source
from train.scenes.mesh import Mesh, vertex_normals
from train.scenes.meshes import MeshFolder
from train.scenes.paper_chairs import DrawnChairs, draw_chair, view_of

SIZE = 96


def painted(mesh: Mesh, marked: np.ndarray) -> Mesh:
    """``mesh`` in black, without textures, its ``marked`` vertices (V,) white."""
    colours = np.repeat(marked[:, None], 3, axis=1).astype(np.float32)
    return Mesh(mesh.vertices, mesh.triangles, colours, mesh.normals)


def seen(mesh: Mesh, marked: np.ndarray, view: View, stage: str) -> np.ndarray:
    """Which pixels (S, S) show what is ``marked``."""
    drawn = render(painted(mesh, marked), view, STAGES[stage].rig, SIZE)
    return (drawn.colour.min(-1) > 60) & (drawn.mask == 255)


def place(mesh: Mesh, marked: np.ndarray, view: View, stage: str) -> tuple[float, float]:
    """Mean column and row of what is ``marked``, in pixels."""
    rows, columns = np.nonzero(seen(mesh, marked, view, stage))
    assert len(rows) > 2
    return columns.mean(), rows.mean()


def normals_of(mesh: Mesh) -> np.ndarray:
    return mesh.normals if mesh.normals is not None else vertex_normals(mesh.vertices, mesh.triangles)


def check_light(mesh: Mesh, stage: str, azimuth: float) -> None:
    """Light from image-right brightens what faces image-right, whichever way the thing is turned."""
    grey = Mesh(mesh.vertices, mesh.triangles, np.full_like(mesh.vertices, 0.4), mesh.normals)  # nothing is black
    right, left = (render(grey, View(azimuth, 12.0, light), STAGES[stage].rig, SIZE) for light in (70, -70))
    gain = (right.colour.astype(float) - left.colour).mean(-1)
    across = normals_of(mesh) @ rotation(azimuth, 12.0)[0]
    gains = [gain[seen(mesh, sign * across > 0.3, View(azimuth, 12.0), stage)].mean() for sign in (-1, 1)]
    assert gains[0] < -3 and gains[1] > 3
    if STAGES[stage].rig.floor_shadow:  # and the floor's shadow falls to the other side
        rows, columns = np.nonzero(right.mask == 0)
        lost = gain[rows, columns]
        assert columns[lost < -4].mean() < columns[lost > 4].mean() - 5


def check_face(mesh: Mesh, stage: str) -> None:
    points = mesh.vertices
    middle = np.abs(points[:, 0]) < 0.25
    tip = points[middle][points[middle, 2].argmax()]
    nose = np.linalg.norm(points - tip, axis=1) < 0.2
    left, right = (place(mesh, nose, View(azimuth), stage)[0] for azimuth in (-35, 35))
    assert left < SIZE / 2 - 4 and right > SIZE / 2 + 4
    below, above = (place(mesh, nose, View(0.0, elevation), stage)[1] for elevation in (-20, 20))
    assert above > below + 3  # from above, the nose sinks
    for azimuth in (-40, 0, 40):
        check_light(mesh, stage, azimuth)


def check_chair(mesh: Mesh, stage: str) -> None:
    points = mesh.vertices
    back = points[:, 1] > 0.7 * points[:, 1].max()
    left, right = (place(mesh, back, View(azimuth, 15.0), stage)[0] for azimuth in (60, -60))
    assert left < right - 3  # the front goes to the right, so the back goes to the left
    up = normals_of(mesh)[:, 1] > 0.75
    low, high = (seen(mesh, up, View(30.0, elevation), stage).sum() for elevation in (4, 36))
    assert high > 1.3 * low  # from above, more of the seat is seen
    for azimuth in (-25, 155):
        check_light(mesh, stage, azimuth)


@pytest.mark.parametrize("seed", range(4))
def test_heads(seed):
    mesh = open_source("heads").identity(seed).mesh
    check_face(mesh, "heads")
    up = normals_of(mesh)[:, 1] > 0.75
    low, high = (seen(mesh, up, View(0.0, elevation), "heads").sum() for elevation in (-20, 25))
    assert high > 1.3 * low  # from above, more of the crown is seen


def test_basel(tmp_path):
    source = open_source("basel", basel_2009(tmp_path / "01_MorphableModel.mat"))
    check_face(source.identity(3).mesh, "basel")


def test_ict(ict):  # noqa: F811
    check_face(open_source("ict", ict).identity(3).mesh, "ict")


def test_chairs():
    source = open_source("chairs")
    chairs = [source.identity(seed) for seed in range(40)]
    styles = {chair.style: chair.mesh for chair in chairs if chair.has_front}
    assert len(styles) >= 12
    for mesh in list(styles.values())[:12]:
        check_chair(mesh, "chairs")


@pytest.mark.parametrize("seed", [0, 1])
def test_mesh_files(folder, seed):  # noqa: F811
    check_chair(open_source("meshes", MeshFolder(str(folder), up="z", front="-y")).identity(seed).mesh, "meshes")


def test_the_papers_pictures(block):  # noqa: F811
    """The front of the block has a bar: it goes right, and the top is seen from above; the light goes along."""
    bar = painted(block, block.vertices[:, 2] > 0.45)
    places = {}
    for azimuth in (-60, 60):
        picture = draw_chair(bar, views=[view_of(azimuth, 20)])[0]
        places[azimuth] = np.nonzero((picture[..., :3].min(-1) > 60) & (picture[..., 3] == 255))[1].mean()
    assert places[-60] < 65 and places[60] > 85
    top = painted(block, block.vertices[:, 1] > 0.55)
    shares = [(draw_chair(top, views=[view_of(0, elevation)])[0][..., 0] > 60).sum() for elevation in (5, 40)]
    assert shares[1] > shares[0]
    chairs = DrawnChairs(open_source("chairs"), ("3",))
    front, behind = (chairs.pictures("3", [view_of(azimuth, 20)], 60)[0] for azimuth in (0, 180))
    shade = [picture[..., :3][picture[..., 3] == 255].mean() for picture in (front, behind)]
    assert shade[1] < shade[0]  # the light is fixed to the chair: it comes from behind when the back is seen
