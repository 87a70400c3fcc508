"""A shortcut for small shapes from a middle level of the encoder to the posterior.

A smile is told by a few pixels. At the level above the last one it can still be read, from where and what a few places are;
below, it shares all channels with what makes up most of the picture, and a part that the decoder does not draw yet is lost
there: faces without this never learned an expression. Attention maps choose places, and the posterior reads where they
lie (the spatial soft-argmax of Finn and others 2016) and a few values there.

Shape legend: N pictures, h = w pixels of the level, C its channels, A attention heads, V values, L latents.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

VALUES = 8
SHARPNESS = 3.0  # of the maps at the start
SCALE = 4.0  # of places, from -1 to 1 across the picture: they differ by little


class PlaceAttention(nn.Module):
    """What ``heads`` places of a picture add to the means and log-variances: (N, 2 L)."""

    def __init__(self, channels: int, heads: int, latents: int):
        super().__init__()
        self.attention = nn.Conv2d(channels, heads, 1)
        self.value = nn.Conv2d(channels, VALUES, 1)
        self.read = nn.Linear(heads * (2 + VALUES), 2 * latents)
        nn.init.normal_(self.attention.weight, 0.0, channels**-0.5)
        nn.init.zeros_(self.attention.bias)
        # not nothing: encoder and decoder would wait for each other
        nn.init.normal_(self.read.weight, 0.0, 0.05 * heads**-0.5)
        nn.init.zeros_(self.read.bias)
        with torch.no_grad():
            self.read.weight[latents:] = 0.0

    def forward(self, level: Tensor) -> Tensor:  # (N, C, h, w)
        with torch.autocast(level.device.type, enabled=False):
            level = level.float().contiguous()
            level = level / level.std((1, 2, 3), keepdim=True).clamp_min(1e-4)
            weights = (SHARPNESS * self.attention(level)).flatten(2).softmax(2)  # (N, A, h w)
            axes = [SCALE * torch.linspace(-1.0, 1.0, size, device=level.device) for size in level.shape[2:]]
            places = weights @ torch.stack(torch.meshgrid(*axes, indexing="ij"), -1).flatten(0, 1)  # (N, A, 2)
            values = weights @ self.value(level).flatten(2).mT  # (N, A, V)
            return self.read(torch.cat([places, values], 2).flatten(1))  # (N, 2 L)
