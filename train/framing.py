"""Where in a photograph the head is (../dcign/framing.py): learned from renders somewhere in wide pictures.

    python -m train framing faces -o weights/faces/framing

Shape legend: N pictures, S pixels, h = w = S / 8 cells.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dcign.framing import CELL, Found, FramingNetwork, read
from dcign.head_finder import SURE
from dcign.photo_networks import command
from train.augmentation.wide import wide_photograph
from train.photographs import Photographs, Plan


@dataclass(frozen=True)
class FramingPlan(Plan):
    """How it is learned."""

    empty: float = 0.12  # share of pictures without a head
    spread: float = 0.6  # cells, the deviation of where its middle is taken for
    square: float = 4.0  # weight of where the square is, beside the cell


class WidePictures(Photographs):
    """Photographs (S, S, 3) uint8, and middle and side of the square in pixels (3,), not a number where there is no head."""

    def made(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        rendered = self.rendered(rng) if rng.random() >= self.plan.empty else None
        picture, place = wide_photograph(rendered, self.ground, rng, self.size)
        return picture, np.full(3, np.nan, np.float32) if place is None else np.float32(place) * self.size


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
    of how far the square lay off and by what share its side differed, in shares of the side; None of nothing."""

    found: float
    imagined: float
    off: tuple[float, float] | None
    side: tuple[float, float] | None

    @staticmethod
    def of(likely: np.ndarray, told: np.ndarray, true: np.ndarray) -> Errors:
        """likely (N,) as read() gives it, told and true squares (N, 3) in pixels."""
        there = ~np.isnan(true[:, 0])
        seen = there & (likely >= SURE)
        off = np.hypot(*(told - true)[seen, :2].T) / true[seen, 2]
        side = np.abs(np.log(told[seen, 2] / true[seen, 2]))
        return Errors(_share(likely[there] >= SURE), _share(likely[~there] >= SURE),
                      *(tuple(round(float(q), 4) for q in np.quantile(values, (0.5, 0.95))) if len(values) else None for values in (off, side)))


def _share(those: np.ndarray) -> float:
    return float(those.mean()) if len(those) else 0.0


def card(source: str, pictures: int, renders: int, measured: Errors, data: str) -> str:
    """The model card, Markdown. ``data``: what the renders are of."""
    off, side = ("not measured" if pair is None else f"{100 * pair[0]:.1f} % (median; 95 % within {100 * pair[1]:.1f} %)"
                 for pair in (measured.off, measured.side))
    return f"""---
license: mit
library_name: dcign
tags: [head-detection]
---
# DC-IGN live: heads in photographs

Finds the square in a photograph that a training render would show of a head: what `dcign` crops uploads of faces to.

- **Data**: {data} {renders:,} renders, dressed and somewhere in wide pictures with other grounds, light, blur, noise and JPEG.
- **Command**: `{command("framing", source)}`
- **Pictures seen**: {pictures:,}

## Measures
Printed by the command; of pictures of a shard that no lesson had.

- Heads found: {100 * measured.found:.1f} %; a head found where there is none: {100 * measured.imagined:.1f} % of empty pictures.
- The square is off, in shares of its side: {off}; its side differs: {side}.

It says where a head is, not whose. In a picture of several it takes one.
"""


def errors(network: FramingNetwork, pictures: WidePictures, count: int = 1_000) -> Errors:
    """Measured on so many of them."""
    likely, told, true = [], [], []
    for some, squares in pictures.batches(count):
        with torch.inference_mode():
            sure, square = read(network(some))
        likely.append(sure.numpy())
        told.append(square.numpy())
        true.append(squares.numpy())
    return Errors.of(*(np.concatenate(part) for part in (likely, told, true)))
