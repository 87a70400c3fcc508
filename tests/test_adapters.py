"""Other people's data: tiny files in the real formats, where their front goes, and what is said when one is missing."""

import importlib

import numpy as np
import pytest
from PIL import Image

from train.__main__ import _pictures, main, parser
from train.camera import View
from train.raster import render, to_linear
from train.scenes import HELD_OUT, STAGES, PackageMissing, open_source
from train.scenes.basel import HALF_HEIGHT, BaselSource
from train.scenes.chairs3d import RenderedChairs
from train.scenes.faces import CENTRE, EXPRESSION, UNIT
from train.scenes.ict import ICTSource
from train.scenes.mesh import Mesh
from train.scenes.meshes import GREY, MeshFolder, MeshSource, axes
from train.scenes.paper_chairs import (ELEVATIONS, THETAS, VIEWS, DrawnChairs, azimuth_of, draw_chair, grey, light_of,
                                       mini_batch, split)


def same_bytes(one: Mesh, two: Mesh) -> bool:
    names = ("vertices", "triangles", "colours", "normals")
    return all(getattr(one, name).tobytes() == getattr(two, name).tobytes() for name in names)


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


# the Basel Face Model


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


def basel_2017(path, expression: bool = True):
    """The same face in millimetres, with variances, colours in 0 to 1, and cells (3, T) from 0."""
    h5py = pytest.importorskip("h5py", reason="the .h5 files are written and read by h5py")
    points, triangles, nose = a_mask()
    rng = np.random.default_rng(1)
    size = 3 * len(points)
    with h5py.File(path, "w") as file:
        colours = np.where(nose, [[1.0], [0.0], [0.0]], 0.5).T.ravel()
        parts = {"shape": (points.ravel(), 30.0, 3), "color": (colours, 0.1, 2)}
        if expression:
            parts["expression"] = (np.zeros(size), 10.0, 2)
        for name, (mean, deviation, count) in parts.items():
            group = file.create_group(f"{name}/model")
            group["mean"] = mean.astype(np.float32)
            group["pcaBasis"] = (rng.normal(size=(size, count)) / size**0.5).astype(np.float32)
            group["pcaVariance"] = np.full(count, deviation**2, np.float32)
        file["shape/representer/points"] = points.T.astype(np.float32)
        file["shape/representer/cells"] = triangles.T.astype(np.int32)
    return path


@pytest.fixture(params=["2009", "2009 inwards", "2017", "2019 without expressions"])
def basel(request, tmp_path):
    if request.param.startswith("2009"):
        return basel_2009(tmp_path / "01_MorphableModel.mat", inwards="inwards" in request.param)
    return basel_2017(tmp_path / "model2017-1_bfm_nomouth.h5", expression="without" not in request.param)


def test_basel_faces_look_ahead_and_fill_the_frame(basel):
    source = BaselSource(basel)
    mean = source.model.shape.mean.reshape(-1, 3)
    face = source.identity(7)
    points = face.mesh.vertices
    assert face.has_front and points.dtype == np.float32
    assert points[:, 1].max() == pytest.approx(HALF_HEIGHT, abs=0.08)
    assert points[:, 1].min() == pytest.approx(-HALF_HEIGHT, abs=0.08)
    tip = points[points[:, 2].argmax()]
    assert abs(tip[0]) < 0.25 and abs(tip[1]) < 0.3  # the nose is in front
    assert points[mean[:, 0].argmax(), 0] > 0.5 and points[mean[:, 1].argmax(), 1] > 0.8  # nothing is mirrored
    places = [red_column(face.mesh, azimuth, "basel") for azimuth in (-40, 0, 40)]
    assert places[0] < -0.1 and abs(places[1]) < 0.05 and places[2] > 0.1


def test_basel_seeds(basel):
    source = BaselSource(basel)
    one, again, other = (source.identity(seed).mesh for seed in (5, 5, 6))
    assert same_bytes(one, again) and same_bytes(one, BaselSource(basel).identity(5).mesh)
    assert np.abs(one.vertices - other.vertices).max() > 1e-3
    assert np.abs(one.colours - other.colours).max() > 1e-3
    plain = BaselSource(basel, temperature=0.0)
    assert plain.identity(1).mesh.colours.tobytes() == plain.identity(2).mesh.colours.tobytes()
    np.testing.assert_allclose(plain.identity(1).mesh.colours[0], to_linear(np.full(3, 0.5)), atol=2e-3)


