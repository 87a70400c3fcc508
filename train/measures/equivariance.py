"""Inferred against true degrees (Fig. 6 of the paper), by three read-outs of the same latents."""

from __future__ import annotations

import numpy as np

from dcign.calibration import Calibration


def angle_error(estimate: np.ndarray, truth: np.ndarray, circular: bool) -> np.ndarray:
    """Absolute error in degrees, around the circle where the factor is circular."""
    difference = np.abs(estimate - truth)
    return np.minimum(difference, 360 - difference) if circular else difference


def neighbours(latents: np.ndarray, degrees: np.ndarray, groups: np.ndarray, circular: bool, count: int = 15):
    """Leave one identity out: the mean of the ``count`` nearest pictures of other identities (N,)."""
    distances = ((latents[:, None] - latents[None]) ** 2).sum(-1)
    distances[groups[:, None] == groups[None]] = np.inf
    nearest = degrees[np.argsort(distances, 1)[:, :count]]
    if not circular:
        return nearest.mean(1)
    radians = np.deg2rad(nearest)
    return np.rad2deg(np.arctan2(np.sin(radians).mean(1), np.cos(radians).mean(1)))


def linear(latents: np.ndarray, degrees: np.ndarray, groups: np.ndarray, circular: bool) -> np.ndarray:
    """A linear fit (of sine and cosine for a circular factor), fitted on other identities in five folds (N,)."""
    design = np.concatenate([latents, np.ones((len(latents), 1))], 1)
    radians = np.deg2rad(degrees)
    target = np.stack([np.sin(radians), np.cos(radians)], 1) if circular else degrees[:, None]
    fitted = np.empty_like(target)
    for fold in range(5):
        held = groups % 5 == fold
        fitted[held] = design[held] @ np.linalg.lstsq(design[~held], target[~held], rcond=None)[0]
    return np.rad2deg(np.arctan2(fitted[:, 0], fitted[:, 1])) if circular else fitted[:, 0]


def equivariance(latents: np.ndarray, degrees: np.ndarray, groups: np.ndarray, calibration: Calibration) -> dict:
    """Errors of every read-out of one factor's (N, g) latents; ``groups`` (N,) numbers the identities."""
    circular = calibration.circular
    calibrated = calibration.estimate(latents)
    straight = linear(latents, degrees, groups, circular)
    close = neighbours(latents, degrees, groups, circular)
    middle = 0.0 if circular else float(np.median(degrees))
    result = {
        "chance_mae": float(angle_error(np.full(len(degrees), middle), degrees, circular).mean()),
        "calibrated_mae": float(angle_error(calibrated, degrees, circular).mean()),
        "calibrated_median": float(np.median(angle_error(calibrated, degrees, circular))),
        "linear_mae": float(angle_error(straight, degrees, circular).mean()),
        "neighbours_mae": float(angle_error(close, degrees, circular).mean()),
    }
    if not circular:
        result["linear_r2"] = float(np.corrcoef(straight, degrees)[0, 1] ** 2)
        result["calibrated_r2"] = float(np.corrcoef(calibrated, degrees)[0, 1] ** 2)
    return result
