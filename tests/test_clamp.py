"""The procedure of Sec. 3.1 as facts: who is clamped, whose gradient passes, and which way the invariance pulls."""

import torch

from dcign.graphics_code import CodeLayout
from train.clamp import active_latents, clamp_by_both, clamp_by_swap, clamp_to_mean

LAYOUT = CodeLayout((("azimuth", 2), ("elevation", 1), ("light", 1), ("intrinsic", 4)))


def _latents():
    return torch.randn(2, 6, LAYOUT.size, generator=torch.Generator().manual_seed(0), requires_grad=True)


def _inactive(active):
    return ~active.expand(2, 6, LAYOUT.size)


def test_inactive_latents_are_equal_over_the_mini_batch_and_active_ones_are_untouched():
    latents, active = _latents(), active_latents(LAYOUT, ["azimuth", "intrinsic"])
    clamped = clamp_to_mean(latents, active)
    spread = clamped.std(1)  # (B, L)
    assert (spread[0, 2:] < 1e-6).all() and (spread[1, :4] < 1e-6).all()
    assert torch.equal(clamped[0, :, :2], latents[0, :, :2]) and torch.equal(clamped[1, :, 4:], latents[1, :, 4:])
    assert torch.allclose(clamped[0, 0, 2:], latents[0, :, 2:].mean(0))


def test_the_active_gradient_passes_unchanged():
    latents, active = _latents(), active_latents(LAYOUT, ["light", "azimuth"])
    upstream = torch.randn(2, 6, LAYOUT.size, generator=torch.Generator().manual_seed(1))
    clamp_to_mean(latents, active).backward(upstream)
    shown = ~_inactive(active)
    assert torch.equal(latents.grad[shown], upstream[shown])


def test_the_invariance_gradient_is_the_difference_from_the_mean_over_a_hundred():
    latents, active = _latents(), active_latents(LAYOUT, ["light", "azimuth"])
    clamp_to_mean(latents, active, 0.01).backward(torch.ones(2, 6, LAYOUT.size))
    expected = 0.01 * (latents - latents.mean(1, keepdim=True))
    hidden = _inactive(active)
    assert torch.allclose(latents.grad[hidden], expected[hidden])


def test_descent_pulls_inactive_latents_together():
    latents, active = _latents(), active_latents(LAYOUT, ["elevation", "intrinsic"])
    spreads = []
    for _ in range(100):
        latents.grad = None
        clamp_to_mean(latents, active, 0.01).backward(torch.zeros(2, 6, LAYOUT.size))
        with torch.no_grad():
            latents -= 5.0 * latents.grad  # plain descent
        spreads.append(float(latents.detach()[0, :, 3:].std(0).mean()))
    assert all(after < before for before, after in zip(spreads, spreads[1:]))
    assert spreads[-1] < 0.01 * spreads[0]


def test_swap_takes_inactive_groups_from_another_sample_and_keeps_the_active_one():
    latents, active = _latents(), active_latents(LAYOUT, ["azimuth", "light"])
    swapped = clamp_by_swap(latents, active, LAYOUT, torch.tensor([[1, 2, 3, 4], [5, 4, 3, 2]]))
    assert torch.equal(swapped[0, :, :2], latents[0, :, :2])
    for sample in range(6):
        rows = (latents[0, :, 4:] == swapped[0, sample, 4:]).all(1)
        assert rows.sum() == 1 and not rows[sample]  # exactly one other sample of the same mini-batch
        assert torch.equal(swapped[0, sample, 3], latents[0, (sample + 3) % 6, 3])  # each group from its own
        assert torch.equal(swapped[1, sample, :2], latents[1, (sample + 5) % 6, :2])


def test_both_clamps_each_mini_batch_one_way_or_the_other():
    latents, active = _latents(), active_latents(LAYOUT, ["azimuth", "azimuth"])
    mean = latents.mean(1, keepdim=True).expand_as(latents)
    shifts = torch.ones(2, 4, dtype=torch.int64)
    clamped = clamp_by_both(latents, active, LAYOUT, shifts, torch.tensor([True, False]))
    assert torch.equal(clamped[:, :, :2], latents[:, :, :2])
    assert torch.equal(clamped[0, :, 2:], mean[0, :, 2:])
    assert torch.equal(clamped[1, :, 2:], latents[1].roll(-1, 0)[:, 2:])
