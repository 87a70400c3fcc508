"""Whether the read-out of azimuth follows a turn from one end to the other: no jump and no way back."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from train.measures.plots import curves
from train.measures.subject import Subject

FRAMES = 37
ALLOWED = 3.0  # degrees


def unwrapped(estimates: np.ndarray, circular: bool) -> np.ndarray:
    """(..., T) read-outs along a path; around a circle the shortest way from one to the next."""
    return np.rad2deg(np.unwrap(np.deg2rad(estimates), axis=-1)) if circular else np.asarray(estimates)


def largest_fall(estimates: np.ndarray, circular: bool = False) -> np.ndarray:
    """By how many degrees (N,) a read-out (N, T) of growing angles falls below the highest that it had reached."""
    path = unwrapped(estimates, circular)
    return (np.maximum.accumulate(path, -1) - path).max(-1)


def monotone(subject: Subject, things: list, rng: np.random.Generator, plot: Path | None = None) -> dict:
    """Sweep the azimuth of true renders; the other angles of each identity are random."""
    factor, scenery = "azimuth", subject.scenery
    degrees, circular = scenery.stops(factor, FRAMES), scenery.circular(factor)
    calibration, estimates = subject.weights.calibrations[factor], []
    for thing in things:
        view = scenery.random_view(rng)
        pictures = np.stack([scenery.picture(thing, scenery.moved(view, factor, value), subject.size)
                             for value in degrees])
        estimates.append(calibration.estimate(subject.posterior(pictures).means[:, subject.layout.slice(factor)]))
    estimates = np.stack(estimates)
    falls = largest_fall(estimates, circular)
    if plot is not None:
        curves(plot, degrees, estimates, f"{subject.name}: azimuth read from true renders against the true azimuth",
               scenery.ranges[factor], circular)
    return {"sweeps": len(things), "allowed": ALLOWED, "within": float((falls <= ALLOWED).mean()),
            "median_fall": float(np.median(falls)), "largest_fall": float(falls.max())}