def test_basel_coefficients_have_the_spread_of_the_file(tmp_path):
    source = BaselSource(basel_2009(tmp_path / "01_MorphableModel.mat"))
    shape = source.model.shape
    drawn = np.stack([shape.draw(np.random.default_rng(seed), 1.0).ravel() for seed in range(400)]) - shape.mean
    unit = shape.modes / np.linalg.norm(shape.modes, axis=1, keepdims=True)
    assert np.std(drawn @ unit.T, axis=0) == pytest.approx([30000, 20000, 10000], rel=0.15)


@pytest.mark.parametrize("name", ["absent.mat", "face.ply", "text.mat", "text.h5"])
def test_basel_says_which_file_is_wanted(tmp_path, name):
    pytest.importorskip("scipy")
    pytest.importorskip("h5py")
    if "absent" not in name:
        (tmp_path / name).write_text("nothing of the kind " * 40)
    with pytest.raises((FileNotFoundError, ValueError), match=r"01_MorphableModel\.mat.*faces\.dmi\.unibas\.ch"):
        BaselSource(tmp_path / name)


def test_basel_names_what_a_file_lacks(tmp_path):
    with pytest.raises(ValueError, match="it has no texEV"):
        BaselSource(basel_2009(tmp_path / "a.mat", texEV=None))
    with pytest.raises(ValueError, match="deviations"):
        BaselSource(basel_2009(tmp_path / "b.mat", shapeEV=np.ones((7, 1))))
    with pytest.raises(ValueError, match="vertices"):
        BaselSource(basel_2009(tmp_path / "c.mat", tl=np.full((4, 3), 99999.0)))


@pytest.mark.parametrize("package, name, file", [("scipy.io", "basel", "a.mat"), ("h5py", "basel", "a.h5"),
                                                 ("trimesh", "meshes", "")])
def test_a_missing_package_is_named_with_its_command(monkeypatch, tmp_path, capsys, package, name, file):
    (tmp_path / (file or "a.ply")).write_text("ply")
    real = importlib.import_module

    def without(module, *rest):
        if module == package:
            raise ImportError(module)
        return real(module, *rest)

    monkeypatch.setattr(importlib, "import_module", without)
    wanted = f"pip install {package.split('.')[0]}"
    with pytest.raises(PackageMissing, match=wanted):
        open_source(name, str(tmp_path / file))
    assert main(["preview", name, "--data", str(tmp_path / file), "-o", str(tmp_path / "sheet.png")]) == 2
    assert wanted in capsys.readouterr().err


# ICT-FaceKit


@pytest.fixture
def ict(tmp_path):
    """A checkout with a face, the back of a head, two eyeballs and teeth; 1-based quads with texture coordinates."""
    points, triangles, _ = a_mask(depth=5.0)
    face = points / (10.0, 8.0, 1.0) * (1.0, 1.0, 0.4) + (0.0, 0.0, 8.0)
    face[:, 2] += 6.0 * np.exp(-((face[:, 0] / 1.5) ** 2) - ((face[:, 1] - 0.5) / 1.5) ** 2)  # the nose
    back = np.array([(-7, -9, 7), (7, -9, 7), (7, 13, 7), (-7, 13, 7), (-5, -9, -8), (5, -9, -8), (5, 13, -8),
                     (-5, 13, -8)], float)
    ball = np.array([(0, 0, 1.2), (1.2, 0, 0), (0, 1.2, 0), (-1.2, 0, 0), (0, -1.2, 0), (0, 0, -1.2)])
    sections, total = [], 0
    quads = np.array([(0, 4, 5, 1), (1, 5, 6, 2), (2, 6, 7, 3), (3, 7, 4, 0), (4, 7, 6, 5)])
    eighths = np.array([(0, 1, 2), (0, 2, 3), (0, 3, 4), (0, 4, 1), (5, 2, 1), (5, 3, 2), (5, 4, 3), (5, 1, 4)])
    parts = (("M_Face", face, triangles), ("M_BackHead", back, quads), ("M_Teeth", ball + (0, 0, 99), eighths),
             ("M_ScleraLeft", ball + (3.1, 3.5, 8), eighths), ("M_ScleraRight", ball + (-3.1, 3.5, 8), eighths))
    for name, vertices, faces in parts:
        sections.append((name, vertices, faces + total + 1))
        total += len(vertices)
    neutral = np.concatenate([section[1] for section in sections])
    folder = tmp_path / "ICT-FaceKit" / "FaceXModel"
    folder.mkdir(parents=True)

    def write(name: str, vertices: np.ndarray) -> None:
        lines = ["mtllib ICTFaceModelMaterial.mtl"]
        lines += [*("v {:.6f} {:.6f} {:.6f}".format(*point) for point in vertices), "vt 0.5 0.5"]
        for material, _, faces in sections:
            lines += [f"usemtl {material}", *("f " + " ".join(f"{corner}/1" for corner in row) for row in faces)]
        (folder / f"{name}.obj").write_text("\n".join(lines) + "\n")

    write("generic_neutral_mesh", neutral)
    rng = np.random.default_rng(2)
    for number in range(3):
        write(f"identity{number:03d}", neutral * (1.0 + 0.02 * rng.normal(size=3)))
    for name in {name for mood in EXPRESSION.values() for name, _ in mood}:
        write(name, neutral + (0.0, 0.0, 0.1) * (np.abs(neutral[:, 1:2]) < 2))
    return folder.parent


