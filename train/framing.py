"""Where in a photograph the head is (../dcign/framing.py): learned from renders somewhere in wide pictures.

    python -m train frame faces -o weights/faces/framing

Shape legend: N pictures, S pixels, h = w = S / 8 cells.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from dcign.framing import CELL, Found, FramingConfig, FramingNetwork, read
from train.augmentation.wide import wide_photograph
from train.part_learner import PartLearner


@dataclass(frozen=True)
class FramingPlan:
    """How it is learned."""

    pictures: int = 96_000
    a_step: int = 32
    empty: float = 0.12  # share of those without a head
    spread: float = 0.6  # cells, the deviation of where its middle is taken for
    square: float = 4.0  # weight of where the square is, beside the cell
    rate: float = 1e-3
    first_steps: int = 100  # of a rising rate
    average: float = 0.998  # how slowly the weights that are kept follow
    weight_decay: float = 1e-4
    seed: int = 1


class WidePictures(Dataset):
    """Photographs (S, S, 3) uint8, and middle and side of the square in pixels (3,), not a number where there is no head; each a pure
    function of its number."""

    def __init__(self, paths: Sequence[Path], ground: tuple[int, int, int], plan: FramingPlan, size: int, first: int = 0):
        self.paths, self.ground, self.plan, self.size, self.first = list(paths), ground, plan, size, first
        self._shards: dict[int, np.ndarray] = {}

    def __len__(self) -> int:
        return self.plan.pictures

    def __getitem__(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng([self.plan.seed, self.first + number])
        rendered = None
        if rng.random() >= self.plan.empty:
            shard = self._shard(int(rng.integers(len(self.paths))))
            rendered = np.array(shard[rng.integers(len(shard)), rng.integers(shard.shape[1])])
            if rng.random() < 0.5:
                rendered = np.ascontiguousarray(rendered[:, ::-1])
        picture, place = wide_photograph(rendered, self.ground, rng, self.size)
        return picture, np.full(3, np.nan, np.float32) if place is None else np.float32(place) * self.size

    def _shard(self, index: int) -> np.ndarray:
        if index not in self._shards:
            self._shards[index] = np.load(self.paths[index], mmap_mode="r")  # (mini-batches, pictures, S, S, 4)
        return self._shards[index]


def expected(squares: Tensor, spread: float, across: int) -> Tensor:
    """How likely each of ``across`` x ``across`` cells, and that there is no head, should be (N, h * w + 1), where these are the squares (N, 3)
    in pixels. A middle beyond the border counts for the cell next to it."""
    there = ~squares[:, 0].isnan()
    centres = torch.arange(across, device=squares.device) + 0.5
    middle = (squares[:, :2].nan_to_num() / CELL).clamp(0.5, across - 0.5)  # (N, 2)
    along, down = (torch.exp(-(centres - middle[:, i : i + 1]).square() / (2 * spread**2)) for i in (0, 1))  # (N, w), (N, h)
    cells = (down[:, :, None] * along[:, None]).flatten(1)
    cells = cells / cells.sum(1, keepdim=True) * there[:, None]
    return torch.cat([cells, (~there).float()[:, None]], 1)


def loss_of(found: Found, squares: Tensor, plan: FramingPlan) -> Tensor:
    """How unlikely the true cells are, and how far the squares that these tell are from the true ones, in shares of their side."""
    wanted = expected(squares, plan.spread, found.square.shape[-1])  # (N, h * w + 1)
    unlikely = -(wanted * found.cells.log_softmax(1)).sum(1).mean()
    true = squares.nan_to_num(1.0)[:, :, None]  # (N, 3, 1)
    told = found.square.flatten(2)  # (N, 3, h * w)
    off = F.smooth_l1_loss(torch.cat([told[:, :2] / true[:, 2:], told[:, 2:]], 1),
                           torch.cat([true[:, :2] / true[:, 2:], true[:, 2:].log()], 1).expand_as(told), beta=0.05, reduction="none").sum(1)
    return unlikely + plan.square * (off * wanted[:, :-1]).sum(1).mean()


@dataclass(frozen=True)
class Errors:
    """Of pictures that no lesson had: the share of heads that were found, of empty pictures in which one was, and medians and 95 % quantiles
    of how far the square lay off and by what share its side differed, in shares of the side."""

    found: float
    imagined: float
    off: tuple[float, float]
    side: tuple[float, float]

    @staticmethod
    def of(likely: np.ndarray, told: np.ndarray, true: np.ndarray) -> Errors:
        """likely (N,) as read() gives it, told and true squares (N, 3) in pixels."""
        there = ~np.isnan(true[:, 0])
        seen = there & (likely >= 0.5)
        off = np.hypot(*(told - true)[seen, :2].T) / true[seen, 2]
        side = np.abs(np.log(told[seen, 2] / true[seen, 2]))
        return Errors(float((likely[there] >= 0.5).mean()), float((likely[~there] >= 0.5).mean()),
                      *(tuple(round(float(q), 4) for q in np.quantile(values, (0.5, 0.95))) for values in (off, side)))


def card(source: str, pictures: int, renders: int, measured: Errors, data: str) -> str:
    """The model card, Markdown. ``data``: what the renders are of."""
    off, side = measured.off, measured.side
    return f"""---
