"""What the encoder itself sees of an error: a likelihood that a smear does not please."""

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from dcign.checkpoints import load_weights
from dcign.networks import DCIGN, NetworkConfig
from train.features import feature_error
from train.likelihood import gaussian

HERE = torch.tensor([[3, 4]])  # where what is seen begins
CHAIRS = Path(__file__).parents[1] / "weights" / "chairs"


@pytest.fixture(scope="module")
def encoder():
    torch.manual_seed(0)
    return DCIGN(NetworkConfig.tiny(16, 40)).encoder


def test_the_drawing_learns_and_the_encoder_learns_only_what_else_it_is_told(encoder):
    target, drawn, parameters = torch.rand(2, 3, 40, 40), torch.rand(2, 3, 40, 40).requires_grad_(), list(encoder.parameters())

    def elsewhere() -> torch.Tensor:
        return encoder(target)[0].square().sum()

    alone = torch.autograd.grad(elsewhere(), parameters, allow_unused=True)
    (elsewhere() + feature_error(encoder, drawn, target, HERE)).backward()
    assert drawn.grad.abs().sum() > 0
    for parameter, gradient in zip(parameters, alone):
        assert parameter.requires_grad
        assert parameter.grad is None if gradient is None else torch.equal(parameter.grad, gradient)
    encoder.zero_grad(set_to_none=True)


def test_parameters_that_were_held_still_remain_so_even_after_an_error(encoder):
    bias = encoder.posterior.bias.requires_grad_(False)
    try:
        with pytest.raises(RuntimeError):
            feature_error(encoder, torch.rand(2, 1, 40, 40), torch.rand(2, 1, 40, 40), HERE)
        assert [p for p in encoder.parameters() if not p.requires_grad] == [bias]
    finally:
        bias.requires_grad_(True)


def test_descent_brings_patches_of_the_picture_to_those_of_the_target(encoder):
    """Not its pixels: noise that max-pools swallow is for the other terms to keep out."""
    coarse = torch.rand(2, 3, 5, 5, generator=torch.Generator().manual_seed(1))
    target = F.interpolate(coarse, scale_factor=8, mode="bilinear")
    drawn = torch.full_like(target, 0.5).requires_grad_()
    optimiser = torch.optim.Adam([drawn], 0.02)

    def away() -> float:
        return float(F.avg_pool2d(drawn.detach() - target, 4).square().mean())

    first, random = away(), torch.Generator().manual_seed(2)
    for _ in range(60):
        optimiser.zero_grad()
        feature_error(encoder, drawn, target, torch.randint(0, 7, (1, 2), generator=random)).backward()
        optimiser.step()
    assert away() < 0.7 * first


def test_every_mini_batch_is_seen_from_its_corner_on(encoder):
    target = torch.rand(4, 3, 40, 40)
    corners, drawn = torch.tensor([[0, 6], [5, 0]]), target.clone().requires_grad_()
    feature_error(encoder, drawn + 0.1, target, corners).backward()
    seen = drawn.grad.abs().amax(1) > 0  # (4, 40, 40)
    for number, (down, across) in enumerate(corners.tolist()):
        inside = torch.zeros(40, 40, dtype=torch.bool)
        inside[down:down + 34, across:across + 34] = True
        for picture in seen[2 * number:2 * number + 2]:
            assert not picture[~inside].any() and picture[inside].float().mean() > 0.5


def test_levels_stop_where_asked_and_are_those_that_the_posterior_is_read_from(encoder):
    pictures = torch.rand(1, 3, 40, 40)
    assert [size for size, _ in encoder.levels(pictures)] == list(encoder.sizes[1:])
    assert [size for size, _ in encoder.levels(pictures, 10)] == [20, 10]
    assert all(x.shape[2:] == (size, size) for size, x in encoder.levels(pictures))


@torch.no_grad()
def test_a_leg_beside_its_place_is_nearer_to_the_truth_than_a_smear():
    """To the pixels it is the other way round."""
    encoder = load_weights(CHAIRS).network.encoder
    target, beside, smear = (torch.full((1, 3, 160, 160), 0.82) for _ in range(3))
    for left in (50, 80, 110):
        target[..., 60:140, left:left + 3] = 0.1
        beside[..., 60:140, left + 2:left + 5] = 0.1
        smear[..., 60:140, left - 6:left + 9] = 0.82 - 0.72 * 3 / 15  # as much ink, where it might be
    assert gaussian(beside - target) > gaussian(smear - target)
    assert feature_error(encoder, beside, target, HERE) < feature_error(encoder, smear, target, HERE)


@torch.no_grad()
def test_a_checkerboard_in_a_smear_brings_it_no_nearer():
    """A max-pool alone would be pleased by dark and light pixels where either may be."""
    encoder = load_weights(CHAIRS).network.encoder
    target, smear = (torch.full((1, 3, 160, 160), 0.82) for _ in range(2))
    for left in (50, 80, 110):
        target[..., 60:140, left:left + 3] = 0.1
        smear[..., 60:140, left - 6:left + 9] = 0.82 - 0.72 * 3 / 15
    rows, columns = torch.meshgrid(torch.arange(160), torch.arange(160), indexing="ij")
    for pattern in (rows + columns, rows, columns):
        dotted = torch.where(smear < 0.82, smear + 0.1 * (2 * (pattern % 2) - 1), smear)
        assert feature_error(encoder, dotted, target, HERE) > feature_error(encoder, smear, target, HERE) - 0.004
