"""A shortcut for colours from the latents to the pixels.

Scaling and shifting channels far below the picture, latents reach a hue only through all that draws shapes. Here each
pixel of a level chooses among a few entries, and the latents say what colour each entry has.

Shape legend: N pictures, h = w pixels of the level, C its channels, E entries, L latents.
"""

from __future__ import annotations

from torch import Tensor, nn

from dcign.block import Listener


class Palette(nn.Module):
    """What ``entries`` colours add to the logits of a level: (N, 3, h, w)."""

    def __init__(self, channels: int, entries: int, latents: int):
        super().__init__()
        self.choose = nn.Conv2d(channels, entries, 1)
        self.colours = Listener(latents, 3 * entries)
        nn.init.normal_(self.choose.weight, 0.0, channels**-0.5)
        nn.init.zeros_(self.choose.bias)
        nn.init.zeros_(self.colours.weight)  # a network that is given a palette draws as before
        nn.init.zeros_(self.colours.bias)

    def forward(self, x: Tensor, latents: Tensor) -> Tensor:  # (N, C, h, w), (N, L)
        shares = self.choose(x).flatten(2).softmax(1)  # (N, E, h w)
        colours = self.colours(latents, shares).unflatten(1, (3, -1))  # (N, 3, E)
        return (colours @ shares).unflatten(2, x.shape[2:])  # (N, 3, h, w)
