"""A photograph in two layers (layered views: Wang and Adelson 1994): its subject, which turns, and what lies behind, which stays.

    shown = subject(code, picture, drawn, look, solid)  # where the photograph shows its subject
    layers = Layers.of(picture, shown)
    layers.kept(pictured, moved, drawn, even)   # its pixels, moved along
    layers.mirrored(picture).placed(pictured, moved, drawn, solid)  # those of its mirror image, which is this picture

What is drawn lies before the model's ground, and flow takes some of a face's pixels from beside it: single pixels of either would dot a
photograph that turns. And its mirror image has its ground on the wrong side.

Shape legend: H, W pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor

from .appearance_flow import Moved, sample
from .graphics_code import GraphicsCode
from .masks import evened, grown, shrunk, softened, spread

#: Degrees of azimuth, either way, by which the view is turned to see what stays in its place.
ASIDE = 25.0
#: Pixels that what stays may seem to move then.
STILL = 1.0
#: Half the width of gaps that are closed in what turns; and pixels around the subject that are not taken for ground.
HOLES, EDGE = 4, 5
#: Pixels around the subject that may turn along with it, and by how much of a colour, from 0 to 1, they differ from the ground if they are its own.
RIM, UNLIKE = 8, 0.08
#: Pixels within the subject from where on its colours go on beyond it: those at its outline are half the ground's.
WITHIN = 2
#: From which share on a pixel is surely the subject's: of its rim, many that are hardly are of the ground's colour.
SURE = 0.5
#: Pixels within the outline of what is drawn of a solid subject from where on no ground is seen: it may be off by some.
INSIDE = 3
#: Pixels up to which gaps between what moves along of a solid subject are no ground. A plait that is drawn, and that the photograph does
#: not have, is further off.
GAPS = 16
#: Pixels within the outline of what is drawn, which is soft, from where on that is all of the subject; the square of a colour by which it must
#: differ from the ground to tell how much of it is in a pixel; and from which share on it is as it is drawn.
SOFT, TELLING, WHOLE = 5, 0.03, 0.7
#: Pixels by which hair may stand off a head that is drawn without it; and the share of the height below which that may be clothes.
HAIR = 24, 0.75
#: Of a colour, the deviation of what lies further from the head up to which a ground is even.
EVEN = 0.05
_SEEN = 0.05  # how much of a view must come from a pixel for it to count as seen


@dataclass(frozen=True, eq=False)
class Layers:
    """The colours of a photograph's subject (3, H, W) in [0, 1], which go on beyond it; where the photograph shows that (1, H, W), from 0
    to 1; and what lies behind (3, H, W)."""

    colours: Tensor
    shown: Tensor
    behind: Tensor

    @staticmethod
    def of(picture: Tensor, shown: Tensor) -> Layers:
        """Of a photograph (3, H, W) that shows its subject where subject() says."""
        return Layers(colours(picture, shown), shown, ground(picture, shown))

    def kept(self, pictured: Tensor, moved: Moved, drawn: Tensor, even: Sequence[int]) -> Tensor:
        """What is ``pictured`` (3, H, W) of the photograph's pixels of a solid subject, ``moved`` along, with what lies behind in place of the
        model's ``even`` ground (0 to 255), and with the subject's colours where there would be ground in gaps within it. ``drawn`` (1, H, W):
        where it is drawn in the new view (likeness.solid_outline), 0 or 1."""
        beside = moved.drawn_share[0] * (1 - softened(shrunk(drawn, 1)))  # (1, H, W); drawn pixels at the outline are half ground
        pictured = torch.addcmul(pictured, beside, self.behind - pictured.new_tensor(even).div(255).view(3, 1, 1))
        colours, sure, _ = self._found(moved)
        return _filled(pictured, moved, colours, _gaps(sure, drawn)).clamp(0.0, 1.0)

    def before(self, sharp: Tensor, drawn: Tensor, even: Sequence[int], tone: Tensor | None = None) -> Tensor:
        """What is ready to be shown of a solid subject (3, H, W), which is ``drawn`` (1, H, W) before the model's ``even`` ground, 0 to 255,
        before what lies behind, its channels multiplied by ``tone`` (3, 1, 1)."""
        ground = sharp.new_tensor(even).div(255).view(3, 1, 1)
        within = shrunk(drawn, SOFT)
        own = spread(sharp, within)  # (3, H, W): its colours, which go on beyond it
        strength = (own - ground).square().sum(0, keepdim=True)  # (1, H, W)
        alpha = (((sharp - ground) * (own - ground)).sum(0, keepdim=True) / strength.clamp_min(1e-6)).clamp(0.0, 1.0)
        told = (strength > TELLING).float()  # nothing is by white hair before pale grey
        whole = torch.maximum(within, told * ((alpha - WHOLE) / (1 - WHOLE)).clamp_min(0.0))
        alpha = torch.maximum(within, softened(shrunk(drawn, 1)).lerp(alpha, told))
        rest = whole * (sharp - ground.lerp(own, alpha))  # elsewhere it may be the model's ground
        own, rest = (own, rest) if tone is None else (own * tone, rest * tone)
        return (self.behind.lerp(own, alpha) + rest).clamp(0.0, 1.0)

    def mirrored(self, picture: Tensor) -> Layers:
        """Of the mirror image, which is this ``picture`` (3, H, W) as it is lit: before what lies behind the photograph's subject."""
        shown = self.shown.flip(-1)
        return Layers(colours(picture, shown), shown, self.behind)

    def placed(self, pictured: Tensor, moved: Moved, drawn: Tensor, solid: bool) -> Tensor:
        """What is ``pictured`` (3, H, W) of pixels ``moved`` along, before what lies behind; of a ``solid`` subject with its colours
        where there would be ground in gaps within it. The rest is as in kept()."""
        colours, sure, there = self._found(moved)
        there = torch.maximum(there, moved.drawn_share[0] * drawn)  # (1, H, W)
        if solid:
            gaps = _gaps(sure, drawn)
            pictured, there = _filled(pictured, moved, colours, gaps), torch.maximum(there, gaps)
        return self.behind.lerp(pictured, there).clamp(0.0, 1.0)

    @cached_property
    def _sources(self) -> Tensor:
        """Colours, where the subject surely is, as pixels at its outline are half ground, and where it is shown (5, H, W)."""
        return torch.cat([self.colours, shrunk(self.shown, 1), self.shown])

    def _found(self, moved: Moved) -> tuple[Tensor, ...]:
        """The same where pixels come from: (3, H, W), (1, H, W), (1, H, W)."""
        return sample(self._sources[None], moved.flow)[0].split([3, 1, 1])


