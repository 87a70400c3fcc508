"""The mirror image of a picture: of a subject whose left is like its right, a second picture, taken from the other side.

What a face or a chair hides by looking to one side, its mirror image shows: the same subject, with azimuth and light of the other
sign. Where a view lies nearer to that than to the picture, the pixels that move along (appearance_flow.py) are those of the mirror
image, in the light that is asked for (relighting.py); or between both views those of either, where a network tells which
(view_blending.py). The ground of a photograph is not mirrored: what stays in its place while the view turns is taken from the picture,
and where the subject hid it, it goes on as it is around.

Shape legend: H, W pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from .appearance_flow import sample
from .fading import smooth, wrapped
from .graphics_code import GraphicsCode


@dataclass(frozen=True)
class Change:
    """From the picture to its mirror image, if they lie ``apart`` at least so many degrees of azimuth: nearer, that shows little new.
    By how much it must be nearer than the picture, in shares of how far they lie apart, to be in what is shown; and over what further
    share, but no more than so many degrees, it takes the picture's place."""

    apart: float
    start: float
    over: float
    most: float


#: Slowly, as a turn should be even; sooner, or from nearer, the largest steps of chairs' turns grow.
RENDERS = Change(40.0, 0.05, 0.9, 60.0)
#: Of photographs both do not lie on each other as well: soon, as both at once look like a ghost.
PHOTOGRAPHS = Change(10.0, 0.1, 0.5, 6.0)
#: By how much nearer one of them may be than the other, in shares of how far they lie apart, for both to be looked at, and by what the
#: other is not; and within how many degrees, at least, it fades between these. Further on both together are nearer to the truth still,
#: by a dB of faces, but the one that is by far the nearer looks better alone.
BOTH, WITHIN = (0.3, 0.6), 6.0
#: Degrees from one of them, within which it fades as well: from further round it shows nothing, the other way round either.
FAR = (120.0, 150.0)
#: Degrees of azimuth, either way, by which the view is turned to see what stays in its place.
ASIDE = 25.0
#: Pixels that what stays may seem to move then.
STILL = 1.0
#: Pixels across which gaps in what turns are closed, and around the subject that are not taken for ground.
HOLES, EDGE = 4, 5
#: Pixels around the subject that may turn along with it, and by how much of a colour, from 0 to 1, they differ from the ground if they are its own.
RIM, UNLIKE = 8, 0.08
_WINDOW = 5  # pixels a side, over which single ones are evened out
_SEEN = 0.05  # how much of a view must come from a pixel for it to count as seen


def mirrored(code: GraphicsCode) -> dict[str, float]:
    """The degrees at which the mirror image of a code's picture is seen. ``code.azimuth`` must be known."""
    return {factor: -degrees for factor in ("azimuth", "light") if (degrees := getattr(code, factor)) is not None}


def away_from_mirrored(code: GraphicsCode, away: Mapping[str, float]) -> dict[str, float]:
    """By how many degrees view and light lie from the mirror image's view and the picture's light, where they are so far ``away`` from
    the picture's: the mirror image is shown in the light that is asked for."""
    return dict(away) | {"azimuth": wrapped(away.get("azimuth", 0.0) + 2 * code.azimuth)}


def share(code: GraphicsCode, away: Mapping[str, float]) -> float:
    """From 0 to 1, how much of the moved pixels are the mirror image's when a code's factors are moved by these degrees."""
    if code.azimuth is None or not away.get("azimuth"):
        return 0.0
    change = PHOTOGRAPHS if code.offsets is None else RENDERS
    apart = abs(wrapped(2 * code.azimuth))
    if apart < change.apart:
        return 0.0
    nearer = abs(wrapped(away["azimuth"])) - abs(away_from_mirrored(code, away)["azimuth"])
    start = change.start * apart
    return 1.0 - smooth(nearer, (start, start + min(change.over * apart, change.most)))


def window(code: GraphicsCode, away: Mapping[str, float]) -> tuple[float, float]:
    """From 0 to 1, whether a photograph and its mirror image are looked at, both between their views, when its code's factors are moved
    by these degrees. The photograph is where the mirror image is not."""
    if code.azimuth is None or not away.get("azimuth"):
        return 1.0, 0.0
    apart = abs(wrapped(2 * code.azimuth))
    if apart < PHOTOGRAPHS.apart:
        return 1.0, 0.0
    own, mirrored = abs(wrapped(away["azimuth"])), abs(away_from_mirrored(code, away)["azimuth"])
    fade = BOTH[0] * apart, max(BOTH[1] * apart, BOTH[0] * apart + WITHIN)
    seen, aside = smooth(own - mirrored, fade) * smooth(own, FAR), smooth(mirrored, FAR)
    return 1 - (1 - seen) * aside, smooth(mirrored - own, fade) * aside


