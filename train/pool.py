"""The pictures of a run: shards on disk, drawn from in an order that depends only on the seed and the position.

Shape legend: B mini-batches, K pictures in each, S pixels.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from train.batches import FACTORS, STUDIO, Recipe, ensure_shards, shard_factors

if TYPE_CHECKING:
    from train.presets import TrainConfig

MIXED = "mixed"  # what ``take`` calls a mini-batch in which everything varies


class Pool:
    """Mini-batches of rendered pictures; ``take`` is a pure function of its arguments.

    In each of them one factor varies; or, if ``mixed``, they are made up of pictures from everywhere.
    """

    def __init__(self, paths: list[Path], seed: int, recipe: Recipe = STUDIO, mixed: bool = False):
        self.shards = [np.load(path, mmap_mode="r") for path in paths]
        self.factors = np.concatenate([shard_factors(int(path.stem.split("-")[-1]), recipe) for path in paths])
        self.seed = seed
        self.recipe = recipe
        self.mixed = mixed
        self._order: tuple[int, np.ndarray] = (-1, np.empty(0, int))

    def __len__(self) -> int:
        """How many mini-batches there are."""
        return len(self.factors)

    def _shuffled(self, epoch: int, count: int) -> np.ndarray:
        if self._order[0] != epoch:
            self._order = (epoch, np.random.default_rng([self.seed, epoch]).permutation(count))
        return self._order[1]

    def _at(self, position: int) -> int:
        epoch, place = divmod(position, len(self))
        return int(self._shuffled(epoch, len(self))[place])

    def take(self, position: int, count: int, size: int) -> tuple[Tensor, list[str]]:
        """``count`` mini-batches from ``position`` on: (B * K, C, size, size) floats in [0, 1], and their factors.

        C is 4, colour and mask, or 1 for grey pictures.
        """
        if self.mixed:
            pictures = np.concatenate([self._mix(position + i) for i in range(count)])
            return to_tensor(pictures, size), [MIXED] * count
        chosen = [self._at(position + i) for i in range(count)]
        pictures = np.concatenate([self._mini_batch(c) for c in chosen])
        return to_tensor(pictures, size), [FACTORS[self.factors[c]] for c in chosen]

    def _mini_batch(self, index: int) -> np.ndarray:
        return self.shards[index // self.recipe.mini_batches][index % self.recipe.mini_batches]

    def _mix(self, position: int) -> np.ndarray:
        """(K, S, S, C): every picture once an epoch, in an order of their own."""
        epoch, place = divmod(position, len(self))
        each = self.recipe.per_mini_batch
        order = self._shuffled(epoch, len(self) * each)
        return np.stack([self._mini_batch(p // each)[p % each] for p in order[place * each:(place + 1) * each]])


def open_pool(folder: Path, config: TrainConfig, assets_folder: str | None = None, progress=None) -> Pool:
    """The pictures that a configuration asks for; shards that are not in ``folder`` yet are rendered."""
    paths = ensure_shards(folder, config.source, config.phases[-1].size, config.shards, assets_folder,
                          progress=progress, recipe=config.recipe)
    return Pool(paths, config.seed, config.recipe, config.mixed)


def to_tensor(pictures: np.ndarray, size: int) -> Tensor:
    """(N, S, S, C) uint8 to (N, C, size, size) floats in [0, 1], averaging whole squares of pixels."""
    tensor = torch.from_numpy(pictures).permute(0, 3, 1, 2).float().div_(255.0)
    factor = pictures.shape[1] // size
    if pictures.shape[1] != factor * size:
        raise ValueError(f"{size} px does not divide the rendered {pictures.shape[1]} px")
    return torch.nn.functional.avg_pool2d(tensor, factor) if factor > 1 else tensor