def test_ict_faces_look_ahead_in_our_units(ict):
    source = ICTSource(ict)
    face = source.identity(3)
    points = face.mesh.vertices
    assert points[:, 2].max() < 3.0  # the teeth are left out
    tip = points[points[:, 2].argmax()]
    assert abs(tip[0]) < 0.15 and abs(tip[1] - (0.5 - CENTRE[1]) / UNIT) < 0.15
    eyes = face.mesh.triangle_material == 1
    assert eyes.sum() == 16
    ball = points[face.mesh.triangles[eyes]].reshape(-1, 3)
    assert sorted({round(float(value), 1) for value in np.sign(ball[:, 0])}) == [-1.0, 1.0]
    pupil = face.mesh.colours[face.mesh.triangles[eyes]].reshape(-1, 3)
    assert pupil[ball[:, 2].argmax()].max() < 0.02 < 0.5 < pupil[ball[:, 2].argmin()].min()
    rig = STAGES["ict"].rig
    nearest = [np.unravel_index(render(face.mesh, View(a), rig, 80).depth.argmin(), (80, 80))[1] for a in (-30, 0, 30)]
    assert nearest[0] < 32 and 34 < nearest[1] < 46 and nearest[2] > 47  # the tip of the nose


def test_ict_seeds(ict):
    source = ICTSource(ict / "FaceXModel")  # either folder will do
    one, again, other = (source.identity(seed).mesh for seed in (5, 5, 6))
    assert same_bytes(one, again) and same_bytes(one, ICTSource(ict).identity(5).mesh)
    assert np.abs(one.vertices - other.vertices).max() > 1e-3
    assert {source.identity(seed).style for seed in range(20)} == {"bald", "short"}


def test_ict_says_which_file_is_wanted(ict, tmp_path):
    with pytest.raises(FileNotFoundError, match="generic_neutral_mesh.obj.*git clone"):
        ICTSource(tmp_path)
    short = ict / "FaceXModel" / "identity001.obj"
    short.write_text("\n".join(short.read_text().splitlines()[5:]))
    with pytest.raises(ValueError, match="identity001.obj has .* vertices"):
        ICTSource(ict)
    (ict / "FaceXModel" / "mouthSmile_L.obj").unlink()
    with pytest.raises(FileNotFoundError, match="mouthSmile_L.obj"):
        ICTSource(ict)


# mesh files


def a_box(low, high):
    """Corners (8, 3) and 12 triangles of a box, wound outwards."""
    corners = np.array([[(low, high)[(i >> k) & 1][k] for k in range(3)] for i in range(8)], float)
    quads = [(0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5)]
    return corners, np.array([(q[i], q[i + 1], q[0]) for q in quads for i in (1, 2)])


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


@pytest.mark.parametrize("name, wanted", [("basel", "01_MorphableModel.mat"), ("ict", "ICT-FaceKit"),
                                          ("meshes", "folder with .ply")])
def test_training_without_data_says_what_is_wanted(tmp_path, monkeypatch, capsys, name, wanted):
    monkeypatch.chdir(tmp_path)
    assert main([name, "--preset", "tiny"]) == 2
    assert wanted in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("options", [["chairs", "--data", "x"], ["basel", "--data", "x.h5", "--up", "z"]])
def test_options_of_another_class_are_refused(tmp_path, capsys, options):
    assert main(["preview", *options, "-o", str(tmp_path / "sheet.png")]) == 2
    assert "meshes" in capsys.readouterr().err


def test_pictures_of_different_data_are_kept_apart(tmp_path):
    def where(*data: str):
        arguments = parser().parse_args(["render", "meshes", "--runs", str(tmp_path), *data])
        return _pictures(arguments, "meshes")

    folders = {where("--data", "one"), where("--data", "two"), where("--data", "two", "--up", "z", "--front=-y")}
    assert len(folders) == 3
    assert where("--data", "two", "--up", "y") == where("--data", "two")
    plain = parser().parse_args(["render", "chairs", "--runs", str(tmp_path)])
    assert _pictures(plain, "chairs") == tmp_path / "pictures"


