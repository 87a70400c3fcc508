"""The short way for small shapes: where attention looks, what a network hears from the first step on, older weights."""

from dataclasses import replace

import pytest
import torch

from dcign.networks import DCIGN, NetworkConfig
from dcign.place_attention import PlaceAttention


def test_it_tells_where_a_place_is_and_what_is_there():
    torch.manual_seed(0)
    attention = PlaceAttention(6, 1, 2)
    attention.attention.weight.data.zero_()
    attention.attention.weight.data[0, 0] = 20.0  # it looks where the first channel is
    attention.read.weight.data = torch.eye(4, 10)  # (down, across, the first two values)
    level = torch.zeros(1, 6, 9, 9)
    level[0, 0, 1, 6], level[0, 3, 1, 6] = 8.0, 2.0
    down, across, *values = attention(level)[0].detach()
    assert down == pytest.approx(4 * (1 / 4 - 1), abs=0.05) and across == pytest.approx(4 * (6 / 4 - 1), abs=0.05)
    moved, changed = attention(level.roll(2, 3))[0].detach(), level.clone()
    assert moved[1] == pytest.approx(float(across) + 2, abs=0.05) and torch.allclose(moved[2:], torch.stack(values), atol=1e-3)
    changed[0, 3, 1, 6] = -2.0
    assert (attention(changed)[0, 2:].detach() - torch.stack(values)).abs().max() > 0.1


def test_a_brighter_level_is_read_alike():
    attention, level = PlaceAttention(4, 3, 5), torch.rand(2, 4, 10, 10)
    assert torch.allclose(attention(level), attention(3 * level), atol=1e-4)
    assert attention(torch.zeros(1, 4, 10, 10)).isfinite().all()


def test_a_network_hears_places_from_the_first_step_on():
    config = replace(NetworkConfig.tiny(latents=12, size=80), place_heads=4)
    network = DCIGN(config)
    network.encoder.posterior.weight.data.zero_()  # all that the deep way tells
    picture = torch.zeros(1, 3, 80, 80)
    picture[..., 10:30, 10:30] = 1.0
    means, deviations = zip(*(network.encode(shown) for shown in (picture, picture.flip(-1))))
    assert (means[0] - means[1]).abs().max() > 1e-3 and torch.equal(*deviations)  # log-variances wait
    network.encode(torch.rand(1, 3, 80, 80))[0].square().sum().backward()
    assert network.encoder.places.attention.weight.grad.abs().max() > 1e-6


def test_weights_of_before_have_none_and_can_be_widened():
    old = NetworkConfig.tiny(latents=12, size=40)
    values = old.to_dict()
    del values["place_heads"]
    assert NetworkConfig.from_dict(values) == old and DCIGN(old).encoder.places is None
    torch.manual_seed(0)
    narrow, wide = DCIGN(old).eval(), DCIGN(replace(old, place_heads=4)).eval()
    wide.widen_from(narrow)
    pictures = torch.rand(2, 3, 40, 40)
    trace = (narrow.encode(pictures)[0] - wide.encode(pictures)[0]).abs().max()
    assert 1e-3 < trace < 0.5
    wide.encoder.places.read.weight.data.zero_()
    assert torch.allclose(narrow.encode(pictures)[0], wide.encode(pictures)[0], atol=1e-5)
    with pytest.raises(ValueError, match="place_heads"):
        replace(old, place_heads=-1)


@pytest.mark.parametrize("size", [20, 40, 160])
def test_every_size_has_a_level_to_look_from(size):
    config = replace(NetworkConfig.tiny(latents=6, size=size), place_heads=2, colour_heads=2)
    mean, _ = DCIGN(config).encode(torch.rand(2, 3, size, size))
    assert mean.shape == (2, 6)
