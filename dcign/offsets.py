"""What single places of the decoder hear beside a code's latents: the extended latent space W+ of image inversion.

Every level of the decoder listens to the latents. In training all hear the same; a refined code may tell each of them
something of its own about the identity, and so draws its picture better than any one set of latents could (Abdal, Qin
and Wonka 2019). One view has shown it, and it is trusted the less the further the view turns away.

Shapes: L latents, K places in the decoder.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from .fading import wrapped

#: Over how many degrees offsets fade when a factor is moved away from where they were seen. The light fades nothing.
REACH = {"azimuth": 45.0, "elevation": 40.0}


def trust(away: Mapping[str, float], reach: Mapping[str, float] = REACH) -> float:
    """The share, from 1 to 0, that is left of what was seen, by default of offsets, when the factors are moved by these
    degrees; either way round. reach: by factor, the degrees over which it fades."""
    turned = {factor: wrapped(degrees) for factor, degrees in away.items()}
    return math.exp(-sum((turned.get(factor, 0.0) / degrees) ** 2 for factor, degrees in reach.items()))


def between(first: np.ndarray | None, second: np.ndarray | None, share: float) -> np.ndarray | None:
    """Offsets (K, L) on the straight way from the first (share 0) to the second (1); None stands for none at all."""
    parts = [weight * offsets for weight, offsets in ((1 - share, first), (share, second))
             if offsets is not None and weight]
    return sum(parts) if parts else None
