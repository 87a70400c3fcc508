"""Colours that latents give directly: where a pixel chooses them, and nothing before they are learned."""

from dataclasses import replace

import pytest
import torch

from dcign.networks import DCIGN, NetworkConfig
from dcign.palette import Palette


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def test_each_pixel_has_the_colour_of_its_entry():
    palette = Palette(channels=2, entries=2, latents=3)
    palette.choose.weight.data.copy_(40 * torch.eye(2)[..., None, None])
    palette.colours.weight.data.normal_()
    x = torch.zeros(1, 2, 4, 4)
    x[:, 0, :2], x[:, 1, 2:] = 1.0, 1.0  # the upper half chooses the first entry, the lower the second
    latents = torch.randn(1, 3)
    colours = palette.colours(latents, x).view(3, 2)
    drawn = palette(x, latents)[0]
    assert torch.allclose(drawn[:, :2], colours[:, :1, None].expand(3, 2, 4), atol=1e-5)
    assert torch.allclose(drawn[:, 2:], colours[:, 1:, None].expand(3, 2, 4), atol=1e-5)


@pytest.mark.parametrize("size", [20, 40, 80])
def test_a_network_that_is_given_a_palette_draws_as_before_and_learns(size):
    old = DCIGN(NetworkConfig.tiny(latents=12, size=size))
    new = DCIGN(replace(old.config, palette=4))
    new.widen_from(old)
    latents = torch.randn(3, 12)
    assert torch.allclose(old.decode(latents), new.decode(latents), atol=1e-5)
    assert torch.allclose(old.draft(latents), new.draft(latents), atol=1e-5)
    new.draft(latents).square().sum().backward()
    coarsest = next(iter(new.decoder.palettes.values()))
    assert coarsest.colours.weight.grad.abs().max() > 0


def test_growing_keeps_the_colours():
    large = replace(NetworkConfig.tiny(latents=12, size=80), palette=4, heads=2)
    old, new = DCIGN(large.smaller()).eval(), DCIGN(large).eval()
    for palette in old.decoder.palettes.values():
        palette.colours.weight.data.normal_(0.0, 0.3)
    new.grow_from(old)
    latents = torch.randn(4, 12)
    assert torch.allclose(old.decode(latents), new.draft(latents), atol=1e-5)
    coloured = new.decode(latents)
    for palette in new.decoder.palettes.values():
        palette.colours.weight.data.zero_()
    assert (new.draft(latents) - old.decode(latents)).abs().max() > 0.02
    assert (new.decode(latents) - coloured).abs().max() > 0.02


def test_more_entries_are_refused():
    """Each pixel would choose among all of them, so the picture would change."""
    few = DCIGN(replace(NetworkConfig.tiny(), palette=2))
    with pytest.raises(ValueError, match="cannot be widened"):
        DCIGN(replace(few.config, palette=4)).widen_from(few)


def test_an_impossible_palette_is_refused():
    with pytest.raises(ValueError, match="palette"):
        replace(NetworkConfig.tiny(), palette=-2)
