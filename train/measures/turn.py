"""Whether a picture turns evenly or clicks from one "keyframe" to the next."""

from __future__ import annotations

import numpy as np

from train.measures.subject import Subject

FRAMES = 72
ALLOWED = 2.5  # times the median step
TRUE_TURNS = 16  # things whose true renders are turned as well: what an even turn measures


def unevenness(frames: np.ndarray, circular: bool) -> float:
    """The largest step between neighbouring (T, H, W, 3) frames over the median step.

    A step is the mean absolute difference of pixels; around a circle the last frame neighbours the first. A picture
    that does not move at all turns infinitely unevenly.
    """
    following = np.roll(frames, -1, 0) if circular else frames[1:]
    steps = np.array([np.abs(a.astype(np.int16) - b).mean() for a, b in zip(frames, following)])
    middle = float(np.median(steps))
    return float(steps.max() / middle) if middle > 0 else float("inf")


def turn(subject: Subject, things: list, rng: np.random.Generator) -> dict:
    """Turn each thing over the whole range of azimuth, drawn from one picture of it."""
    factor, scenery = "azimuth", subject.scenery
    circular, degrees = scenery.circular(factor), scenery.sweep(factor, FRAMES)
    views = [scenery.random_view(rng) for _ in things]
    codes = subject.encode(np.stack([scenery.picture(thing, view, subject.size)
                                     for thing, view in zip(things, views)]))
    drawn = np.array([
        unevenness(subject.studio.render_many(code if subject.moves_pixels else code.without_picture(), azimuth=degrees), circular)
        for code in codes])  # as Studio.sweep() draws a turn
    true = np.array([
        unevenness(np.stack([scenery.picture(thing, scenery.moved(view, factor, value), subject.size)
                             for value in scenery.stops(factor, FRAMES)]), circular)
        for thing, view in zip(things[:TRUE_TURNS], views)])
    drawn = np.minimum(drawn, 1e3)  # JSON has no infinity
    return {"turns": len(things), "allowed": ALLOWED, "within": float((drawn <= ALLOWED).mean()),
            "median": float(np.median(drawn)), "largest": float(drawn.max()),
            "true_median": float(np.median(true)), "true_largest": float(true.max())}
