"""The procedural chairs: repeatable, closed, normalised meshes, a back behind, the counted styles."""

from collections import Counter

import numpy as np
import pytest

from train.scenes.chairs import STYLES, ChairSource, style_of

# One chair of every style, and a run of ordinary seeds.
SEEDS = sorted({next(s for s in range(4000) if style_of(s) == name) for name in STYLES} | set(range(120)))


@pytest.fixture(scope="module")
def chairs():
    source = ChairSource()
    return [source.identity(seed) for seed in SEEDS]


def test_the_same_seed_gives_the_same_bytes(chairs):
    for chair in chairs[:20]:
        again = ChairSource().identity(chair.seed)
        assert again.style == chair.style == style_of(chair.seed)
        for name in ("vertices", "triangles", "colours", "specular"):
            assert getattr(again.mesh, name).tobytes() == getattr(chair.mesh, name).tobytes()


def test_the_parts_of_an_identity_have_streams_of_their_own():
    source = ChairSource()
    assert source.parts == ("shape", "texture")
    plain = source.identity(5)
    same = source.identity(5, shape=5, texture=5)
    painted, other = source.identity(5, texture=9), source.identity(9, shape=5)
    for name in ("vertices", "triangles", "colours", "specular", "uv", "materials"):
        assert getattr(plain.mesh, name).tobytes() == getattr(same.mesh, name).tobytes()
        assert getattr(painted.mesh, name).tobytes() == getattr(other.mesh, name).tobytes()
    for name in ("vertices", "triangles", "normals"):
        assert getattr(plain.mesh, name).tobytes() == getattr(painted.mesh, name).tobytes()
    assert plain.mesh.colours.tobytes() != painted.mesh.colours.tobytes()
    with pytest.raises(TypeError):
        source.identity(5, hair=3)


def test_a_style_can_be_asked_for():
    source = ChairSource()
    assert len(source.styles) >= 24 and sum(source.styles.values()) == pytest.approx(1.0)
    assert source.identity_of_style(3, "egg").style == "egg"
    seed = 17
    assert source.style_of(seed) == style_of(seed) == source.identity(seed).style
    again = source.identity_of_style(seed, style_of(seed))
    assert again.mesh.vertices.tobytes() == source.identity(seed).mesh.vertices.tobytes()
    assert source.identity_of_style(3, "egg", texture=8).mesh.colours.tobytes() != source.identity_of_style(
        3, "egg").mesh.colours.tobytes()
    with pytest.raises(ValueError, match="egg"):
        source.identity_of_style(3, "throne")


def test_seeds_differ(chairs):
    assert len({chair.mesh.vertices.tobytes() for chair in chairs}) == len(chairs)


def test_meshes_are_sound(chairs):
    for chair in chairs:
        mesh, count = chair.mesh, len(chair.mesh.vertices)
        assert mesh.vertices.dtype == mesh.colours.dtype == mesh.specular.dtype == np.float32
        assert mesh.triangles.dtype == np.int32
        assert mesh.vertices.shape == mesh.colours.shape == (count, 3) and mesh.specular.shape == (count,)
        assert np.isfinite(mesh.vertices).all()
        assert 0 <= mesh.triangles.min() and mesh.triangles.max() < count
        assert 0.0 <= mesh.colours.min() and mesh.colours.max() <= 1.0
        assert 0.0 <= mesh.specular.min() and mesh.specular.max() <= 1.0
        assert 300 <= len(mesh.triangles) <= 8000, (chair.seed, chair.style, len(mesh.triangles))


def test_chairs_are_centred_and_fill_the_unit_sphere(chairs):
    for chair in chairs:
        low, high = chair.mesh.vertices.min(axis=0), chair.mesh.vertices.max(axis=0)
        np.testing.assert_allclose(low + high, 0.0, atol=1e-5)
        assert np.linalg.norm(high - low) == pytest.approx(2.0, abs=1e-4)


def test_surfaces_are_closed_and_wound_outwards(chairs):
    for chair in chairs:
        corners = chair.mesh.vertices.astype(float)[chair.mesh.triangles]
        crossed = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        # the area vectors of closed surfaces cancel; a positive volume means outward winding
        np.testing.assert_allclose(crossed.sum(axis=0), 0.0, atol=1e-5)
        assert np.einsum("ij,ij->", corners[:, 0], crossed) > 0.0, (chair.seed, chair.style)


def test_no_giant_triangles(chairs):
    for chair in chairs:
        corners = chair.mesh.vertices[chair.mesh.triangles]
        area = 0.5 * np.linalg.norm(
            np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1
        )
        assert area.max() < 0.3, (chair.seed, chair.style, area.max())


def test_the_back_is_behind(chairs):
    for chair in chairs:
        assert chair.has_front == (chair.style not in ("bar_stool", "low_stool"))
        if chair.has_front and chair.style != "ball":  # a ball is as high in front as behind
            vertices = chair.mesh.vertices
            top = vertices[vertices[:, 1] > 0.6 * vertices[:, 1].max()]
            assert top[:, 2].mean() < -0.02, (chair.seed, chair.style)


def test_the_mix_of_styles_is_that_of_real_chairs():
    counted = Counter(STYLES[style_of(seed)].family for seed in range(4000))
    percent = {family: 100.0 * count / 4000 for family, count in counted.items()}
    assert sum(len(members) for members, _ in ChairSource.families.values()) == len(STYLES)
    for family, (members, share) in ChairSource.families.items():
        assert abs(percent[family] - 100.0 * share) < 3.0, (family, percent[family])
        assert sum(STYLES[name].share for name in members) == pytest.approx(share)


def test_most_chairs_are_not_colourful(chairs):
    source = ChairSource()
    vivid = 0
    for seed in range(300):
        mesh = source.identity(seed).mesh
        colour = mesh.colours[mesh.triangles].mean(axis=1) ** (1 / 2.2)
        blue_or_green = np.maximum(colour[:, 1], colour[:, 2]) > 1.25 * colour[:, 0]
        red = (colour[:, 0] > 2.0 * colour[:, 1]) & (colour[:, 0] > 0.4)
        vivid += (blue_or_green | red).mean() > 0.2
    assert 10 <= vivid <= 75
