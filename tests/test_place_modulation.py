"""The short way from the latents to small shapes: nothing at first, other places than others, whatever the level's size."""

from dataclasses import replace

import pytest
import torch

from dcign.networks import DCIGN, NetworkConfig
from dcign.place_modulation import PlaceModulation


def taught(channels=6, entries=2, latents=4) -> PlaceModulation:
    torch.manual_seed(0)
    modulation = PlaceModulation(channels, entries, latents)
    torch.nn.init.normal_(modulation.give.weight, 0.0, 0.3)
    return modulation


def test_a_latent_changes_the_places_that_chose_its_entry():
    modulation = taught()
    modulation.choose.weight.data.zero_()
    modulation.choose.weight.data[0, 0] = 20.0  # the first entry is for places of a high first channel
    with torch.no_grad():
        modulation.give.weight.unflatten(0, (6, 2))[:, 1] = 0.0  # and the second for all others, and adds nothing
        level = torch.randn(1, 6, 8, 8) * 0.1
        level[:, 0] = -1.0
        level[:, 0, 2, 5] = 1.0
        change = (modulation(level, torch.ones(1, 4), level) - modulation(level, -torch.ones(1, 4), level)).abs().sum(1)[0]
    assert change[2, 5] > 0.1
    change[2, 5] = 0.0
    assert change.max() < 1e-4


def test_it_follows_the_size_of_the_level():
    modulation, level, latents = taught(), torch.randn(2, 6, 8, 8), torch.randn(2, 4)
    larger = modulation(20 * level, latents, 20 * level)
    assert torch.allclose(20 * modulation(level, latents, level), larger, rtol=1e-3, atol=1e-2)
    empty = torch.zeros(1, 6, 8, 8)
    assert modulation(empty, latents[:1], empty).isfinite().all()


def test_a_network_that_is_given_it_draws_as_before_and_learns():
    torch.manual_seed(0)
    old = NetworkConfig.tiny(latents=12, size=40)
    narrow, wide = DCIGN(old), DCIGN(replace(old, place_entries=4))
    wide.widen_from(narrow)
    latents = torch.randn(2, 12)
    assert torch.equal(narrow.decode(latents), wide.decode(latents))
    for head in wide.decoder.heads.values():  # the finer one waits at nothing
        torch.nn.init.normal_(head.weight, 0.0, 0.1)
    wide.decode(latents).square().sum().backward()
    assert all(m.give.weight.grad.abs().max() > 0 for m in wide.decoder.modulations.values())


def test_it_cannot_be_given_more_kinds_of_places_later():
    old = NetworkConfig.tiny(latents=12, size=40)
    with pytest.raises(ValueError, match="cannot be widened"):
        DCIGN(replace(old, place_entries=6)).widen_from(DCIGN(replace(old, place_entries=4)))


def test_it_grows_with_the_network():
    large = replace(NetworkConfig.tiny(latents=12, size=80), place_entries=4)
    before, after = DCIGN(large.smaller()), DCIGN(large)
    for modulation in before.decoder.modulations.values():
        torch.nn.init.normal_(modulation.give.weight, 0.0, 0.1)
    after.grow_from(before)
    for size, modulation in before.decoder.modulations.items():
        assert torch.equal(modulation.give.weight, after.decoder.modulations[size].give.weight)


def test_its_gradient_is_the_formulas():
    modulation = taught(channels=3, entries=2, latents=2).double()
    level = torch.randn(1, 3, 2, 2, dtype=torch.float64, requires_grad=True)
    latents = torch.randn(1, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x, z: modulation(x, z, x.sigmoid()), (level, latents))
