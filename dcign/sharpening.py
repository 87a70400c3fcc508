"""The last touch before a picture is shown: patterns of two pixels go, coloured seams of objects too, and its luma gets an unsharp mask,
nearly without halos.

    pictures = sharpen(pictures)

Each channel is smoothed by (-1, 4, 10, 4, -1) / 16 both ways: of a pattern that changes from pixel to pixel, which a network
leaves where it is unsure of an edge, nothing stays, and coarser ones hardly change.

Where it is unsure of thin parts, each channel is blurred in its own way: a black rung comes out red on one side and blue on the other. What
channels differ by therefore follows their mean (guided_filter.py), as most objects have few colours. Not for faces, whose eyes and lips
would lose theirs.

A network that is unsure of a detail draws the average of what it might be, which is blurred. The luma's difference from a
Gaussian blur is therefore added once more to all channels, so that colour fringes do not grow (but where a channel reaches 0
or 1); it may leave the range of what was drawn there and beside it by a few levels only, and on even ground by none, so that no light
seam runs around a dark head. The error of a picture grows a little.

Shape legend: N pictures, H, W pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from dcign.guided_filter import Guide
from dcign.paper_network import grey


@dataclass(frozen=True)
class Sharpening:
    """``amount``: how much of the difference is added; 0 leaves pictures alone."""

    amount: float = 1.2
    deviation: float = 1.0  # of the blur, pixels
    beyond: float = 10 / 255  # how far the luma may leave the range of the 3 x 3 pixels that were drawn there
    even: float = 20 / 255  # of the ground's luma: what lies nearer to it may do so less, and the ground itself not at all
    seams: bool = False  # whether coloured ones are taken away
    smoothness: float = 1e-2  # variance of the mean below which what channels differ by is evened out

    def __post_init__(self) -> None:
        if not (self.amount >= 0 and self.deviation > 0 and self.beyond >= 0 and self.even > 0 and self.smoothness > 0):
            raise ValueError(f"sharpening: numbers out of range in {self}")


def sharpen(pictures: Tensor, sharpening: Sharpening = Sharpening(), ground: Sequence[int] | None = None) -> Tensor:
    """(N, 3, H, W) in [0, 1] to the same, sharper; float32. ground: the colour, 0 to 255, of an even one that they are drawn on."""
    if not sharpening.amount:
        return pictures
    pictures = pictures.float()  # (N, 3, H, W)
    low, high = (_of_neighbours(grey(pictures)[:, 0], which) for which in (torch.minimum, torch.maximum))  # (N, H, W) each
    pictures = _smoothed(pictures)  # (N, 3, H, W)
    if sharpening.seams:
        pictures = _without_seams(pictures, sharpening, ground)
    luma = grey(pictures)[:, 0]  # (N, H, W)
    down, across = (_blur(size, sharpening.deviation, pictures.device) for size in luma.shape[1:])
    sharp = luma + sharpening.amount * (luma - down @ luma @ across.mT)  # (N, H, W)
    beyond = sharpening.beyond
    if ground is not None:
        unlike = (luma - grey(luma.new_tensor(ground).div(255).view(1, 3, 1, 1))[:, 0]).abs()  # (N, H, W)
        beyond = beyond * (unlike / sharpening.even).clamp(max=1.0)
    sharp = sharp.clamp(low - beyond, high + beyond)
    return (pictures + (sharp - luma)[:, None]).clamp_(0.0, 1.0)


def _without_seams(pictures: Tensor, sharpening: Sharpening, ground: Sequence[int] | None) -> Tensor:
    """(N, 3, H, W) to the same, what channels differ by along lines over their mean; but for even ground, which would be tinted."""
    mean = pictures.mean(1, keepdim=True)  # (N, 1, H, W)
    followed = mean + Guide.of(mean, sharpening.smoothness).lines(pictures - mean)  # (N, 3, H, W)
    if ground is not None:
        unlike = (pictures - pictures.new_tensor(ground).div(255).view(1, 3, 1, 1)).abs().amax(1, keepdim=True)  # (N, 1, H, W)
        followed = pictures.lerp(followed, (unlike / sharpening.even).clamp(max=1.0))
    return followed.clamp(0.0, 1.0)


def _smoothed(pictures: Tensor) -> Tensor:
    """(N, 3, H, W) to the same without what changes from pixel to pixel, down or across."""
    x = F.pad(pictures, (2, 2, 2, 2), mode="replicate")  # (N, 3, H + 4, W + 4)
    x = (10 * x[..., 2:-2, :] + 4 * (x[..., 1:-3, :] + x[..., 3:-1, :]) - x[..., :-4, :] - x[..., 4:, :]) / 16
    return ((10 * x[..., 2:-2] + 4 * (x[..., 1:-3] + x[..., 3:-1]) - x[..., :-4] - x[..., 4:]) / 16).clamp(0.0, 1.0)


@lru_cache(maxsize=8)
def _blur(size: int, deviation: float, device: torch.device) -> Tensor:
    """(size, size): each row a Gaussian about a pixel; beyond the border its last pixel goes on."""
    reach = max(1, round(3 * deviation))
    with torch.inference_mode(False):  # it is kept, and autograd would refuse it
        away = torch.arange(-reach, reach + 1)
        weights = torch.exp(-0.5 * (away / deviation) ** 2)
        places = torch.arange(size)[:, None] + away  # (size, 2 reach + 1)
        return torch.zeros(size, size).scatter_add_(
            1, places.clamp(0, size - 1), (weights / weights.sum()).expand(size, -1)).to(device)


def _of_neighbours(luma: Tensor, which: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """The least or the greatest of each pixel and its eight neighbours: all (N, H, W)."""
    padded = F.pad(luma, (1, 1, 1, 1), mode="replicate")
    rows = which(which(padded[:, :-2], padded[:, 1:-1]), padded[:, 2:])
    return which(which(rows[..., :-2], rows[..., 1:-1]), rows[..., 2:])
