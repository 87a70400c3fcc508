"""The prior of refined codes: on the curve at any degrees, dear off it, and heard by the descent."""

from __future__ import annotations

import demo_weights
import numpy as np
import pytest
import torch

from dcign import checkpoints, pose_prior
from dcign.calibration import Calibration
from dcign.graphics_code import CodeLayout
from dcign.networks import DCIGN, NetworkConfig
from dcign.pose_prior import PosePrior
from dcign.refinement import Refinement, refine
from dcign.studio import Studio

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


def test_the_density_is_that_of_gaussians(monkeypatch):
    """Of correlated latents, against the formula."""
    monkeypatch.setattr(pose_prior, "_LEVELLING", 0)
    rng = np.random.default_rng(1)
    covariance = np.array([[0.5, 0.2, -0.1], [0.2, 0.3, 0.05], [-0.1, 0.05, 0.4]])
    curve = Calibration("light", np.linspace(-60.0, 60.0, 5), rng.standard_normal((5, 3)), covariance)
    latents = rng.standard_normal((7, 3))
    away = latents[:, None] - curve.latents(curve.hypotheses[0])  # (N, G, g)
    squares = np.einsum("ngi,ij,ngj->ng", away, np.linalg.inv(covariance), away)
    expected = -np.log(np.exp(-0.5 * squares).sum(1) / np.linalg.det(covariance) ** 0.5)
    given = PosePrior(CodeLayout((("light", 3),)), {"light": curve}, weight=1.0)(torch.from_numpy(latents).float())
    assert given.numpy() == pytest.approx(expected, abs=1e-3)


def test_all_of_the_curve_is_alike_its_ends_too(calibrations):
    """However unevenly the curve moves, and the latents scatter about it."""
    degrees = np.linspace(-30.0, 30.0, 13)
    uneven = Calibration("elevation", degrees, np.stack([degrees / 15, (degrees / 20) ** 3], 1),
                         np.eye(2) * np.linspace(0.02, 0.3, 13)[:, None, None])
    stops = np.linspace(-30.0, 30.0, 121)
    for curve in (uneven, calibrations["elevation"]):
        latents = torch.zeros(121, 16)
        latents[:, 2:4] = torch.from_numpy(curve.latents(stops)).float()
        nats = PosePrior(LAYOUT, {"elevation": curve}, weight=1.0)(latents)
        assert float(nats.max() - nats.min()) < 0.1


def test_calibrations_are_left_as_they_are(calibrations):
    latents = np.random.default_rng(2).standard_normal((9, 2))
    before = calibrations["azimuth"].estimate(latents)
    PosePrior(LAYOUT, calibrations)
    assert np.array_equal(calibrations["azimuth"].estimate(latents), before)


def test_sixteen_bits_around_it_change_nothing(calibrations):
    prior, latents = PosePrior(LAYOUT, calibrations), torch.randn(5, 16, generator=torch.Generator().manual_seed(3))
    with torch.autocast("cpu", torch.bfloat16):
        within = prior(latents)
    assert torch.equal(within, prior(latents))


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


@pytest.mark.parametrize("mirrored", [False, True])
def test_refined_codes_stay_nearer_to_the_curve(calibrations, mirrored):
    torch.manual_seed(0)
    network = DCIGN(NetworkConfig.tiny()).eval().requires_grad_(False)
    pictures = network.decode(2 * torch.randn(6, 16, generator=torch.Generator().manual_seed(1)))
    mean, log_variance = network.encode(pictures)
    mean[:, :4] = torch.tensor([2.0, 0.0, 0.5, 0.0])  # on the curve: descent alone leaves it
    free, prior = np.arange(16) >= 4, PosePrior(LAYOUT, calibrations)
    without, within = (prior(refine(network, pictures, mean, log_variance + 3.0, free, Refinement(steps=30), mirrored,
                                    which)[0]) for which in (None, prior))
    assert (within < without).all() and within.mean() < 0.5 * without.mean()


def test_the_studio_refines_with_it_but_for_what_was_not_learned(tmp_path, monkeypatch):
    weights = demo_weights.write(tmp_path, ("faces",)) / "faces"
    loaded = checkpoints.load_weights(weights)
    asked = []

    def seen(network, pictures, mean, log_variance, free, plan, **options):
        asked.append(options["prior"])
        return refine(network, pictures, mean, log_variance, free, Refinement(steps=0))

    monkeypatch.setattr("dcign.refinement.refine", seen)
    for unlearned in ((), ("light",)):
        studio = Studio(loaded.network, loaded.layout, loaded.calibrations, loaded.ranges, name="faces", unlearned=unlearned)
        studio.encode(np.full((64, 64, 3), 200, np.uint8), refine=True)
    latents = torch.randn(3, loaded.layout.size, generator=torch.Generator().manual_seed(4))
    moved = latents.clone()
    moved[:, loaded.layout.slice("light")] += 1.0
    assert not torch.allclose(asked[0](latents), asked[0](moved)) and torch.equal(asked[1](latents), asked[1](moved))