def test_a_sheet_of_mesh_files(folder, tmp_path):
    sheet = tmp_path / "sheet.png"
    arguments = ["--data", str(folder), "--up", "z", "--front=-y", "--count", "3", "-o", str(sheet)]
    assert main(["preview", "meshes", *arguments]) == 0
    assert np.asarray(Image.open(sheet)).std() > 10


# the paper's chairs


def test_the_papers_views():
    assert len(VIEWS) == 62 and len(THETAS) == 31 and THETAS[:4] == (0, 11, 23, 34) and ELEVATIONS == (20, 30)
    assert [azimuth_of(theta) for theta in (270, 0, 90, 91, 180)] == [0, -90, 180, 179, 90]
    assert all(-180 < view.azimuth <= 180 for view in VIEWS)


def test_the_papers_light_is_fixed_to_the_chair():
    light, height = light_of(0, 0)
    assert light == pytest.approx(0, abs=1e-3) and height == pytest.approx(60, abs=0.01)  # above the front
    assert light_of(90, 20)[0] > 0 > light_of(-90, 20)[0]  # it goes where the front goes
    assert abs(light_of(180, 20)[0]) == pytest.approx(180, abs=1e-3)  # from behind the chair when its back is seen


@pytest.fixture(scope="module")
def block():
    """A grey box with a bar along its lower front edge."""
    parts = [a_box((-0.5, -0.6, -0.5), (0.5, 0.6, 0.5)), a_box((-0.4, -0.6, 0.5), (0.4, -0.4, 0.7))]
    triangles = np.concatenate([parts[0][1], parts[1][1] + 8])
    flat = np.concatenate([part[0] for part in parts])[triangles].reshape(-1, 3).astype(np.float32)
    return Mesh(flat, np.arange(len(flat), dtype=np.int32).reshape(-1, 3), np.full((len(flat), 3), 0.5, np.float32))


def test_one_crop_serves_all_pictures_of_a_chair(block):
    pictures = draw_chair(block)
    assert pictures.shape == (62, 150, 150, 4) and pictures.dtype == np.uint8
    rows, columns = (np.nonzero((pictures[..., 3] > 0).any((0, axis)))[0] for axis in (2, 1))
    spans = [rows.max() + 1 - rows.min(), columns.max() + 1 - columns.min()]
    assert 143 <= max(spans) <= 147  # 3 % of margin in all
    for span in (rows, columns):
        assert abs(span.min() + span.max() - 149) <= 2
    again = draw_chair(block, views=VIEWS[5:7])
    np.testing.assert_array_equal(again, pictures[5:7])
    shades = grey(pictures)
    assert shades.shape == (62, 150, 150) and shades[:, 0, 0].min() == 255


def test_a_chair_seen_from_behind_is_dark(block):
    front, back = grey(draw_chair(block, views=[VIEWS[23], VIEWS[8]]))  # theta 267 and 92
    assert abs(VIEWS[23].azimuth) < 5 and abs(VIEWS[8].azimuth) > 175
    display = 255 * (1.055 * 0.5 ** (1 / 2.4) - 0.055)
    assert back[90:105, 60:90].max() == pytest.approx(0.2 * display, abs=2)  # ambient light alone
    assert np.median(front[60:75, 60:90]) == pytest.approx((0.2 + 0.8 * 0.5) * display, rel=0.02)


def test_chairs_are_split_by_their_names():
    names = tuple(f"{number:032x}" for number in range(1393))
    train, test = split(names)
    assert sorted(train + test) == sorted(names) and not set(train) & set(test)
    assert 130 <= len(test) <= 180
    assert split(names[:50])[1] == tuple(name for name in test if name in names[:50])


def test_mini_batches_of_drawn_chairs():
    chairs = DrawnChairs(open_source("chairs"), tuple(str(seed) for seed in range(6)))
    batch = mini_batch(chairs, chairs.chairs, "azimuth", np.random.default_rng(0), size=40, count=3)
    assert batch.pictures.shape == (3, 40, 40, 4) and len(set(batch.seeds)) == 1
    assert len({view.azimuth for view in batch.views}) == 3 and len({view.elevation for view in batch.views}) == 1


# Seeing 3D chairs


