"""Pixels of the picture itself, moved to where another view has them (appearance flow: Zhou and others 2016).

    moved = network.flow(source, drawn, level, latents).picture

What the decoder draws of a new view is as sharp as its latents tell. Most of what is seen from there was seen in the given
picture too, a few pixels away. From what the decoder draws of both views a small network finds, for each pixel of the new one,
where in the picture it comes from, and how far to trust that: it takes the picture's pixel, or what the picture has more than
was drawn of it there, or what is drawn. It was taught by pictures and their depth (train/flow.py).

Shape legend: N pictures, H = W pixels, L latents, C channels of the decoder's level of h = H / 8 pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dcign.block import Block, activate

COARSE = 8  # pixels of a picture along one of the level where flow is looked for first
FINE = 4  # and where it is mended
HINTS = 32  # channels that go from the one to the other
STEP = 4.0  # pixels of flow for one unit of what the first layers say


@dataclass(frozen=True, eq=False)
class Source:
    """Where pixels come from: the picture and what the decoder draws of its code (N, 3, H, W), the decoder's level (N, C, h, w)
    that it draws this from, and the latents (N, L)."""

    picture: Tensor
    drawn: Tensor
    level: Tensor
    latents: Tensor


@dataclass(frozen=True, eq=False)
class Moved:
    """The new view (N, 3, H, W) in [0, 1], the share (N, 1, H, W) of what is drawn in each of its pixels, and the picture's
    pixels alone, (N, 3, H, W) each: as flow was looked for first, and as it was mended; and both flows (N, 2, H, W), pixels
    to the right and down."""

    picture: Tensor
    drawn_share: Tensor
    first: Tensor
    carried: Tensor
    first_flow: Tensor
    flow: Tensor


def sample(pictures: Tensor, flow: Tensor) -> Tensor:
    """(N, C, H, W) at ``flow`` (N, 2, H, W) pixels to the right of and below every pixel; the border goes on beyond itself."""
    height, width = pictures.shape[2:]
    down, across = (torch.arange(size, device=flow.device, dtype=flow.dtype) for size in (height, width))
    grid = torch.stack([(2 * (flow[:, 0] + across) + 1) / width - 1, (2 * (flow[:, 1] + down[:, None]) + 1) / height - 1], -1)
    return F.grid_sample(pictures, grid, padding_mode="border", align_corners=False)


class AppearanceFlow(nn.Module):
    """``channels``: C; ``width``: of the coarse level, ``fine`` of the other."""

    def __init__(self, channels: int, latents: int, width: int, groups: int):
        super().__init__()
        fine = max(groups, width // 2)
        self.enter = nn.Conv2d(2 * channels + 9 * FINE**2, width, 1)
        self.blocks = nn.ModuleList(Block(width, groups, 2 * latents) for _ in range(2))
        self.flow = nn.Conv2d(width, 2 * (COARSE // FINE) ** 2, 3, padding=1)
        self.hints = nn.Conv2d(width, HINTS * (COARSE // FINE) ** 2, 1)
        self.join = nn.Conv2d(HINTS + 9 * FINE**2, fine, 1)
        self.block = Block(fine, groups)
        self.out = nn.Conv2d(fine, 5 * FINE**2, 3, padding=1)
        for layer in (self.flow, self.out):  # at first nothing moves
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, source: Source, drawn: Tensor, level: Tensor, latents: Tensor, distrust: float = 0.0) -> Moved:
        """``drawn`` (N, 3, H, W), ``level`` (N, C, h, w) and ``latents`` (N, L) are the new view's; ``distrust``: by how many powers
        of e less what is drawn counts than it was learned to."""
        here = torch.cat([source.picture, source.drawn], 1).float()  # (N, 6, H, W)
        drawn = drawn.float()
        small = F.avg_pool2d(torch.cat([here, drawn], 1), COARSE // FINE)  # (N, 9, H / 2, W / 2)
        x = self.enter(torch.cat([source.level, level, F.pixel_unshuffle(small, FINE).to(level.dtype)], 1))  # (N, w, h, w)
        turned = torch.cat([latents, latents - source.latents], 1)  # (N, 2 L)
        for block in self.blocks:
            x = block(x, turned)
        x = activate(x)  # (N, width, h, w)
        flow = STEP * F.pixel_shuffle(self.flow(x).float(), COARSE // FINE)  # (N, 2, 2 h, 2 w)
        flow = F.interpolate(flow, scale_factor=FINE, mode="bilinear")  # (N, 2, H, W)
        first = sample(here, flow)  # (N, 6, H, W)
        near = torch.cat([first, drawn], 1)  # (N, 9, H, W)
        hints = F.pixel_shuffle(self.hints(x), COARSE // FINE)  # (N, HINTS, 2 h, 2 w)
        y = self.join(torch.cat([hints, F.pixel_unshuffle(near, FINE).to(hints.dtype)], 1))  # (N, fine, 2 h, 2 w)
        out = F.pixel_shuffle(self.out(activate(self.block(y))).float(), FINE)  # (N, 5, H, W)
        mended = flow + out[:, :2]  # (N, 2, H, W)
        picture, itself = sample(here, mended).split(3, 1)  # (N, 3, H, W) each
        scores = out[:, 2:] - distrust * out.new_tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1)  # (N, 3, H, W)
        _, whole, more = shares = scores.softmax(1).split(1, 1)  # (N, 1, H, W) each
        moved = drawn + whole * (picture - drawn) + more * (picture - itself)
        return Moved(moved.clamp(0.0, 1.0), shares[0], first[:, :3], picture, flow, mended)
