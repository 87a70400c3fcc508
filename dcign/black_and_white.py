"""A picture in black and white, all of whose views are shown so. The decoder draws it in colours, as it does all that it was trained on.

Shape legend: H, W pixels.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from .paper_network import LUMA

BLOCK = 4  # pixels a side, over which the noise of a stored picture's colours is evened out
#: Root mean square, from 0 to 1, by which its colours may differ from their luma. No wider, and no sepia: a brown face, or a blue chair,
#: before grey is as near to one hue as a stored toned portrait.
COLOURLESS = 1.5 / 255


def colourless(picture: Tensor) -> bool:
    """Whether a picture (3, H, W) in [0, 1] shows no colours."""
    means = F.avg_pool2d(picture, BLOCK)  # (3, H / BLOCK, W / BLOCK)
    return float((means - in_black_and_white(means)).square().mean().sqrt()) <= COLOURLESS


def in_black_and_white(picture: Tensor) -> Tensor:
    """The luma of a picture (3, H, W) in all of its channels (3, H, W)."""
    return (picture * picture.new_tensor(LUMA)[:, None, None]).sum(0, keepdim=True).expand_as(picture)
