"""How much of a difference in one part of an identity is drawn: what no latent tells comes out as no difference at all.

Pairs of held-out identities, seen alike, that differ in one part alone: shape, texture, expression, hair.
"""

from __future__ import annotations

import numpy as np

from train.measures.scenery import PAPER_CHAIRS
from train.measures.subject import Subject

PAIRS = 40  # of each part


def followed(drawn: np.ndarray, true: np.ndarray) -> dict[str, float]:
    """How drawn differences follow the true ones, both of any one shape: the slope (1 where all is drawn) and the
    correlation, about zero."""
    drawn, true = drawn.astype(np.float64).ravel(), true.astype(np.float64).ravel()
    product, mine, theirs = float(drawn @ true), float(drawn @ drawn), float(true @ true)
    return {"slope": product / max(theirs, 1e-9), "correlation": product / max((mine * theirs) ** 0.5, 1e-9)}


def parts(subject: Subject, rng: np.random.Generator, pairs: int = PAIRS) -> dict[str, dict]:
    """Of every part that the source can vary alone, as the network draws it from refined codes; {} where there is none."""
    source, scenery = subject.source, subject.scenery
    if scenery.setting == PAPER_CHAIRS:
        return {}
    result = {}
    for part in getattr(source, "parts", ()):
        views = [scenery.random_view(rng) for _ in range(pairs)]
        both = [np.stack([scenery.picture(source.identity(seed, **{part: seed + other}), view, subject.size)
                          for seed, view in enumerate(views)]) for other in (0, pairs)]  # all seeds held out
        drawn = [subject.own.render_many([code.without_picture() for code in subject.encode(pictures)])
                 for pictures in both]
        result[part] = followed(*(one.astype(np.float32) - other for one, other in (drawn, both)))
    return result
