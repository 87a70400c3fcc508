"""Colours that the posterior reads directly: where attention looks, and nothing of how bright it is."""

from dataclasses import replace

import pytest
import torch

from dcign.colour_attention import ColourAttention
from dcign.networks import DCIGN, NetworkConfig


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def test_greys_tell_nothing_however_bright():
    attention = ColourAttention(channels=6, heads=3, latents=5)
    grey = torch.rand(2, 1, 40, 40).expand(-1, 3, -1, -1)
    level = torch.randn(2, 6, 20, 20)
    assert torch.allclose(attention(grey, level), torch.zeros(2, 10), atol=1e-5)
    with torch.autocast("cpu", torch.bfloat16):  # as in training
        assert torch.allclose(attention(grey, level), torch.zeros(2, 10), atol=1e-5)


def test_only_the_colour_of_the_place_looked_at_counts():
    attention = ColourAttention(channels=1, heads=1, latents=4)
    attention.attention.weight.data.fill_(50.0)
    level = torch.zeros(1, 1, 20, 20)
    level[..., 3, 7] = 1.0  # pixels 6 and 7 down, 14 and 15 across, of 40
    grey, here, elsewhere = torch.full((3, 1, 3, 40, 40), 0.5)
    here[:, 1, 6:8, 14:16] = 0.9
    elsewhere[:, 1, 20:30, 20:30] = 0.9
    nothing = attention(grey, level)
    assert torch.allclose(attention(elsewhere, level), nothing, atol=1e-6)
    assert (attention(here, level) - nothing).abs().max() > 1e-3


def test_a_network_hears_a_hue_from_the_first_step_on():
    config = replace(NetworkConfig.tiny(latents=12, size=80), colour_heads=4)
    network, green = DCIGN(config), torch.full((1, 3, 80, 80), 0.4)
    green[:, 1] = 0.6
    magenta = green.flip(1).clone()
    magenta[:, ::2], magenta[:, 1] = 0.6, 0.4
    network.encoder.posterior.weight.data.zero_()  # all that the deep way tells
    means = [network.encode(picture)[0] for picture in (green, magenta)]
    assert (means[0] - means[1]).abs().max() > 1e-2
    assert torch.equal(network.encode(green)[1], network.encode(magenta)[1])  # log-variances wait
    network.encode(torch.rand(1, 3, 80, 80))[0].square().sum().backward()
    assert network.encoder.colours.attention.weight.grad.abs().max() > 1e-4


@pytest.mark.parametrize("size", [20, 40, 160])
def test_every_size_has_a_level_to_look_from(size):
    config = replace(NetworkConfig.tiny(latents=6, size=size), colour_heads=2)
    mean, _ = DCIGN(config).encode(torch.rand(2, 3, size, size))
    assert mean.shape == (2, 6)


@pytest.mark.parametrize("size", [40, 80])
def test_growing_keeps_nearly_the_code(size):
    """From 20 px another level is looked from, so colours begin anew and greys alone are kept."""
    large = replace(NetworkConfig.tiny(latents=12, size=size), colour_heads=4)
    old, new = DCIGN(large.smaller()).eval(), DCIGN(large).eval()
    old.encoder.colours.attention.weight.data.mul_(20)
    new.grow_from(old)
    smooth = torch.nn.functional.interpolate(torch.rand(4, 3, 10, 10), scale_factor=size // 10, mode="bilinear")
    if size == 40:
        smooth = smooth.mean(1, keepdim=True).expand(-1, 3, -1, -1)
    small = torch.nn.functional.avg_pool2d(smooth, 2)
    before, after, other = old.encode(small)[0], new.encode(smooth)[0], old.encode(small.flip(0))[0]
    assert (before - after).norm() < 0.5 * (before - other).norm()


def test_weights_of_before_have_none_and_can_be_widened():
    old = NetworkConfig.tiny(latents=12, size=40)
    values = old.to_dict()
    del values["colour_heads"]
    assert NetworkConfig.from_dict(values) == old and DCIGN(old).encoder.colours is None
    narrow, wide = DCIGN(old).eval(), DCIGN(replace(old, colour_heads=4)).eval()
    wide.widen_from(narrow)
    pictures = torch.rand(2, 3, 40, 40)
    assert torch.allclose(narrow.encode(pictures)[0], wide.encode(pictures)[0], atol=0.3)
    grey = pictures.mean(1, keepdim=True).expand(-1, 3, -1, -1)
    assert torch.allclose(narrow.encode(grey)[0], wide.encode(grey)[0], atol=1e-4)
    with pytest.raises(ValueError, match="colour_heads"):
        replace(old, colour_heads=-1)
