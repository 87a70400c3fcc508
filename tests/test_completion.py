"""Heads that a photograph's border cuts off."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from dcign import studio as studio_module
from dcign.completion import complete, completed, is_whole
from dcign.photos import Prepared

SIZE, CUT = 160, 24
SKIN, GROUND, CLOTHES, MODEL = (0.8, 0.6, 0.5), (0.2, 0.3, 0.8), (0.1, 0.4, 0.1), (208, 208, 208)
SEEN = (0.0, CUT / SIZE, 1.0, 1.0)


def discs(of: tuple[float, ...], behind: tuple[float, ...]) -> torch.Tensor:
    """A disc of one colour before another, (3, SIZE, SIZE)."""
    picture = torch.tensor(behind).view(3, 1, 1).repeat(1, SIZE, SIZE)
    picture[:, disc()] = torch.tensor(of).view(3, 1)
    return picture


def disc() -> torch.Tensor:
    down, across = torch.meshgrid(torch.arange(SIZE), torch.arange(SIZE), indexing="ij")
    return (down - 80).square() + (across - 80).square() < 66**2


def framed(whole: torch.Tensor) -> torch.Tensor:
    """Its upper rows are not in the photograph: the edge is drawn out there."""
    cut = whole.clone()
    cut[:, :CUT] = whole[:, CUT:CUT + 1]
    return cut


def test_a_head_goes_on_as_it_is_drawn_before_more_of_the_ground():
    whole = discs(SKIN, GROUND)
    cut = framed(whole)
    shown = completed(cut, SEEN, disc()[None].float())
    assert torch.equal(shown[:, CUT:], cut[:, CUT:])
    near = (shown[:, :CUT] - whole[:, :CUT]).abs().amax(0) < 0.1
    assert near.float().mean() > 0.95 and near[:, 5].all() and near[20, 80]  # but for the edge of the disc
    assert (cut[:, :CUT] - whole[:, :CUT]).abs().amax(0).gt(0.1).float().mean() > 0.1  # a chimney before


def test_what_is_not_drawn_goes_on_a_little():
    """Hair that is wider than the drawn one, and no cut of it that is straight."""
    whole = discs(SKIN, GROUND)
    whole[:, :, 20:50] = torch.tensor(CLOTHES).view(3, 1, 1)
    shown = completed(framed(whole), SEEN, disc()[None].float())
    assert (shown[:, CUT - 2, 35] - torch.tensor(CLOTHES)).abs().max() < 0.15
    assert (shown[:, 2, 35] - torch.tensor(GROUND)).abs().max() < 0.15


@pytest.mark.parametrize("seen", [(0.0, 0.0, 0.0, 1.0), (1.0, 1.0, 1.0, 1.0), (0.49, 0.49, 0.51, 0.51)], ids=str)
@pytest.mark.parametrize("drawn", [0.0, 1.0], ids=["nothing", "everything"])
def test_odd_boxes_and_drawings_give_a_picture(seen, drawn):
    shown = completed(torch.rand(3, SIZE, SIZE), seen, torch.full((1, SIZE, SIZE), drawn))
    assert shown.isfinite().all() and 0 <= shown.min() and shown.max() <= 1


def test_less_than_half_a_pixel_is_no_cut():
    assert is_whole((0.0, 0.4 / SIZE, 1.0, 1.0), SIZE) and is_whole((0.0, 0.0, 1.0, 1.0), SIZE)
    assert not is_whole((0.0, 0.6 / SIZE, 1.0, 1.0), SIZE) and not is_whole((0.0, 0.0, 0.99, 1.0), SIZE)


def test_it_is_drawn_again_of_what_was_completed():
    seen = []
    network = SimpleNamespace(
        parameters=lambda: iter([torch.zeros(1)]), encode=lambda pictures: (seen.append(pictures[0].clone()) or torch.zeros(1, 4), None),
        decode=lambda mean: discs(SKIN, tuple(level / 255 for level in MODEL))[None])
    cut = Image.fromarray(framed(discs(SKIN, GROUND)).permute(1, 2, 0).mul(255).byte().numpy())
    shown = complete(network, cut, SEEN, MODEL)
    assert len(seen) == 2 and (seen[0] - torch.from_numpy(np.array(cut)).permute(2, 0, 1) / 255).abs().max() < 1e-6
    assert shown.size == cut.size and (seen[1][:, 2, 80] - torch.tensor(GROUND)).abs().max() < 0.1


def test_a_studio_completes_what_it_prepares_and_leaves_whole_pictures(studio, monkeypatch):
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 255, (studio.size, studio.size, 3), np.uint8))
    for seen, same in (((0.0, 0.0, 1.0, 1.0), True), ((0.0, 0.2, 1.0, 1.0), False)):
        monkeypatch.setattr(studio_module, "prepare", lambda image, spec, seen=seen: Prepared(picture, True, ["said"], seen=seen))
        found = studio.prepare(picture)
        assert np.array_equal(np.asarray(found.picture), np.asarray(picture)) == same
        assert found.warnings == ["said"] and found.found
