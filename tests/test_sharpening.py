"""The unsharp mask on what is shown: it sharpens, nearly without halos, and can be left out."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from dcign import load
from dcign.graphics_code import GraphicsCode
from dcign.sharpening import Sharpening, sharpen
from dcign.studio import Studio


def _edge(size: int = 32, steepness: float = 1.0) -> torch.Tensor:
    """(1, 3, S, S): a soft edge from dark to light."""
    row = torch.sigmoid((torch.arange(size) - size / 2 + 0.5) * steepness)
    return (0.2 + 0.6 * row).expand(1, 3, size, size)


def test_an_even_picture_stays():
    even = torch.full((2, 3, 24, 16), 0.4)
    assert torch.allclose(sharpen(even), even, atol=1e-6)


def test_an_edge_gets_steeper_and_keeps_its_place():
    before, after = _edge(), sharpen(_edge())
    assert after.diff(dim=3).max() > 1.1 * before.diff(dim=3).max()
    assert torch.allclose(after[..., 15:17].mean(), before[..., 15:17].mean(), atol=1e-3)
    assert torch.allclose(sharpen(_edge().mT), after.mT, atol=1e-6)  # the same both ways


def test_no_halo_beyond_a_few_levels():
    step = torch.where(torch.arange(32) < 16, 0.2, 0.8).expand(1, 3, 32, 32)
    strong = Sharpening(amount=3.0)
    sharp = sharpen(step, strong)
    assert sharp.max() <= 0.8 + strong.beyond + 1e-6 and sharp.min() >= 0.2 - strong.beyond - 1e-6
    noise = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    assert 0 <= sharpen(noise, strong).min() and sharpen(noise, strong).max() <= 1


def test_no_seam_on_even_ground():
    """Beside a dark head the ground is as it was; the head is as sharp as without."""
    anywhere, grounded = (sharpen(_edge(steepness=3.0), ground=ground)[0, 0, 16] for ground in (None, (204, 204, 204)))
    assert anywhere.max() > 0.83 and grounded.max() < 0.805
    assert torch.equal(grounded[:16], anywhere[:16]) and torch.equal(sharpen(_edge(), ground=(0, 0, 0)), sharpen(_edge()))


def test_what_was_first_used_in_inference_mode_serves_autograd():
    with torch.inference_mode():
        sharpen(torch.rand(1, 3, 19, 19))
    sharpen(torch.rand(1, 3, 19, 19, requires_grad=True)).sum().backward()


def test_nothing_asked_for_changes_nothing():
    assert torch.equal(sharpen(_edge(), Sharpening(0.0)), _edge())
    with pytest.raises(ValueError, match="out of range"):
        Sharpening(amount=-1.0)


def test_a_studio_can_show_the_networks_own_picture(weights_folder):
    sharp, plain = (load(weights_folder, device="cpu", sharpening=amount) for amount in (None, 0.0))
    code = GraphicsCode(np.random.default_rng(0).standard_normal(plain.layout.size), plain.layout)
    own = plain._network.decode(torch.tensor(code.latents)[None])[0].mul(255).round().byte().permute(1, 2, 0)
    assert np.array_equal(plain.render(code), own.numpy())
    assert np.array_equal(sharp.with_sharpening(0.0).render(code), own.numpy())
    assert sharp.sharpening.amount > 0 and not np.array_equal(sharp.render(code), own.numpy())


def test_colour_fringes_do_not_grow():
    """The same is added to all channels, so their differences are as without the mask, and no larger than they were."""
    picture = 0.3 + 0.4 * torch.rand(2, 3, 24, 24, generator=torch.Generator().manual_seed(0))
    sharp, hardly = (sharpen(picture, Sharpening(amount)) for amount in (1.0, 1e-6))
    assert torch.allclose(sharp[:, 0] - sharp[:, 1], hardly[:, 0] - hardly[:, 1], atol=1e-5)
    assert (sharp[:, 0] - sharp[:, 1]).abs().mean() < (picture[:, 0] - picture[:, 1]).abs().mean()
    assert not torch.allclose(sharp, hardly, atol=1e-2)


def _rung(colour: tuple[float, float, float], size: int = 48) -> torch.Tensor:
    """(1, 3, S, S): an upright rung before white, whose channels lie a pixel beside each other, as the chairs' decoder draws them."""
    away = torch.arange(size) - size / 2
    rows = [1 - (1 - level) * torch.exp(-0.5 * ((away - aside) / 2) ** 2) for level, aside in zip(colour, (-0.7, 0.0, 0.7))]
    return torch.stack(rows)[None, :, None].expand(1, 3, size, size)


def _coloured(picture: torch.Tensor) -> float:
    """How far red is from blue, at most."""
    return float((picture[:, 0] - picture[:, 2]).abs().max())


def test_a_black_rung_loses_its_coloured_seams_and_a_red_one_stays_red():
    mend, leave = Sharpening(seams=True), Sharpening()
    seamed, mended = (sharpen(_rung((0.1, 0.1, 0.1)), some, (255, 255, 255)) for some in (leave, mend))
    assert _coloured(seamed) > 0.15 and _coloured(mended) < _coloured(seamed) / 4
    red, still = (sharpen(_rung((0.7, 0.1, 0.1)), some, (255, 255, 255))[0, :, 24, 24] for some in (leave, mend))
    assert red[0] - red[2] > 0.4 and torch.allclose(red, still, atol=0.08)


def test_what_lies_beside_a_coloured_thing_is_not_tinted():
    picture = torch.ones(1, 3, 48, 48)
    picture[:, 1:, 16:32, 16:32] = 0.1
    mended = sharpen(picture, Sharpening(seams=True), (255, 255, 255))
    assert mended[:, :, :13].min() > 0.98 and (mended[:, :, 19:29, 19:29] - picture[:, :, 19:29, 19:29]).abs().max() < 0.04
    assert (sharpen(picture, Sharpening(seams=True)) - mended)[:, :, :16].abs().max() > 0.005  # it would be


def test_only_objects_lose_seams(weights_folder):
    studio = load(weights_folder, device="cpu")
    assert studio.spec.subject == "face" and not studio.sharpening.seams and not studio.with_sharpening(2.0).sharpening.seams
    objects = Studio(studio._network, studio.layout, studio.calibrations, studio.ranges, name="chairs", device="cpu")
    assert objects.sharpening.seams and objects.with_sharpening(2.0).sharpening == Sharpening(2.0, seams=True)
    code = GraphicsCode(np.random.default_rng(0).standard_normal(studio.layout.size), studio.layout, model="chairs")
    drawn = objects.bare().render(code).astype(int)
    assert np.abs(np.ptp(objects.render(code).astype(int) - drawn, axis=-1)).max() > 2  # channels changed each by its own


@pytest.mark.parametrize("which", [(1, 1), (0, 1), (1, 0)])
def test_a_pattern_of_two_pixels_goes_and_a_coarse_one_stays(which):
    rows, columns = torch.meshgrid(torch.arange(48), torch.arange(48), indexing="ij")
    place = which[0] * rows + which[1] * columns
    fine = 0.5 + 0.1 * (2.0 * (place % 2) - 1).expand(1, 3, 48, 48)
    assert (sharpen(fine)[..., 4:-4, 4:-4] - 0.5).abs().max() < 1e-3
    coarse = 0.5 + 0.1 * torch.sin(2 * torch.pi * place / 12).expand(1, 3, 48, 48)
    assert (sharpen(coarse, Sharpening(1e-6)) - coarse)[..., 4:-4, 4:-4].abs().max() < 2e-3
