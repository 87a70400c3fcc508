"""The network that tells which pixels of a photograph are an object's (cut_out.py): its alpha matte, and how much of its light the
ground keeps where the object's shadow lies. It has seen nothing but renders before other grounds (train/matting.py).

Shape legend: N pictures, S pixels, h = w = S / 2 and less, C channels.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from .block import Block, activate, convolution
from .photo_networks import GROUPS, PhotoNetworkConfig



@dataclass(frozen=True)
class MattingConfig(PhotoNetworkConfig):
    size: int = 160
    widths: tuple[int, int, int, int] = (24, 48, 80, 112)


class MattingNetwork(nn.Module):
    """An encoder and a decoder with skips between their levels (U-Net: Ronneberger, Fischer and Brox 2015), on squares of two pixels a side."""

    def __init__(self, config: MattingConfig = MattingConfig()):
        super().__init__()
        self.config = config
        first, second, third, last = config.widths
        self.stem = convolution(12, first)
        self.down = nn.ModuleList(nn.Conv2d(inputs, outputs, 3, 2, 1) for inputs, outputs in ((first, second), (second, third), (third, last)))
        self.blocks = nn.ModuleList(nn.Sequential(*(Block(width, GROUPS) for _ in range(count)))
                                    for width, count in zip(config.widths, (1, 2, 2, 3)))
        self.up = nn.ModuleList(nn.Conv2d(inputs, outputs, 1) for inputs, outputs in ((last, third), (third, second), (second, first)))
        self.join = nn.ModuleList(Block(width, GROUPS) for width in (third, second, first))
        self.out = convolution(first, 8)

    def forward(self, pictures: Tensor) -> Tensor:  # (N, 3, S, S) in [0, 1]
        """The logits of alpha and of the light that is kept (N, 2, S, S)."""
        x = self.blocks[0](activate(self.stem(F.pixel_unshuffle(pictures - 0.5, 2))))  # (N, C, h, w)
        levels = [x]
        for down, blocks in zip(self.down, self.blocks[1:]):
            x = blocks(activate(down(x)))  # (N, C, h / 2, w / 2) and on
            levels.append(x)
        for up, join, level in zip(self.up, self.join, levels[-2::-1]):
            x = join(level + F.interpolate(up(x), scale_factor=2.0))  # back to (N, C, h, w)
        return F.pixel_shuffle(self.out(activate(x)), 2).float()  # (N, 2, S, S)
