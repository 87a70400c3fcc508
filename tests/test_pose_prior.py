"""The prior of refined codes: on the curve at any degrees, dear off it, and heard by the descent."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from dcign.calibration import Calibration
from dcign.graphics_code import CodeLayout
from dcign.networks import DCIGN, NetworkConfig
from dcign.pose_prior import PosePrior
from dcign.refinement import Refinement, refine

LAYOUT = CodeLayout((("azimuth", 2), ("elevation", 2), ("intrinsic", 12)))


@pytest.fixture(scope="module")
def calibrations() -> dict[str, Calibration]:
    """Azimuth around a circle of radius 2, elevation along a line; the spread of either is 0.2."""
    rng = np.random.default_rng(0)
    turn, rise = rng.uniform(-180, 180, 2000), rng.uniform(-30, 30, 2000)
    circle = 2 * np.stack([np.cos(np.deg2rad(turn)), np.sin(np.deg2rad(turn))], 1)
    line = np.stack([rise / 15, np.zeros(2000)], 1)
    circle, line = (points + 0.2 * rng.standard_normal(points.shape) for points in (circle, line))
    return {"azimuth": Calibration.fit(circle, turn, "azimuth", circular=True),
            "elevation": Calibration.fit(line, rise, "elevation", limits=(-30.0, 30.0))}


def _latents(azimuth: tuple[float, float], elevation: tuple[float, float] = (0.0, 0.0)) -> torch.Tensor:
    return torch.cat([torch.tensor([*azimuth, *elevation]), torch.zeros(12)])[None]


def test_it_is_the_density_about_the_curve(calibrations):
    prior = PosePrior(LAYOUT, {"azimuth": calibrations["azimuth"]}, weight=1.0)
    on, off, further = (float(prior(_latents((radius, 0.0)))) for radius in (2.0, 2.4, 2.8))
    assert on < off < further
    assert off - on == pytest.approx(0.5 * (0.4 / 0.2) ** 2, rel=0.25)  # a Gaussian of the spread across the curve


def test_all_degrees_are_alike(calibrations):
    prior = PosePrior(LAYOUT, calibrations, weight=1.0)
    around = np.deg2rad(np.arange(0, 360, 30))
    nats = torch.cat([prior(_latents((2 * np.cos(angle), 2 * np.sin(angle)))) for angle in around])
    assert float(nats.max() - nats.min()) < 0.5
    along = torch.cat([prior(_latents((2.0, 0.0), (degrees / 15, 0.0))) for degrees in (-20, -10, 0, 10, 20)])
    assert float(along.max() - along.min()) < 0.5


def test_the_weight_is_a_factor_and_the_identity_is_free(calibrations):
    latents = _latents((2.3, 0.4), (0.2, 0.3))
    once, twice = (PosePrior(LAYOUT, calibrations, weight)(latents) for weight in (1.0, 2.0))
    assert torch.allclose(2 * once, twice)
    other = latents.clone()
    other[:, 4:] = 3.0
    assert torch.equal(PosePrior(LAYOUT, calibrations)(other), PosePrior(LAYOUT, calibrations)(latents))


def test_it_has_a_gradient_even_where_a_caller_infers(calibrations):
    with torch.inference_mode():
        prior = PosePrior(LAYOUT, calibrations, weight=1.0)
    latents = _latents((2.6, 0.0), (0.0, 0.5)).requires_grad_()
    gradient, = torch.autograd.grad(prior(latents).sum(), latents)
    assert gradient[0, 0] > 0 and gradient[0, 3] > 0  # descent goes back to the circle and to the line
    assert not gradient[0, 4:].any()


def test_refined_codes_stay_nearer_to_the_curve(calibrations):
    torch.manual_seed(0)
    network = DCIGN(NetworkConfig.tiny()).eval().requires_grad_(False)
    pictures = network.decode(2 * torch.randn(6, 16, generator=torch.Generator().manual_seed(1)))
    mean, log_variance = network.encode(pictures)
    free, prior = np.arange(16) >= 4, PosePrior(LAYOUT, calibrations)
    without, within = (refine(network, pictures, mean, log_variance + 3.0, free, Refinement(steps=30), prior=which)[0]
                       for which in (None, prior))
    assert (prior(within) < prior(without)).all()
