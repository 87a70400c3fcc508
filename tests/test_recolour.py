"""Mini-batches in other colours: what turns, what stays, and that a mini-batch still differs in one factor alone."""

from __future__ import annotations

import numpy as np
import pytest

from train.augmentation.recolour import colour_matrix, random_colours, recoloured


def _pictures(*colours) -> np.ndarray:
    """(K, 4, 4, 4) of one colour each, with a mask that tells them apart."""
    return np.stack([np.full((4, 4, 4), (*colour, number), np.uint8) for number, colour in enumerate(colours)])


def test_a_third_of_a_turn_makes_red_green_and_green_blue():
    turned = recoloured(_pictures((200, 50, 50), (50, 200, 50)), colour_matrix(2 * np.pi / 3, 1.0))
    assert turned[0, 0, 0].tolist() == [50, 200, 50, 0] and turned[1, 0, 0].tolist() == [50, 50, 200, 1]


@pytest.mark.parametrize("turn, gain", [(0.3, 0.5), (2.0, 2.2), (5.0, 1.0)])
def test_greys_stay(turn, gain):
    greys = _pictures((0, 0, 0), (97, 97, 97), (255, 255, 255))
    assert np.array_equal(recoloured(greys, colour_matrix(turn, gain)), greys)


def test_the_gain_moves_colours_away_from_grey():
    more = recoloured(_pictures((120, 90, 90)), colour_matrix(0.0, 2.0))[0, 0, 0]
    assert more.tolist() == [140, 80, 80, 0]


def test_the_share_is_kept():
    rng = np.random.default_rng(0)
    chosen = [random_colours(0.4, rng) is not None for _ in range(1000)]
    assert 0.35 < np.mean(chosen) < 0.45
    assert random_colours(0.0, np.random.default_rng(0)) is None
