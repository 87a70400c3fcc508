"""A small training run as a program, for tests that start several processes or kill one.

    python tests/training_run.py SHARD FOLDER CLAMP MINI_BATCHES STEPS RATE [SECONDS BETWEEN STATES]
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from train import distributed
from train.batches import Recipe, photographs_path
from train.feeder import Feeder, Preparation
from train.loop import Limits, fit
from train.presets import Phase, TrainConfig, preset

GROUND = (208, 208, 208)
RECIPE = Recipe(mini_batches=32, shares=preset("tiny", "chairs").recipe.shares)


def configuration(clamp: str, mini_batches: int, steps: int, processes: int = 1, rate: float = 2e-3) -> TrainConfig:
    """Two phases of ``steps`` steps, the second with refined codes and features; ``mini_batches`` per step and process."""
    count = processes * mini_batches * RECIPE.per_mini_batch * steps
    phases = (Phase(20, count, mini_batches, rate, rate / 2),
              Phase(40, count, mini_batches, rate, rate / 2, refined=2, features=0.1))
    config = preset("tiny", "chairs")
    augment = replace(config.augment, recoloured=0.0)  # the discs have all colours already
    return replace(config, phases=phases, warm_up=2, kl_warm_up=2, recipe=RECIPE, clamp=clamp, augment=augment,
                   free=0.3)  # some groups pay, some do not


def write_shard(folder: Path) -> Path:
    """32 mini-batches of 40-px discs whose place and colour vary; their photographs are darker."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:40, :40]
    pictures = np.full((RECIPE.mini_batches, RECIPE.per_mini_batch, 40, 40, 4), 208, np.uint8)
    pictures[..., 3] = 0
    for batch in pictures:
        colour, centre = rng.integers(0, 255, 3), rng.uniform(12, 28, 2)
        for picture in batch:
            place = centre + rng.uniform(-6, 6, 2)
            inside = (rows - place[0]) ** 2 + (columns - place[1]) ** 2 < 60
            picture[inside] = [*colour, 255]
    path = folder / "shard-0000.npy"
    np.save(path, pictures)
    np.save(photographs_path(path), (0.9 * pictures[:, RECIPE.photographed()]).astype(np.uint8))
    return path


def feeder_for(shard: Path, config: TrainConfig, workers: int = 0) -> Feeder:
    plan = Preparation((shard,), config.recipe, config.mixed, config.seed, GROUND, "object", config.augment)
    return Feeder(plan, workers)


def main() -> None:
    shard, folder, clamp, mini_batches, steps, rate, *seconds = sys.argv[1:]
    torch.set_num_threads(1)
    world = distributed.join("cpu")
    config = configuration(clamp, int(mini_batches), int(steps), world.size, float(rate))
    fit(feeder_for(Path(shard), config), config, Path(folder), Limits(save_every=float(*seconds), log_every=1), world=world)
    distributed.leave()


if __name__ == "__main__":
    main()
