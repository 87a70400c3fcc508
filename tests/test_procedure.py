"""The step that the studio preset takes: what the decoder hears, what is summed up, and where the encoder is drawn."""

from dataclasses import replace

import pytest
import torch
from training_run import configuration

from dcign.graphics_code import CodeLayout
from train.draws import draw
from train.procedure import Procedure, decorrelation_of
from train.schedule import initial, networks_for, rate

FACTORS = ("azimuth", "texture")
EACH = 4  # pictures in a mini-batch


class _Given(torch.nn.Module):
    """A posterior from outside; the decoder keeps what it was told and paints pictures of it."""

    def __init__(self, mean, log_variance):
        super().__init__()
        self.mean, self.log_variance, self.told = mean, log_variance, None

    def encode(self, pictures):
        return self.mean, self.log_variance

    def decode(self, latents):
        self.told = latents.detach()
        return torch.sigmoid(latents[:, :3, None, None] + 0.1 * torch.arange(256.0).view(16, 16).sin())


def _config(clamp: str, **changes):
    return replace(configuration(clamp, len(FACTORS), 1), free=0.0, **changes)


def _numbers(config, step: int = 0):
    return draw(config.seed, step, 0, len(FACTORS), EACH, config.network.latents, len(config.layout))


def _step(config, noise: float = -20.0, step: int = 0):
    """One step on a mini-batch for each factor: mean, log-variance, what was told, loss, terms."""
    count = len(FACTORS) * EACH
    random = torch.Generator().manual_seed(0)
    mean = torch.randn(count, config.network.latents, generator=random).requires_grad_()
    log_variance = torch.full(mean.shape, noise).requires_grad_()
    network = _Given(mean, log_variance)
    targets = torch.rand(count, 3, 16, 16, generator=random)
    procedure = Procedure(network, config, decorrelation_of(config, torch.device("cpu")))
    loss, terms, drawn = procedure(targets, targets, list(FACTORS), _numbers(config, step), 1.0)
    assert drawn.shape == targets.shape
    return mean, log_variance, network.told, loss, terms


def _groups(config):
    layout = CodeLayout(config.layout)
    return {name: layout.slice(name) for name in layout.names}


def test_a_swapped_group_is_that_of_another_picture_of_the_mini_batch():
    config = _config("swap")
    mean, _, told, _, _ = _step(config)
    for number, active in enumerate(FACTORS):
        rows = slice(number * EACH, (number + 1) * EACH)
        own, heard = mean.detach()[rows], told[rows]
        for name, group in _groups(config).items():
            same = [[torch.allclose(heard[k, group], own[j, group], atol=1e-3) for j in range(EACH)] for k in range(EACH)]
            # of the active factor its own, of every other group exactly one other picture's
            assert all(sum(row) == 1 for row in same), name
            assert all(same[k][k] == (name == active) for k in range(EACH)), name


def test_both_is_by_the_coins_a_swap_or_the_mean_whose_gradient_flows():
    config, seen = _config("both", agreement=0.0, decorrelation=0.0), set()
    for step in range(6):
        coins = _numbers(config, step).coins
        mean, _, told, loss, _ = _step(config, step=step)
        group = _groups(config)["light"]  # active in neither
        loss.backward()
        for number, coin in enumerate(coins.tolist()):
            rows = slice(number * EACH, (number + 1) * EACH)
            average = mean.detach()[rows, group].mean(0)
            assert torch.allclose(told[rows, group], average.expand(EACH, -1), atol=1e-3) == coin
            seen.add(coin)
    assert seen == {True, False}


def test_the_papers_clamp_replaces_the_gradient_of_inactive_latents():
    config = _config("mean", decorrelation=0.0, agreement=0.0, values=1e30)  # nothing else reaches them
    mean, _, told, loss, _ = _step(config)
    loss.backward()
    group, value = _groups(config)["light"], mean.detach()[:EACH]
    assert torch.allclose(told[:EACH, group], value[:, group].mean(0).expand(EACH, -1), atol=1e-3)
    expected = config.invariance * (value[:, group] - value[:, group].mean(0))
    assert torch.allclose(mean.grad[:EACH, group], expected, atol=1e-3 * config.invariance)


@pytest.mark.parametrize("likelihood", ["gaussian", "laplace"])
def test_the_loss_is_the_sum_of_its_terms_by_their_weights(likelihood):
    config = _config("swap", likelihood=likelihood, edges=0.7, variation=0.3, structure=1.1, decorrelation=2.0, agreement=3.0)
    *_, loss, terms = _step(config, noise=-1.0)
    expected = (terms[likelihood] + 0.7 * terms["edges"] + 0.3 * terms["variation"] + 1.1 * terms["structure"]
                + 2.0 * terms["explained"] + (terms["kl"] + 3.0 * terms["disagreement"]) / config.values)
    assert float(loss.detach()) == pytest.approx(float(expected), rel=1e-5)
    assert not any(value.requires_grad for value in terms.values())


