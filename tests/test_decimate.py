"""Decimation: fewer triangles on a subset of the vertices, with the shape, the borders and the texture seams kept."""

import numpy as np

from train.scenes.decimate import decimate


def a_bumpy_sheet(count: int = 33):
    """A (count x count) sheet over [-1, 1]² with a hill; texture corners are those of the vertices."""
    across, along = np.meshgrid(np.linspace(-1, 1, count), np.linspace(-1, 1, count))
    points = np.stack([across, along, 0.4 * np.exp(-4 * (across**2 + along**2))], -1).reshape(-1, 3)
    corner = (np.arange(count - 1)[:, None] * count + np.arange(count - 1)).ravel()
    triangles = np.concatenate([np.stack([corner, corner + 1, corner + count + 1], 1),
                                np.stack([corner, corner + count + 1, corner + count], 1)])
    return points, triangles


def area(points, triangles):
    a, b, c = (points[triangles[:, k]] for k in range(3))
    return np.cross(b - a, c - a) / 2


def test_fewer_triangles_and_the_same_shape():
    points, triangles = a_bumpy_sheet()
    rows, left, corners = decimate(points, triangles, triangles, np.ones(len(points)), np.zeros(len(points), bool), 500)
    assert 400 < len(left) <= 502 and len(rows) == len(left) == len(corners)
    assert np.array_equal(left, corners)  # texture corners go along
    before, after = area(points, triangles), area(points, left)
    np.testing.assert_allclose(after[:, 2].sum(), 4.0, atol=1e-9)  # no hole and no fold
    assert after[:, 2].min() > 0.0  # the winding stays
    np.testing.assert_allclose(np.linalg.norm(after, axis=1).sum(), np.linalg.norm(before, axis=1).sum(), rtol=0.01)
    edge = np.flatnonzero(np.abs(points[:, :2]).max(1) == 1.0)
    assert np.isin(edge, left).all()


def test_what_is_locked_stays_and_what_matters_stays_dense():
    points, triangles = a_bumpy_sheet()
    locked = np.abs(points[:, 0]) < 0.02
    weight = np.where(points[:, 1] > 0.0, 30.0, 1.0)
    _, left, _ = decimate(points, triangles, triangles, weight, locked, 600)
    kept = np.unique(left)
    assert np.isin(np.flatnonzero(locked), kept).all()
    inner = points[kept][np.abs(points[kept][:, :2]).max(1) < 0.9]
    assert (inner[:, 1] > 0.05).sum() > 1.3 * (inner[:, 1] < -0.05).sum()


def test_texture_seams_stay():
    points, triangles = a_bumpy_sheet()
    corners = triangles.copy()
    right = points[triangles][:, :, 0].mean(1) > 0.0
    corners[right] += len(points)  # the right half has texture coordinates of its own
    rows, left, kept_corners = decimate(points, triangles, corners, np.ones(len(points)), np.zeros(len(points), bool),
                                        500)
    assert np.array_equal(kept_corners, left + len(points) * right[rows][:, None])
    assert np.isin(np.flatnonzero(np.abs(points[:, 0]) < 1e-9), left).all()


def test_the_same_bytes_twice():
    points, triangles = a_bumpy_sheet()
    arguments = (points, triangles, triangles, np.ones(len(points)), np.zeros(len(points), bool), 700)
    assert all(one.tobytes() == two.tobytes() for one, two in zip(decimate(*arguments), decimate(*arguments)))
