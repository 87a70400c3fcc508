"""Pixels of the picture itself, moved to where another view has them (appearance flow: Zhou and others 2016).

    moved = network.flow(source, drawn, level, latents).picture

What the decoder draws of a new view is as sharp as its latents tell. Most of what is seen from there was seen in the given
picture too, a few pixels away. From what the decoder draws of both views a small network finds, for each pixel of the new one,
where in the picture it comes from, and how far to trust that: it takes the picture's pixel, or what the picture has more than
was drawn of it there, or what is drawn. It was taught by pictures and their depth (train/flow.py).

Shape legend: N pictures, H = W pixels, L latents, C channels of the decoder's level of h = H / 8 pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import comb

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dcign.block import Block, activate
from dcign.enlargement import enlarged
from dcign.view_blending import FINE, ViewBlending

COARSE = 8  # pixels of a picture along one of the level where flow is looked for first; FINE where it is mended
HINTS = 32  # channels that go from the one to the other
STEP = 4.0  # pixels of flow for one unit of what the first layers say
MOST_ODDS = 1e3  # of what is drawn; beyond, nothing moves that could be seen
#: Of a moved pixel, the share that is interpolated by cubics. Between its places in a picture a line blurs what a cubic keeps, and
#: overshoots: the more of it, the sharper, and the further from the truth where the place is wrong.
CUBIC = 0.5
#: Pixels of a picture, from one pixel of a view to the next, from which on to which it is taken from what is smoothed once, and then twice
#: (mipmaps: Williams 1983): single ones of a far cheek would dash its outline.
SQUEEZED = (1.0, 2.5), (2.5, 5.0)
#: The same in the direction in which they are least, from where on, falling, a view stretches the picture, and as far as to where that counts in
#: full; and over how many pixels that is evened out.
STRETCHED, EVENED = (0.75, 0.4), 5


@dataclass(frozen=True, eq=False)
class Source:
    """Where pixels come from: the picture and what the decoder draws of its code (N, 3, H, W), the decoder's level (N, C, h, w)
    that it draws this from, and the latents (N, L)."""

    picture: Tensor
    drawn: Tensor
    level: Tensor
    latents: Tensor


@dataclass(frozen=True, eq=False)
class Begun:
    """What of a source is the same for all new views: the picture, what is drawn of it, and the picture smoothed() (N, 12, H, W), what
    the first layer makes of the first two (N, width, h, w), and the latents (N, L)."""

    here: Tensor
    entered: Tensor
    latents: Tensor


@dataclass(frozen=True, eq=False)
class Moved:
    """The new view (N, 3, H, W) in [0, 1], the share (N, 1, H, W) of what is drawn in each of its pixels, and the picture's
    pixels alone, (N, 3, H, W) each: as flow was looked for first, and as it was mended, smoothed where the view squeezes them; both
    flows (N, 2, H, W), pixels to the right and down; and what it knows (N, fine, 2 h, 2 w), for view_blending.py."""

    picture: Tensor
    drawn_share: Tensor
    first: Tensor
    carried: Tensor
    first_flow: Tensor
    flow: Tensor
    known: Tensor | None = None


def sample(pictures: Tensor, flow: Tensor, cubic: float = 0.0, channels: int | None = None) -> Tensor:
    """(N, C, H, W) at ``flow`` (N, 2, H, W) pixels to the right of and below every pixel; the border goes on beyond itself. Between
    pixels a line leads from one to the next, and as far as ``cubic``, from 0 to 1, a cubic: of the first ``channels``, or of all."""
    places, pixel = _grid(flow.shape[2], flow.shape[3], flow.device, flow.dtype)
    grid = torch.addcmul(places, flow, pixel).permute(0, 2, 3, 1)  # (N, H, W, 2)
    sampled = F.grid_sample(pictures, grid, padding_mode="border", align_corners=False)
    if not cubic:
        return sampled
    smooth = F.grid_sample(pictures[:, :channels], grid, mode="bicubic", padding_mode="border", align_corners=False)
    smooth = sampled[:, :channels].lerp(smooth, cubic)
    return smooth if channels is None else torch.cat([smooth, sampled[:, channels:]], 1)


def stepped(flow: Tensor) -> Tensor:
    """How many pixels lie between where two pixels next to each other come from by ``flow`` (N, 2, H, W), at most, (N, 1, H, W)."""
    return torch.maximum(*_steps(flow))


def _stretched(steps: Tensor) -> Tensor:
    """How far a view stretches what it takes, from 0 to 1, (N, 1, H, W), by the ``steps`` in the direction in which they are least (N, 1, H, W)."""
    least, most = STRETCHED
    steps = F.avg_pool2d(steps, EVENED, 1, EVENED // 2, count_include_pad=False)
    return ((least - steps) / (least - most)).clamp(0.0, 1.0)


def _steps(flow: Tensor) -> list[Tensor]:
    """How many pixels lie between where a pixel and its neighbours to both sides come from, and those above and below it, at most,
    (N, 1, H, W) each."""
    right, down = flow.diff(dim=3), flow.diff(dim=2)  # (N, 2, H, W - 1) and (N, 2, H - 1, W)
    across = torch.hypot(right[:, :1] + 1, right[:, 1:])
    along = torch.hypot(down[:, :1], down[:, 1:] + 1)
    return [torch.maximum(F.pad(across, (1, 0)), F.pad(across, (0, 1))),
            torch.maximum(F.pad(along, (0, 0, 1, 0)), F.pad(along, (0, 0, 0, 1)))]


def smoothed(pictures: Tensor) -> tuple[Tensor, Tensor]:
    """(N, C, H, W) by a binomial of five pixels a side, and that again, by one of ten."""
    once = binomial(pictures, 5)
    return once, F.interpolate(binomial(F.avg_pool2d(once, 2), 5), pictures.shape[2:], mode="bilinear")


def binomial(pictures: Tensor, side: int) -> Tensor:
    """(N, C, H, W) by a binomial of ``side`` pixels, an odd number; the border goes on beyond itself."""
    beyond = side // 2
    for axis, border in ((2, (0, 0, beyond, beyond)), (3, (beyond, beyond, 0, 0))):
        size, padded = pictures.shape[axis], F.pad(pictures, border, mode="replicate")
        parts = [comb(side - 1, place) * padded.narrow(axis, place, size) for place in range(side)]
        pictures = sum(parts[1:], parts[0]) / 2 ** (side - 1)  # a convolution of so few channels takes four times as long
    return pictures


@lru_cache(maxsize=8)
def _grid(height: int, width: int, device: torch.device, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Where every pixel lies for F.grid_sample, (1, 2, H, W), and how large one is, (1, 2, 1, 1): from -1 to 1 across the picture."""
    with torch.inference_mode(False):  # it is kept, and autograd would refuse it
        down, across = ((2 * torch.arange(size, device=device, dtype=dtype) + 1) / size - 1 for size in (height, width))
        places = torch.stack([across.expand(height, width), down[:, None].expand(height, width)])[None]
        return places, torch.tensor([2 / width, 2 / height], device=device, dtype=dtype).view(1, 2, 1, 1)


