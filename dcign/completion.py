"""A head that the border of a photograph cuts off goes on beyond it as it is drawn, before more of what lies behind.

    picture = complete(network, picture, seen, ground)

What is framed may lie partly beyond the photograph (photos.py). Its edge drawn out there would make chimneys of hair.

Shape legend: H = W pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from .likeness import solid_outline
from .masks import grown, shrunk, softened, spread

if TYPE_CHECKING:
    from .networks import DCIGN

#: Pixels within the drawn outline from where on the photograph's colours are the subject's: it may be off by some.
WITHIN = 4
#: Pixels beyond it from where on they are the ground's, and the deviation of these from their median: hair may be drawn too narrow.
BEYOND, ALIKE = 8, 0.12
#: Of a colour: what is further from the ground is not of it. And over how many pixels that goes on beyond the photograph.
UNLIKE, NEAR = 0.15, 12
#: How often it is drawn: at first of a picture with its edge drawn out, which looks like other hair.
TIMES = 2
_LEAST = 0.01  # what a pixel that is unlike the rest of the ground counts

Box = tuple[float, float, float, float]  # left, top, right, bottom, as shares of the side


def is_whole(seen: Box, size: int) -> bool:
    """Whether a photograph of which this box of a square was ``seen`` fills all of its size x size pixels."""
    return _bounds(seen, size) == (0, 0, size, size)


def complete(network: DCIGN, picture: Image.Image, seen: Box, ground: Sequence[int]) -> Image.Image:
    """A framed photograph of a head, of which this box of the square was ``seen``, with what lies beyond: as it is drawn of its code before
    the model's ``ground`` (0 to 255), and then of the code that this gives."""
    device = next(network.parameters()).device
    framed = torch.from_numpy(np.array(picture)).to(device).permute(2, 0, 1).float().div_(255)  # (3, H, W)
    found = framed
    with torch.inference_mode():
        for _ in range(TIMES):
            mean, _ = network.encode(found[None])
            drawn = network.decode(mean.float()).float()[0]  # (3, H, W)
            found = completed(framed, seen, solid_outline(drawn, ground))
    return Image.fromarray(found.permute(1, 2, 0).mul(255).round().byte().cpu().numpy())


def completed(picture: Tensor, seen: Box, drawn: Tensor) -> Tensor:
    """A framed photograph (3, H, W), of which only the box was ``seen``: what lies beyond shows its subject where that is ``drawn`` (1, H, W),
    0 or 1; all else that is not like the ground goes on a little; and elsewhere there is ground. All in the colours that are nearest
    in the photograph."""
    left, top, right, bottom = _bounds(seen, picture.shape[-1])
    known = torch.zeros_like(drawn)  # (1, H, W)
    known[:, top:bottom, left:right] = 1.0
    behind = _spread(picture, _alike(picture, known * (1 - grown(drawn, BEYOND))))
    unlike = ((picture - behind).abs().amax(0, keepdim=True) > UNLIKE).float()
    near = F.avg_pool2d(known[None], 2 * NEAR + 1, 1, NEAR)[0].mul(2).clamp(max=1.0)  # (1, H, W)
    goes_on = (_spread(unlike.expand_as(picture), known)[:1] * near > 0.5).float()
    of_subject = known * torch.maximum(shrunk(drawn, WITHIN), unlike)
    return torch.where(known > 0, picture, behind.lerp(_spread(picture, of_subject), softened(torch.maximum(drawn, goes_on))))


def _spread(picture: Tensor, known: Tensor) -> Tensor:
    return spread(picture, known) if known.amax() > 0 else picture


def _alike(picture: Tensor, known: Tensor) -> Tensor:
    """Of the pixels of a picture (3, H, W) that are ``known`` (1, H, W), 0 or 1, how alike to most of these each is, from 0 to 1."""
    colours = picture.flatten(1)[:, known.flatten() > 0]  # (3, n)
    if not colours.shape[1]:
        return known
    away = (picture - colours.median(1).values[:, None, None]).square().mean(0, keepdim=True)  # (1, H, W)
    return known * torch.exp(-away / (2 * ALIKE**2)).clamp_min(_LEAST)


def _bounds(seen: Box, size: int) -> tuple[int, ...]:
    return tuple(round(share * size) for share in seen)
