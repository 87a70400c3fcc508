"""Light that moves on the picture itself, for as long as the view stays where the picture was taken.

    shown = relit(seen, drawn)

The decoder knows how light changes a subject better than it knows the subject. So what it draws under the new light, less
what it draws of the code as it is, is added to the picture, and all that no latent tells stays: a pattern, glasses, the
background. Where the picture is darker than what was drawn there, such as the floor of a photograph on which a chair's shadow
falls, light changes less of it. The change is brought to the edges of the picture (guided_filter.py), as the decoder's own are
blurred. Even ground that neither light nor shadow reaches, as behind a rendered face, stays. Once the view turns, every pixel is
elsewhere: own_picture.py.

Shape legend: H, W pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from .decoding import MIN_SIDE
from .graphics_code import MAX_DETAIL_BYTES, MAX_PICTURE_BYTES, MAX_PICTURE_SIDE, GraphicsCode
from .guided_filter import Guide
from .jpeg import jpeg
from .likeness import outline, solid_outline
from .masks import shrunk
from .paper_network import LUMA

SMOOTHNESS = 1e-3  # variance of the luma below which a window counts as even
DARKNESS = 0.05  # of a luma, added where two are divided
INSIDE = 6  # pixels from the outline of what is drawn, which may be off by some
DETAIL_QUALITY = 90, 75  # of a code's file of its picture's detail; the latter where the former is too large
DARKER = 0.5  # the power of their ratio: halfway from what is added to what multiplies; the latter costs faces a tenth of a dB


@dataclass(frozen=True, eq=False)
class Seen:
    """The picture (3, H, W) in [0, 1], what the decoder draws of its code (3, H, W), how much of a change of that is its own
    (1, H, W), and the guide: the picture's luma."""

    picture: Tensor
    drawn: Tensor
    share: Tensor
    guide: Guide

    @staticmethod
    def of(picture: Tensor, drawn: Tensor, unlit: Sequence[int] | None = None) -> Seen:
        """``unlit``: the colour (0 to 255) of an even ground on which neither light nor shadow falls; what windows reach of it
        would glow around the subject. Well inside of what is drawn the same colour is the subject's, if
        that is not drawn in it."""
        luma, other = ((some * picture.new_tensor(LUMA)[:, None, None]).sum(0, keepdim=True) for some in (picture, drawn))  # (1, H, W)
        share = ((luma + DARKNESS) / (other + DARKNESS)).clamp(max=1.0) ** DARKER  # (1, H, W)
        if unlit is not None:
            inside = shrunk(solid_outline(drawn, unlit), INSIDE)  # (1, H, W), up to the border of the picture
            share = share * torch.maximum(outline(picture, unlit), inside)  # (1, H, W)
        return Seen(picture, drawn, share, Guide.of(luma[None], SMOOTHNESS))


def relit(seen: Seen, drawn: Tensor) -> Tensor:
    """The picture (3, H, W) in [0, 1] under the light of ``drawn`` (3, H, W), which differs from ``seen.drawn`` in that."""
    change = seen.guide.lines((drawn - seen.drawn)[None])[0]  # (3, H, W)
    return torch.addcmul(seen.picture, seen.share, change).clamp_(0.0, 1.0)


def with_picture(code: GraphicsCode, pixels: np.ndarray, own_ground: bool = False, detail: np.ndarray | None = None) -> GraphicsCode:
    """The code with the picture, uint8 (H, W, 3), that it is of, on another ground than the model's (``own_ground``) or on that, and its
    detail, uint8 (2 H, 2 W, 3), where there is one; without, if that is smaller or larger than a code may carry."""
    if not MIN_SIDE <= pixels.shape[0] <= MAX_PICTURE_SIDE:
        return code
    picture = jpeg(pixels)
    if len(picture) > MAX_PICTURE_BYTES:
        return code
    fine = None
    if detail is not None and detail.shape[0] <= MAX_PICTURE_SIDE:
        files = (jpeg(detail, quality) for quality in DETAIL_QUALITY)
        fine = next((file for file in files if len(file) <= MAX_DETAIL_BYTES), None)
    return replace(code, picture=picture, own_ground=own_ground, detail=fine)
