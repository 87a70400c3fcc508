"""Masks of pixels."""

import torch

from dcign.masks import evened, grown, shrunk, softened, spread


def a_square() -> torch.Tensor:
    mask = torch.zeros(1, 20, 20)
    mask[:, 8:12, 6:14] = 1
    return mask


def test_masks_grow_and_shrink_to_all_sides():
    larger, smaller = grown(a_square(), 2), shrunk(a_square(), 1)
    assert larger.sum() == 8 * 12 and larger[0, 6, 4] == 1 and smaller.sum() == 2 * 6
    assert torch.equal(shrunk(larger, 2), a_square())
    assert shrunk(torch.ones(1, 9, 9), 3).all()  # beyond the border it goes on


def test_edges_become_soft_and_single_pixels_even():
    soft = softened(a_square())
    assert soft[0, 10, 10] == 1 and 0 < soft[0, 7, 10] < 1 and soft[0, 6, 10] == 0
    one = torch.zeros(1, 1, 20, 20)
    one[0, 0, 10, 10] = 25.0
    assert torch.allclose(evened(one)[0, 0, 8:13, 8:13], torch.ones(5, 5)) and evened(one)[0, 0, 7, 10] == 0


def test_colours_go_on_beyond_what_is_known():
    picture = torch.zeros(3, 32, 32)
    picture[0, :, :16], picture[2, :, 16:] = 1.0, 1.0
    known = torch.zeros(1, 32, 32)
    known[:, 8:24, 8:24] = 1
    shown = spread(picture, known)
    assert torch.equal(shown * known, picture * known)
    assert shown[0, 16, 3] > 0.9 > 0.1 > shown[2, 16, 3] and shown[2, 16, 28] > 0.9 > 0.1 > shown[0, 16, 28]
