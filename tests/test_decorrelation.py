"""What the other latents tell of a factor is found, taken away, and kept with the run."""

import copy
import multiprocessing

import numpy as np
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


def _after_a_hundred(mixing):
    moments = Decorrelation(LAYOUT)
    for number in range(100):
        moments(_codes(number, mixing))
    return moments


def test_drifting_together_is_no_way_out():
    """Far from the running mean what varies would hardly count: codes would move for ever, one step ahead of it."""
    mixing = torch.full((3, 5), 0.7)
    shift = torch.full((8,), 0.5, requires_grad=True)
    _after_a_hundred(mixing)(_codes(100, mixing) + shift).backward()
    assert shift.grad.abs().max() < 1e-6


def test_a_code_far_outside_is_not_driven_further():
    """It would lower the share of all others by making the batch's scale larger."""
    mixing = torch.full((3, 5), 0.7)
    codes = _codes(100, mixing)
    codes[0] *= 20.0 / codes[0].abs()
    codes.requires_grad_()
    share = _after_a_hundred(mixing)(codes)
    share.backward()
    assert (codes.grad[0] == 0).all() and codes.grad[1:].abs().max() > 0
    assert share > 0.7 * _after_a_hundred(mixing)(_codes(100, mixing))


def _share_and_gradient(part):
    """After fifty batches, of a 51st that has moved and holds one code far outside."""
    mixing, moments = torch.full((3, 5), 0.7), Decorrelation(LAYOUT)
    for number in range(50):
        moments(part(_codes(number, mixing)))
    codes = _codes(50, mixing) + 0.3
    codes[0] *= 5
    codes = part(codes).clone().requires_grad_()
    share = moments(codes)
    share.backward()
    return share.detach(), codes.grad


def _half(rank: int, file: str, outcomes) -> None:
    torch.distributed.init_process_group("gloo", init_method=f"file://{file}", rank=rank, world_size=2)
    share, gradient = _share_and_gradient(lambda codes: codes[128 * rank:128 * (rank + 1)])
    outcomes.put((rank, share.item(), gradient.numpy()))
    torch.distributed.destroy_process_group()


def test_two_processes_have_the_gradient_of_one(tmp_path):
    outcomes = multiprocessing.get_context("spawn").SimpleQueue()
    torch.multiprocessing.spawn(_half, (str(tmp_path / "meeting"), outcomes), nprocs=2)
    (_, *first), (_, *second) = sorted((outcomes.get() for _ in range(2)), key=lambda outcome: outcome[0])
    share, gradient = _share_and_gradient(lambda codes: codes)
    assert abs((first[0] + second[0]) / 2 - share) < 1e-5
    both = torch.from_numpy(np.concatenate([first[1], second[1]])) / 2  # DistributedDataParallel takes the mean
    assert (both - gradient).abs().max() < 1e-4 * gradient.abs().max()
