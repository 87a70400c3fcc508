"""Which pixels of a photograph are the object's (../dcign/matting.py): learned from renders before other grounds.

    python -m train matting chairs -o weights/chairs/matting

Shape legend: N pictures, S pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dcign.cut_out import SURE, sureness
from dcign.matting import MattingNetwork
from dcign.photo_networks import command
from train.augmentation.wide import placed_object
from train.photographs import Photographs, Plan


@dataclass(frozen=True)
class MattingPlan(Plan):
    """How it is learned."""

    pictures: int = 120_000
    a_step: int = 24
    rate: float = 1.2e-3
    empty: float = 0.12  # share of pictures without an object


class PlacedObjects(Photographs):
    """Photographs (S, S, 3) uint8, and alpha and the light that the ground keeps (S, S, 2) uint8."""

    def made(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        return placed_object(self.rendered(rng) if rng.random() >= self.plan.empty else None, self.rendered(rng), self.ground, rng)


def split(told: Tensor) -> tuple[Tensor, Tensor]:
    """uint8 (N, S, S, 2) to alpha and the light that is kept, (N, S, S) each, from 0 to 1."""
    return tuple(told.float().div(255).unbind(-1))


def loss_of(said: Tensor, told: Tensor) -> Tensor:
    """Of logits (N, 2, S, S): how unlikely alpha and light are pixel by pixel, the latter on the ground alone, and how much of the object is
    missed or imagined (Dice), which is as much for a thin chair as for a large one."""
    alpha, light = split(told)  # (N, S, S) each
    unlikely = F.binary_cross_entropy_with_logits(said[:, 0], alpha)
    taken = said[:, 0].sigmoid()
    both, either = (taken * alpha).sum((1, 2)), taken.sum((1, 2)) + alpha.sum((1, 2))
    dark = F.binary_cross_entropy_with_logits(said[:, 1], light, weight=1 - alpha)
    return 3 * unlikely + (1 - (2 * both + 10) / (either + 10)).mean() + 2 * dark


@dataclass(frozen=True)
class Errors:
    """Of pictures that no lesson had: intersection over union, its mean and its 5 % quantile; mean absolute errors of alpha, and of the
    light that the ground keeps; the share of pictures without an object in which one is surely seen."""

    overlap: float
    worst: float
    alpha: float
    light: float
    imagined: float


def errors(network: MattingNetwork, pictures: PlacedObjects, count: int = 480) -> Errors:
    """Measured on so many of them."""
    overlaps, off, dark, imagined = [], [], [], []
    for some, told in pictures.batches(count):
        alpha, light = split(told)  # (N, S, S) each
        with torch.inference_mode():
            said = network(some).sigmoid()  # (N, 2, S, S)
        taken, true = said[:, 0] > 0.5, alpha > 0.5
        there = true.any(2).any(1)
        overlaps.append(((taken & true).sum((1, 2)) / (taken | true).sum((1, 2)).clamp_min(1))[there])
        imagined.append(torch.tensor([sureness(one) >= SURE for one in said[~there, 0]]).float())
        off.append((said[:, 0] - alpha).abs().mean((1, 2)))
        dark.append(((said[:, 1] - light).abs() * (1 - alpha)).sum((1, 2)) / (1 - alpha).sum((1, 2)).clamp_min(1))
    overlap, empty = torch.cat(overlaps), torch.cat(imagined)
    found = (overlap.mean(), overlap.quantile(0.05), torch.cat(off).mean(), torch.cat(dark).mean(), empty.mean() if len(empty) else 0.0)
    return Errors(*(round(float(value), 4) for value in found))


def card(source: str, pictures: int, renders: int, measured: Errors, data: str) -> str:
    """The model card, Markdown. ``data``: what the renders are of."""
    return f"""---
license: mit
library_name: dcign
pipeline_tag: image-segmentation
---
# DC-IGN live: {source} off their ground

Tells which pixels of a photograph are the object's: what `dcign` takes off its ground and puts on the model's own.

- **Data**: {data} {renders:,} renders, before walls, floors, surfaces and clutter, in other light, with blur, noise and JPEG.
- **Command**: `{command("matting", source)}`
- **Pictures seen**: {pictures:,}

## Measures
Printed by the command; of pictures of a shard that no lesson had.

- Intersection over union: {measured.overlap:.3f} on average, above {measured.worst:.3f} in 95 % of the pictures.
- An object surely seen where there is none: {100 * measured.imagined:.1f} % of empty pictures.
- Mean absolute error of alpha {measured.alpha:.3f}, and of how much of its light the ground keeps {measured.light:.3f}.
"""
