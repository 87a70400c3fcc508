"""What a photograph shows that is finer than the network's pixels. It moves along with them, one more level of a Laplacian pyramid (Burt and
Adelson 1983): all else is known of the network's pixels alone.

    detail = finer(image, square, size)             # of a square of a photograph, at twice the size
    detail = carried_over(detail, before, after)    # after the picture was changed at places
    fine = shown_finely(shown, parts)               # a view, at twice the size

Shape legend: H, W pixels of the network's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from .appearance_flow import sample, stepped
from .enlargement import enlarged
from .graphics_code import DETAIL_TIMES as TIMES
from .paper_network import grey
from .relighting import DARKNESS
from .square_part import square_part

#: Pixels of a photograph along one of the network's from which on it has detail.
LEAST = 1.3
#: Levels of 255 by which a pixel of the picture may be changed before its detail is gone.
CHANGED = 12
#: Pixels of the network's, from one of a view to the next, from where to where detail fades: squeezed, it would dash.
SQUEEZED = 1.0, 2.0
#: By how much light may change the contrast of detail, at most.
BRIGHTER = 1.5


def finer(image: Image.Image, square: tuple[float, float, float], size: int, ground: tuple[int, int, int] | None = None) -> Image.Image | None:
    """A square of an image as square_part() has it, TIMES as large as ``size``; None where the image has less than LEAST pixels for each."""
    return square_part(image, *square, size, ground, TIMES) if square[2] >= LEAST * size else None


def carried_over(detail: Image.Image | None, before: Image.Image, after: Image.Image) -> Image.Image | None:
    """The detail of a picture that was changed: that of the former one where it is as it was."""
    if detail is None:
        return None
    coarse, changed = (np.asarray(some.convert("RGB"), np.float32) for some in (before, after))
    kept = 1 - np.abs(changed - coarse).max(2) / CHANGED
    kept = np.asarray(Image.fromarray(np.uint8(255 * kept.clip(0, 1))).resize(detail.size, Image.Resampling.BILINEAR), np.float32) / 255
    coarse, changed = (np.asarray(some.convert("RGB").resize(detail.size, Image.Resampling.BICUBIC), np.float32) for some in (before, after))
    found = changed + kept[..., None] * (np.asarray(detail.convert("RGB"), np.float32) - coarse)
    return Image.fromarray(np.uint8(found.clip(0, 255).round()))


@dataclass(frozen=True, eq=False)
class Part:
    """Detail (3, TIMES H, TIMES W) beyond what the network's pixels show, and how much of a view is of its picture, from 0 to 1; of each
    pixel (1, 1, H, W) where there is flow: where that comes from (1, 2, H, W). Without, nothing moves."""

    detail: Tensor
    share: Tensor | float
    flow: Tensor | None = None


def beyond(detail: Tensor, picture: Tensor, lit: Tensor | None = None) -> Tensor:
    """What a detail (3, TIMES H, TIMES W) shows beyond its picture (3, H, W); with more or less contrast under the light in which that is
    ``lit`` (3, H, W)."""
    rest = detail - _larger(picture)
    if lit is None:
        return rest
    before, after = grey(torch.stack([picture, lit])).add(DARKNESS).split(1)  # (1, 1, H, W) each
    return rest * enlarged((after / before).clamp(max=BRIGHTER), TIMES)[0]


def shown_finely(shown: Tensor, parts: Sequence[Part]) -> Tensor:
    """What is ``shown`` (3, H, W) in [0, 1] with these parts' detail, (3, TIMES H, TIMES W)."""
    fine = _larger(shown)
    for part in parts:
        detail, share = part.detail, part.share
        if part.flow is None:
            fine.add_(detail * share)
            continue
        least, most = SQUEEZED
        share = share * ((most - stepped(part.flow)) / (most - least)).clamp(0.0, 1.0)  # (1, 1, H, W)
        flow, share = F.interpolate(torch.cat([part.flow, share], 1), scale_factor=TIMES, mode="bilinear").split([2, 1], 1)
        fine.addcmul_(sample(detail[None], TIMES * flow)[0], share[0])
    return fine.clamp_(0.0, 1.0)


def _larger(picture: Tensor) -> Tensor:
    """(3, H, W) in [0, 1] to (3, TIMES H, TIMES W), by cubics."""
    if picture.device.type == "cpu":  # whole levels of 255 take a tenth of the time there
        levels = picture.mul(255).round_().clamp_(0, 255).byte()[None].contiguous(memory_format=torch.channels_last)
        return F.interpolate(levels, scale_factor=TIMES, mode="bicubic")[0].float().div_(255)
    return F.interpolate(picture[None], scale_factor=TIMES, mode="bicubic")[0].clamp_(0.0, 1.0)


def as_tensor(pixels: np.ndarray, like: Tensor) -> Tensor:
    """uint8 (H, W, 3) to (3, H, W) in [0, 1], on the device of another tensor."""
    return torch.from_numpy(pixels.copy()).to(like.device).permute(2, 0, 1).float().div_(255)
