"""Where the latents of pose and light may lie: near the curves that the calibrations found, at any degrees.

    prior = PosePrior(layout, calibrations)
    nats = prior(latents)                      # (N,), to be minimised

A refined code would rather leave its curve a little than miss its picture a little; but a new view is asked for on the
curve, and what draws the picture beside it belongs to the identity. Refinement therefore adds this to its energy.

Shape legend: N pictures, L latents, g latents of a factor's group, G degrees of a grid, F products of g latents.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from .calibration import Calibration
from .graphics_code import CodeLayout

#: Of the log-density. The spread about a curve is mostly what the encoder missed: codes belong nearer to it.
WEIGHT = 50.0


class PosePrior:
    """The negative log-density of a code's pose and light, up to a constant: a Gaussian about each point of the curve,
    all degrees alike."""

    def __init__(self, layout: CodeLayout, calibrations: Mapping[str, Calibration], weight: float = WEIGHT,
                 device: torch.device | str = "cpu"):
        self.weight = weight
        self._curves: list[tuple[slice, Tensor, Tensor]] = []  # where the group is, pairs (2, F'), coefficients (F, G)
        with torch.inference_mode(False):  # kept for gradients, whoever asks first
            for factor, calibration in calibrations.items():
                pairs = torch.from_numpy(np.stack(np.triu_indices(calibration.size))).to(device)
                coefficients = torch.from_numpy(calibration.hypotheses[1]).float().to(device)
                self._curves.append((layout.slice(factor), pairs, coefficients))

    def __call__(self, latents: Tensor) -> Tensor:
        """(N, L) to nats (N,)."""
        total = latents.new_zeros(len(latents))
        with torch.autocast(latents.device.type, enabled=False):  # differences of large numbers
            for where, (rows, columns), coefficients in self._curves:
                group = latents[:, where].float()  # (N, g)
                products = torch.cat([group[:, rows] * group[:, columns], group, torch.ones_like(group[:, :1])], 1)  # (N, F)
                total = total - self.weight * (products @ coefficients).logsumexp(1)
        return total
