"""Materials of chairs: linear albedo, specular strength and grain, drawn in the shares of real chairs."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Material:
    """albedo: linear RGB in [0, 1]; specular in [0, 1]; grain: relative variation of brightness in wood."""

    albedo: tuple[float, float, float]
    specular: float
    grain: float


@dataclass(frozen=True)
class Scheme:
    """What each group of a chair's parts is made of."""

    frame: Material
    seat: Material
    back: Material
    arms: Material
    metal: Material


# sRGB in 0..255
WOODS = (
    (196, 154, 108),
    (92, 62, 42),
    (214, 178, 132),
    (142, 78, 48),
    (98, 46, 32),
    (160, 105, 62),
    (222, 190, 140),
    (52, 38, 30),
    (205, 185, 155),
    (128, 88, 56),
    (176, 122, 72),
)
LEATHERS = ((120, 72, 42), (70, 44, 30), (160, 104, 60), (196, 168, 130), (222, 206, 178))
HUES = ((0.01, 0.03), (0.6, 0.03), (0.36, 0.06), (0.13, 0.02), (0.8, 0.3))  # mean and spread of hue in turns
BROWN, BLACK, GREY, WHITE = range(4)


def linear(srgb) -> np.ndarray:
    """sRGB in [0, 1] to linear light."""
    srgb = np.asarray(srgb, float)
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def _material(
    rng: np.random.Generator, srgb, specular: float, grain: float, jitter: float = 0.12
) -> Material:
    scaled = np.asarray(srgb) * (1.0 + jitter * rng.uniform(-1, 1)) * (1.0 + 0.03 * rng.uniform(-1, 1, 3))
    return Material(tuple(linear(np.clip(scaled, 0.02, 0.95)).tolist()), specular, grain)


def _saturated(rng: np.random.Generator) -> np.ndarray:
    """A saturated sRGB colour; reds, oranges and blues are the commonest on chairs."""
    centre, spread = HUES[int(np.searchsorted((0.42, 0.68, 0.82, 0.93), rng.random()))]
    hue = rng.normal(centre, spread) % 1.0
    value, saturation = rng.uniform(0.4, 0.85), rng.uniform(0.55, 0.85)
    ramp = np.clip(np.abs((hue * 6.0 + np.array([0.0, 4.0, 2.0])) % 6.0 - 3.0) - 1.0, 0.0, 1.0)
    return value * (1.0 + saturation * (ramp - 1.0))


def wood(rng: np.random.Generator) -> Material:
    """One of the woods, from pine to ebony."""
    srgb = np.array(WOODS[rng.integers(len(WOODS))]) / 255.0
    return _material(rng, srgb, rng.uniform(0.05, 0.3), rng.uniform(0.03, 0.12))


def metal(rng: np.random.Generator) -> Material:
    """Chrome, steel, or black enamel."""
    kind = rng.random()
    if kind < 0.5:
        return _material(rng, [rng.uniform(0.6, 0.8)] * 3, rng.uniform(0.4, 0.8), 0.0, 0.05)
    if kind < 0.85:
        return _material(rng, [rng.uniform(0.1, 0.24)] * 3, rng.uniform(0.15, 0.4), 0.0)
    return _material(rng, [rng.uniform(0.3, 0.55)] * 3, 0.3, 0.0)


def neutral(rng: np.random.Generator, shares=(0.3, 0.27, 0.23, 0.2), leather: bool = True) -> Material:
    """Brown, black, grey or white cloth, leather, plastic or paint, in these shares."""
    kind = int(np.searchsorted(np.cumsum(shares), rng.random() * sum(shares)))
    specular = rng.uniform(0.0, 0.35)
    if kind == BROWN:
        if not leather:
            return wood(rng)
        return _material(rng, np.array(LEATHERS[rng.integers(len(LEATHERS))]) / 255.0, specular, 0.0)
    if kind == BLACK:
        return _material(rng, [rng.uniform(0.1, 0.24)] * 3, specular, 0.0)
    if kind == GREY:
        return _material(rng, [rng.uniform(0.3, 0.7)] * 3, specular, 0.0)
    return _material(rng, [rng.uniform(0.83, 0.93)] * 3, specular, 0.0, 0.03)


def scheme(rng: np.random.Generator, frame: str, upholstered: float) -> Scheme:
    """Materials of one chair.

    frame: "wood", "metal" or "any" (mostly wood, some painted); upholstered: probability that seat and back
    are of a cloth of their own. About 15 % of all schemes have a saturated colour.
    """
    saturated = rng.random() < 0.15
    steel = metal(rng)
    if frame == "metal":
        base = steel
    elif frame == "wood" or rng.random() < 0.7:
        base = wood(rng)
    else:
        base = neutral(rng, (0.1, 0.4, 0.2, 0.3), leather=False)
    if rng.random() < upholstered:
        cloth = (
            _material(rng, _saturated(rng), rng.uniform(0.0, 0.3), 0.0)
            if saturated
            else neutral(rng, leather=frame != "metal" or rng.random() < 0.5)
        )
        back = cloth if rng.random() < 0.8 else base
        arms = cloth if rng.random() < 0.25 else base
        return Scheme(base, cloth, back, arms, steel)
    if saturated:
        base = _material(rng, _saturated(rng), rng.uniform(0.1, 0.4), 0.0)
    return Scheme(base, base, base, base, steel)
