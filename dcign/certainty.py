"""Whether an estimate in degrees deserves trust: is it at the end of what was trained, or off every known curve?

    doubts(studio, code)      # {"azimuth": "edge"} or {"elevation": "strange"}; {} for what looks like training
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .graphics_code import GraphicsCode

if TYPE_CHECKING:
    from .studio import Studio

#: Of the range, at either end: a picture from beyond it is read as lying here.
EDGE_SHARE = 0.03
#: Mean squared Mahalanobis distance from the curve per latent; one training scene in a hundred is farther, by one pass of
#: the encoder to which the curve was fitted.
STRANGE_DISTANCE = 10.0
#: The same of refined codes, which dcign.pose_prior, by its weight, draws towards the curve to about a fifth of the squared
#: distance.
STRANGE_REFINED = 2.2


def doubts(studio: Studio, code: GraphicsCode) -> dict[str, str]:
    """Factor -> "edge" (the truth may lie beyond the trained range) or "strange" (unlike any training picture)."""
    found = {}
    for factor, calibration in studio.calibrations.items():
        degrees = getattr(code, factor)
        if degrees is None:
            continue
        low, high = studio.ranges[factor]
        margin = EDGE_SHARE * (high - low)
        away = code.latents[studio.layout.slice(factor)] - calibration.latents(degrees)
        distance = away @ np.linalg.solve(calibration.spread(degrees), away) / calibration.size
        refined = code.offsets is not None and factor not in studio.unlearned  # nothing draws what was not learned
        if distance > (STRANGE_REFINED if refined else STRANGE_DISTANCE):
            found[factor] = "strange"
        elif not calibration.circular and not low + margin < degrees < high - margin:
            found[factor] = "edge"
    return found
