"""Where the latents of pose and light may lie: near the curves that the calibrations found, at any degrees.

    prior = PosePrior(layout, calibrations)
    nats = prior(latents)                      # (N,), to be minimised

A refined code would rather leave its curve a little than miss its picture a little; but a new view is asked for on the
curve, and what draws the picture beside it belongs to the identity. Refinement therefore adds this to its energy.

Shape legend: N pictures, L latents, g latents of a factor's group, G degrees of a grid, F features of g latents.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from .calibration import Calibration
from .graphics_code import CodeLayout

#: What the log-density is multiplied by: the spread about a curve is mostly what the encoder missed, and codes belong
#: nearer to it. From 16 to 150 all do as well.
WEIGHT = 50.0
_LEVELLING = 50  # rounds


def _features(group: Tensor, pairs: Tensor) -> Tensor:
    """(N, g) to (N, F), as Calibration.hypotheses wants them."""
    rows, columns = pairs
    return torch.cat([group[:, rows] * group[:, columns], group, torch.ones_like(group[:, :1])], 1)


def _levelled(calibration: Calibration, pairs: Tensor) -> Tensor:
    """The coefficients (F, G) of hypotheses that make all of the curve alike: where it moves slowly or is sharply known, more
    of them agree, at its ends fewer, and refinement would turn things that way."""
    grid, coefficients = calibration.hypotheses
    coefficients = torch.from_numpy(coefficients.copy())
    on_curve = _features(torch.from_numpy(calibration.latents(grid)), pairs)  # (G, F)
    for _ in range(_LEVELLING):
        coefficients[-1] -= (on_curve @ coefficients).logsumexp(1)
    return coefficients.float()


class PosePrior:
    """``weight`` times the negative log-density of a code's pose and light, a Gaussian about each point of the curve, up to
    a constant. It is the same wherever on its curve a factor is."""

    def __init__(self, layout: CodeLayout, calibrations: Mapping[str, Calibration], weight: float = WEIGHT,
                 device: torch.device | str = "cpu"):
        self.weight = weight
        self._curves: list[tuple[slice, Tensor, Tensor]] = []  # where the group is, pairs of its latents, coefficients
        with torch.inference_mode(False):  # kept for gradients, whoever asks first
            for factor, calibration in calibrations.items():
                pairs = torch.from_numpy(np.stack(np.triu_indices(calibration.size)))
                coefficients = _levelled(calibration, pairs).to(device)
                self._curves.append((layout.slice(factor), pairs.to(device), coefficients))

    def __call__(self, latents: Tensor) -> Tensor:
        """(N, L) to nats (N,)."""
        total = latents.new_zeros(len(latents))
        with torch.autocast(latents.device.type, enabled=False):  # differences of large numbers
            for where, pairs, coefficients in self._curves:
                features = _features(latents[:, where].float(), pairs)  # (N, F)
                total = total - self.weight * (features @ coefficients).logsumexp(1)
        return total
