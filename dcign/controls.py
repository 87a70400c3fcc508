"""From a code and the degrees that are asked for to what the decoder hears.

Shapes: L latents, K places in the decoder that hear them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from . import arguments, offsets
from .calibration import Calibration
from .fading import wrapped
from .graphics_code import CodeLayout, GraphicsCode

#: How many degrees past the ends of a range may be asked for with beyond=True.
BEYOND_DEGREES = 20.0
#: Over how many degrees a code's own departure from the curve fades out when a factor is moved.
RESIDUAL_DEGREES = 12.0
#: The same around a full turn: there, 12 would be a jolt beside an even turn.
RESIDUAL_AROUND = 30.0


class Heard(NamedTuple):
    """What the decoder hears, latents (L,), or with offsets (K, L); the latents (L,) without; by how many degrees each factor
    was moved; and the light that was asked for, in degrees, None for the code's own."""

    rows: np.ndarray
    latents: np.ndarray
    away: dict[str, float]
    light: float | None


@dataclass(frozen=True, eq=False)
class Controls:
    """The factors of one model: calibrations and ranges (degrees) by factor; places: K, 0 where the
    decoder takes no offsets."""

    layout: CodeLayout
    calibrations: Mapping[str, Calibration]
    ranges: Mapping[str, tuple[float, float]]
    circular: frozenset[str]
    name: str
    places: int = 0

    @property
    def wider(self) -> dict[str, tuple[float, float]]:
        """Factor -> (lowest, highest) degrees that may be asked for at all."""
        return {
            factor: (low, high) if factor in self.circular else (low - BEYOND_DEGREES, high + BEYOND_DEGREES)
            for factor, (low, high) in self.ranges.items()
        }

    def bounded(self, factor: str, degrees: float, beyond: bool = False) -> float:
        """Brought to the end of the range; a circular factor wraps."""
        low, high = (self.wider if beyond else self.ranges)[factor]
        if factor in self.circular:
            # Exactly the upper end stays there: 180 must not turn into -180 under someone's slider.
            return degrees if degrees == high else (degrees - low) % 360 + low
        return min(max(degrees, low), high)

    def heard(self, code: GraphicsCode, degrees: Mapping[str, float | None], beyond: bool = False) -> Heard:
        """What the decoder hears of a code whose given factors have moved, with the code's offsets as far as they are
        trusted there."""
        latents, away = self.moved(code, degrees, beyond)
        # what is drawn under another light is drawn once more: not where it is the code's own
        light = self.bounded("light", float(degrees["light"]), beyond) if away.get("light") else None
        if code.offsets is None:
            return Heard(latents, latents, away, light)
        if len(code.offsets) != self.places:
            raise ValueError(f"this code's offsets are not for {self.name}: encode the picture again")
        return Heard(latents + np.float32(offsets.trust(away)) * code.offsets, latents, away, light)

    def moved(
        self, code: GraphicsCode, degrees: Mapping[str, float | None], beyond: bool = False
    ) -> tuple[np.ndarray, dict[str, float]]:
        """The code's latents (L,) with each given factor moved along its curve, and by how many degrees it was.

        A code rarely lies exactly on the curve. What separates it is kept where the factor starts and fades
        as it moves away, so that dragging starts at the reconstruction without a jump.
        """
        if code.layout != self.layout or code.model not in ("", self.name):
            raise ValueError(
                f"this code was made by {code.model or 'another model'}, not by {self.name}: "
                "encode the picture again"
            )
        latents, moved = code.latents.copy(), {}
        for factor, target in degrees.items():
            if target is None:
                continue
            if factor not in self.calibrations:
                raise ValueError(f"this model has no factor {factor!r}: choose {', '.join(self.ranges)}")
            calibration, group = self.calibrations[factor], self.layout.slice(factor)
            target = self.bounded(factor, arguments.degrees(target, factor), beyond)
            start = getattr(code, factor)
            if start is None:
                start = float(calibration.estimate(code.latents[None, group])[0])
            start = self.bounded(factor, start)
            away = target - start
            if factor in self.circular:
                away = wrapped(away)
            moved[factor] = away
            reach = RESIDUAL_AROUND if factor in self.circular else RESIDUAL_DEGREES
            goal, origin = calibration.beyond([target, start])
            latents[group] = goal + math.exp(-((away / reach) ** 2)) * (latents[group] - origin)
        return latents, moved
