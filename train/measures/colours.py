"""Whether new views have the colours of what they show: its mean colour, over its mask, against the true render's, and
each pixel's, which coloured seams put off."""

from __future__ import annotations

import numpy as np

from train.measures.novel_views import Drawn

AXES = {"red to blue": (1.0, 0.0, -1.0), "green to magenta": (-0.5, 1.0, -0.5)}  # of sRGB levels
LEAST = 0.01  # of the picture must be covered


def mean_colours(pictures: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """(N, S, S, 3) and (N, S, S) uint8 to the mean sRGB level over each mask, (N, 3)."""
    weights = (masks > 127).astype(np.float32)
    total = np.einsum("nhwc,nhw->nc", pictures.astype(np.float32), weights)
    return total / np.maximum(weights.sum((1, 2)), 1.0)[:, None]


def along(drawn: np.ndarray, true: np.ndarray) -> dict[str, float]:
    """How N drawn values follow the true ones: their correlation, and how much of a difference is drawn (the slope)."""
    covariance = float(((drawn - drawn.mean()) * (true - true.mean())).mean())
    spread, mine = float(true.std()), float(drawn.std())
    return {"spread": spread, "correlation": covariance / max(spread * mine, 1e-9),
            "slope": covariance / max(spread**2, 1e-9)}


def colours(pictures: dict[str, Drawn]) -> dict:
    """Over the new views of all factors together, as the network draws them; {} where nothing is covered."""
    drawn, true, mask = (np.concatenate([getattr(part, kind) for part in pictures.values()])
                         for kind in ("own", "target", "mask"))
    shown = (mask > 127).mean((1, 2)) >= LEAST
    if not shown.any():
        return {}
    away = drawn[shown].astype(np.float32) - true[shown]
    pixels = {name: float(np.sqrt(np.square(away @ np.float32(axis)).mean())) for name, axis in AXES.items()}
    drawn, true = (mean_colours(kind[shown], mask[shown]) for kind in (drawn, true))
    return {"error": float(np.abs(drawn - true).mean()), "pixels": pixels,
            "axes": {name: along(drawn @ axis, true @ axis) for name, axis in AXES.items()}}