def _gaps(sure: Tensor, drawn: Tensor) -> Tensor:
    """Where pixels that move along are not ``sure`` (1, H, W) to be the subject's, although that is ``drawn`` there (1, H, W): in gaps of up to
    GAPS pixels, from 0 to 1."""
    reach = GAPS // 4  # at half the size
    small = F.pad(F.avg_pool2d(sure, 2), [reach] * 4)  # beyond the border is none of it
    small = shrunk(grown(small, reach), reach)[:, reach:-reach, reach:-reach]
    return _solid(drawn) * (1 - sure) * F.interpolate(small[None], sure.shape[1:], mode="bilinear")[0]


def _filled(pictured: Tensor, moved: Moved, colours: Tensor, gaps: Tensor) -> Tensor:
    """What is ``pictured`` (3, H, W) of pixels ``moved`` along, with these colours in place of theirs in ``gaps`` (1, H, W)."""
    return torch.addcmul(pictured, gaps * (1 - moved.drawn_share[0]), colours - moved.carried[0])


def subject(code: GraphicsCode, picture: Tensor, drawn: Tensor, look: Callable[[Mapping[str, float]], Tensor], solid: bool = False) -> Tensor:
    """Which pixels of a code's ``picture`` (3, H, W) are the subject's, (1, H, W) from 0 to 1: those that are seen elsewhere from a little
    aside, and those where what is ``drawn`` (1, H, W) of the code lies, less a rim of either that is like the ground; of a ``solid`` subject, less
    all that is like that and not well within what is drawn. look: the flow (1, 2, H, W) to what is drawn of the code at these degrees."""
    turned, seen = 0.0, 0.0
    for degrees in (code.azimuth - ASIDE, code.azimuth + ASIDE):
        flow = look({"azimuth": degrees})  # (1, 2, H, W)
        turning = (flow.square().sum(1, keepdim=True) > STILL**2).float()
        some, all_seen = (evened(_where_from(flow, counted)) for counted in (turning, torch.ones_like(turning)))
        turned, seen = turned + some / all_seen.clamp_min(1e-3) * (all_seen > _SEEN), seen + (all_seen > _SEEN)
    turning = (turned / seen.clamp_min(1.0)).clamp(0.0, 1.0)[0]  # (1, H, W)
    turning = shrunk(grown(turning, HOLES), HOLES)
    inner = shrunk(F.pad(turning, [RIM] * 4), RIM)[:, RIM:-RIM, RIM:-RIM]  # the border too has a rim
    outer = torch.maximum(turning, drawn)
    unlike = _off_ground(picture, outer).div(UNLIKE).clamp(max=1.0)  # (1, H, W)
    if solid:
        inner = inner * shrunk(drawn, RIM)  # beside a jaw some of the ground seems to turn too
    return torch.maximum(inner, outer * unlike)


