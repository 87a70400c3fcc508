"""Folders of PLY, OBJ and GLB: axes, colours, order, and what is said when there is nothing to read."""

import numpy as np
import pytest
from adapter_files import a_box, red_column, same_bytes
from PIL import Image

from train.__main__ import main
from train.raster import to_linear
from train.scenes import HELD_OUT
from train.scenes.meshes import GREY, MeshFolder, MeshSource, axes


def chair_parts():
    """A seat, a back, and a red bar along the seat's front: z up, front towards -y, in centimetres."""
    return [(*a_box((-25, -25, 40), (25, 25, 46)), (120, 120, 120)),
            (*a_box((-25, 20, 46), (25, 25, 95)), (60, 60, 60)),
            (*a_box((-20, -30, 38), (20, -24, 46)), (255, 0, 0))]


@pytest.fixture
def folder(tmp_path):
    trimesh = pytest.importorskip("trimesh", reason="mesh files are read by trimesh")
    parts = chair_parts()
    root = tmp_path / "chairs"
    (root / "more").mkdir(parents=True)
    vertices = np.concatenate([part[0] for part in parts])
    faces = np.concatenate([part[1] + 8 * number for number, part in enumerate(parts)])
    colours = np.repeat(np.array([part[2] for part in parts], np.uint8), 8, 0)
    trimesh.Trimesh(vertices, faces, vertex_colors=colours, process=False).export(root / "a.ply")
    lines, kinds = ["mtllib b.mtl"], []
    for number, (points, triangles, colour) in enumerate(parts):
        lines += ["v {} {} {}".format(*point) for point in points] + [f"usemtl part{number}"]
        lines += ["f {} {} {}".format(*(row + 8 * number + 1)) for row in triangles]
        kinds += [f"newmtl part{number}", "Kd {} {} {}".format(*(value / 255 for value in colour))]
    (root / "b.obj").write_text("\n".join(lines) + "\n")
    (root / "b.mtl").write_text("\n".join(kinds) + "\n")
    scene = trimesh.Scene()
    for points, triangles, colour in parts:
        look = trimesh.visual.material.PBRMaterial(baseColorFactor=[*to_linear(np.array(colour) / 255).tolist(), 1.0])
        scene.add_geometry(trimesh.Trimesh(points, triangles, process=False,
                                           visual=trimesh.visual.TextureVisuals(material=look)))
    scene.export(root / "more" / "c_stool.glb")
    return root


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_mesh_files_are_turned_centred_and_coloured(folder, seed):
    source = MeshSource(MeshFolder(str(folder), up="z", front="-y"))
    chair = source.identity(seed)
    assert chair.style == ("a", "b", "c_stool")[seed] and chair.has_front == (seed != 2)
    mesh = chair.mesh
    low, high = mesh.vertices.min(0), mesh.vertices.max(0)
    np.testing.assert_allclose(low + high, 0.0, atol=1e-4)
    assert np.linalg.norm(high - low) == pytest.approx(2.0, abs=1e-3)
    red = mesh.colours[:, 0] > mesh.colours[:, 1] + 0.3
    assert mesh.vertices[red, 2].min() > 0.2 > mesh.vertices[red, 1].max()  # in front and below
    back = np.abs(mesh.colours - to_linear(np.full(3, 60 / 255))).max(1) < 0.01
    assert mesh.vertices[back, 2].max() < 0.0 < mesh.vertices[back, 1].max()
    assert back.sum() == red.sum() == 24  # the edges of a box are sharp
    np.testing.assert_allclose(np.abs(mesh.normals).max(1), 1.0, atol=1e-4)
    places = [red_column(mesh, azimuth, "meshes") for azimuth in (-50, 0, 50)]
    assert places[0] < -0.1 and abs(places[1]) < 0.05 and places[2] > 0.1


def test_every_mesh_file_is_met_by_mini_batches(folder):
    source = MeshSource(MeshFolder(str(folder), "z", "-y"))
    assert [source.file_of(seed).stem for seed in range(3)] == ["a", "b", "c_stool"]
    source.files = [*source.files, source.files[0].with_name("d.ply")]
    starts = {source.file_of(HELD_OUT + 8 * index) for index in range(32)}  # mini-batches start eight seeds apart
    assert starts == set(source.files)
    assert {source.file_of(seed) for seed in range(40, 44)} == starts  # every round meets every file


