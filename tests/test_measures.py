"""The measures on cases whose answer is known."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from dcign.calibration import Calibration
from train.measures import images
from train.measures.equivariance import angle_error, equivariance


@pytest.fixture
def pictures():
    return np.random.default_rng(0).integers(0, 256, (4, 40, 40, 3), dtype=np.uint8)


def test_psnr_of_a_known_error(pictures):
    dark = np.full((1, 8, 8, 3), 100, np.uint8)
    assert images.psnr(dark + 10, dark)[0] == pytest.approx(20 * np.log10(255 / 10), abs=1e-3)
    assert images.psnr(pictures, pictures).min() > 100


def test_ssim_is_one_for_equals_and_falls_with_blur(pictures):
    blurred = gaussian_filter(pictures, (0, 2, 2, 0))
    assert images.ssim(pictures, pictures) == pytest.approx(np.ones(4))
    assert (images.ssim(blurred, pictures) < 0.6).all()


def test_blur_lowers_the_gradient_magnitude(pictures):
    smooth = gaussian_filter(pictures, (0, 3, 3, 0))
    blurred = gaussian_filter(smooth, (0, 3, 3, 0))
    assert (images.gradient_magnitude(blurred) < images.gradient_magnitude(smooth)).all()


def test_grey_mse_is_in_units_of_one():
    black, white = np.zeros((1, 160, 160, 3), np.uint8), np.full((1, 160, 160, 3), 255, np.uint8)
    assert images.grey_mse_150(black, white) == pytest.approx(1.0)


def test_angle_error_goes_around_the_circle():
    assert angle_error(np.array([179.0]), np.array([-179.0]), True)[0] == pytest.approx(2.0)
    assert angle_error(np.array([80.0]), np.array([-80.0]), False)[0] == pytest.approx(160.0)


@pytest.mark.parametrize("circular", [False, True])
def test_latents_that_follow_the_angle_score_well_and_noise_scores_like_chance(circular):
    rng = np.random.default_rng(1)
    degrees = rng.uniform(-180 if circular else -86, 180 if circular else 86, 800)
    groups = np.repeat(np.arange(200), 4)
    radians = np.deg2rad(degrees)
    signal = np.stack([np.sin(radians), np.cos(radians)] if circular else [degrees / 50, -degrees / 90], 1)
    noisy = signal + rng.normal(0, 0.02, signal.shape)
    limits = (-180.0, 180.0) if circular else (-86.0, 86.0)
    good = equivariance(noisy, degrees, groups, Calibration.fit(noisy, degrees, circular=circular, limits=limits))
    assert good["calibrated_mae"] < 2 and good["linear_mae"] < 2 and good["neighbours_mae"] < 3
    noise = rng.normal(size=signal.shape)
    poor = equivariance(noise, degrees, groups, Calibration.fit(noise, degrees, circular=circular, limits=limits))
    assert poor["calibrated_mae"] > 0.8 * poor["chance_mae"] and poor["neighbours_mae"] > 0.8 * poor["chance_mae"]
