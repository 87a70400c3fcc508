"""What may befall an input: repeatable, within bounds, and clean at the subject's edges."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from train.augmentation import AugmentConfig, photograph
from train.augmentation.cutout import compose, take_apart, warp
from train.augmentation.degrade import finish, forward, frame, gaussian, random_crop
from train.augmentation.grounds import MIX, new_ground
from train.augmentation.landmarks import find_box, find_eyes
from train.augmentation.shapes import BOX, ELLIPSE, paint, placed, shape, spread, tables

GROUND = (208, 208, 208)
NOTHING = AugmentConfig(touched=1, crop=0, background=0, framed=0, occluders=0, clothes=0, lights=0, blur=0,
                        sharpen=0, noise=0, jpeg=0)


def to_srgb(linear: np.ndarray) -> np.ndarray:
    """Linear light in [0, 1] to uint8."""
    return np.rint(tables()[1][np.rint(linear.clip(0, 1) * 16384).astype(int)]).astype(np.uint8)


def disc(size: int, colour=(0.02, 0.3, 0.1), ground=GROUND, radius=0.3, shadow=False) -> np.ndarray:
    """A disc with soft edges on a ground, mixed in linear light; with ``shadow``, the ground below keeps 40 %."""
    y, x = (np.mgrid[:size, :size] + 0.5) / size - 0.5
    cover = ((radius - np.hypot(x, y)) * size + 0.5).clip(0, 1)
    cover = np.rint(cover * 255) / 255
    light = np.ones((size, size, 1)) * tables()[0][list(ground)]
    if shadow:
        light[int(0.85 * size):] *= 0.4
    linear = cover[..., None] * np.array(colour) + (1 - cover[..., None]) * light
    return np.concatenate([to_srgb(linear), np.rint(cover * 255)[..., None].astype(np.uint8)], -1)


def face(size: int) -> np.ndarray:
    """An oval head with two dark eyes under a fringe, a mouth and a neck down to the border."""
    layer = np.empty((size, size, 3), np.float32)
    spread(tables()[0][list(GROUND)][None, None], layer)
    skin, dark = (0.5, 0.3, 0.2), (0.03, 0.02, 0.02)
    rows = [shape(BOX, 0.5, 0.9, 0.15, 0.2, skin), shape(ELLIPSE, 0.5, 0.5, 0.28, 0.4, skin),
            shape(ELLIPSE, 0.5, 0.16, 0.22, 0.09, dark), shape(BOX, 0.5, 0.74, 0.09, 0.02, dark),
            *(shape(ELLIPSE, 0.5 + side * 0.11, 0.46, 0.05, 0.022, dark) for side in (-1, 1))]
    cover = np.zeros((size, size, 4), np.float32)
    paint(layer, np.array(rows, np.float32), cover[..., 3])
    paint(cover, np.array(rows, np.float32), cover[..., 3].copy())
    return np.concatenate([to_srgb(layer), np.rint(cover[..., 3:] * 255).astype(np.uint8)], -1)


@pytest.mark.parametrize("subject", ["face", "object"])
@pytest.mark.parametrize("size", [61, 80, 160])
def test_the_same_state_gives_the_same_bytes(subject, size):
    picture = face(size) if subject == "face" else disc(size, shadow=True)
    before = picture.copy()
    for seed in range(25):
        one, two = (photograph(picture, GROUND, AugmentConfig(touched=1), np.random.default_rng(seed), subject)
                    for _ in range(2))
        assert one.shape == (size, size, 3) and one.dtype == np.uint8 and one.flags.c_contiguous
        assert one.tobytes() == two.tobytes()
    assert (picture == before).all()


def test_about_a_quarter_of_the_pictures_stays_as_rendered():
    picture = disc(32)
    same = [(photograph(picture, GROUND, AugmentConfig(), np.random.default_rng(seed), "object")
             == picture[..., :3]).all() for seed in range(600)]
    assert 0.22 < np.mean(same) < 0.34


def test_nothing_asked_for_changes_nothing():
    for picture in (disc(48), face(80)):
        assert (photograph(picture, GROUND, NOTHING, np.random.default_rng(1)) == picture[..., :3]).all()


@pytest.mark.parametrize("subject", ["face", "object"])
def test_another_ground_leaves_the_subject_alone(subject):
    picture = disc(80)
    inside, outside = picture[..., 3] == 255, picture[..., 3] == 0
    seen = []
    for seed in range(30):
        changed = photograph(picture, GROUND, replace(NOTHING, background=1), np.random.default_rng(seed), subject)
        assert (changed[inside] == picture[inside, :3]).all()
        assert (changed[outside] != picture[outside, :3]).any(-1).mean() > 0.5
        seen.append(changed[outside].mean(0))
    assert np.std(seen, axis=0).min() > 25


@pytest.mark.parametrize("kind", MIX["object"])
def test_grounds_differ_and_are_light(kind):
    assert set(MIX["face"]) == set(MIX["object"]) and sum(MIX["face"].values()) == pytest.approx(1)
    assert sum(MIX["object"].values()) == pytest.approx(1)
    for subject in MIX:
        grounds = [new_ground(disc(64)[..., 3] / 255, subject, np.random.default_rng(seed), kind)
                   for seed in range(12)]
        assert all(ground.dtype == np.float32 and np.isfinite(ground).all() and ground.min() >= 0 for ground in grounds)
        assert np.std([ground.mean() for ground in grounds]) > 0.05
        bumpy = np.mean([np.ptp(ground, (0, 1)).max() for ground in grounds])
        assert bumpy < 1e-6 if kind == "plain" else bumpy > 0.02


@pytest.mark.parametrize("colour", [(0.0, 0.0, 0.0), (0.9, 0.9, 0.9), (0.02, 0.3, 0.1)])
@pytest.mark.parametrize("old, new", [((255, 255, 255), (0, 0, 0)), ((208, 208, 208), (30, 90, 200)),
                                      ((20, 20, 20), (255, 255, 255))])
def test_no_halo_of_the_old_ground(colour, old, new):
    light = np.empty((80, 80, 3), np.float32)
    spread(tables()[0][list(new)][None, None], light)
    compose(take_apart(disc(80, colour, old), old), light)
    wanted = disc(80, colour, new)
    edge = (wanted[..., 3] > 0) & (wanted[..., 3] < 255)
    assert edge.sum() > 60
    # one level of 8-bit sRGB before is up to a few of them on a darker ground
    difference = np.abs(to_srgb(light).astype(int) - wanted[..., :3])
    assert difference[~edge].max() <= 1 and difference[edge].mean() < 4 and difference.max() <= 24


def test_a_floor_shadow_falls_on_the_new_ground():
    plain, shaded = disc(80), disc(80, shadow=True)
    for seed in range(20):
        bright, dark = (tables()[0][photograph(picture, GROUND, replace(NOTHING, background=1),
                                               np.random.default_rng(seed), "object")] for picture in (plain, shaded))
        below = (plain[..., 3] == 0) & (np.arange(80)[:, None] >= 0.86 * 80)
        clear = below & (bright.min(-1) > 0.1) & (bright.max(-1) < 1)
        if clear.sum() > 100:
            assert (dark[clear] / bright[clear]).mean() == pytest.approx(0.4, abs=0.03)
        assert (dark[:60] == bright[:60]).all()


@pytest.mark.parametrize("subject, settings", [("face", {"occluders": 1}), ("face", {"clothes": 1}),
                                               ("object", {"occluders": 1})])
def test_no_more_than_a_quarter_is_covered(subject, settings):
    picture = face(80) if subject == "face" else disc(80)
    inside = picture[..., 3] > 0
    shares = []
    for seed in range(60):
        changed = photograph(picture, GROUND, replace(NOTHING, **settings), np.random.default_rng(seed), subject)
        covered = (np.abs(changed.astype(int) - picture[..., :3]) > 8).any(-1)
        shares.append((covered.mean(), covered[inside].mean()))
    assert np.max(shares) < 0.3  # soft edges count in full here
    assert np.mean(np.array(shares)[:, 0] > 0.01) > 0.6


def test_glasses_are_put_on_eyes():
    for size in (80, 160):
        picture = face(size)
        box = find_box(picture)
        assert box.top == pytest.approx(0.07, abs=0.04) and box.bottom == 1.0
        x, y, wide = find_eyes(picture, box)
        assert x == pytest.approx(0.5, abs=0.02) and y == pytest.approx(0.46, abs=0.04) and 0.15 < wide < 0.3
    blind = disc(80, radius=0.45)
    assert find_eyes(blind, find_box(blind)) is None
    assert find_box(np.zeros((80, 80, 4), np.uint8)) is None


def test_a_crop_moves_what_it_shows_to_where_it_says():
    planes, moved = take_apart(disc(96, radius=0.1), GROUND), np.empty((96, 96, 5), np.float32)
    warp(planes, np.eye(3, dtype=np.float32), moved)
    np.testing.assert_allclose(moved, planes, atol=2e-3)
    config = replace(AugmentConfig(), perspective=0.0)
    for seed in range(20):
        crop = random_crop(config, np.random.default_rng(seed))
        warp(planes, crop, moved)
        y, x = np.nonzero(moved[..., 3] > 0.5)
        row = placed([shape(ELLIPSE, 0.5, 0.5, 0.1, 0.1, (1, 1, 1))], forward(crop))[0]
        assert (x.mean() + 0.5) / 96 == pytest.approx(row[1], abs=0.01)
        assert (y.mean() + 0.5) / 96 == pytest.approx(row[2], abs=0.01)
        assert np.hypot(x.mean() - 47.5, y.mean() - 47.5) < 96 * 0.08
        assert abs(np.degrees(row[5])) < 9


def test_new_ground_and_not_its_border_goes_on_beyond_a_crop():
    picture = disc(64)
    settings = replace(NOTHING, crop=1, shift=0.08)
    for seed in range(10):
        moved = photograph(picture, GROUND, settings, np.random.default_rng(seed), "object")
        assert (np.concatenate([moved[:4].reshape(-1, 3), moved[-4:].reshape(-1, 3)]) == GROUND).all()


def test_bars_beside_a_picture_end_at_the_subject():
    mask = disc(64)[..., 3] / np.float32(255)
    barred = 0
    for seed in range(20):
        light = np.random.default_rng(1).random((64, 64, 3), np.float32)
        before = light.copy()
        frame(light, mask, np.random.default_rng(seed))
        assert (light[mask > 0.02] == before[mask > 0.02]).all()
        barred += (light != before).any()
    assert barred > 12


def test_a_blur_spreads_evenly():
    picture = np.zeros((41, 41, 3), np.float32)
    picture[20, 20] = 1
    soft = gaussian(picture, 2.0)
    assert soft.sum() == pytest.approx(3, rel=1e-3)
    spread_out = (soft[..., 0] * (np.arange(41) - 20.0) ** 2).sum()
    assert spread_out == pytest.approx(4.0, rel=0.1)
    np.testing.assert_allclose(soft, soft.transpose(1, 0, 2), atol=1e-6)
    assert gaussian(np.ones((9, 9, 3), np.float32), 3.0) == pytest.approx(1)  # the border goes on


def test_noise_and_jpeg_are_of_the_asked_strength():
    levels = np.full((64, 64, 3), 120, np.float32)
    noisy = [finish(levels, replace(NOTHING, noise=1, noise_deviation=0.04), np.random.default_rng(seed)).astype(int)
             for seed in range(60)]
    deviations = [picture.std() for picture in noisy]
    assert max(deviations) < 0.04 * 255 * 1.1 and np.mean(deviations) > 1
    assert abs(np.mean([picture.mean() for picture in noisy]) - 120) < 0.2
    grey = [(picture[..., 0] == picture[..., 2]).mean() > 0.99 for picture in noisy]
    assert 0.15 < np.mean(grey) < 0.7
    sharp = disc(64)[..., :3].astype(np.float32)
    pressed = finish(sharp, replace(NOTHING, jpeg=1), np.random.default_rng(0))
    assert 0.2 < np.abs(pressed - sharp).mean() < 12


def test_it_runs_without_torch():
    code = "import sys, train.augmentation.photograph, train.augmentation.shots; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
