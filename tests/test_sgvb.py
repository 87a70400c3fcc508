"""One step as the paper takes it and what each choice changes in it: clamping, its gradient, the terms, RMSprop."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from train import likelihood, objective
from train.draws import draw
from train.optimiser import RMSprop
from train.pool import MIXED
from train.presets import paper, preset

LAYOUT = (("azimuth", 1), ("elevation", 1), ("light", 1), ("intrinsic", 3))


class _Fake(torch.nn.Module):
    """Latents given from outside; the decoder paints each picture in the sum of its latents."""

    def __init__(self, mean, log_variance):
        super().__init__()
        self.mean, self.log_variance = mean, log_variance
        self.decoded = None

    def encode(self, pictures):
        return self.mean, self.log_variance

    def decode(self, latents):
        self.decoded = latents.detach()
        return torch.sigmoid(latents.sum(1))[:, None, None, None].expand(-1, 3, 4, 4)


def _step(config, noise: float = -30.0, factors=("azimuth", "intrinsic")):
    """Gradients of one step on 2 mini-batches of 4 pictures, with little noise."""
    mean = torch.randn(8, 6, generator=torch.Generator().manual_seed(0)).requires_grad_()
    log_variance = torch.full((8, 6), noise).requires_grad_()
    network = _Fake(mean, log_variance)
    targets = torch.full((8, 1, 4, 4), 0.9)
    loss, terms, drawn = objective.sgvb(network, targets, targets, list(factors), config, draw(1, 0, 0, 2, 4, 6, 4), config.kl)
    loss.backward()
    return mean, log_variance, network.decoded, loss.detach(), terms, drawn


def _sgvb(**changes):
    return replace(paper("faces"), layout=LAYOUT, **changes)


def test_inactive_latents_are_the_mean_and_are_drawn_together():
    mean, log_variance, decoded, *_ = _step(_sgvb(kl=0.0))
    value = mean.detach()
    for row in range(4):  # azimuth varies: the rest is the mean of the four
        assert torch.allclose(decoded[row, 1:], value[:4, 1:].mean(0), atol=1e-5)
        assert decoded[row, 0] == pytest.approx(float(value[row, 0]), abs=1e-5)
    for row in range(4, 8):
        assert torch.allclose(decoded[row, :3], value[4:, :3].mean(0), atol=1e-5)
    expected = 0.01 * (value[:4, 1:] - value[:4, 1:].mean(0))
    assert torch.allclose(mean.grad[:4, 1:], expected, atol=1e-6)  # not divided by anything
    assert (mean.grad[:4, 0] != 0).all()


def test_the_loss_is_summed_over_pixels_latents_and_pictures():
    _, _, _, loss, terms, drawn = _step(_sgvb())
    target = torch.full((8, 1, 4, 4), 0.9)
    entropy = -(target * drawn.log() + (1 - target) * (1 - drawn).log()).sum()
    assert float(loss) == pytest.approx(float(entropy + 8 * terms["kl"]), rel=1e-4)
    assert drawn.shape == target.shape


def test_noise_is_clamped_with_the_latents_or_drawn_afterwards():
    before = _step(_sgvb(clamped="latents"), noise=0.0)[2]
    after = _step(_sgvb(clamped="posterior"), noise=0.0)[2]
    assert before[:4, 1:].std(0).max() < 1e-6
    assert after[:4, 1:].std(0).min() > 0.1


def test_the_code_clamps_to_the_first_picture_with_the_same_gradient():
    mean, _, decoded, *_ = _step(_sgvb(clamp="first", kl=0.0))
    assert torch.allclose(decoded[:4, 1:], mean.detach()[0, 1:].expand(4, -1), atol=1e-5)
    assert torch.allclose(decoded[4:, :3], mean.detach()[4, :3].expand(4, -1), atol=1e-5)
    assert torch.allclose(mean.grad[:4, 1:], _step(_sgvb(kl=0.0))[0].grad[:4, 1:], atol=1e-6)


def test_the_kl_gradient_reaches_all_latents_or_the_active_ones():
    plain = _step(_sgvb(kl=0.0, invariance=0.0), noise=-1.0)[0].grad
    everywhere = _step(_sgvb(invariance=0.0), noise=-1.0)
    active = _step(_sgvb(invariance=0.0, kl_reaches="active"), noise=-1.0)
    value = everywhere[0].detach()
    assert torch.allclose(everywhere[0].grad - plain, value, atol=1e-4)  # d KL / d mean = mean
    assert torch.allclose(active[0].grad[:4, 0] - plain[:4, 0], value[:4, 0], atol=1e-4)
    assert (active[0].grad[:4, 1:] == 0).all() and (active[1].grad[:4, 1:] == 0).all()
    assert everywhere[4]["kl"] == active[4]["kl"]


def test_nothing_is_clamped_in_the_baselines():
    for name in ("entangled", "beta", "info"):
        config = replace(preset(name, "faces"), layout=LAYOUT)
        mean, _, decoded, loss, terms, _ = _step(config, factors=(MIXED, MIXED))
        assert torch.allclose(decoded, mean.detach(), atol=1e-5)
        total = terms["bernoulli"] + config.kl * terms["kl"] + config.mmd * terms.get("mmd", 0.0)
        assert float(loss) == pytest.approx(float(8 * total), rel=1e-4)
        assert ("mmd" in terms) == (name == "info")


def test_mmd_is_zero_on_average_for_the_prior_and_grows_away_from_it():
    def average(change):
        values = []
        for seed in range(40):
            numbers = torch.randn(2, 20, 10, generator=torch.Generator().manual_seed(seed))
            values.append(objective.mmd(change(numbers[0]), numbers[1]))
        return float(torch.stack(values).mean())

    same, moved, narrow = average(lambda z: z), average(lambda z: z + 1), average(lambda z: 0.3 * z)
    assert abs(same) < 0.02
    assert moved > 0.3 and narrow > 0.1


def _descend(make_optimiser, steps: int) -> torch.Tensor:
    torch.manual_seed(0)
    layer = torch.nn.Linear(4, 3)
    optimiser = make_optimiser(layer.parameters())
    for _ in range(steps):
        optimiser.zero_grad()
        layer(torch.randn(6, 4)).square().sum().backward()
        optimiser.step()
    return layer.weight.detach()


def test_rmsprop_without_momentum_is_adam_without_momentum():
    mine = _descend(lambda p: RMSprop(p, lr=1e-2, momentum=0.0, weight_decay=0.01), 6)
    theirs = _descend(lambda p: torch.optim.Adam(p, lr=1e-2, betas=(0.0, 0.99), weight_decay=0.01), 6)
    assert torch.allclose(mine, theirs, atol=1e-6)


def test_momentum_repeats_a_tenth_of_the_last_step():
    weight = torch.nn.Parameter(torch.zeros(()))
    optimiser, places = RMSprop([weight], lr=1e-2, momentum=0.1, weight_decay=0.0), [0.0]
    for _ in range(3):
        weight.grad = torch.ones(())
        optimiser.step()
        places.append(float(weight.detach()))
    assert np.allclose(-np.diff(places), [1e-2, 1.1e-2, 1.11e-2], rtol=1e-4)


def test_a_pixel_that_is_surely_wrong_still_gets_a_gradient():
    logits = torch.tensor([-18.0, 14.0, 0.0]).view(1, 1, 1, 3).requires_grad_()
    loss = likelihood.bernoulli(torch.sigmoid(logits), torch.tensor([1.0, 0.0, 1.0]).view(1, 1, 1, 3))
    loss.backward()
    assert torch.allclose(logits.grad.flatten(), torch.tensor([-1.0, 1.0, -0.5]), atol=0.01)
    assert float(loss.detach()) == pytest.approx(18 + 14 + np.log(2), rel=0.01)
