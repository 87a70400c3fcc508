"""Photograph-like rigs: within bounds, and the view keeps its meaning under them."""

import numpy as np
import pytest

from train.augmentation.shots import KEY_ELEVATION, LENS, ROLL, random_rig
from train.camera import CHAIR_RIG, FACE_RIG, View
from train.raster import render
from train.scenes.mesh import Mesh

RIGS = {"face": FACE_RIG, "object": CHAIR_RIG}


def ball() -> Mesh:
    """A grey sphere of radius 0.8 around the origin."""
    down, around = np.meshgrid(np.linspace(0, np.pi, 25), np.linspace(0, 2 * np.pi, 37)[:-1], indexing="ij")
    points = 0.8 * np.stack([np.sin(down) * np.sin(around), np.cos(down), np.sin(down) * np.cos(around)], -1)
    index = np.arange(25 * 36).reshape(25, 36)
    a, b = index[:-1], np.roll(index[:-1], -1, 1)
    c, d = index[1:], np.roll(index[1:], -1, 1)
    triangles = np.concatenate([np.stack([a, c, d], -1).reshape(-1, 3), np.stack([a, d, b], -1).reshape(-1, 3)])
    vertices = points.reshape(-1, 3).astype(np.float32)
    return Mesh(vertices, triangles.astype(np.int32), np.full_like(vertices, 0.35))


@pytest.mark.parametrize("subject", RIGS)
def test_rigs_are_repeatable_and_within_bounds(subject):
    rig = RIGS[subject]
    drawn = [random_rig(rig, np.random.default_rng(seed), subject) for seed in range(300)]
    assert drawn == [random_rig(rig, np.random.default_rng(seed), subject) for seed in range(300)]
    for one in drawn:
        assert one.extent == rig.extent and one.ground == rig.ground
        assert LENS[0] <= one.field_of_view <= LENS[1] and abs(one.roll) <= ROLL
        assert KEY_ELEVATION[subject][0] <= one.light_elevation <= KEY_ELEVATION[subject][1]
        assert 0 <= one.fill <= 0.4 * one.key and 0 <= one.floor_shadow <= 0.9 and one.softness >= 0
        assert one.ambient > 0
    for name in ("field_of_view", "light_elevation", "softness", "roll", "ambient"):
        values = np.array([getattr(one, name) for one in drawn])
        assert len(set(values)) == 300
    assert 0.35 < np.mean([one.fill > 0 for one in drawn]) < 0.65
    shadows = np.mean([one.floor_shadow > 0 for one in drawn])
    assert shadows == 0 if subject == "face" else 0.6 < shadows < 0.9


@pytest.mark.parametrize("subject", RIGS)
def test_the_bright_side_and_the_framing_stay(subject):
    mesh = ball()
    for seed in range(12):
        rig = random_rig(RIGS[subject], np.random.default_rng(seed), subject)
        for light in (-60, 60):
            drawn = render(mesh, View(light=light), rig, 64)
            inside = drawn.mask == 255
            columns, grey = np.nonzero(inside)[1], drawn.colour.mean(-1)[inside]
            right, left = grey[columns >= 36].mean(), grey[columns < 28].mean()
            assert np.sign(light) * (right - left) > 8, (seed, light, rig)
            width = inside.any(0).sum()
            assert width == pytest.approx(64 * 0.8 / rig.extent, abs=5)
            assert np.nonzero(inside.any(0))[0].mean() == pytest.approx(31.5, abs=0.6)
