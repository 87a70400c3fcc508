"""One live frame: the angles that a page asks for become a JPEG, never a file.

A slider that stands at the code's own estimate (in whole degrees) is left out, which keeps the code's own
value: untouched sliders show exactly the code as it is, be it its picture or its reconstruction.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..graphics_code import GraphicsCode
from ..jpeg import jpeg
from ..studio import Studio
from ..sweeps import is_circle

#: Of frames with detail, whose blocks are half as large on a screen.
FINE_QUALITY = 88


def finite(value: Any, name: str) -> float:
    """A finite number. ValueError for NaN, infinity, text, truth values and lists."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63 or (
        isinstance(value, float) and math.isfinite(value)
    ):
        return float(value)
    raise ValueError(f"{name} must be a finite number, not {str(value)[:40]!r}.")


def start_degrees(code: GraphicsCode, studio: Studio) -> dict[str, int]:
    """Where the sliders start: the code's estimates in whole degrees, inside the trained ranges. The seam of a full turn
    has one name, the upper end, as on the page."""
    def start(name: str, low: float, high: float) -> int:
        degrees = round(min(max(getattr(code, name) or 0.0, low), high))
        return round(high) if degrees == low and is_circle((low, high)) else degrees

    return {name: start(name, *limits) for name, limits in studio.ranges.items()}


def moved(studio: Studio, code: GraphicsCode, angles: Mapping[str, float | None]) -> dict[str, float]:
    """The angles to render with: those of the model's factors that do not stand at their start."""
    start = start_degrees(code, studio)
    return {name: angles[name] for name in start if angles[name] is not None and angles[name] != start[name]}


def drawable(studios: Mapping[str, Studio], code: GraphicsCode) -> GraphicsCode:
    """The code without a picture that its model does not draw on, as it is of another size: it would only fill memory."""
    if code.picture is None:   # whose model need not be loaded here
        return code
    studio = studios.get(code.model)
    fits = studio is not None and code.pixels.shape[0] == studio.size
    return code if fits else code.without_picture()


def readable(studios: Mapping[str, Studio], text: Any) -> GraphicsCode:
    """The code of a text that somebody sent, as drawable() has it. Tens of milliseconds for a long one, and longer where
    weights have to be loaded: not for the event loop, in which everybody would wait. ValueError as by from_json(), OSError
    for weights that cannot be loaded."""
    return drawable(studios, GraphicsCode.from_json(text))


def frame(studios: Mapping[str, Studio], code: GraphicsCode, angles: Mapping[str, float | None], fine: bool = False) -> bytes:
    """A JPEG of the code at these angles, one per name in FACTORS; ``fine``: with its picture's detail, if it has any, at twice the size.
    ValueError for a code of no known model."""
    if code.model not in studios:
        raise ValueError(f"There is no model {code.model[:40]!r} here: encode the picture again.")
    studio = studios[code.model].quick()
    # The page's sliders end where training did unless somebody asks for more.
    fine = fine and code.detail is not None
    picture = (studio.finely() if fine else studio).render(code, **moved(studio, code, angles), beyond=True)
    return jpeg(picture, FINE_QUALITY, halved=True) if fine else jpeg(picture)