def test_the_same_seed_gives_the_same_mesh(folder):
    one, two = (MeshSource(MeshFolder(str(folder), "z", "-y")).identity(2).mesh for _ in range(2))
    assert same_bytes(one, two)


def test_textures_and_plain_meshes(tmp_path):
    trimesh = pytest.importorskip("trimesh")
    corners, triangles = a_box((-1, -1, -1), (1, 1, 1))
    picture = Image.fromarray(np.full((8, 8, 3), (255, 0, 0), np.uint8))
    visual = trimesh.visual.TextureVisuals(uv=np.full((8, 2), 0.5), image=picture)
    trimesh.Trimesh(corners, triangles, visual=visual, process=False).export(tmp_path / "a.glb")
    trimesh.Trimesh(corners, triangles, process=False).export(tmp_path / "b.ply")
    source = MeshSource(str(tmp_path))
    red = source.identity(0).mesh.colours
    assert red[:, 0].min() > 0.3 and red[:, 1:].max() < 0.01
    np.testing.assert_allclose(source.identity(1).mesh.colours, GREY, atol=1e-3)


def test_glb_vertex_colours_beside_a_material_and_placed_twice(tmp_path):
    trimesh = pytest.importorskip("trimesh")
    look = trimesh.visual.material.PBRMaterial(baseColorFactor=[1.0, 0.5, 1.0, 1.0])
    visual = trimesh.visual.TextureVisuals(material=look)
    visual.vertex_attributes["color"] = np.tile(np.array([0, 255, 102, 255], np.uint8), (8, 1))
    corners, triangles = a_box((-1, -1, -1), (1, 1, 1))
    scene = trimesh.Scene()
    scene.add_geometry(trimesh.Trimesh(corners, triangles, visual=visual, process=False))
    beside = np.eye(4)
    beside[0, 3] = 6.0
    scene.graph.update(frame_to="beside", matrix=beside, geometry=next(iter(scene.geometry)))
    scene.export(tmp_path / "a.glb")
    mesh = MeshSource(tmp_path).identity(0).mesh
    assert len(mesh.triangles) == 24
    np.testing.assert_allclose(mesh.colours, np.tile([0.0, 0.5, 0.4], (len(mesh.colours), 1)), atol=0.01)
    low, high = mesh.vertices.min(0), mesh.vertices.max(0)
    np.testing.assert_allclose((high - low) / (high - low)[1], [4.0, 1.0, 1.0], atol=1e-3)


def test_axes():
    for up, front in (("y", "z"), ("z", "-y"), ("y", "-z"), ("-x", "y")):
        turn = axes(up, front)
        assert np.linalg.det(turn) == pytest.approx(1.0)  # turned, never mirrored
        for name, target in ((up, (0, 1, 0)), (front, (0, 0, 1))):
            direction = np.eye(3)["xyz".index(name[-1])] * (-1 if name[0] == "-" else 1)
            np.testing.assert_allclose(turn @ direction, target)
    with pytest.raises(ValueError, match="choose x, y, z"):
        axes("up", "z")
    with pytest.raises(ValueError, match="different axes"):
        axes("z", "-z")


def test_meshes_say_what_is_wanted(tmp_path, capsys):
    pytest.importorskip("trimesh")
    for path in (None, tmp_path / "absent", tmp_path):
        with pytest.raises(FileNotFoundError, match=r"\.ply, \.obj or \.glb"):
            MeshSource(path)
    (tmp_path / "broken.ply").write_text("ply\nnothing")
    with pytest.raises(ValueError, match="broken.ply"):
        MeshSource(tmp_path).identity(0)
    assert main(["preview", "meshes", "--data", str(tmp_path / "absent"), "-o", str(tmp_path / "s.png")]) == 2
    assert "absent is not a folder" in capsys.readouterr().err


def test_a_sheet_of_mesh_files(folder, tmp_path):
    sheet = tmp_path / "sheet.png"
    arguments = ["--data", str(folder), "--up", "z", "--front=-y", "--count", "3", "-o", str(sheet)]
    assert main(["preview", "meshes", *arguments]) == 0
    assert np.asarray(Image.open(sheet)).std() > 10
