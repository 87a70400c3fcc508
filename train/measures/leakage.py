"""How well the latents that should not know a factor predict it."""

from __future__ import annotations

import numpy as np

from dcign.graphics_code import CodeLayout
from train.measures.regression import Ridge, explained, targets_of
from train.measures.subject import Posterior

DRAWS = 3  # codes sampled for every picture


def others(layout: CodeLayout, factor: str) -> np.ndarray:
    """The places of all latents that are not the factor's."""
    return np.setdiff1d(np.arange(layout.size), layout.index(factor))


def leakage(posterior: Posterior, layout: CodeLayout, degrees: np.ndarray, identities: np.ndarray, factor: str,
            circular: bool, rng: np.random.Generator) -> dict[str, float]:
    """r² of a ridge regression of the (N,) degrees on all other latents, identities left out.

    ``sampled``: from codes as the decoder gets them, the measure that counts. ``means``: from posterior means, where
    residues far below the noise can be read as well.
    """
    where, targets = others(layout, factor), targets_of(degrees, circular)
    codes = np.concatenate([posterior.sample(rng)[:, where] for _ in range(DRAWS)])
    many, who = np.tile(targets, (DRAWS, 1)), np.tile(identities, DRAWS)
    return {"sampled": explained(Ridge(codes, many, who).predict(), many),
            "means": explained(Ridge(posterior.means[:, where], targets, identities).predict(), targets)}
