"""A shortcut for small shapes from the latents to a few places of the picture.

Scaling and shifting a level's channels, latents change all of its places at once: to part two lips, a network has to find
a channel that is lips and nothing else. Here each place of a level chooses among a few kinds, and the latents say what is
added to each kind.

Shape legend: N pictures, h = w pixels of the level, C its channels, E entries, L latents.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dcign.block import Listener

HEARD = 16  # mixtures of latents that all entries share: seven times fewer weights


class PlaceModulation(nn.Module):
    """A level (N, C, h, w) with what ``entries`` kinds of places have added to its channels."""

    def __init__(self, channels: int, entries: int, latents: int):
        super().__init__()
        self.choose = nn.Conv2d(channels, entries, 1)
        self.hear = Listener(latents, HEARD)
        self.give = Listener(HEARD, channels * entries)
        nn.init.normal_(self.choose.weight, 0.0, 2.0 * channels**-0.5)
        nn.init.zeros_(self.choose.bias)
        nn.init.normal_(self.hear.weight, 0.0, HEARD**-0.5)
        nn.init.zeros_(self.hear.bias)
        nn.init.zeros_(self.give.weight)  # a network that is given this draws as before
        nn.init.zeros_(self.give.bias)

    def forward(self, x: Tensor, latents: Tensor, active: Tensor) -> Tensor:  # (N, C, h, w), (N, L), (N, C, h, w)
        """``x`` with what is added to it; places choose by its ``active`` values."""
        # levels differ twentyfold in size: what is chosen and what is given are both in units of the picture's own
        exact = torch.promote_types(x.dtype, torch.float32)
        unit = torch.linalg.vector_norm(active, dim=(1, 2, 3), dtype=exact)[:, None, None] / x[0].numel() ** 0.5 + 1e-4  # (N, 1, 1)
        kinds = F.conv2d(active, self.choose.weight).flatten(2)  # (N, E, h w): a short last axis is slow to normalise
        shares = (kinds / unit.to(kinds.dtype) + self.choose.bias.to(kinds.dtype)[:, None]).softmax(1)  # (N, E, h w)
        given = self.give(self.hear(latents, unit), unit).unflatten(1, (x.shape[1], -1)).mT * unit  # (N, E, C)
        rows = x.permute(0, 2, 3, 1).flatten(1, 2)  # (N, h w, C), channels last
        changed = torch.baddbmm(rows, shares.mT.to(rows.dtype), given.to(rows.dtype))  # (N, h w, C)
        return changed.unflatten(1, x.shape[2:]).permute(0, 3, 1, 2)  # (N, C, h, w)
