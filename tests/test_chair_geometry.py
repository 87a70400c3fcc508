"""The chairs as pieces of furniture: nothing floats, surfaces are closed, feet stand on the floor, sizes are real."""

from collections import Counter

import numpy as np
import pytest

from train.scenes.chairs import STYLES, ChairSource

SEEDS = range(4)  # of every style
GAP = 0.012  # scene units between boxes that still touch


@pytest.fixture(scope="module", params=list(STYLES))
def chairs(request):
    """Some chairs of one style."""
    source = ChairSource()
    return [source.identity_of_style(seed, request.param) for seed in SEEDS]


def _labels(count: int, pairs: np.ndarray) -> np.ndarray:
    """The component (count,) of each of ``count`` things that these pairs (n, 2) join."""
    label = np.arange(count)
    while True:
        low = np.minimum(label[pairs[:, 0]], label[pairs[:, 1]])
        after = label.copy()
        np.minimum.at(after, pairs[:, 0], low)
        np.minimum.at(after, pairs[:, 1], low)
        after = after[after]
        if (after == label).all():
            return np.unique(label, return_inverse=True)[1]
        label = after


def _components(mesh) -> tuple[np.ndarray, np.ndarray]:
    """Triangles (T, 3) on welded vertices, and the connected component (T,) of each triangle."""
    _, weld = np.unique(np.round(mesh.vertices * 2e4).astype(np.int64), axis=0, return_inverse=True)
    triangles = weld.reshape(-1)[mesh.triangles]
    label = _labels(int(weld.max()) + 1, np.concatenate([triangles[:, :2], triangles[:, 1:]]))
    return triangles, label[triangles[:, 0]]


def test_nothing_floats(chairs):
    for chair in chairs:
        _, component = _components(chair.mesh)
        corners = chair.mesh.vertices[chair.mesh.triangles]
        count = component.max() + 1
        low, high = np.full((count, 3), np.inf), np.full((count, 3), -np.inf)
        np.minimum.at(low, component, corners.min(axis=1))
        np.maximum.at(high, component, corners.max(axis=1))
        touching = ((low[:, None] < high[None] + GAP) & (high[:, None] > low[None] - GAP)).all(axis=-1)
        together = _labels(count, np.argwhere(touching))
        assert together.max() == 0, (chair.style, chair.seed, Counter(together.tolist()))


def test_every_piece_is_closed_and_faces_outwards(chairs):
    for chair in chairs:
        triangles, component = _components(chair.mesh)
        solid = (
            (triangles[:, 0] != triangles[:, 1])
            & (triangles[:, 1] != triangles[:, 2])
            & (triangles[:, 2] != triangles[:, 0])
        )
        edges = np.concatenate([triangles[solid][:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))]).astype(np.int64)
        size = int(triangles.max()) + 1
        # every edge is run through as often in one direction as in the other
        net = Counter((edges[:, 0] * size + edges[:, 1]).tolist())
        net.subtract((edges[:, 1] * size + edges[:, 0]).tolist())
        assert not any(net.values()), (chair.style, chair.seed)
        corners = chair.mesh.vertices.astype(float)[chair.mesh.triangles]
        volume = np.einsum("ij,ij->i", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) / 6.0
        volumes = np.bincount(component, volume)
        assert (volumes > -1e-6).all(), (chair.style, chair.seed, volumes.min())


def test_normals_point_out_of_their_faces(chairs):
    for chair in chairs:
        mesh = chair.mesh
        np.testing.assert_allclose(np.linalg.norm(mesh.normals, axis=1)[np.unique(mesh.triangles)], 1.0, atol=1e-3)
        corners = mesh.vertices[mesh.triangles].astype(float)
        face = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        area = np.linalg.norm(face, axis=1)
        agree = np.einsum("ij,ij->i", face, mesh.normals[mesh.triangles].mean(axis=1).astype(float))
        assert area[agree < 0.0].sum() < 0.01 * area.sum(), (chair.style, chair.seed)


def test_feet_stand_on_the_floor_and_carry_the_chair(chairs):
    for chair in chairs:
        vertices, triangles = chair.mesh.vertices.astype(float), chair.mesh.triangles
        height = np.ptp(vertices[:, 1])
        feet = vertices[vertices[:, 1] < vertices[:, 1].min() + 0.01 * height][:, [0, 2]]
        corners = vertices[triangles]
        area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
        centre = (corners.mean(axis=1) * area[:, None]).sum(axis=0)[[0, 2]] / area.sum()
        # the centre of the surface stays above the feet: in every direction some foot is farther out (or nearly)
        turn = np.radians(np.arange(0.0, 360.0, 5.0))
        ways = np.stack([np.cos(turn), np.sin(turn)], axis=1)
        margin = ((feet - centre) @ ways.T).max(axis=0).min()
        assert margin > -0.04, (chair.style, chair.seed, margin)


def test_textures_are_addressed_within_the_bank(chairs):
    for chair in chairs:
        mesh = chair.mesh
        assert mesh.triangle_uv.shape == mesh.triangles.shape and mesh.triangle_uv.max() < len(mesh.uv)
        assert mesh.uv.min() >= -1e-5 and mesh.uv.max() <= 1.0 + 1e-5
        assert 0 <= mesh.triangle_material.min() and mesh.triangle_material.max() < len(mesh.materials)
        assert -1 <= mesh.materials[:, 0].min() and mesh.materials[:, 0].max() < len(mesh.bank.offset)


def test_sizes_follow_the_table_of_real_chairs():
    # 10, 50 and 90 % of 6,201 labelled chairs, in heights of the chair
    real = {"width": (0.42, 0.62, 1.05), "depth": (0.44, 0.66, 1.06)}
    source = ChairSource()
    sizes = np.array([np.ptp(source.identity(seed).mesh.vertices, axis=0) for seed in range(600)])
    for name, axis in (("width", 0), ("depth", 2)):
        drawn = np.percentile(sizes[:, axis] / sizes[:, 1], (10, 50, 90))
        np.testing.assert_allclose(drawn, real[name], rtol=0.25, err_msg=name)
