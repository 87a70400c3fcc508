"""How like what is drawn of a code is to its picture: of what is real the decoder draws another, similar thing.

Shape legend: H, W pixels.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from .fading import smooth
from .masks import grown, shrunk, spread

#: Of a colour: what is drawn no further from the model's ground counts as that.
FAINT = 12 / 255
#: What is no further from it is that ground, as the decoder draws it: within 2 of 255 levels nearly everywhere. White hair before pale grey is
#: off by 3 or more.
GROUND = 2.5 / 255
#: Half the width of gaps that are closed in what is drawn of a solid subject.
GAPS = 4
#: How much brighter or darker each channel is shown, at most, as a whole and somewhere; and pixels by which what is drawn may be off.
TONES, SOMEWHERE, OFF = (0.75, 1.33), (0.6, 1.6), 4
#: Half the width of windows, three times over, of which each has a tone of its own; the share of one that must be drawn; and of a colour, what
#: is added where two are divided.
AROUND, SHARE, DARKNESS = 6, 0.3, 0.02
#: The share of its variance that is not drawn, up to which a picture is like what was trained on, and from which it is strange. Of
#: refined renders a fifth is not drawn (a tenth of them: two fifths), of real chairs before even grounds nearly half.
STRANGE = (0.3, 0.45)


def outline(drawn: Tensor, colour: Sequence[int]) -> Tensor:
    """Where what is drawn (3, H, W) is not the model's ground of that ``colour`` (0 to 255), (1, H, W)."""
    return (_off(drawn, colour) > FAINT).float()


def solid_outline(drawn: Tensor, colour: Sequence[int]) -> Tensor:
    """Where a solid subject is drawn (3, H, W) before the model's ground of that ``colour`` (0 to 255), (1, H, W), with what of it is hardly of
    another: in gaps, and where some of the subject is below, to the left and to the right, what is not that ground itself, or so for
    up to GAPS pixels. Between a head and a plait ground is seen."""
    off = _off(drawn, colour)
    found = (off > FAINT).float()
    half = (F.avg_pool2d(found, 2) > 0.5).float()  # (1, h, w); a quarter of the work
    other = (F.avg_pool2d(off, 2) > GROUND).float()
    other = shrunk(grown(other, GAPS // 4), GAPS // 4)  # where its colours pass the ground's, lines have that
    half = half.maximum(shrunk(grown(half, GAPS // 2), GAPS // 2) * other)
    sides = half.cummax(2).values, half.flip(2).cummax(2).values.flip(2), half.flip(1).cummax(1).values.flip(1)
    half = half.maximum(torch.stack(sides).amin(0) * other)
    return torch.maximum(found, F.interpolate(half[None], drawn.shape[1:], mode="nearest")[0])


def _off(drawn: Tensor, colour: Sequence[int]) -> Tensor:
    """By how much of a colour each pixel (3, H, W) differs from that one (0 to 255), (1, H, W)."""
    return (drawn - drawn.new_tensor(colour).div(255).view(3, 1, 1)).abs().amax(0, keepdim=True)


def tone(picture: Tensor, drawn: Tensor, colour: Sequence[int]) -> Tensor:
    """By what the channels of what is drawn of a picture (3, H, W) are to be multiplied, (3, 1, 1), so that where it is drawn before the
    model's ground of that ``colour`` (0 to 255) both have the same mean: of light of another colour a code knows nothing."""
    where = shrunk(outline(drawn, colour), OFF)
    meant, found = ((one * where).sum((1, 2), keepdim=True) + 1.0 for one in (picture, drawn))
    return (meant / found).clamp(*TONES)


def tones(picture: Tensor, drawn: Tensor, colour: Sequence[int], whole: Tensor) -> Tensor:
    """The same (3, H, W) of what is around each pixel, where enough is drawn there: hair and skin are each of another tone, and their shade
    differs. ``whole`` is tone()."""
    where = shrunk(outline(drawn, colour), OFF)  # (1, H, W)
    part = _around(where)
    meant = _around(picture * where) + DARKNESS * part * whole
    found = _around(drawn * where) + DARKNESS * part
    some = (meant / found.clamp_min(1e-6)).clamp(*SOMEWHERE) / SOMEWHERE[1]  # spread() is of colours
    known = (part > SHARE).float()
    return SOMEWHERE[1] * spread(some, known) if known.any() else whole.expand_as(picture)


def _around(values: Tensor) -> Tensor:
    """Means (C, H, W) of what is around each pixel."""
    for _ in range(3):
        values = F.avg_pool2d(values, 2 * AROUND + 1, 1, AROUND, count_include_pad=False)
    return values


def strangeness(picture: Tensor, drawn: Tensor, colour: Sequence[int]) -> float:
    """From 0 to 1, how unlike a picture (3, H, W) is what is drawn of it (3, H, W), where either shows more than the model's ground of
    that ``colour`` (0 to 255)."""
    subject = torch.maximum(outline(picture, colour), outline(drawn, colour))  # (1, H, W)
    mean = (picture * subject).sum((1, 2), keepdim=True) / subject.sum().clamp_min(1.0)
    missed, variance = (((picture - other).square() * subject).sum() for other in (drawn, mean))
    return 1.0 - smooth(float(missed / variance.clamp_min(1e-6)), STRANGE)
