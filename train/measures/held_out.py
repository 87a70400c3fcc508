"""The pictures that most measures share: random views of identities that were never trained on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from train.camera import View
from train.measures.scenery import identities
from train.measures.subject import Posterior, Subject

VIEWS = 8  # of every identity
DRAWN = 4  # the first so many of them are drawn again


@dataclass(frozen=True, eq=False)
class HeldOut:
    """V = VIEWS pictures of each identity, one identity after the other; N pictures in all."""

    things: list  # of mesh.Identity
    numbers: np.ndarray  # (N,) which of them
    views: list[View]
    pictures: np.ndarray  # (N, S, S, 3) uint8
    posterior: Posterior

    def degrees(self, factor: str) -> np.ndarray:
        return np.array([getattr(view, factor) for view in self.views])

    @property
    def drawn(self) -> np.ndarray:
        """Which pictures (N / V * DRAWN,) are drawn again."""
        return np.flatnonzero(np.arange(len(self.numbers)) % VIEWS < DRAWN)


def take(subject: Subject, count: int, first: int = 0) -> HeldOut:
    """Of ``count`` held-out identities with a front, from seed ``first`` on."""
    rng = np.random.default_rng(3)
    things = identities(subject.source, count, first)
    views = [subject.scenery.random_view(rng) for _ in things for _ in range(VIEWS)]
    numbers = np.repeat(np.arange(len(things)), VIEWS)
    pictures = np.stack([subject.scenery.picture(things[number], view, subject.size)
                         for number, view in zip(numbers, views)])
    return HeldOut(things, numbers, views, pictures, subject.posterior(pictures))
