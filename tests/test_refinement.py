"""Codes moved nearer to their picture: what improves, what stays, and who is asked."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from dcign.networks import DCIGN, NetworkConfig
from dcign.paper_network import PaperConfig, PaperNetwork
from dcign.photos import Prepared
from dcign.refinement import Refinement, can_refine, refine


@pytest.fixture(scope="module")
def network() -> DCIGN:
    torch.manual_seed(0)
    return DCIGN(NetworkConfig.tiny()).eval().requires_grad_(False)


@pytest.fixture(scope="module")
def pictures(network) -> torch.Tensor:
    """What the network draws of four codes: pictures that it can reach."""
    return network.decode(2 * torch.randn(4, 16, generator=torch.Generator().manual_seed(1)))


def _error(network: DCIGN, latents: torch.Tensor, pictures: torch.Tensor) -> torch.Tensor:
    return (network.decode(latents) - pictures).square().mean((1, 2, 3))


def test_every_picture_is_drawn_better_and_no_weight_moves(network, pictures):
    before = {name: value.clone() for name, value in network.state_dict().items()}
    with torch.no_grad():
        mean, log_variance = network.encode(pictures)
    wide = log_variance + 3.0  # the encoder knows nothing yet: let the codes go far
    refined = refine(network, pictures, mean, wide, Refinement(steps=40))
    assert (_error(network, refined, pictures) < 0.8 * _error(network, mean, pictures)).all()
    assert not refined.requires_grad
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_no_step_leaves_the_encoders_answer(network, pictures):
    mean, log_variance = network.encode(pictures)
    assert torch.equal(refine(network, pictures, mean, log_variance, Refinement(steps=0)), mean)


def test_each_picture_is_refined_by_itself(network, pictures):
    mean, log_variance = network.encode(pictures)
    together = refine(network, pictures, mean, log_variance)
    alone = torch.cat([refine(network, pictures[i:i + 1], mean[i:i + 1], log_variance[i:i + 1]) for i in range(4)])
    assert torch.allclose(together, alone, atol=2e-3)


def test_nearness_keeps_the_code_with_the_encoder(network, pictures):
    mean, log_variance = network.encode(pictures)
    loose, tight = (refine(network, pictures, mean, log_variance, Refinement(nearness=weight)) for weight in (0.0, 1e4))
    assert (tight - mean).norm() < 0.5 * (loose - mean).norm()


def test_inference_mode_changes_nothing(network, pictures):
    mean, log_variance = network.encode(pictures)
    outside = refine(network, pictures, mean, log_variance)
    with torch.inference_mode():
        inside = refine(network, pictures, *network.encode(pictures))
    assert torch.allclose(inside, outside, atol=1e-5)


def test_the_draft_is_the_picture_at_half_the_size(network):
    latents = torch.randn(2, 16)
    assert network.draft(latents).shape == (2, 3, 20, 20)
    assert network.decode(latents).shape == (2, 3, 40, 40)
    small = DCIGN(network.config.smaller())
    assert torch.equal(small.draft(latents), small.decode(latents))  # one head: the draft is all there is


def test_the_papers_network_has_no_draft(network):
    assert can_refine(network) and not can_refine(PaperNetwork(PaperConfig()))


def test_numbers_out_of_range_are_refused():
    with pytest.raises(ValueError, match="out of range"):
        Refinement(drafts=1.5)


def test_a_studio_refines_clean_pictures_unless_told_otherwise(studio):
    rng = np.random.default_rng(0)
    picture = Image.fromarray(rng.integers(0, 255, (studio.size, studio.size, 3), np.uint8))
    clean, cluttered = Prepared(picture, True, clean=True), Prepared(picture, True)
    plain = studio.encode(cluttered)
    assert np.array_equal(studio.encode(clean, refine=False).latents, plain.latents)
    refined = studio.encode(clean)
    assert not np.array_equal(refined.latents, plain.latents)
    assert np.array_equal(studio.encode(cluttered, refine=True).latents, refined.latents)
    both = studio.encode_many([clean, cluttered])
    assert np.allclose(both[0].latents, refined.latents, atol=2e-3)
    assert np.allclose(both[1].latents, plain.latents, atol=1e-5)


def test_a_render_is_clean_and_a_photograph_is_not(studio):
    size, ground = studio.size, studio.spec.ground
    render = np.full((size, size, 3), ground, np.uint8)
    render[size // 4:-size // 4, size // 4:-size // 4] = 90
    assert studio.prepare(Image.fromarray(render)).clean
    clutter = np.random.default_rng(1).integers(0, 255, (200, 200, 3), np.uint8)
    assert not studio.prepare(Image.fromarray(clutter)).clean
