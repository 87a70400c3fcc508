"""How far pixels of a code's picture, or of its mirror image (mirror_image.py), that move along with the view (appearance_flow.py) are
trusted there, beside what the decoder draws.

    shares(code, away)      # of what is shown, from 0 to 1
    distrust(strange, away), doubt(strange, subject), smears(strange, subject)    # of what flow is told of them
    unseen_share(away)      # of a photographed face that is drawn alone
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from . import mirror_image
from .fading import smooth, wrapped
from .graphics_code import GraphicsCode

#: Between how many degrees of azimuth the pixels of a render that move along fade: further round, what is drawn is sharper. Those of a
#: photograph, whose ground is nowhere else, do not, but for a face's (PROFILE); those of what is strange (likeness.py) later.
TURN, STRANGE_TURN = (50.0, 70.0), (60.0, 85.0)
#: The same of a photographed face: before the photograph's own ground it is drawn alone then.
PROFILE = (60.0, 80.0)
#: By how many powers of e what is drawn of a photograph, or of what is strange (likeness.py), counts less than of the pictures that flow
#: was learned from: of those the decoder draws nearly the same person or thing, of a photograph another. Portraits that turn by 40
#: degrees are so told apart, and chairs keep their slats.
DISTRUST = 1.0
#: Between how many degrees of azimuth that ends: further round, a picture shows next to nothing of what is seen there.
UNSEEN = (60.0, 75.0)
#: How fast a pixel that is unlike what is drawn counts less where that is trusted, by what a picture shows: at 0 ground from beside a face
#: dots its cheek; thin parts of objects go with it. Neither of a photograph, whose own ground is unlike all that is drawn, nor of what
#: is strange.
DOUBT = {"face": 13.0, "object": 0.0}
#: By how many powers of e what is drawn of a photograph counts more where the view stretches it, by what it shows: the cheek and the
#: hair at a portrait's temples, a few of its pixels, would be streaks when they are turned to. Thin parts of objects are better streaks than gone.
SMEARS = {"face": 1.5, "object": 0.0}


@dataclass(frozen=True)
class Shares:
    """How far, from 0 to 1, the pixels of the picture and of its mirror image are trusted in a view, and how far the view lies in the
    ``window`` in which each is looked at: both where a network tells which to take (view_blending.py), else these sum to 1."""

    own: float = 0.0
    mirrored: float = 0.0
    window: tuple[float, float] = (1.0, 0.0)


def shares(code: GraphicsCode, away: Mapping[str, float], symmetric: bool = True, blends: bool = False, strange: float = 0.0) -> Shares:
    """How far pixels that move along are trusted when the code's factors are moved by these degrees; ``blends``: whether a network
    tells which to take; ``strange``: how strange its picture is."""
    window = (1.0, 0.0)
    if symmetric and blends:
        window = mirror_image.window(code, away)
    elif symmetric:
        mirrored = mirror_image.share(code, away)
        window = 1 - mirrored, mirrored
    aside = moved_share(code, mirror_image.away_from_mirrored(code, away), strange) if window[1] else 0.0
    return Shares(moved_share(code, away, strange), aside, window)


def moved_share(code: GraphicsCode, away: Mapping[str, float], strange: float = 0.0) -> float:
    """How far, from 1 to 0, pixels that move along are trusted when the code's factors are moved by these degrees."""
    if code.photograph:
        return 1.0
    return _near(away, tuple(usual + strange * (late - usual) for usual, late in zip(TURN, STRANGE_TURN)))


def distrust(strange: float, away: Mapping[str, float]) -> float:
    """By how many powers of e what is drawn of a code counts less, for AppearanceFlow, when its factors are moved by these degrees;
    ``strange``: how far, from 0 to 1, its picture is a photograph, or unlike what is drawn of it."""
    return DISTRUST * strange * _near(away, UNSEEN)


def unseen_share(away: Mapping[str, float]) -> float:
    """From 0 to 1, how much of a photographed face is drawn alone, before the photograph's ground, when its factors are moved by these degrees."""
    return 1.0 - _near(away, PROFILE)


def doubt(strange: float, subject: str) -> float:
    """How fast pixels of a picture of that ``subject`` count less, for AppearanceFlow, where they are unlike what is drawn."""
    return DOUBT.get(subject, 0.0) * (1 - strange)


def smears(strange: float, subject: str) -> float:
    """By how many powers of e what is drawn of a picture of that ``subject`` counts more, for AppearanceFlow, where its pixels are stretched."""
    return SMEARS.get(subject, 0.0) * strange


def _near(away: Mapping[str, float], fade: tuple[float, float]) -> float:
    """From 1 to 0 while the azimuth is moved from the first to the second of these degrees."""
    return smooth(abs(wrapped(away.get("azimuth", 0.0))), fade)
