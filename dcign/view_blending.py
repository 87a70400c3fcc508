"""From which of two pictures of one subject each pixel of a new view is taken (confidence masks: Zhou and others 2016).

A picture and its mirror image (mirror_image.py) show a subject from two sides. Between their views one has moved to its place what
the other hides. From what flow (appearance_flow.py) knows of both, and what it made of them, a small network finds for every pixel
whose to take. It was taught by true views (train/blend.py).

Shape legend: N views, H = W pixels, h = H / FINE, C channels of what flow knows, L latents.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dcign.block import Block, activate

if TYPE_CHECKING:
    from dcign.appearance_flow import Begun

FINE = 4  # pixels of a picture along one of what flow knows


@dataclass(frozen=True, eq=False)
class Side:
    """One picture's part in a view: as it would be shown alone (N, 3, H, W), what flow knows of it (N, C, h, h), and the latents
    (N, L) of where its pixels come from; the latter two are None where it is shown alone in any case. ``carried``: as what its pixels
    have begun to move (appearance_flow.Begun), how much of these is in it (1, 1, H, W), and the flow (1, 2, H, W) to them, for detail.py; None
    for nothing."""

    shown: Tensor
    known: Tensor | None = None
    latents: Tensor | None = None
    carried: tuple[Begun, Tensor, Tensor] | None = None


class ViewBlending(nn.Module):
    """``known``: C; ``width``: channels of its own."""

    def __init__(self, known: int, latents: int, width: int, groups: int):
        super().__init__()
        self.join = nn.Conv2d(2 * known + 9 * FINE**2, width, 1)
        self.block = Block(width, groups, 3 * latents)
        self.out = nn.Conv2d(width, FINE**2, 3, padding=1)
        nn.init.zeros_(self.out.weight)  # at first both alike
        nn.init.zeros_(self.out.bias)

    def forward(self, first: Side, second: Side, drawn: Tensor, latents: Tensor) -> Tensor:
        """How much rather the second than the first (N, 1, H, W), the logarithm of the odds; ``drawn`` (N, 3, H, W) and ``latents``
        (N, L) are the view's."""
        known = [first.known, second.known]
        squares = F.pixel_unshuffle(torch.cat([first.shown, second.shown, drawn], 1), FINE)  # (N, 9 FINE², h, h)
        x = self.join(torch.cat([*known, squares.to(known[0].dtype)], 1))  # (N, width, h, h)
        turned = torch.cat([latents, latents - first.latents, latents - second.latents], 1)  # (N, 3 L)
        x = activate(self.block(x, turned))  # (N, width, h, h)
        return F.pixel_shuffle(self.out(x).float(), FINE)  # (N, 1, H, W)
