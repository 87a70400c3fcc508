"""The Basel Face Model: tiny files in the real formats, where the nose goes, what is said when one is wrong."""

import numpy as np
import pytest
from adapter_files import a_mask, basel_2009, check_directions, red_column, same_bytes

from train.raster import to_linear
from train.scenes.basel import HALF_HEIGHT, BaselSource


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


def test_basel_directions(basel):
    check_directions(BaselSource(basel).identity(7).mesh, a_mask()[2], None, "basel")


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