def with_hair(picture: Tensor, shown: Tensor) -> Tensor:
    """Where a picture (3, H, W) of a head shows that, (1, H, W): where it is said to be ``shown``, and all around that is of its colours
    and not of the ground's, as far as HAIR says. Before an uneven ground some of that may look like hair: only what is said."""
    across, share = HAIR
    lowest = round(share * picture.shape[1])
    around = picture[:, :lowest][:, grown(shown, across)[0, :lowest] < 0.5]  # (3, n)
    if around.shape[1] < 2 or around.std(1).amax() > EVEN:
        return shown
    like, unlike = ((picture - other).abs().amax(0, keepdim=True)  # (1, H, W)
                    for other in (colours(picture, shown), ground(picture, grown(shown, across // 2))))
    hair = ((unlike > UNLIKE) & (like < unlike / 2)).float()
    hair[:, lowest:] = 0.0
    for _ in range(across // HOLES):
        shown = torch.maximum(shown, grown(shown, HOLES) * hair)
    return shown


def ground(picture: Tensor, shown: Tensor) -> Tensor:
    """What lies behind the subject, which is ``shown`` (1, H, W) in the picture (3, H, W): the picture where it is not, and there what is
    around."""
    return spread(picture, 1 - grown(shown, EDGE))


def _off_ground(picture: Tensor, shown: Tensor) -> Tensor:
    """By how much of a colour each pixel of the picture (3, H, W) differs, (1, H, W), from the ground all around the subject, which is ``shown``
    (1, H, W), or if that is less from the next of it to the left or to the right: beside a jaw all around is half a jacket."""
    others, columns = [ground(picture, shown)], torch.arange(picture.shape[2], device=picture.device)
    behind = 1 - grown(shown, 2 * EDGE)  # further off, as hair may be
    for turned in (False, True):
        some, known = (each.flip(-1) if turned else each for each in (picture, behind))
        last = torch.where(known > 0.5, columns, -1).cummax(-1).values  # (1, H, W)
        next_one = some.gather(2, last.clamp_min(0).expand_as(some)).masked_fill(last < 0, torch.inf)  # (3, H, W)
        others.append(next_one.flip(-1) if turned else next_one)
    return torch.stack([(picture - other).abs().amax(0, keepdim=True) for other in others]).amin(0)


def colours(picture: Tensor, shown: Tensor) -> Tensor:
    """What the subject, ``shown`` (1, H, W) in the picture (3, H, W), would show were it larger: the picture where it is, and around it
    what is nearest."""
    within = shrunk((shown > SURE).float(), WITHIN)
    return spread(picture, within) if within.amax() > 0.5 else picture


def _solid(drawn: Tensor) -> Tensor:
    """Where no ground is seen of a solid subject that is ``drawn`` (1, H, W)."""
    return softened(shrunk(drawn, INSIDE))


def _where_from(flow: Tensor, counted: Tensor) -> Tensor:
    """How much of what is ``counted`` (1, 1, H, W) in a view comes from each pixel of the picture, (1, 1, H, W)."""
    height, width = flow.shape[2:]
    down, across = torch.meshgrid(*(torch.arange(size, device=flow.device) for size in (height, width)), indexing="ij")
    column = (across + flow[0, 0]).round().long().clamp(0, width - 1)
    row = (down + flow[0, 1]).round().long().clamp(0, height - 1)
    places = torch.zeros(height * width, device=flow.device)
    places.index_add_(0, (row * width + column).flatten(), counted.flatten())
    return places.view(1, 1, height, width)
