"""What may befall an input before the encoder sees it; the target stays clean.

Background, exposure and colour cast, noise, and a jitter of the crop, each on a share of the pictures. All random
numbers come from the generator given. Shape legend: N pictures, S pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class AugmentConfig:
    background: float = 0.4  # share of pictures with another ground
    lights: float = 0.5  # share with another exposure and colour cast
    exposure: float = 0.18  # standard deviation of the log gain
    cast: float = 0.05
    noise: float = 0.5  # share with noise
    noise_deviation: float = 0.025
    crop: float = 0.4  # share with a shifted and scaled crop
    shift: float = 0.05  # of the picture's width
    zoom: float = 0.07


def augment(pictures: Tensor, ground: Tensor, config: AugmentConfig, generator: torch.Generator) -> Tensor:
    """(N, 4, S, S) colour and mask in [0, 1], ground (3,), to inputs (N, 3, S, S)."""
    count, size = len(pictures), pictures.shape[-1]
    colour, mask = pictures[:, :3], pictures[:, 3:]

    def uniform(*shape: int) -> Tensor:
        return torch.rand(shape, generator=generator)

    def chosen(share: float) -> Tensor:
        return (uniform(count, 1, 1, 1) < share).float()

    # a smooth random ground: a flat colour plus a coarse pattern
    pattern = uniform(count, 3, 1, 1) + chosen(0.6) * 0.7 * (uniform(count, 3, 4, 4) - 0.5)
    pattern = F.interpolate(pattern, size=(size, size), mode="bilinear").clamp(0, 1)
    colour = colour + chosen(config.background) * (1 - mask) * (pattern - ground.view(1, 3, 1, 1))
    gain = torch.randn(count, 1, 1, 1, generator=generator) * config.exposure
    cast = torch.randn(count, 3, 1, 1, generator=generator) * config.cast
    colour = colour * ((gain + cast) * chosen(config.lights)).exp()
    deviation = uniform(count, 1, 1, 1) * config.noise_deviation * chosen(config.noise)
    colour = colour + deviation * torch.randn(colour.shape, generator=generator)
    moved = chosen(config.crop)[:, 0, 0]
    theta = torch.zeros(count, 2, 3)
    zoom = 1 + moved[:, 0] * (2 * uniform(count) - 1) * config.zoom
    theta[:, 0, 0] = theta[:, 1, 1] = zoom
    theta[:, :, 2] = moved * (2 * uniform(count, 2) - 1) * 2 * config.shift
    grid = F.affine_grid(theta, [count, 3, size, size], align_corners=False)
    return F.grid_sample(colour.clamp(0, 1), grid, padding_mode="border", align_corners=False)
