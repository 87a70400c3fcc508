"""A shortcut for colours from the picture to the posterior.

A hue is told by a few pixels' channels, but on its way down the encoder it shares every level with all that shapes ask
for, and a hue that the decoder does not draw yet is lost there: on chairs, whose colours are mostly those of wood, the
networks without this never learned green. Here attention maps at a middle level choose places, and the posterior reads
the chroma of the picture there directly.

Shape legend: N pictures, h = w pixels of the level, C its channels, A attention heads, L latents.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SCALE = 16.0  # chroma is small: what most coloured things have comes near 1
DIFFERENCES = ((0.5, -0.418688, -0.081312), (-0.168736, -0.331264, 0.5))  # Cr, Cb of ITU-R BT.601


class ColourAttention(nn.Module):
    """What ``heads`` places of a picture add to the means and log-variances: (N, 2 L)."""

    def __init__(self, channels: int, heads: int, latents: int):
        super().__init__()
        self.attention = nn.Conv2d(channels, heads, 1)
        self.read = nn.Linear(2 * heads, 2 * latents)
        nn.init.normal_(self.attention.weight, 0.0, channels**-0.5)
        nn.init.zeros_(self.attention.bias)
        # not nothing: encoder and decoder would wait for each other
        nn.init.normal_(self.read.weight, 0.0, 0.1 * heads**-0.5)
        nn.init.zeros_(self.read.bias)
        with torch.no_grad():
            self.read.weight[latents:] = 0.0

    def forward(self, pictures: Tensor, level: Tensor) -> Tensor:  # (N, 3, H, W), (N, C, h, w)
        weights = self.attention(level).float().flatten(2).softmax(2)  # (N, A, h w)
        with torch.autocast(pictures.device.type, enabled=False):  # chroma is a difference of nearly equal numbers
            small = F.adaptive_avg_pool2d(pictures.float(), level.shape[2:]).flatten(2)  # (N, 3, h w)
            chroma = SCALE * (small.new_tensor(DIFFERENCES) @ small)  # (N, 2, h w)
            return self.read((weights @ chroma.mT).flatten(1))  # (N, 2 L)