license: mit
library_name: dcign
tags: [head-detection]
---
# DC-IGN live: heads in photographs

Finds the square in a photograph that a training render would show of a head: what `dcign` crops uploads of faces to.

- **Data**: {data} {renders:,} of them, dressed and somewhere in wide pictures with other grounds, light, blur, noise and JPEG.
- **Command**: `python -m train frame {source}`
- **Pictures seen**: {pictures:,}

## Measures
Printed by the command; of pictures of a shard that no lesson had.

- Heads found: {100 * measured.found:.1f} %; a head found where there is none: {100 * measured.imagined:.1f} % of empty pictures.
- The square is off by {100 * off[0]:.1f} % of its side (median; 95 % within {100 * off[1]:.1f} %), and its side by {100 * side[0]:.1f} % ({100 * side[1]:.1f} %).

It says where a head is, not whose. In a picture of several it takes one.
"""


def learn(paths: Sequence[Path], ground: tuple[int, int, int], plan: FramingPlan = FramingPlan(), config: FramingConfig = FramingConfig(),
          save: Callable[[FramingNetwork, int], object] = lambda network, seen: None, save_every: float = 300.0) -> FramingNetwork:
    """A network that has learned. ``save`` is called now and then, and at the end, with it and the number of pictures so far."""
    torch.manual_seed(plan.seed)
    network = FramingNetwork(config).to(memory_format=torch.channels_last).eval().requires_grad_(False)
    learner = PartLearner(network, plan, max(1, plan.pictures // plan.a_step), plan.weight_decay)
    pictures = DataLoader(WidePictures(paths, ground, plan, config.size), plan.a_step, num_workers=1, drop_last=True, prefetch_factor=8)
    for (some, squares), bar in learner.lesson(iter(pictures), plan.a_step, "framing", lambda seen: save(network, seen), save_every):
        with torch.autocast("cpu", torch.bfloat16):
            found = learner.learning(some.permute(0, 3, 1, 2).float().div(255).contiguous(memory_format=torch.channels_last))
        loss = loss_of(found, squares, plan)
        learner.step(loss)
        if learner.number % 20 == 0:
            bar.set_postfix(loss=f"{float(loss.detach()):.3f}", refresh=False)
    return network


def errors(network: FramingNetwork, paths: Sequence[Path], ground: tuple[int, int, int], plan: FramingPlan, count: int = 1_000) -> Errors:
    """Measured on ``count`` pictures of these shards."""
    pictures = WidePictures(paths, ground, plan, network.config.size, first=10**9)
    likely, told, true = [], [], []
    for start in range(0, count, plan.a_step):
        some, squares = zip(*(pictures[number] for number in range(start, min(start + plan.a_step, count))))
        with torch.inference_mode():
            sure, square = read(network(torch.from_numpy(np.stack(some)).permute(0, 3, 1, 2).float().div(255)))
        likely.append(sure.numpy())
        told.append(square.numpy())
        true.append(np.stack(squares))
    return Errors.of(*(np.concatenate(part) for part in (likely, told, true)))
