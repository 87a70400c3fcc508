"""A picture in black and white, all of whose views are shown so. The decoder draws it in colours, as it does all that it was trained on.

Shape legend: H, W pixels.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from .paper_network import LUMA

BLOCK = 4  # pixels a side, over which the noise of a stored picture's colours is evened out
#: By how much, from 0 to 1, its colours may differ from their luma: root mean square, and in all but a hundredth of it, as a small thing
#: before white is little of a picture. No wider, and no sepia: a brown face, or a blue chair, before grey is as near to one hue as a stored
#: toned portrait.
COLOURLESS, ANYWHERE, ALL_BUT = 1.5 / 255, 3.5 / 255, 0.01


def colourless(picture: Tensor) -> bool:
    """Whether a picture (3, H, W) in [0, 1] shows no colours."""
    means = F.avg_pool2d(picture, BLOCK)  # (3, H / BLOCK, W / BLOCK)
    off = (means - in_black_and_white(means)).abs()
    return bool(off.square().mean().sqrt() <= COLOURLESS and off.amax(0).flatten().quantile(1 - ALL_BUT) <= ANYWHERE)


def in_black_and_white(picture: Tensor) -> Tensor:
    """The luma of a picture (3, H, W) in all of its channels (3, H, W)."""
    return (picture * picture.new_tensor(LUMA)[:, None, None]).sum(0, keepdim=True).expand_as(picture)
