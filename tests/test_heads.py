"""The procedural heads: repeatable, sound meshes with a nose in front."""

import numpy as np
import pytest
from adapter_files import check_directions

from train.scenes.heads import HeadSource


@pytest.fixture(scope="module")
def heads():
    source = HeadSource()
    return [source.identity(seed) for seed in range(60)]


def test_the_same_seed_gives_the_same_bytes(heads):
    for head in heads[:10]:
        again = HeadSource().identity(head.seed)
        assert again.style == head.style
        for name in ("vertices", "triangles", "colours", "normals", "specular"):
            assert getattr(again.mesh, name).tobytes() == getattr(head.mesh, name).tobytes()
    assert len({head.mesh.vertices.tobytes() for head in heads}) == len(heads)


def test_meshes_are_sound(heads):
    for head in heads:
        mesh = head.mesh
        assert head.has_front
        assert mesh.vertices.dtype == mesh.colours.dtype == mesh.normals.dtype == np.float32
        assert mesh.vertices.shape == mesh.colours.shape == mesh.normals.shape
        assert all(
            np.isfinite(part).all() for part in (mesh.vertices, mesh.colours, mesh.normals, mesh.specular)
        )
        assert 0 <= mesh.triangles.min() and mesh.triangles.max() < len(mesh.vertices)
        assert 0.0 <= mesh.colours.min() and mesh.colours.max() <= 1.0
        assert len(mesh.triangle_material) == len(mesh.triangles)
        assert mesh.triangle_material.max() < len(mesh.materials)


def test_heads_have_the_agreed_size(heads):
    for head in heads:
        low, high = head.mesh.vertices.min(axis=0), head.mesh.vertices.max(axis=0)
        assert 0.85 < high[1] < 1.1 and -2.1 < low[1] < -1.8  # crown, and the end of the neck, out of the picture
        assert abs(low[0] + high[0]) < 0.02  # the middle of the face is x = 0
        assert 1.2 < high[0] - low[0] < 1.9


def test_the_nose_is_foremost_at_mid_height(heads):
    for head in heads:
        vertices = head.mesh.vertices
        middle = vertices[np.abs(vertices[:, 1] + 0.3) < 0.3]
        tip = middle[middle[:, 2].argmax()]
        assert abs(tip[0]) < 0.1 and -0.5 < tip[1] < -0.2, (head.seed, tip)
        cheeks = middle[np.abs(np.abs(middle[:, 0]) - 0.3) < 0.08]
        assert tip[2] > cheeks[:, 2].max() + 0.1


def test_normals_point_outwards(heads):
    for head in heads:
        corners = head.mesh.vertices.astype(float)[head.mesh.triangles]
        crossed = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        facing = np.einsum("ij,ij->i", crossed, head.mesh.normals[head.mesh.triangles].mean(axis=1))
        assert np.einsum("ij,ij->", corners[:, 0], crossed) > 0.0
        assert (facing > 0.0).mean() > 0.97


def test_tones_differ(heads):
    tones = np.array([np.median(head.mesh.colours, axis=0) for head in heads])
    assert tones[:, 0].max() > 4.0 * tones[:, 0].min()


def test_directions(heads):
    for head in heads[:4]:
        vertices = head.mesh.vertices
        tip = np.where(np.abs(vertices[:, 1] + 0.3) < 0.3, vertices[:, 2], -9.0).argmax()
        nose = np.linalg.norm(vertices - vertices[tip], axis=1) < 0.12
        check_directions(head.mesh, nose, vertices[:, 1] > vertices[:, 1].max() - 0.2, "heads")
