"""Values brought to the edges of a picture: a guided filter (He, Sun and Tang 2010) at half the size (He and Sun 2015).

    filtered = Guide.of(luma, smoothness).lines(values)

In every window the values are a line over the guide; a pixel takes the mean of its windows' lines.

Shape legend: N pictures, C values of a pixel, H, W pixels, h, w half of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

RADIUS = 2  # of the windows, pixels at half the size


@dataclass(frozen=True, eq=False)
class Guide:
    """A channel (N, 1, H, W), and at half the size the same (N, 1, h, w) with its mean and variance in every window; ``smoothness``: the
    variance below which a window counts as even."""

    channel: Tensor
    half: Tensor
    mean: Tensor
    variance: Tensor
    smoothness: float

    @staticmethod
    def of(channel: Tensor, smoothness: float) -> Guide:
        half = F.avg_pool2d(channel, 2)  # (N, 1, h, w)
        mean = windows(half)
        return Guide(channel, half, mean, windows(half * half) - mean * mean, smoothness)

    def lines(self, values: Tensor) -> Tensor:
        """(N, C, H, W) to the same, along lines over the guide."""
        half = F.avg_pool2d(values, 2)  # (N, C, h, w)
        mean = windows(half)
        slope = (windows(self.half * half) - self.mean * mean) / (self.variance + self.smoothness)
        lines = windows(torch.cat([slope, mean - slope * self.mean], 1))  # (N, 2 C, h, w)
        slope, start = F.interpolate(lines, values.shape[2:], mode="bilinear").chunk(2, 1)  # (N, C, H, W) each
        return torch.addcmul(start, slope, self.channel)


def windows(values: Tensor) -> Tensor:
    """The mean of (N, C, h, w) in the square window about every pixel, as far as it is in the picture."""
    down, across = (_means(size, values.device) for size in values.shape[2:])
    return down @ values @ across.mT


@lru_cache(maxsize=8)
def _means(size: int, device: torch.device) -> Tensor:
    """(size, size): each row the mean of the pixels within RADIUS of one."""
    with torch.inference_mode(False):  # it is kept, and autograd would refuse it
        places = torch.arange(size, device=device)
        near = ((places[:, None] - places).abs() <= RADIUS).float()
        return near / near.sum(1, keepdim=True)
