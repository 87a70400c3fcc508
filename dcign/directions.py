"""In which directions identities differ: the principal directions of each group of latents that is neither pose nor
light, learned from training scenes after training, as the calibration is.

    directions = fit_directions(latents, layout)       # {"intrinsic": Directions} or {"shape": ..., "texture": ...}
    directions["intrinsic"].draw(np.random.default_rng(7))

Shapes: N scenes, L latents, g of them in the group, k directions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .graphics_code import FACTORS, CodeLayout

COUNT = 16     # kept: sliders show the first few, random draws use all
_DIGITS = 5


@dataclass(frozen=True, eq=False)
class Directions:
    """A Gaussian over one group's latents: along its principal directions, and per latent around them.

    mean: (g,). vectors: (k, g) of length 1, the largest spread first. deviations: (k,), the standard deviations
    along them. rest: (g,), the standard deviation of each latent of what the directions leave.
    """

    group: str
    mean: np.ndarray
    vectors: np.ndarray
    deviations: np.ndarray
    rest: np.ndarray

    def __post_init__(self) -> None:
        for name in ("mean", "vectors", "deviations", "rest"):
            array = np.array(getattr(self, name), dtype=np.float64)
            if not np.isfinite(array).all():
                raise ValueError(f"the directions of {self.group} must be finite numbers")
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        k, g = len(self.deviations), len(self.mean)
        if self.vectors.shape != (k, g) or self.rest.shape != (g,) or self.mean.ndim != 1 or not k:
            raise ValueError(f"the directions of {self.group} need k vectors of g latents, and k deviations")
        if (self.deviations < 0).any() or (self.rest < 0).any():
            raise ValueError(f"the standard deviations of {self.group} must not be negative")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Directions) and self.to_dict() == other.to_dict()

    __hash__ = None

    @property
    def size(self) -> int:
        """Number of latents g in the group."""
        return len(self.mean)

    @property
    def steps(self) -> np.ndarray:
        """(k, g): the change of the latents for one standard deviation along each direction."""
        return self.vectors * self.deviations[:, None]

    @classmethod
    def fit(cls, latents: np.ndarray, group: str = "intrinsic", count: int = COUNT) -> Directions:
        """From the (N, g) posterior means of N scenes. ValueError for too few scenes or numbers not finite."""
        latents = np.asarray(latents, np.float64)
        if latents.ndim != 2 or len(latents) < 8 or not latents.shape[1]:
            raise ValueError(f"directions of {group} need (N, g) latents of 8 scenes or more, not {latents.shape}")
        if not np.isfinite(latents).all():
            raise ValueError(f"the latents of {group} must be finite")
        mean = latents.mean(axis=0)
        _, values, vectors = np.linalg.svd(latents - mean, full_matrices=False)
        vectors = vectors[:count]
        # The sign of a principal direction is arbitrary: the largest entry is positive.
        largest = np.abs(vectors).argmax(axis=1)
        vectors = vectors * np.sign(vectors[np.arange(len(vectors)), largest])[:, None]
        left = latents - mean
        left = left - left @ vectors.T @ vectors
        return cls(group, mean, vectors, values[:count] / np.sqrt(len(latents)), left.std(axis=0))

    def draw(self, random: np.random.Generator, temperature: float = 1.0) -> np.ndarray:
        """(g,) latents of somebody who might have been there; temperature 0 is the mean."""
        along = random.standard_normal(len(self.deviations)) @ self.steps
        return self.mean + temperature * (along + random.standard_normal(self.size) * self.rest)

    def to_dict(self) -> dict:
        """Plain lists for JSON."""
        return {
            name: np.vectorize(lambda value: float(f"{value:.{_DIGITS}g}"))(getattr(self, name)).tolist()
            for name in ("mean", "vectors", "deviations", "rest")
        }

    @classmethod
    def from_dict(cls, group: str, record: dict) -> Directions:
        """The inverse of to_dict(). ValueError if an entry is missing or does not fit."""
        try:
            return cls(group, record["mean"], record["vectors"], record["deviations"], record["rest"])
        except (KeyError, TypeError) as problem:
            raise ValueError(f"not the directions of {group}: {problem!r}") from None


def fit_directions(latents: np.ndarray, layout: CodeLayout, count: int = COUNT) -> dict[str, Directions]:
    """Group -> directions, for every group that is no pose or light, from (N, L) posterior means."""
    latents = np.asarray(latents)
    if latents.ndim != 2 or latents.shape[1] != layout.size:
        raise ValueError(f"this layout has {layout.size} latents: pass (N, {layout.size}), not {latents.shape}")
    groups = [name for name in layout.names if name not in FACTORS]
    return {name: Directions.fit(latents[:, layout.slice(name)], name, count) for name in groups}
