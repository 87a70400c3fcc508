"""Mini-batches in which exactly one factor varies (Sec. 3.1, step 2), rendered ahead of training into shards.

    python -m train render chairs --shards 4

A shard is one .npy file of ``MINI_BATCHES`` mini-batches; its bytes depend only on the class, the picture size and its
number. The factor that varies is all the trainer is told; true degrees stay on the rendering side.
Legend: B mini-batches, K pictures in each, S pixels.
"""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from train.camera import View
from train.raster import Render, render
from train.scenes import HELD_OUT, STAGES, Stage, open_source
from train.scenes.mesh import Source

FACTORS = ("azimuth", "elevation", "light", "intrinsic")
PER_MINI_BATCH = 8
MINI_BATCHES = 256  # in a shard
SHARES = (0.25, 0.20, 0.17, 0.38)  # of the mini-batches in a shard, in the order of FACTORS
IDENTITIES_PER_SHARD = MINI_BATCHES * PER_MINI_BATCH


@dataclass(frozen=True)
class Drawn:
    """One mini-batch: pictures (K, S, S, 4) uint8 of colour and mask, and the views they were taken from."""

    pictures: np.ndarray
    views: list[View]
    seeds: list[int]


def random_view(stage: Stage, rng: np.random.Generator) -> dict[str, float]:
    return {name: float(rng.uniform(*span)) for name, span in stage.ranges.items()}


def with_mask(drawn: Render) -> np.ndarray:
    """Colour and mask as one (S, S, 4) uint8 array."""
    return np.concatenate([drawn.colour, drawn.mask[..., None]], -1)


def draw_mini_batch(source: Source, stage: Stage, factor: str, first_seed: int, rng: np.random.Generator,
                    size: int) -> Drawn:
    """Draw PER_MINI_BATCH pictures that differ in ``factor`` alone."""
    base = random_view(stage, rng)
    identity = None
    pictures, views, seeds = [], [], []
    for k in range(PER_MINI_BATCH):
        degrees = dict(base)
        if factor == "intrinsic":
            seed = first_seed + k
            identity = source.identity(seed)
        else:
            seed = first_seed
            identity = identity or source.identity(seed)
            degrees[factor] = float(rng.uniform(*stage.ranges[factor]))
        view = View(**degrees)
        pictures.append(with_mask(render(identity.mesh, view, stage.rig, size)))
        views.append(view)
        seeds.append(seed)
    return Drawn(np.stack(pictures), views, seeds)


def shard_factors(number: int) -> np.ndarray:
    """Which factor varies in each mini-batch of a shard, as indices into FACTORS (B,)."""
    counts = np.floor(np.array(SHARES) * MINI_BATCHES).astype(int)
    counts[-1] = MINI_BATCHES - counts[:-1].sum()
    return np.random.default_rng([7, number]).permutation(np.repeat(np.arange(len(FACTORS)), counts))


def shard_path(folder: Path, name: str, size: int, number: int) -> Path:
    return folder / f"{name}-{size}" / f"shard-{number:04d}.npy"


def draw_shard(folder: Path, name: str, size: int, number: int, assets_folder: str | None) -> Path:
    """Render one shard and put it in place atomically."""
    path = shard_path(folder, name, size, number)
    path.parent.mkdir(parents=True, exist_ok=True)
    source, stage = open_source(name, assets_folder), STAGES[name]
    partial = path.with_suffix(f".{os.getpid()}.partial")
    pictures = np.lib.format.open_memmap(partial, "w+", np.uint8, (MINI_BATCHES, PER_MINI_BATCH, size, size, 4))
    for index, factor in enumerate(shard_factors(number)):
        rng = np.random.default_rng([11, number, index])
        first_seed = HELD_OUT + number * IDENTITIES_PER_SHARD + index * PER_MINI_BATCH
        pictures[index] = draw_mini_batch(source, stage, FACTORS[factor], first_seed, rng, size).pictures
    pictures.flush()
    del pictures
    os.replace(partial, path)
    return path


def ensure_shards(folder: Path, name: str, size: int, count: int, assets_folder: str | None = None,
                  workers: int | None = None, progress=None) -> list[Path]:
    """Render the shards that are missing, each in a process of its own with one thread, and list all of them."""
    missing = [n for n in range(count) if not shard_path(folder, name, size, n).exists()]
    if missing:
        os.environ["OMP_NUM_THREADS"] = os.environ["NUMBA_NUM_THREADS"] = "1"
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers or os.cpu_count() or 1, context) as pool:
            jobs = [pool.submit(draw_shard, folder, name, size, n, assets_folder) for n in missing]
            for done in as_completed(jobs):
                done.result()
                if progress is not None:
                    progress(IDENTITIES_PER_SHARD)
    return [shard_path(folder, name, size, n) for n in range(count)]
