"""Whether the latents that are neither pose nor light tell who or which it is, whatever the pose and the light."""

from __future__ import annotations

import numpy as np

from dcign.graphics_code import FACTORS, CodeLayout
from train.measures import images

SIDE = 48  # pixels, for the baselines
PRINCIPAL = 100  # components at most


def intrinsic(layout: CodeLayout) -> np.ndarray:
    """The places of all latents that are of no pose or light factor."""
    return np.concatenate([layout.index(name) for name in layout.names if name not in FACTORS])


def principal(rows: np.ndarray, count: int) -> np.ndarray:
    """The ``count`` first principal components of (N, D) rows (N, count)."""
    left, size, _ = np.linalg.svd(rows - rows.mean(0), full_matrices=False)
    return (left * size)[:, :min(count, len(rows) - 1)]


def rank_one(rows: np.ndarray, identities: np.ndarray) -> float:
    """Share of pictures whose nearest picture among one known picture of each identity is of the right one.

    ``rows`` (N, D) are compared by the cosine of their angle about the mean; the first picture of an identity is the
    known one, all others are looked up.
    """
    centred = rows - rows.mean(0)
    unit = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)
    known = np.unique(identities, return_index=True)[1]
    asked = np.setdiff1d(np.arange(len(rows)), known)
    found = identities[known][(unit[asked] @ unit[known].T).argmax(1)]
    return float((found == identities[asked]).mean())


def recognition(means: np.ndarray, layout: CodeLayout, pictures: np.ndarray,
                identities: np.ndarray) -> dict[str, float]:
    """Rank-one recognition from posterior means (N, L), beside pixels and their principal components."""
    pixels = images.resized(pictures, SIDE).reshape(len(pictures), -1).astype(np.float32)
    where = intrinsic(layout)
    return {"intrinsic": rank_one(means[:, where], identities), "pixels": rank_one(pixels, identities),
            "pca": rank_one(principal(pixels, min(PRINCIPAL, len(where))), identities),
            "chance": 1.0 / len(np.unique(identities))}
