"""What tells the pictures of one part of an identity apart: labels for a first lesson (train/teach.py).

One identity seen from the front shows the part of every seed in turn; the principal components of these pictures are
the labels. So what changes a picture most is told first, and no source has to say how its parts are made.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from train.camera import View
from train.processes import single_thread_workers
from train.raster import render
from train.scenes import HELD_OUT, STAGES, open_source
from train.scenes.mesh import Source

WORN_BY = HELD_OUT + 3  # the identity that shows the part
FITTED = 2_500  # pictures that the components are fitted on
SIZE = 80  # pixels
CHUNK = 64


def shown(source: Source, part: str, seeds: list[int]) -> np.ndarray:
    """Pictures of one identity with the ``part`` of each seed, from the front: (N, pixels) in [0, 1]."""
    stage = STAGES[source.name]
    return np.stack([render(source.identity(WORN_BY, **{part: seed}).mesh, View(), stage.rig, SIZE).colour.ravel()
                     for seed in seeds]).astype(np.float32) / 255


@dataclass(frozen=True)
class Components:
    """Principal components of pictures: mean (P,), directions (M, P), their standard deviations (M,)."""

    mean: np.ndarray
    directions: np.ndarray
    deviations: np.ndarray

    @staticmethod
    def fit(pictures: np.ndarray, count: int) -> Components:
        """Of (N, P) pictures. Raises ValueError for more components than pictures tell."""
        if count >= len(pictures):
            raise ValueError(f"{count} components need more than {len(pictures)} pictures.")
        mean = pictures.mean(0)
        _, sizes, directions = np.linalg.svd(pictures - mean, full_matrices=False)
        return Components(mean, directions[:count], sizes[:count] / len(pictures) ** 0.5)

    def of(self, pictures: np.ndarray) -> np.ndarray:
        """Labels (N, M) of (N, P) pictures, each with about the deviation 1."""
        return ((pictures - self.mean) @ self.directions.T / self.deviations).astype(np.float32)


def _show(name: str, assets_folder: str | None, part: str, seeds: list[int]) -> np.ndarray:
    return shown(open_source(name, assets_folder), part, seeds)


def labels(name: str, assets_folder: str | None, part: str, seeds: list[int], components: int,
           workers: int = 2, fitted: int = FITTED) -> dict[int, np.ndarray]:
    """The labels (M,) by seed of the ``part`` that it draws; components fitted on seeds of the training range."""
    with single_thread_workers(workers) as processes:
        def pictures(wanted: list[int]) -> np.ndarray:
            parts = [wanted[i:i + CHUNK] for i in range(0, len(wanted), CHUNK)]
            return np.concatenate(list(processes.map(_show, *zip(*((name, assets_folder, part, p) for p in parts)))))

        basis = Components.fit(pictures(list(range(HELD_OUT, HELD_OUT + fitted))), components)
        return {seed: label for start in range(0, len(seeds), 40 * CHUNK)
                for seed, label in zip(seeds[start:start + 40 * CHUNK], basis.of(pictures(seeds[start:start + 40 * CHUNK])))}
