"""The pictures of a run: shards on disk, drawn from in an order that depends only on the seed and the position.

The order grows with the rendering: the first pass is over the first ``GROW`` shards, each later one over ``GROW`` more,
until all are there. A run can so begin while most of its pictures are still being rendered, and nevertheless take the
same steps as one that began with all of them.

Shape legend: B mini-batches, K pictures in each, S pixels.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from train.batches import STUDIO, Recipe, photographs_path, shard_factors

MIXED = "mixed"  # what ``take`` calls a mini-batch in which everything varies
GROW = 4  # shards


class Pool:
    """Mini-batches of rendered pictures; ``take`` is a pure function of its arguments.

    In each of them one factor varies; or, if ``mixed``, they are made up of pictures from everywhere. A shard that is
    not there yet is waited for, while ``check`` may raise what has become of it.
    """

    def __init__(self, paths: list[Path], seed: int, recipe: Recipe = STUDIO, mixed: bool = False,
                 check: Callable[[], object] = lambda: None):
        self.paths, self.seed, self.recipe, self.mixed, self.check = list(paths), seed, recipe, mixed, check
        self.factors = np.concatenate([shard_factors(_number(path), recipe) for path in paths])
        self._shards: dict[int, tuple[np.ndarray, np.ndarray | None]] = {}
        self._order: tuple[int, np.ndarray] = (-1, np.empty(0, int))

    def __len__(self) -> int:
        """How many mini-batches there are."""
        return len(self.factors)

    def _pass(self, position: int) -> tuple[int, int, int]:
        """Which pass a position belongs to, its place there, and how many mini-batches the pass has."""
        number = 0
        while True:
            length = min(GROW * (number + 1), len(self.paths)) * self.recipe.mini_batches
            if position < length:
                return number, position, length
            if length == len(self):
                return number + position // length, position % length, length
            position -= length
            number += 1

    def _shuffled(self, number: int, count: int) -> np.ndarray:
        if self._order[0] != number:
            self._order = (number, np.random.default_rng([self.seed, number]).permutation(count))
        return self._order[1]

    def _shard(self, index: int) -> tuple[np.ndarray, np.ndarray | None]:
        if index not in self._shards:
            path = self.paths[index]
            while not path.exists():
                self.check()
                time.sleep(0.2)
            photographs = np.load(photographs_path(path), mmap_mode="r") if self.recipe.photographs else None
            self._shards[index] = np.load(path, mmap_mode="r"), photographs
        return self._shards[index]

    def take(self, position: int, count: int) -> tuple[np.ndarray, np.ndarray, list[str]]:
        """``count`` mini-batches from ``position`` on: targets, inputs, factors.

        Both are (B * K, S, S, C) uint8, C being 4, colour and mask, or 1 for grey pictures. An input is its target, or
        a photograph of the same thing from the same side.
        """
        pairs, factors = [], []
        for place in range(position, position + count):
            number, place, length = self._pass(place)
            if self.mixed:  # every picture once a pass, in an order of their own
                each = self.recipe.per_mini_batch
                order = self._shuffled(number, length * each)
                parts = [self.mini_batch(p // each, p % each) for p in order[place * each:(place + 1) * each]]
                pairs.append(tuple(np.concatenate(side) for side in zip(*parts)))
                factors.append(MIXED)
            else:
                index = int(self._shuffled(number, length)[place])
                pairs.append(self.mini_batch(index))
                factors.append(self.recipe.factors[self.factors[index]])
        targets, inputs = (np.concatenate(side) for side in zip(*pairs))
        return targets, inputs, factors

    def numbers(self, index: int) -> tuple[int, int, str]:
        """Of a mini-batch: its shard's number, its place there, and its factor."""
        shard, place = divmod(index, self.recipe.mini_batches)
        return _number(self.paths[shard]), place, self.recipe.factors[self.factors[index]]

    def mini_batch(self, index: int, only: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Targets and inputs (K, S, S, C) of one mini-batch, or of the picture ``only`` of it."""
        pictures, photographs = self._shard(index // self.recipe.mini_batches)
        row = index % self.recipe.mini_batches
        chosen = range(self.recipe.per_mini_batch) if only is None else [only]
        targets = pictures[row][list(chosen)]
        inputs = targets.copy()
        shot = {k: i for i, k in enumerate(self.recipe.photographed())}
        for place, k in enumerate(chosen):
            if k in shot:
                inputs[place] = photographs[row, shot[k]]
        return targets, inputs


def _number(path: Path) -> int:
    return int(path.stem.split("-")[-1])


def shrink(pictures: np.ndarray, size: int) -> np.ndarray:
    """(N, S, S, C) uint8 to (N, size, size, C) uint8, averaging whole squares of pixels.

    Raises ValueError if ``size`` does not divide S.
    """
    factor = pictures.shape[1] // size
    if pictures.shape[1] != factor * size:
        raise ValueError(f"{size} px does not divide the rendered {pictures.shape[1]} px")
    if factor == 1:
        return pictures
    count, _, _, channels = pictures.shape
    blocks = pictures.reshape(count, size, factor, size, factor, channels)
    total = sum(blocks[:, :, i, :, j].astype(np.uint16) for i in range(factor) for j in range(factor))
    return ((total + factor * factor // 2) // (factor * factor)).astype(np.uint8)
