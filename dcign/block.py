"""What the networks of DC-IGN are built of. N pictures, L latents, C channels, h, w pixels."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def activate(x: Tensor) -> Tensor:
    return F.leaky_relu(x, 0.1)


def convolution(inputs: int, outputs: int, kernel: int = 3) -> nn.Conv2d:
    layer = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2)
    nn.init.kaiming_normal_(layer.weight, a=0.1)
    nn.init.zeros_(layer.bias)
    return layer


class Listener(nn.Linear):
    """What a level hears of the latents. Its weights may stay in 32 bits where the level's are of 16: a CPU spends more on handing
    one picture's latents to its matrix units than these save."""

    def forward(self, latents: Tensor, level: Tensor) -> Tensor:  # (N, L), of whose type the answer is
        return super().forward(latents.to(self.weight.dtype)).to(level.dtype)


class Block(nn.Module):
    """Two convolutions beside an identity. With latents given, they scale and shift the normalised channels.

    Group normalisation sees one picture at a time: a batch norm would mix up one-factor mini-batches.
    """

    def __init__(self, width: int, groups: int | None, latents: int = 0):
        super().__init__()
        self.norm = nn.GroupNorm(groups, width) if groups else nn.Identity()
        self.first = convolution(width, width)
        self.second = convolution(width, width)
        self.second.weight.data.mul_(0.2)
        self.modulation = Listener(latents, 2 * width) if latents else None
        if self.modulation is not None:
            nn.init.normal_(self.modulation.weight, 0.0, 0.02)
            nn.init.zeros_(self.modulation.bias)

    def forward(self, x: Tensor, latents: Tensor | None = None) -> Tensor:  # (N, C, h, w), (N, L)
        y = self.norm(x)  # (N, C, h, w)
        if self.modulation is not None:
            scale, shift = self.modulation(latents, y).chunk(2, 1)  # (N, C) each
            y = torch.addcmul(shift[..., None, None], y, 1 + scale[..., None, None])  # (N, C, h, w)
        # in place where nobody else holds the values: a fifth of the activations' time
        y = self.first(F.leaky_relu(y, 0.1, inplace=y is not x))  # (N, C, h, w)
        return x + self.second(F.leaky_relu_(y, 0.1))  # (N, C, h, w)