@pytest.fixture
def renders(tmp_path):
    """Three chairs in six views of 120 pixels: a block that is the further right, the larger its azimuth."""
    for number, tone in enumerate((30, 90, 150)):
        folder = tmp_path / "rendered_chairs" / f"{number:032x}" / "renders"
        folder.mkdir(parents=True)
        for index, (elevation, theta) in enumerate((e, t) for e in (20, 30) for t in (0, 267, 180)):
            picture = np.full((120, 120, 3), 255, np.uint8)
            left = 55 + round(azimuth_of(theta) / 6)
            picture[40 + elevation // 10:70, left:left + 10 + number] = tone
            Image.fromarray(picture).save(folder / f"image_{index:03d}_p{elevation:03d}_t{theta:03d}_r096.png")
    (tmp_path / "rendered_chairs" / "all_chair_names.mat").write_bytes(b"")
    return tmp_path / "rendered_chairs"


def test_rendered_chairs_have_our_angles_and_one_crop(renders):
    chairs = RenderedChairs(renders.parent)  # the folder that the archive is unpacked in will do as well
    assert chairs.chairs == tuple(f"{number:032x}" for number in range(3))
    views = chairs.views(chairs.chairs[0])
    assert {(view.azimuth, view.elevation) for view in views} == {(a, e) for a in (-90, 3, 90) for e in (20, 30)}
    assert chairs.crop(chairs.chairs[0]) == pytest.approx((39.4, 35.4, 41.2), abs=0.5)
    pictures = chairs.pictures(chairs.chairs[0], views, 50)
    assert pictures.shape == (6, 50, 50, 4) and pictures.dtype == np.uint8
    places = {view.azimuth: np.nonzero(picture[..., 3] > 128)[1].mean() for view, picture in zip(views, pictures)}
    assert places[-90] < 15 < places[3] < 35 < places[90]
    middle = pictures[0][pictures[0][..., 3] == 255]
    assert (middle[:, :3] == 30).all() and pictures[0][0, 0].tolist() == [255, 255, 255, 0]


def test_rendered_chairs_make_one_factor_mini_batches(renders):
    chairs = RenderedChairs(renders)
    views, rng = chairs.views(chairs.chairs[0]), np.random.default_rng(4)
    turned = mini_batch(chairs, chairs.chairs, "azimuth", rng, 30, count=3, views=views)
    assert len(set(turned.seeds)) == 1 and len({view.elevation for view in turned.views}) == 1
    assert {view.azimuth for view in turned.views} == {-90, 3, 90}
    tones = [picture[..., :3][picture[..., 3] == 255].min() for picture in turned.pictures]
    assert len(set(tones)) == 1
    others = mini_batch(chairs, chairs.chairs, "intrinsic", rng, 30, count=3, views=views)
    assert sorted(others.seeds) == [0, 1, 2] and len(set(others.views)) == 1
    tones = [int(picture[..., :3][picture[..., 3] == 255].min()) for picture in others.pictures]
    assert tones == [(30, 90, 150)[seed] for seed in others.seeds]
    again = mini_batch(chairs, chairs.chairs, "intrinsic", np.random.default_rng(9), 30, count=2, views=views)
    same = mini_batch(RenderedChairs(renders), chairs.chairs, "intrinsic", np.random.default_rng(9), 30, 2, views)
    assert again.pictures.tobytes() == same.pictures.tobytes() and again.seeds == same.seeds


def test_rendered_chairs_say_what_is_wanted(renders, tmp_path):
    for path in (None, tmp_path / "absent"):
        with pytest.raises(FileNotFoundError, match=r"rendered_chairs.*image_003_p020_t011_r096\.png.*seeing3Dchairs"):
            RenderedChairs(path)
    chairs = RenderedChairs(renders)
    with pytest.raises(ValueError, match="no picture at azimuth"):
        chairs.pictures(chairs.chairs[0], [View(12.0, 20.0)], 30)
    with pytest.raises(ValueError, match="azimuth or intrinsic"):
        mini_batch(chairs, chairs.chairs, "light", np.random.default_rng(0), 30)
    with pytest.raises(ValueError, match="needs 8 chairs; there are 3"):
        mini_batch(chairs, chairs.chairs, "intrinsic", np.random.default_rng(0), 30)
    broken = renders / chairs.chairs[0] / "renders" / "image_000_p020_t000_r096.png"
    broken.write_bytes(b"no picture")
    with pytest.raises(ValueError, match="image_000_p020_t000_r096.png cannot be read"):
        RenderedChairs(renders).crop(chairs.chairs[0])
    broken.rename(broken.with_name("image_front.png"))
    with pytest.raises(ValueError, match="image_front.png is not named like"):
        RenderedChairs(renders)