def _believed(change: Tensor, doubt: Tensor) -> Tensor:
    """How a pixel's colour is changed (N, 3, H, W), hardly at all by what is far off where ``doubt`` (N, 1, H, W) is large: a few
    pixels taken from beside a face would dot it, though each counts for a quarter only."""
    return change / (1 + doubt * change.square().sum(1, keepdim=True))


def _of_squares(layer: nn.Conv2d, start: int, pictures: Tensor) -> Tensor:
    """What a layer of one pixel makes of its inputs from ``start`` on, which are the pixels of squares of FINE a side (F.pixel_unshuffle):
    read where they lie."""
    weight = layer.weight[:, start:start + pictures.shape[1] * FINE**2].flatten(1).unflatten(1, (-1, FINE, FINE))
    return F.conv2d(pictures.to(weight.dtype), weight, stride=FINE)


class AppearanceFlow(nn.Module):
    """``channels``: C; ``width``: of the coarse level, half as many of the other; ``blend``: of what tells which of two pictures to
    take (view_blending.py), 0 for none."""

    def __init__(self, channels: int, latents: int, width: int, groups: int, blend: int = 0):
        super().__init__()
        fine = max(groups, width // 2)
        self.enter = nn.Conv2d(2 * channels + 9 * FINE**2, width, 1)
        self.blocks = nn.ModuleList(Block(width, groups, 2 * latents) for _ in range(2))
        self.flow = nn.Conv2d(width, 2 * (COARSE // FINE) ** 2, 3, padding=1)
        self.hints = nn.Conv2d(width, HINTS * (COARSE // FINE) ** 2, 1)
        self.join = nn.Conv2d(HINTS + 9 * FINE**2, fine, 1)
        self.block = Block(fine, groups)
        self.out = nn.Conv2d(fine, 5 * FINE**2, 3, padding=1)
        for layer in (self.flow, self.out):  # at first nothing moves
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
        self.blending = ViewBlending(fine, latents, blend, groups) if blend else None

    def begin(self, source: Source) -> Begun:
        """What forward() needs of a source, once for all of its new views."""
        here = torch.cat([source.picture, source.drawn], 1).float()  # (N, 6, H, W)
        channels = source.level.shape[1]
        entered = F.conv2d(source.level, self.enter.weight[:, :channels], self.enter.bias)  # (N, width, h, w)
        entered = entered + _of_squares(self.enter, 2 * channels, F.avg_pool2d(here, COARSE // FINE))
        return Begun(torch.cat([here, *smoothed(here[:, :3])], 1), entered, source.latents)

    def forward(self, source: Source | Begun, drawn: Tensor, level: Tensor, latents: Tensor, distrust: float = 0.0,
                doubt: float = 0.0, smears: float = 0.0) -> Moved:
        """``drawn`` (N, 3, H, W), ``level`` (N, C, h, w) and ``latents`` (N, L) are the new view's; ``distrust``: by how many powers
        of e less what is drawn counts than it was learned to; ``doubt``: how fast a pixel that is unlike what is drawn counts less
        where that is trusted; ``smears``: by how many powers of e more what is drawn counts where the view stretches the picture. None of these
        is learned with: flow would be the surer of such pixels, and as much of them be seen."""
        begun = self.begin(source) if isinstance(source, Source) else source
        here, drawn, channels = begun.here[:, :6], drawn.float(), level.shape[1]
        x = begun.entered + F.conv2d(level, self.enter.weight[:, channels:2 * channels])  # (N, width, h, w)
        x = x + _of_squares(self.enter, 2 * channels + here.shape[1] * FINE**2, F.avg_pool2d(drawn, COARSE // FINE))
        turned = torch.cat([latents, latents - begun.latents], 1)  # (N, 2 L)
        for block in self.blocks:
            x = block(x, turned)
        x = activate(x)  # (N, width, h, w)
        flow = STEP * F.pixel_shuffle(self.flow(x).float(), COARSE // FINE)  # (N, 2, 2 h, 2 w)
        with torch.autocast(flow.device.type, enabled=False):  # 16 bits do not tell places
            flow = enlarged(flow, FINE)  # (N, 2, H, W)
        first = sample(here, flow)  # (N, 6, H, W)
        hints = F.pixel_shuffle(self.hints(x), COARSE // FINE)  # (N, HINTS, 2 h, 2 w)
        y = F.conv2d(hints, self.join.weight[:, :HINTS], self.join.bias)  # (N, fine, 2 h, 2 w)
        y = y + _of_squares(self.join, HINTS, torch.cat([first, drawn], 1))
        y = activate(self.block(y))  # (N, fine, 2 h, 2 w)
        out = F.pixel_shuffle(self.out(y).float(), FINE)  # (N, 5, H, W)
        # each pixel of a square is told by itself, and they would differ in a grid
        mended = flow + binomial(out[:, :2], 3)  # (N, 2, H, W)
        picture, itself, *smooth = sample(begun.here, mended, CUBIC, 3).split(3, 1)  # (N, 3, H, W) each; what is drawn has no grain
        steps = _steps(mended.detach())  # flow is not to learn what it smooths
        largest = torch.maximum(*steps)  # (N, 1, H, W)
        for other, (least, most) in zip(smooth, SQUEEZED):
            picture = picture.lerp(other, ((largest - least) / (most - least)).clamp(0.0, 1.0))
        scores = out[:, 2:]  # (N, 3, H, W)
        if distrust:
            scores = scores - distrust * scores.new_tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1)
        if smears:
            scores = torch.cat([scores[:, :1] + smears * _stretched(torch.minimum(*steps)), scores[:, 1:]], 1)
        mostly, whole, more = scores.softmax(1).split(1, 1)  # (N, 1, H, W) each
        extra, missing = picture - itself, picture - drawn  # (N, 3, H, W) each
        if doubt:
            doubts = doubt * (mostly / (1 - mostly).clamp_min(1 / MOST_ODDS)).square()  # (N, 1, H, W)
            extra, missing = (_believed(change, doubts) for change in (extra, missing))
        moved = torch.addcmul(torch.addcmul(drawn, whole, missing), more, extra)  # (N, 3, H, W)
        return Moved(moved.clamp(0.0, 1.0), mostly, first[:, :3], picture, flow, mended, y)
