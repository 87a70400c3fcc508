"""How like what is drawn of a code is to its picture: of what is real the decoder draws another, similar thing.

Shape legend: H, W pixels.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .fading import smooth
from .masks import shrunk

#: Of a colour: what is drawn no further from the model's ground counts as that.
FAINT = 12 / 255
#: How much brighter or darker each channel is shown, at most; and pixels by which what is drawn may be off.
TONES, OFF = (0.75, 1.33), 4
#: The share of its variance that is not drawn, up to which a picture is like what was trained on, and from which it is strange. Of
#: refined renders a fifth is not drawn (a tenth of them: two fifths), of real chairs before even grounds nearly half.
STRANGE = (0.3, 0.45)


def outline(drawn: Tensor, colour: Sequence[int]) -> Tensor:
    """Where what is drawn (3, H, W) is not the model's ground of that ``colour`` (0 to 255), (1, H, W)."""
    even = drawn.new_tensor(colour).div(255).view(3, 1, 1)
    return ((drawn - even).abs().amax(0, keepdim=True) > FAINT).float()


def tone(picture: Tensor, drawn: Tensor, colour: Sequence[int]) -> Tensor:
    """By what the channels of what is drawn of a picture (3, H, W) are to be multiplied, (3, 1, 1), so that where it is drawn before the
    model's ground of that ``colour`` (0 to 255) both have the same mean: of light of another colour a code knows nothing."""
    where = shrunk(outline(drawn, colour), OFF)
    meant, found = ((one * where).sum((1, 2), keepdim=True) + 1.0 for one in (picture, drawn))
    return (meant / found).clamp(*TONES)


def strangeness(picture: Tensor, drawn: Tensor, colour: Sequence[int]) -> float:
    """From 0 to 1, how unlike a picture (3, H, W) is what is drawn of it (3, H, W), where either shows more than the model's ground of
    that ``colour`` (0 to 255)."""
    subject = torch.maximum(outline(picture, colour), outline(drawn, colour))  # (1, H, W)
    mean = (picture * subject).sum((1, 2), keepdim=True) / subject.sum().clamp_min(1.0)
    missed, variance = (((picture - other).square() * subject).sum() for other in (drawn, mean))
    return 1.0 - smooth(float(missed / variance.clamp_min(1e-6)), STRANGE)
