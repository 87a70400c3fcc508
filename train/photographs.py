"""What the small networks that prepare a photograph learn from, and their loop: framing.py, matting.py.

Shape legend: N pictures, S pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, default_collate

from train.part_learner import PartLearner

HELD_OUT = 10**9  # the number of the first picture that no lesson has
Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True)
class Plan:
    """How one of them is learned."""

    pictures: int = 96_000
    a_step: int = 32
    rate: float = 1e-3
    first_steps: int = 100  # of a rising rate
    average: float = 0.998  # how slowly the weights that are kept follow
    weight_decay: float = 1e-4
    seed: int = 1


class Photographs(Dataset):
    """Pictures (S, S, 3) uint8 and what is to be told of each, made of rendered ones (S, S, 4); each a pure function of its number. ``paths``
    are shards, ``ground`` the colour that lies behind what is rendered."""

    def __init__(self, paths: Sequence[Path], ground: tuple[int, int, int], plan: Plan, size: int, first: int = 0):
        self.paths, self.ground, self.plan, self.size, self.first = list(paths), ground, plan, size, first
        self._shards: dict[int, np.ndarray] = {}

    def __len__(self) -> int:
        return self.plan.pictures

    def __getitem__(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        return self.made(np.random.default_rng([self.plan.seed, self.first + number]))

    def made(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        raise NotImplementedError

    def rendered(self, rng: np.random.Generator) -> np.ndarray:
        """One of the rendered pictures (S, S, 4), as it is or seen in a mirror."""
        index = int(rng.integers(len(self.paths)))
        if index not in self._shards:
            self._shards[index] = np.load(self.paths[index], mmap_mode="r")  # (mini-batches, pictures, S, S, 4)
        shard = self._shards[index]
        picture = np.array(shard[rng.integers(len(shard)), rng.integers(shard.shape[1])])
        return np.ascontiguousarray(picture[:, ::-1]) if rng.random() < 0.5 else picture

    def batches(self, count: int) -> Iterator[tuple[Tensor, Tensor]]:
        """So many of them, as the network takes them (N, 3, S, S), and what is to be told."""
        for start in range(0, count, self.plan.a_step):
            pictures, told = default_collate([self[number] for number in range(start, min(start + self.plan.a_step, count))])
            yield as_input(pictures), told


def as_input(pictures: Tensor) -> Tensor:
    """uint8 (N, S, S, 3) to (N, 3, S, S) in [0, 1], channels last in memory as they are."""
    return pictures.permute(0, 3, 1, 2).float().div(255)


def learn(network: Network, pictures: Photographs, loss_of: Callable[[object, Tensor], Tensor], name: str,
          save: Callable[[Network, int], object] = lambda network, seen: None, save_every: float = 300.0) -> Network:
    """Teach a new ``network``, in place; its running average is what stays. loss_of: what it says of some pictures, and what it should have
    said. ``save`` is called now and then, and at the end, with it and the number of pictures so far."""
    plan = pictures.plan
    network = network.to(memory_format=torch.channels_last).eval().requires_grad_(False)
    learner = PartLearner(network, plan, max(1, plan.pictures // plan.a_step), plan.weight_decay)
    batches = DataLoader(pictures, plan.a_step, num_workers=1, drop_last=True, prefetch_factor=8)
    for (some, told), bar in learner.lesson(iter(batches), plan.a_step, name, lambda seen: save(network, seen), save_every):
        with torch.autocast("cpu", torch.bfloat16):
            said = learner.learning(as_input(some))
        loss = loss_of(said, told)
        learner.step(loss)
        if learner.number % 20 == 0:
            bar.set_postfix(loss=f"{float(loss.detach()):.3f}", refresh=False)
    return network
