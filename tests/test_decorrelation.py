"""What the other latents tell of a factor is found, taken away, and kept with the run."""

import copy

import torch

from dcign.graphics_code import CodeLayout
from train import state
from train.decorrelation import Decorrelation

LAYOUT = CodeLayout((("azimuth", 2), ("light", 1), ("intrinsic", 5)))


def _codes(number, mixing):
    """(256, 8) independent normal latents, but for what ``mixing`` (3, 5) lets the intrinsic ones know of the pose."""
    codes = torch.randn(256, 8, generator=torch.Generator().manual_seed(number))
    return torch.cat([codes[:, :3], codes[:, 3:] + codes[:, :3] @ mixing], 1)


def test_the_share_that_is_explained_is_that_of_a_regression():
    moments, none, some = Decorrelation(LAYOUT), torch.zeros(3, 5), torch.zeros(3, 5)
    some[2, 0] = 1.0  # the first intrinsic latent is light plus noise of the same size: half of its variance
    for number in range(100):
        nothing = moments(_codes(number, none))
    assert nothing.abs() < 0.05
    moments = Decorrelation(LAYOUT)
    shares = torch.stack([moments(_codes(number, some)) for number in range(300)])
    assert abs(shares[100:].mean() - 0.5 / 6) < 0.02  # half of light, nothing of its powers, nothing of azimuth


def test_what_cancels_between_two_sides_is_found():
    """The intrinsic latents know light times azimuth: a regression on all azimuths sees nothing of light."""
    moments, shares = Decorrelation(LAYOUT), []
    for number in range(300):
        codes = _codes(number, torch.zeros(3, 5))
        codes[:, 3] = 0.2 * codes[:, 3] + codes[:, 2] * codes[:, 0]
        shares.append(moments(codes))
    assert abs(torch.stack(shares[100:]).mean() - 0.5) < 0.05  # of the two products nearly all of one, nothing of the other


def test_what_folds_back_along_the_range_is_found():
    """The intrinsic latents know the square of light: on its whole range a regression sees nothing of light in them."""
    moments, shares = Decorrelation(LAYOUT), []
    for number in range(300):
        codes = _codes(number, torch.zeros(3, 5))
        codes[:, 3] = 0.2 * codes[:, 3] + codes[:, 2].square()
        shares.append(moments(codes))
    assert abs(torch.stack(shares[100:]).mean() - 1 / 6) < 0.03  # all of the square, nothing of light, nor of azimuth


def test_a_wave_along_the_range_is_found():
    """The intrinsic latents know light up to a point, and its opposite beyond."""
    moments, shares = Decorrelation(LAYOUT), []
    for number in range(300):
        codes = _codes(number, torch.zeros(3, 5))
        codes[:, 3] = 0.2 * codes[:, 3] + (codes[:, 2] ** 3 - 3 * codes[:, 2]) / 6**0.5  # no correlation with light
        shares.append(moments(codes))
    assert abs(torch.stack(shares[100:]).mean() - 1 / 6) < 0.03


def test_descent_takes_the_leak_away():
    mixing = torch.full((3, 5), 0.7, requires_grad=True)
    moments, optimiser = Decorrelation(LAYOUT), torch.optim.SGD([mixing], 0.5)
    for number in range(500):
        optimiser.zero_grad()
        moments(_codes(number, mixing)).backward()
        optimiser.step()
    assert mixing.detach().abs().max() < 0.2


def test_moments_are_kept_with_the_run(tmp_path):
    network, moments = torch.nn.Linear(2, 2), Decorrelation(LAYOUT)
    for number in range(5):
        moments(_codes(number, torch.ones(3, 5)))
    optimiser = torch.optim.AdamW(network.parameters())
    state.save(tmp_path / "state.safetensors", network, copy.deepcopy(network), optimiser, {"step": 5}, moments)
    again = Decorrelation(LAYOUT)
    state.restore(tmp_path / "state.safetensors", network, copy.deepcopy(network), optimiser, again)
    assert torch.equal(again(_codes(9, torch.ones(3, 5))), moments(_codes(9, torch.ones(3, 5))))


def test_a_state_without_moments_starts_them_from_zero(tmp_path):
    network, moments = torch.nn.Linear(2, 2), Decorrelation(LAYOUT)
    optimiser = torch.optim.AdamW(network.parameters())
    state.save(tmp_path / "state.safetensors", network, copy.deepcopy(network), optimiser, {"step": 5})
    state.restore(tmp_path / "state.safetensors", network, copy.deepcopy(network), optimiser, moments)
    assert moments.steps == 0


def test_moments_of_something_else_start_from_zero(tmp_path):
    network, moments = torch.nn.Linear(2, 2), Decorrelation(LAYOUT)
    optimiser = torch.optim.AdamW(network.parameters())
    old = torch.nn.Module()
    old.register_buffer("first", torch.ones(8))
    state.save(tmp_path / "state.safetensors", network, copy.deepcopy(network), optimiser, {"step": 5}, old)
    state.restore(tmp_path / "state.safetensors", network, copy.deepcopy(network), optimiser, moments)
    assert moments.steps == 0


def test_a_latent_of_two_values_is_no_end_of_the_run():
    """Its square is constant: nothing to make orthogonal."""
    moments = Decorrelation(LAYOUT)
    for number in range(20):
        codes = _codes(number, torch.zeros(3, 5))
        codes[:, 2] = codes[:, 2].sign()
        assert moments(codes).isfinite()


def test_smaller_latents_are_no_way_out():
    """The regression lags behind: a term that a smaller scale lowers for a moment would shrink the codes for ever."""
    moments, mixing = Decorrelation(LAYOUT), torch.full((3, 5), 0.7)
    for number in range(100):
        moments(_codes(number, mixing))
    scale = torch.ones(8, requires_grad=True)
    moments(_codes(100, mixing) * scale).backward()
    assert scale.grad.abs().max() < 1e-3  # a hundred times less than before; not nothing, as the mean lags too
