"""Pictures to posterior means, moved nearer to them where something is gained by that (refinement.py).

    means, offsets = Encoding(network, intrinsic, ground)(pixels, whole, partly)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from . import refinement
from .networks import DCIGN


@dataclass(frozen=True, eq=False)
class Encoding:
    """A network; which of its L latents are of the identity, booleans (L,); the ``ground`` that it draws (0 to 255); whether mirror images
    are ``mirrored`` second views of the same; and a ``prior`` of latents, as refine() takes it."""

    network: DCIGN
    intrinsic: np.ndarray
    ground: Sequence[int]
    mirrored: bool = False
    prior: Callable[[Tensor], Tensor] | None = None

    def __call__(self, pixels: np.ndarray, whole: np.ndarray, partly: np.ndarray) -> tuple[np.ndarray, dict[int, np.ndarray]]:
        """uint8 (N, H, W, 3) to posterior means (N, L). Refined are those of the pictures whose numbers are in ``whole``, which show the
        network's own ground, and in ``partly``, photographs, where their subject is drawn; and by number their offsets (K, L)."""
        with torch.inference_mode():
            device = next(self.network.parameters()).device
            # A transposed view of (N, H, W, 3) already is channels_last.
            pictures = torch.from_numpy(pixels).to(device).permute(0, 3, 1, 2).float().div_(255)
            mean, log_variance = self.network.encode(pictures)
            mean, offsets = mean.float(), {}
            for chosen, plan in ((whole, refinement.Refinement()), (partly, refinement.PHOTOGRAPHS)):
                if not len(chosen) or not refinement.can_refine(self.network):
                    continue
                shown = pictures[chosen]  # (n, 3, H, W)
                if plan is refinement.PHOTOGRAPHS:
                    shown = refinement.where_drawn(self.network, shown, mean[chosen], self.ground)
                mean[chosen], found = refinement.refine(self.network, shown, mean[chosen], log_variance[chosen], self.intrinsic, plan,
                                                       mirrored=self.mirrored, prior=self.prior)
                # rounded far below the posterior's own spread: half the length in JSON. None where nothing was found
                found = found.cpu().numpy().round(3)
                offsets |= {place: rows for place, rows in zip(chosen.tolist(), found) if rows.any()}
            return mean.cpu().numpy(), offsets
