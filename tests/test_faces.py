"""Faces of the asset pack: what angles mean, teeth, hair styles, framing, and that YuNet sees them."""

import os

import numpy as np
import pytest
from adapter_files import check_directions
from PIL import Image

from dcign import face_detector
from train.camera import View
from train.raster import render
from train.scenes import STAGES, face_expressions, in_setting, open_source
from train.scenes.face_looks import STYLES

pytestmark = pytest.mark.skipif(not os.environ.get("DCIGN_FACE_ASSETS"),
                                reason="DCIGN_FACE_ASSETS names no face asset pack")
RIG = STAGES["faces"].rig


@pytest.fixture(scope="module")
def source():
    return open_source("faces")


@pytest.fixture(scope="module")
def faces(source):
    return [source.identity(seed) for seed in range(40)]


def test_meshes_are_sound_and_light(faces):
    for face in faces:
        mesh = face.mesh
        assert face.style in STYLES and face.has_front
        assert mesh.vertices.dtype == mesh.normals.dtype == mesh.colours.dtype == mesh.uv.dtype == np.float32
        assert mesh.vertices.shape == mesh.normals.shape == mesh.colours.shape
        assert all(np.isfinite(part).all() for part in (mesh.vertices, mesh.normals, mesh.colours, mesh.uv))
        assert 0.0 <= mesh.colours.min() and mesh.colours.max() <= 1.0
        assert mesh.triangles.max() < len(mesh.vertices) and mesh.triangle_uv.max() < len(mesh.uv)
        assert len(mesh.triangles) == len(mesh.triangle_uv) == len(mesh.triangle_material)
        assert mesh.triangle_material.max() < len(mesh.materials)
        assert len(mesh.triangles) < 21_500  # the longest braid included


def test_directions(source):
    shaved = next(seed for seed in range(50) if source.identity(0, hair=seed).style == "bald")
    for seed in range(3):
        mesh = source.identity(seed, hair=shaved).mesh
        head = np.arange(len(mesh.vertices)) < source.model.skin_vertices
        x, y, z = mesh.vertices.T
        nose = head & (np.linalg.norm(mesh.vertices - mesh.vertices[head][z[head].argmax()], axis=1) < 0.12)
        check_directions(mesh, nose, head & (y > y[head].max() - 0.2), "faces")


def test_teeth_come_with_open_mouths_alone(source):
    seen = {"neutral": 0, "open smile": 0}
    for seed in range(60):
        name, weights = face_expressions.draw(np.random.default_rng(seed))
        opened = face_expressions.opens_mouth(weights)
        assert all(0.0 <= weight <= 1.0 for weight in weights.values())
        if name in seen:
            seen[name] += 1
            assert opened == (name == "open smile")
    assert min(seen.values()) > 4
    with_teeth = [(source.identity(5, expression=seed).mesh.triangle_material == 3).any() for seed in range(30)]
    assert 5 < sum(with_teeth) < 25


def test_every_expression_moves_the_face_mildly(source):
    names = {face_expressions.draw(np.random.default_rng(seed))[0] for seed in range(300)}
    assert names == set(face_expressions.RECIPES)
    still = source.model.mean
    for name, mode in source.model.expression.items():
        assert 0.05 < np.abs(mode).max() < 4.0, name  # cm
        assert mode.shape == still.shape


def test_hair_is_as_frequent_as_the_table_says(source):
    shares = np.array(list(STYLES.values()))
    styles = [source.style_of(seed) for seed in range(2000)]
    assert styles[:20] == [source.identity(seed).style for seed in range(20)]
    drawn = np.array([styles.count(name) for name in STYLES]) / len(styles)
    assert np.abs(drawn - shares / shares.sum()).max() < 0.03
    assert 0.2 < shares[:2].sum() < 0.3  # bald or shaved


def test_a_style_can_be_asked_for(source):
    face = source.identity_of_style(3, "afro01")
    assert face.style == "afro01" and source.identity(3).style != "afro01"
    own = source.style_of(3)
    assert source.identity_of_style(3, own).mesh.vertices.tobytes() == source.identity(3).mesh.vertices.tobytes()
    with pytest.raises(ValueError, match="choose bald"):
        source.identity_of_style(3, "mohawk")


def test_hair_stays_inside_the_picture(source):
    rng = np.random.default_rng(4)
    touched = 0
    for seed in range(60):
        view = View(rng.uniform(-90, 90), rng.uniform(-30, 30))
        mask = render(source.identity(50 + seed).mesh, view, RIG, 64).mask
        touched += bool(mask[0].max())
        assert mask[-1].max() == 255  # the neck goes on below: it does not end in the picture
    assert touched <= 1


def test_yunet_finds_the_faces(source):
    if face_detector.path() is None:
        pytest.skip("no YuNet file (DCIGN_DETECTOR), or no OpenCV")
    rng, found, count = np.random.default_rng(3), 0, 100
    for seed in range(count):
        view = View(rng.uniform(-45, 45), rng.uniform(-20, 20), rng.uniform(-60, 60))
        picture = render(source.identity(seed).mesh, view, RIG, 160).colour
        found += face_detector.find_face(Image.fromarray(picture)) is not None
    assert found >= 0.95 * count


def test_plain_faces_are_bald_neutral_and_keep_their_shape(source):
    plain = in_setting(source, "paper-faces")
    assert in_setting(source, "stage") is source and plain.parts == ("shape", "texture")
    face, head = plain.identity(7), source.model.skin_vertices
    assert face.style == "bald" and face.has_front
    moved = plain.identity(7, texture=8)
    assert np.array_equal(face.mesh.vertices, plain.identity(7).mesh.vertices)
    assert np.array_equal(face.mesh.vertices[:head], moved.mesh.vertices[:head])  # the skin is not in the shape
    assert not np.array_equal(face.mesh.materials, moved.mesh.materials)
    shapes = np.stack([plain.identity(seed).mesh.vertices[:head] for seed in range(30)])
    neutral = source.model.mean[:head] - source.model.mean[:head].mean(0)
    middle = shapes.mean(0) - shapes.mean((0, 1))
    assert np.corrcoef(neutral.ravel(), middle.ravel())[0, 1] > 0.999  # no expression pulls the mean face
    with pytest.raises(TypeError):
        plain.identity(7, hair=3)
