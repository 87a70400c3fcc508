"""Shards of pictures that stand in for rendered ones, for the lessons of the networks that prepare photographs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from train import batches

Make = Callable[[np.random.Generator, int], np.ndarray]  # a picture (S, S, 4) of that size


def two_shards(folder: Path, make: Make, size: int) -> list[Path]:
    """Of six pictures each, (mini-batches, pictures, S, S, 4)."""
    rng, paths = np.random.default_rng(0), [folder / f"shard-{number:04d}.npy" for number in range(2)]
    for path in paths:
        np.save(path, np.stack([make(rng, size) for _ in range(6)]).reshape(3, 2, size, size, 4))
    return paths


def stand_in(monkeypatch, folder: Path, make: Make) -> None:
    """Commands of `python -m train` find these where they would render."""
    paths = two_shards(folder, make, 160)

    class Rendered:
        def __init__(self, *args, **options):
            pass

        def wait(self) -> list[Path]:
            return paths

    monkeypatch.setattr(batches, "Rendering", Rendered)
