"""The mirror image of a picture: of a subject whose left is like its right, a second picture, taken from the other side.

What a face or a chair hides by looking to one side, its mirror image shows: the same subject, with azimuth and light of the other
sign. Where a view lies nearer to that than to the picture, the pixels that move along (appearance_flow.py) are those of the mirror
image, in the light that is asked for (relighting.py); or between both views those of either, where a network tells which
(view_blending.py). The ground of a photograph is not mirrored: photo_layers.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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
    change = PHOTOGRAPHS if code.photograph else RENDERS
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