def subject(code: GraphicsCode, picture: Tensor, drawn: Tensor, look: Callable[[Mapping[str, float]], Tensor]) -> Tensor:
    """Which pixels of a code's ``picture`` (3, H, W) are the subject's, (1, H, W) from 0 to 1: those that are seen elsewhere from a little
    aside, and those where what is ``drawn`` (1, H, W) of the code lies, less a rim of either that is like the ground. look: the flow
    (1, 2, H, W) to what is drawn of the code at these degrees."""
    turned, seen = 0.0, 0.0
    for degrees in (code.azimuth - ASIDE, code.azimuth + ASIDE):
        flow = look({"azimuth": degrees})  # (1, 2, H, W)
        turning = (flow.square().sum(1, keepdim=True) > STILL**2).float()
        some, all_seen = (_even(_where_from(flow, counted)) for counted in (turning, torch.ones_like(turning)))
        turned, seen = turned + some / all_seen.clamp_min(1e-3) * (all_seen > _SEEN), seen + (all_seen > _SEEN)
    turning = (turned / seen.clamp_min(1.0)).clamp(0.0, 1.0)[0]  # (1, H, W)
    turning = _shrunk(_grown(turning, HOLES), HOLES)
    inner = _shrunk(F.pad(turning, [RIM] * 4), RIM)[:, RIM:-RIM, RIM:-RIM]  # the border too has a rim
    outer = torch.maximum(turning, drawn)
    unlike = (picture - ground(picture, outer)).abs().amax(0, keepdim=True).div(UNLIKE).clamp(max=1.0)  # (1, H, W)
    return torch.maximum(inner, outer * unlike)


def ground(picture: Tensor, shown: Tensor) -> Tensor:
    """What lies behind the subject, which is ``shown`` (1, H, W) in the picture (3, H, W): the picture where it is not, and there what is
    around, the smoother the further from it (pull-push: Gortler and others 1996)."""
    shown = _grown(shown, EDGE)
    layers = [torch.cat([picture * (1 - shown), 1 - shown])[None]]  # (1, 4, h, w) each: colours times what is known, and that
    while min(layers[-1].shape[2:]) > 1:
        summed = 4 * F.avg_pool2d(layers[-1], 2, ceil_mode=True)
        layers.append(summed / summed[:, 3:].clamp_min(1.0))
    filled = layers.pop()
    filled = filled / filled[:, 3:].clamp_min(1e-6)
    while layers:
        layer = layers.pop()
        filled = layer + (1 - layer[:, 3:]) * F.interpolate(filled, layer.shape[2:], mode="bilinear")
    return filled[0, :3].clamp(0.0, 1.0)


def on_ground(moved: Tensor, flow: Tensor, shown: Tensor, behind: Tensor, drawn: Tensor) -> Tensor:
    """The mirror image moved along, (3, H, W), by ``flow`` (1, 2, H, W), before what is ``behind`` the picture's subject (3, H, W); ``shown``
    (1, H, W): where the picture shows that; ``drawn`` (1, H, W): how far it is drawn in what is moved."""
    return behind.lerp(moved, torch.maximum(sample(shown.flip(-1)[None], flow)[0], drawn))


def _where_from(flow: Tensor, counted: Tensor) -> Tensor:
    """How much of what is ``counted`` (1, 1, H, W) in a view comes from each pixel of the picture, (1, 1, H, W)."""
    height, width = flow.shape[2:]
    down, across = torch.meshgrid(*(torch.arange(size, device=flow.device) for size in (height, width)), indexing="ij")
    column = (across + flow[0, 0]).round().long().clamp(0, width - 1)
    row = (down + flow[0, 1]).round().long().clamp(0, height - 1)
    places = torch.zeros(height * width, device=flow.device)
    places.index_add_(0, (row * width + column).flatten(), counted.flatten())
    return places.view(1, 1, height, width)


def _grown(shown: Tensor, pixels: int) -> Tensor:  # (1, H, W)
    return F.max_pool2d(shown, 2 * pixels + 1, 1, pixels)


def _shrunk(shown: Tensor, pixels: int) -> Tensor:  # (1, H, W); it goes on beyond the border
    return 1 - _grown(1 - shown, pixels)


def _even(values: Tensor) -> Tensor:
    return F.avg_pool2d(values, _WINDOW, 1, _WINDOW // 2)
