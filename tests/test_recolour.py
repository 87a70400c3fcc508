"""Mini-batches in other colours: what turns, what stays, and that a mini-batch still differs in one factor alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from train.augmentation import AugmentConfig
from train.augmentation.recolour import colour_matrix, random_colours, recoloured
from train.feeder import Preparation, prepare
from train.pool import Pool
from training_run import GROUND, RECIPE


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


@pytest.fixture
def pool(shard):
    return Pool([shard], 1, RECIPE)


def _plan(pool: Pool, subject: str, share: float) -> Preparation:
    return Preparation(tuple(pool.paths), pool.recipe, False, 1, GROUND, subject,
                       replace(AugmentConfig(), touched=0.0, recoloured=share))


def test_a_mini_batch_is_turned_as_a_whole_inputs_and_targets(pool):
    plain, turned = (prepare(pool, _plan(pool, "object", share), 3, 4, 40) for share in (0.0, 1.0))
    masks, inputs = pool.take(3, 4)[:2]
    each = RECIPE.per_mini_batch
    for start in range(0, len(masks), each):
        matrix = random_colours(1.0, np.random.default_rng([1, 3 + start // each, each]))
        part = slice(start, start + each)
        assert np.array_equal(turned.targets[part], recoloured(masks[part], matrix)[..., :3])
        assert np.array_equal(turned.inputs[part], recoloured(inputs[part], matrix)[..., :3])  # photographs too
    assert (turned.targets != plain.targets).any() and turned.factors == plain.factors


def test_faces_keep_their_colours(pool):
    plain, same = (prepare(pool, _plan(pool, "face", share), 3, 4, 40) for share in (0.0, 1.0))
    assert np.array_equal(plain.targets, same.targets) and np.array_equal(plain.inputs, same.inputs)


def test_colours_do_not_depend_on_how_many_are_prepared_at_once(pool):
    plan = _plan(pool, "object", 0.5)
    together, apart = prepare(pool, plan, 3, 4, 40), [prepare(pool, plan, position, 2, 40) for position in (3, 5)]
    assert np.array_equal(together.inputs, np.concatenate([part.inputs for part in apart]))
    assert np.array_equal(together.targets, np.concatenate([part.targets for part in apart]))
