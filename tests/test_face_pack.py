"""Faces from a pack in the real one's format: what is drawn of each part, without the pack itself."""

import face_pack
import numpy as np
import pytest
from adapter_files import check_directions

from train.__main__ import main
from train.camera import View
from train.raster import render
from train.scenes import STAGES, face_expressions, in_setting, open_source
from train.scenes.assets import AssetsMissing, find
from train.scenes.face_looks import STYLES
from train.scenes.streams import streams

RIG = STAGES["faces"].rig


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return face_pack.write(tmp_path_factory.mktemp("pack"))


@pytest.fixture(scope="module")
def source(folder):
    return open_source("faces", folder)


def head_of(source, **seeds):
    """Vertices of the skin of a face whose parts have these seeds, all others 0."""
    return source.identity(0, **seeds).mesh.vertices[:source.model.skin_vertices]


def test_meshes_are_sound(source):
    for seed in range(20):
        face = source.identity(seed)
        mesh = face.mesh
        assert face.style in STYLES and face.has_front
        assert all(np.isfinite(part).all() for part in (mesh.vertices, mesh.normals, mesh.colours, mesh.uv))
        assert mesh.triangles.max() < len(mesh.vertices) and mesh.triangle_uv.max() < len(mesh.uv)
        assert mesh.triangle_material.max() < len(mesh.materials)
        again = source.identity(seed).mesh
        assert mesh.vertices.tobytes() == again.vertices.tobytes() and mesh.materials.tobytes() == again.materials.tobytes()


def test_the_nose_goes_right_with_azimuth_and_light_comes_from_its_side(source):
    shaved = next(seed for seed in range(200) if source.style_of(seed) == "bald")
    mesh = source.identity(0, hair=shaved).mesh
    head = np.arange(len(mesh.vertices)) < source.model.skin_vertices
    x, y, z = mesh.vertices.T
    nose = head & (np.linalg.norm(mesh.vertices - mesh.vertices[head][z[head].argmax()], axis=1) < 0.12)
    check_directions(mesh, nose, head & (y > y[head].max() - 0.2), "faces")


def test_each_part_moves_what_is_its_own(source):
    shaved = [seed for seed in range(400) if source.style_of(seed) == "bald"][:2]
    plain = head_of(source, hair=shaved[0])
    assert np.array_equal(plain, head_of(source, hair=shaved[1])) and np.array_equal(plain, head_of(source, texture=5, hair=shaved[0]))
    # hair that would leave the picture lowers the whole head, and no more
    worn = head_of(source, hair=next(seed for seed in range(200) if source.style_of(seed) == "long01"))
    assert np.allclose((worn - plain)[:, [0, 2]], 0) and np.ptp((worn - plain)[:, 1]) < 1e-5
    still = next(seed for seed in range(200) if face_expressions.draw(np.random.default_rng(seed))[0] == "neutral")
    for part in ("shape", "expression"):
        moved = np.abs(head_of(source, hair=shaved[0], **{part: still + 1}) - plain).max()
        assert 0.005 < moved < 0.5, part
    skins = {source.identity(0, texture=seed).mesh.materials[0].tobytes() for seed in range(6)}
    assert len(skins) == 6


def test_every_style_is_drawn_and_bald_heads_have_none(source):
    seen = {}
    for style in STYLES:
        mesh = source.identity_of_style(3, style).mesh
        seen[style] = int(render(mesh, View(180.0), RIG, 64).mask.astype(bool).sum())
        assert len(mesh.materials) == (6 if style in ("bald", "stubble") else 7)
    assert seen["bald"] == seen["stubble"] < min(size for style, size in seen.items() if style not in ("bald", "stubble"))
    with pytest.raises(ValueError, match="choose bald"):
        source.identity_of_style(3, "mohawk")


def test_hair_follows_the_head_that_it_is_bound_to(source):
    cap = source.model.hair["short01"]
    moved = np.zeros_like(source.model.mean)
    moved[:] = (1.0, -2.0, 0.5)
    assert np.allclose(cap.follow(moved) - cap.vertices, (1.0, -2.0, 0.5), atol=1e-3)


def test_teeth_come_with_open_mouths_alone(source):
    teeth, opened = [], []
    for seed in range(40):
        _, mood = face_expressions.draw(streams(source.parts, 5, {"expression": seed})[2])
        opened.append(face_expressions.opens_mouth(mood))
        teeth.append((source.identity(5, expression=seed).mesh.triangle_material == 3).any())
    assert teeth == opened and 4 < sum(teeth) < 36


def test_plain_faces_are_bald_neutral_and_light(source):
    plain = in_setting(source, "paper-faces")
    assert plain.parts == ("shape", "texture") and plain.plain() is plain
    face, head = plain.identity(7), source.model.skin_vertices
    assert face.style == "bald" and np.array_equal(face.mesh.vertices[:head], plain.identity(7, texture=9).mesh.vertices[:head])
    assert not np.array_equal(face.mesh.vertices[:head], plain.identity(7, shape=9).mesh.vertices[:head])
    dark = [number for number, (name, *_) in enumerate(source.model.pack.skins) if "dark" in name]
    assert dark and not set(plain._skins) & set(dark)


def test_the_command_line_draws_them_and_says_what_is_missing(folder, tmp_path, capsys):
    sheet = tmp_path / "sheet.png"
    assert main(["preview", "faces", "--assets", str(folder), "-o", str(sheet)]) == 0 and sheet.stat().st_size > 1000
    assert find(folder) == folder
    with pytest.raises(AssetsMissing, match="accessories.npz"):
        find(tmp_path)
    assert main(["preview", "faces", "--assets", str(tmp_path), "-o", str(sheet)]) == 2
    assert "ict_core.npz" in capsys.readouterr().err
