"""The pictures of a run: shards on disk, drawn from in an order that depends only on the seed and the position.

Shape legend: B mini-batches, K pictures in each, S pixels.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from train.batches import FACTORS, MINI_BATCHES, shard_factors


class Pool:
    """One-factor mini-batches of rendered pictures; ``take`` is a pure function of its arguments."""

    def __init__(self, paths: list[Path], seed: int):
        self.shards = [np.load(path, mmap_mode="r") for path in paths]
        self.factors = np.concatenate([shard_factors(int(path.stem.split("-")[-1])) for path in paths])
        self.seed = seed
        self._order: tuple[int, np.ndarray] = (-1, np.empty(0, int))

    def __len__(self) -> int:
        """How many mini-batches there are."""
        return len(self.factors)

    def _at(self, position: int) -> int:
        epoch, place = divmod(position, len(self))
        if self._order[0] != epoch:
            self._order = (epoch, np.random.default_rng([self.seed, epoch]).permutation(len(self)))
        return int(self._order[1][place])

    def take(self, position: int, count: int, size: int) -> tuple[Tensor, list[str]]:
        """``count`` mini-batches from ``position`` on: (B * K, 4, size, size) floats in [0, 1], and their factors."""
        chosen = [self._at(position + i) for i in range(count)]
        pictures = np.concatenate([self.shards[c // MINI_BATCHES][c % MINI_BATCHES] for c in chosen])
        return to_tensor(pictures, size), [FACTORS[self.factors[c]] for c in chosen]


def to_tensor(pictures: np.ndarray, size: int) -> Tensor:
    """(N, S, S, C) uint8 to (N, C, size, size) floats in [0, 1], averaging whole squares of pixels."""
    tensor = torch.from_numpy(pictures).permute(0, 3, 1, 2).float().div_(255.0)
    factor = pictures.shape[1] // size
    if pictures.shape[1] != factor * size:
        raise ValueError(f"{size} px does not divide the rendered {pictures.shape[1]} px")
    return torch.nn.functional.avg_pool2d(tensor, factor) if factor > 1 else tensor
