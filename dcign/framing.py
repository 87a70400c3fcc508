"""The network that finds heads in photographs (head_finder.py): where the square lies that a training render would show. It has seen
nothing but such renders in wide pictures (train/framing.py).

Shape legend: N pictures, S pixels, h = w = S / 8 cells, C channels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .block import Block, activate, convolution
from .photo_networks import GROUPS, PhotoNetworkConfig

CELL = 8  # pixels a side
NEAR = 1  # cells about the likeliest one that tell where it is


@dataclass(frozen=True)
class FramingConfig(PhotoNetworkConfig):
    size: int = 160
    widths: tuple[int, int, int, int] = (16, 32, 64, 96)


@dataclass(frozen=True, eq=False)
class Found:
    """cells: the logarithm of how likely the middle of the head lies in each, and that there is no head (N, h * w + 1); square: the
    middle and the side of what a render shows of it, as each cell has them, in pixels and their logarithm (N, 3, h, w)."""

    cells: Tensor
    square: Tensor


class FramingNetwork(nn.Module):
    """Looks down to a sixteenth of the picture's size; answers at an eighth."""

    def __init__(self, config: FramingConfig = FramingConfig()):
        super().__init__()
        self.config = config
        first, second, third, last = config.widths
        self.stem = nn.Conv2d(3, first, 5, 2, 2)
        self.down = nn.ModuleList(nn.Conv2d(inputs, outputs, 3, 2, 1) for inputs, outputs in ((first, second), (second, third), (third, last)))
        self.blocks = nn.ModuleList(nn.Sequential(*(Block(width, GROUPS) for _ in range(count)))
                                    for width, count in ((second, 1), (third, 2), (last, 3)))
        self.wide = nn.Conv2d(last, third, 1)
        self.join = nn.Sequential(Block(third, GROUPS), nn.GroupNorm(GROUPS, third))
        self.head = convolution(third, 4, 1)
        self.none = nn.Linear(last, 1)

    def forward(self, pictures: Tensor) -> Found:  # (N, 3, S, S) in [0, 1]
        x = activate(self.stem(pictures - 0.5))  # (N, C, S / 2, S / 2)
        levels = []
        for down, blocks in zip(self.down, self.blocks):
            x = blocks(activate(down(x)))  # (N, C, S / 4, S / 4) and on
            levels.append(x)
        _, near, far = levels  # (N, C, h, w), (N, C, h / 2, w / 2)
        x = self.join(near + F.interpolate(self.wide(far), scale_factor=2.0))  # (N, C, h, w)
        cells, square = self.head(activate(x)).float().split([1, 3], 1)  # (N, 1, h, w), (N, 3, h, w)
        none = self.none(activate(far).mean((2, 3))).float()  # (N, 1)
        across = (torch.arange(square.shape[-1], device=square.device) + 0.5) * CELL
        middle = square[:, :2] * CELL + torch.stack(torch.meshgrid(across, across, indexing="xy"))  # (N, 2, h, w)
        side = square[:, 2:] + math.log(self.config.size / 2)
        return Found(torch.cat([cells.flatten(1), none], 1), torch.cat([middle, side], 1))


def read(found: Found) -> tuple[Tensor, Tensor]:
    """How likely there is a head (N,), and the middle and side of what a render shows of it, in pixels (N, 3)."""
    likely = found.cells.softmax(1)
    cells = likely[:, :-1].reshape(len(likely), 1, *found.square.shape[-2:])  # (N, 1, h, w)
    window = 2 * NEAR + 1
    near = F.avg_pool2d(cells, window, 1, NEAR, divisor_override=1).flatten(1)  # (N, h * w)
    best = near.argmax(1)
    kept = F.max_pool2d(F.one_hot(best, near.shape[1]).float().view_as(cells), window, 1, NEAR) * cells
    square = (found.square * kept).sum((2, 3)) / kept.sum((2, 3)).clamp_min(1e-9)  # (N, 3)
    return 1 - likely[:, -1], torch.cat([square[:, :2], square[:, 2:].exp()], 1)
