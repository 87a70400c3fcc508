"""A mini-batch varies in the factor that the trainer is told, and in nothing else."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from training_run import RECIPE

from train.batches import INTRINSIC, Recipe, draw_mini_batch, part_seeds, shard_factors
from train.pool import Pool
from train.scenes import STAGES, open_source

SIZE, FIRST = 24, 1_000_040
POSE = ("azimuth", "elevation", "light")


@pytest.mark.parametrize("name", ["chairs", "heads"])
def test_one_factor_varies_and_all_else_stays(name):
    source, stage = open_source(name), STAGES[name]
    asked = []

    class Watched:
        name, parts = source.name, source.parts

        def identity(self, seed, **seeds):
            asked.append({part: seeds.get(part, seed) for part in source.parts})
            return source.identity(seed, **seeds)

    recipe = Recipe(per_mini_batch=3, photographs=0)
    for factor in (*POSE, INTRINSIC, *source.parts):
        asked.clear()
        drawn = draw_mini_batch(Watched(), stage, factor, FIRST, np.random.default_rng(5), SIZE, recipe)
        values = {name: {getattr(view, name) for view in drawn.views} for name in POSE}
        assert {name for name in POSE if len(values[name]) > 1} == ({factor} & set(POSE)), factor
        if factor in POSE:
            low, high = stage.ranges[factor]
            assert len(values[factor]) == 3 and low <= min(values[factor]) < max(values[factor]) <= high
        varied = {part for part in source.parts if len({seeds[part] for seeds in asked}) > 1}
        assert varied == {INTRINSIC: set(source.parts)}.get(factor, {factor} & set(source.parts)), factor
        for part in varied:
            assert [seeds[part] for seeds in asked] == [FIRST, FIRST + 1, FIRST + 2]
        assert len({picture.tobytes() for picture in drawn.pictures}) > 1, factor


def test_the_seeds_of_a_part_are_those_that_drew_it():
    recipe = Recipe(per_mini_batch=3)
    base = part_seeds(0, 7, "azimuth", "shape", recipe)[0]
    assert part_seeds(0, 7, "texture", "shape", recipe) == [base] * 3
    assert part_seeds(0, 7, "shape", "shape", recipe) == part_seeds(0, 7, INTRINSIC, "shape", recipe) == [base, base + 1, base + 2]
    assert part_seeds(0, 8, "shape", "shape", recipe)[0] == base + 3  # no identity stands in two mini-batches


def test_pictures_come_with_the_factor_that_varies_in_them(tmp_path):
    """Two shards, the rows of each marked by their place."""
    paths = [tmp_path / f"shard-{number:04d}.npy" for number in (3, 4)]
    recipe = replace(RECIPE, photographs=0)
    for number, path in enumerate(paths):
        rows = np.arange(recipe.mini_batches, dtype=np.uint8)[:, None, None, None, None]
        pictures = np.broadcast_to(rows, (recipe.mini_batches, recipe.per_mini_batch, 2, 2, 4)).copy()
        pictures[..., 1] = number
        np.save(path, pictures)
    pool = Pool(paths, 1, recipe)
    met = []
    for position in range(2 * len(pool)):
        targets, inputs, factors = pool.take(position, 1)
        row, number = (int(value) for value in targets[0, 0, 0, :2])
        assert (targets == targets[0]).all() and (targets == inputs).all()
        assert factors == [recipe.factors[shard_factors(3 + number, recipe)[row]]]
        met.append((number, row))
    assert len(set(met[:len(pool)])) == len(set(met[len(pool):])) == len(pool) and met[:len(pool)] != met[len(pool):]


def test_a_shard_that_will_never_come_is_not_waited_for():
    def check() -> None:
        raise OSError("the renderer has died")

    with pytest.raises(OSError, match="has died"):
        Pool([Path("nowhere/shard-0000.npy")], 1, RECIPE, check=check).take(0, 1)
