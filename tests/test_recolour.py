"""Mini-batches in other colours: what turns, what stays, and that a mini-batch still differs in one factor alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from training_run import RECIPE, configuration, feeder_for, write_shard

from train.augmentation import AugmentConfig
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
    random = np.random.default_rng(0)
    chosen = [random_colours(0.4, random) is not None for _ in range(2000)]
    assert 0.37 < np.mean(chosen) < 0.43
    assert random_colours(0.0, np.random.default_rng(0)) is None


def test_a_mini_batch_is_turned_as_a_whole_and_always_alike(tmp_path):
    shard, config = write_shard(tmp_path), configuration("both", 4, 1)
    served = {}
    for share in (0.0, 1.0, 1.0):
        augment = AugmentConfig(touched=0.0, recoloured=share)
        batch = feeder_for(shard, replace(config, augment=augment)).take(0, 4, 40)
        assert share not in served or np.array_equal(batch.targets, served[share].targets)
        served[share] = batch
    before, after = (served[share].targets.reshape(4, -1, 3).astype(int) for share in (0.0, 1.0))
    for one, other in zip(before, after):  # discs of one colour on grey
        disc = np.ptp(one, 1) > 0
        assert len(np.unique(one[disc], axis=0)) == len(np.unique(other[disc], axis=0)) == 1
        assert np.array_equal(one[~disc], other[~disc])
    assert (before != after).any()
    untouched = [k for k in range(RECIPE.per_mini_batch) if k not in RECIPE.photographed()]
    pairs = (part.reshape(4, RECIPE.per_mini_batch, 40, 40, 3)[:, untouched]
             for part in (served[1.0].targets, served[1.0].inputs))
    assert np.array_equal(*pairs)