def test_descent_brings_inactive_posteriors_together_and_all_to_the_prior():
    config = _config("swap", variation=0.0, structure=0.0, decorrelation=0.0, edges=0.0, values=1e-6)  # the nats alone count
    mean, _, _, loss, _ = _step(config, noise=0.0)
    loss.backward()
    value, gradient = mean.detach()[:EACH], mean.grad[:EACH]
    active, inactive = (_groups(config)[name] for name in ("azimuth", "light"))
    prior = (gradient / value)[:, active].mean()
    assert prior > 0 and torch.allclose(gradient[:, active], prior * value[:, active])  # nothing but the prior
    away = value[:, inactive] - value[:, inactive].mean(0)
    assert ((gradient - prior * value)[:, inactive] * away > 0).all()


def test_the_encoder_is_drawn_to_where_refinement_brought_its_codes():
    config = _config("swap")
    network = initial(networks_for(config)[0], 1, torch.device("cpu"))
    procedure = Procedure(network, config, None)
    count, random = len(FACTORS) * EACH, torch.Generator().manual_seed(3)
    mean = torch.randn(count, config.network.latents, generator=random).requires_grad_()
    log_variance = torch.full(mean.shape, -2.0)
    targets = torch.rand(count, 3, 20, 20, generator=random)
    chosen = torch.tensor([True, False])
    centre, gap = procedure._refined(targets, mean, log_variance, chosen, lambda latents, which: latents, 3)
    gap.backward(retain_graph=True)
    moved = centre.detach() - mean.detach()
    assert moved[:EACH].abs().max() > 0.1 and (moved[EACH:] == 0).all()
    variance = log_variance.exp()
    assert torch.allclose(mean.grad, -moved / variance / count, atol=1e-5)  # descent leads to the refined code
    assert float(gap.detach()) == pytest.approx(float(0.5 * (moved.square() / variance).sum(1).mean()), rel=1e-4)
    mean.grad = None
    centre.sum().backward()
    assert torch.equal(mean.grad, torch.ones_like(mean))  # and what is drawn of it goes on to the encoder


def test_the_gap_counts_as_nats():
    config = _config("swap", decorrelation=0.0, variation=0.0, structure=0.0, edges=0.0)
    network = initial(networks_for(config)[0], 1, torch.device("cpu"))
    targets = torch.rand(len(FACTORS) * EACH, 3, 20, 20, generator=torch.Generator().manual_seed(3))
    step = next(step for step in range(20) if _numbers(config, step).refine.any())
    loss, terms, _ = Procedure(network, config, None)(targets, targets, list(FACTORS), _numbers(config, step), 0.5, 2)
    nats = terms["kl"] + config.agreement * terms["disagreement"] + terms["gap"]
    assert terms["gap"] > 0
    assert float(loss.detach()) == pytest.approx(float(terms["gaussian"] + 0.5 * nats / config.values), rel=1e-4)


def test_a_steps_numbers_are_its_own_and_no_picture_is_swapped_with_itself():
    shifts, coins, refine = [], set(), set()
    for step in range(40):
        numbers = draw(1, step, 0, 3, EACH, 6, 5)
        shifts.append(numbers.shifts)
        coins |= set(numbers.coins.tolist())
        refine |= set(numbers.refine.tolist())
    assert set(torch.stack(shifts).flatten().tolist()) == {1, 2, 3} and coins == refine == {True, False}
    one, again, next_step, other_seed = (draw(seed, step, 0, 3, EACH, 6, 5) for seed, step in ((1, 0), (1, 0), (1, 1), (2, 0)))
    assert torch.equal(one.noise, again.noise)
    for other in (next_step.noise, other_seed.noise, one.prior):
        assert not torch.equal(one.noise, other)
    assert not torch.equal(one.noise[:EACH], one.noise[EACH:2 * EACH])
    second = draw(1, 0, 1, 2, EACH, 6, 5)  # as another process draws what is left of the step
    assert torch.equal(second.noise, one.noise[EACH:]) and torch.equal(second.shifts, one.shifts[1:])


def test_the_rate_warms_up_and_falls_by_half_a_cosine():
    phase = replace(configuration("swap", 2, 1).phases[0], pictures=1000, rate=4e-3, last_rate=1e-3)
    assert rate(phase, 0, 0, 10) == pytest.approx(4e-4) and rate(phase, 0, 4, 10) == pytest.approx(2e-3)
    assert rate(phase, 0, 9, 10) == rate(phase, 0, 500, 10) == pytest.approx(4e-3)
    assert rate(phase, 250, 500, 10) == pytest.approx(1e-3 + 3e-3 * 0.8535534)
    assert rate(phase, 500, 500, 10) == pytest.approx(2.5e-3)
    assert rate(phase, 1000, 500, 10) == rate(phase, 1200, 500, 10) == pytest.approx(1e-3)
