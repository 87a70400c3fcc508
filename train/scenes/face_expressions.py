"""Mild expressions: named recipes whose strengths are drawn at random, in weights of ARKit-like modes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Recipe:
    """How often an expression is drawn, and the smallest and largest weight of each of its modes.

    "L+R" after a mode stands for both sides, nearly alike; "one" for one side by chance; "other" for the other side.
    """

    share: float
    weights: tuple[tuple[str, float, float], ...] = ()


RECIPES = {
    "neutral": Recipe(0.18),
    "smile": Recipe(0.16, (("mouthSmile L+R", 0.25, 0.8), ("cheekSquint L+R", 0.05, 0.35))),
    "open smile": Recipe(0.24, (("mouthSmile L+R", 0.5, 0.9), ("mouthUpperUp L+R", 0.12, 0.38), ("jawOpen", 0.03, 0.14),
                                ("mouthLowerDown L+R", 0.0, 0.25), ("cheekSquint L+R", 0.15, 0.5),
                                ("eyeSquint L+R", 0.0, 0.4))),
    "asymmetric smile": Recipe(0.06, (("mouthSmile one", 0.35, 0.8), ("mouthSmile other", 0.0, 0.25),
                                      ("cheekSquint one", 0.05, 0.35), ("browOuterUp one", 0.0, 0.5))),
    "frown": Recipe(0.07, (("mouthFrown L+R", 0.2, 0.65), ("browDown L+R", 0.2, 0.7), ("mouthPress L+R", 0.0, 0.3))),
    "surprise": Recipe(0.06, (("browInnerUp L+R", 0.3, 0.8), ("browOuterUp L+R", 0.3, 0.8), ("eyeWide L+R", 0.1, 0.6),
                              ("jawOpen", 0.0, 0.18))),
    "squint": Recipe(0.06, (("eyeSquint L+R", 0.4, 0.9), ("browDown L+R", 0.0, 0.4), ("cheekSquint L+R", 0.0, 0.4))),
    "pucker": Recipe(0.04, (("mouthPucker", 0.2, 0.7),)),
    "half-closed eyes": Recipe(0.03, (("eyeBlink L+R", 0.25, 0.55),)),
    "blink": Recipe(0.02, (("eyeBlink L+R", 0.85, 1.0),)),
    "talk": Recipe(0.08, (("jawOpen", 0.08, 0.28), ("mouthFunnel", 0.0, 0.35), ("mouthLowerDown L+R", 0.0, 0.4),
                          ("mouthUpperUp L+R", 0.0, 0.15), ("mouthStretch L+R", 0.0, 0.25))),
}
# in every expression, each side by itself: no face is quite still
ALWAYS = (("browInnerUp L+R", 0.0, 0.25), ("mouthSmile L+R", 0.0, 0.1), ("eyeSquint L+R", 0.0, 0.15))
OPEN_MOUTH = ("jawOpen", "mouthUpperUp_L", "mouthUpperUp_R", "mouthLowerDown_L", "mouthLowerDown_R", "mouthFunnel")
SHOWS_TEETH = 0.02  # the least weight of one of these from which the mouth opens


def _sides(mode: str) -> tuple[str, ...]:
    """The names of a recipe's mode in the model, both sides where there are two."""
    name, _, side = mode.partition(" ")
    return (f"{name}_L", f"{name}_R") if side else (name,)


MODES = tuple(sorted({name for recipe in (*RECIPES.values(), Recipe(1.0, ALWAYS)) for mode, _, _ in recipe.weights
                      for name in _sides(mode)}))
_NAMES = tuple(RECIPES)
_EDGES = np.cumsum([recipe.share for recipe in RECIPES.values()])


def draw(rng: np.random.Generator) -> tuple[str, dict[str, float]]:
    """The name of an expression and its weights by mode, 0 to 1."""
    name = _NAMES[min(int(np.searchsorted(_EDGES, rng.random() * _EDGES[-1], side="right")), len(_NAMES) - 1)]
    one = int(rng.integers(2))
    strength = rng.uniform(0.0, 1.0)  # an expression is strong or weak as a whole, with some play in each mode
    weights: dict[str, float] = {}
    for mode, low, high in (*RECIPES[name].weights, *ALWAYS):
        sides = _sides(mode)
        chosen = {"one": sides[one:one + 1], "other": sides[1 - one:2 - one]}.get(mode.partition(" ")[2], sides)
        share = np.clip(0.7 * strength + 0.3 * rng.random(), 0.0, 1.0)
        for side in chosen:
            weight = (low + (high - low) * share) * rng.uniform(0.9, 1.1)
            weights[side] = min(1.0, weights.get(side, 0.0) + float(weight))
    return name, weights


def opens_mouth(weights: dict[str, float]) -> bool:
    """Whether teeth can be seen."""
    return max(weights.get(name, 0.0) for name in OPEN_MOUTH) > SHOWS_TEETH
