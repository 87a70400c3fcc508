"""Masks of pixels, from 0 to 1: larger, smaller, softer ones; and colours that go on beyond them.

Shape legend: H, W pixels.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

_WINDOW = 5  # pixels a side, over which single ones are evened out


def spread(picture: Tensor, known: Tensor) -> Tensor:
    """The picture (3, H, W) where it is ``known`` (1, H, W), and elsewhere what is around, the smoother the further from it (pull-push:
    Gortler and others 1996)."""
    layers = [torch.cat([picture * known, known])[None]]  # (1, 4, h, w) each: colours times what is known, and that
    while min(layers[-1].shape[2:]) > 1:
        summed = 4 * F.avg_pool2d(layers[-1], 2, ceil_mode=True)
        layers.append(summed / summed[:, 3:].clamp_min(1.0))
    filled = layers.pop()
    filled = filled / filled[:, 3:].clamp_min(1e-6)
    while layers:
        layer = layers.pop()
        filled = layer + (1 - layer[:, 3:]) * F.interpolate(filled, layer.shape[2:], mode="bilinear")
    return filled[0, :3].clamp(0.0, 1.0)


def grown(shown: Tensor, pixels: int) -> Tensor:
    """A mask (1, H, W) larger by so many pixels to all sides."""
    for axis, border in ((1, (0, 0, pixels, pixels)), (2, (pixels, pixels))):
        shown, across = F.pad(shown, border), 1  # pixels that each is the largest of; F.max_pool2d takes ten times as long
        while across < 2 * pixels + 1:
            step = min(across, 2 * pixels + 1 - across)
            rest = shown.shape[axis] - step
            shown, across = torch.maximum(shown.narrow(axis, 0, rest), shown.narrow(axis, step, rest)), across + step
    return shown


def shrunk(shown: Tensor, pixels: int) -> Tensor:
    """A mask (1, H, W), which goes on beyond the border, smaller by so many pixels."""
    return 1 - grown(1 - shown, pixels)


def evened(values: Tensor) -> Tensor:
    """Means (1, 1, H, W) over windows of _WINDOW pixels."""
    return F.avg_pool2d(values, _WINDOW, 1, _WINDOW // 2)


def softened(shown: Tensor) -> Tensor:
    """A mask (1, H, W) whose edge is three pixels wide."""
    return F.avg_pool2d(shown, 3, 1, 1, count_include_pad=False)
