"""Mini-batches in which exactly one factor varies (Sec. 3.1, step 2), rendered ahead of training into shards.

    python -m train render chairs --shards 4

A shard is one .npy file of ``MINI_BATCHES`` mini-batches; its bytes depend only on the class, the picture size, the
recipe and its number. The factor that varies is all the trainer is told; true degrees stay on the rendering side.
Legend: B mini-batches, K pictures in each, S pixels.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL import Image

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
class Recipe:
    """What the mini-batches of a shard are like. The defaults are the studio preset's."""

    per_mini_batch: int = PER_MINI_BATCH
    mini_batches: int = MINI_BATCHES
    shares: tuple[float, ...] = SHARES
    grey: bool = False  # one channel of luma instead of colour and mask
    ranges: tuple[tuple[str, tuple[float, float]], ...] = ()  # (factor, degrees) where they are not the stage's
    views: tuple[tuple[str, tuple[float, ...]], ...] = ()  # (factor, the only degrees it takes)
    loose: tuple[str, ...] = ()  # factors that vary together with the intrinsic ones, as they share latents

    @property
    def pictures(self) -> int:
        """How many there are in a shard."""
        return self.mini_batches * self.per_mini_batch

    def folder(self, name: str, size: int) -> str:
        """Where shards of this kind are kept: another recipe never meets them."""
        usual = asdict(Recipe())
        changes = {field: value for field, value in asdict(self).items() if value != usual[field]}
        if not changes:
            return f"{name}-{size}"
        digest = hashlib.sha256(json.dumps(changes, sort_keys=True).encode()).hexdigest()
        return f"{name}-{size}-x{self.per_mini_batch}-{digest[:8]}"

    def degrees(self, factor: str, stage: Stage, rng: np.random.Generator) -> float:
        values = dict(self.views).get(factor)
        if values is not None:
            return float(rng.choice(values))
        return float(rng.uniform(*dict(self.ranges).get(factor, stage.ranges[factor])))


STUDIO = Recipe()


@dataclass(frozen=True)
class Drawn:
    """One mini-batch: pictures (K, S, S, 4 or 1) uint8, and the views they were taken from."""

    pictures: np.ndarray
    views: list[View]
    seeds: list[int]


def random_view(stage: Stage, rng: np.random.Generator, recipe: Recipe = STUDIO) -> dict[str, float]:
    return {name: recipe.degrees(name, stage, rng) for name in stage.ranges}


def with_mask(drawn: Render) -> np.ndarray:
    """Colour and mask as one (S, S, 4) uint8 array."""
    return np.concatenate([drawn.colour, drawn.mask[..., None]], -1)


def luma(drawn: Render) -> np.ndarray:
    """(S, S, 1) uint8 by the weights of Rec. 601, as dcign.paper_network.grey."""
    return np.asarray(Image.fromarray(np.ascontiguousarray(drawn.colour)).convert("L"))[..., None]


def draw_mini_batch(source: Source, stage: Stage, factor: str, first_seed: int, rng: np.random.Generator,
                    size: int, recipe: Recipe = STUDIO) -> Drawn:
    """Draw the pictures of a mini-batch; they differ in ``factor`` alone."""
    base = random_view(stage, rng, recipe)
    identity = None
    pictures, views, seeds = [], [], []
    for k in range(recipe.per_mini_batch):
        degrees = dict(base)
        if factor == "intrinsic":
            seed = first_seed + k
            identity = source.identity(seed)
            degrees |= {name: recipe.degrees(name, stage, rng) for name in recipe.loose}
        else:
            seed = first_seed
            identity = identity or source.identity(seed)
            degrees[factor] = recipe.degrees(factor, stage, rng)
        view = View(**degrees)
        drawn = render(identity.mesh, view, stage.rig, size)
        pictures.append(luma(drawn) if recipe.grey else with_mask(drawn))
        views.append(view)
        seeds.append(seed)
    return Drawn(np.stack(pictures), views, seeds)


def shard_factors(number: int, recipe: Recipe = STUDIO) -> np.ndarray:
    """Which factor varies in each mini-batch of a shard, as indices into FACTORS (B,)."""
    counts = np.floor(np.array(recipe.shares) * recipe.mini_batches).astype(int)
    counts[-1] = recipe.mini_batches - counts[:-1].sum()
    return np.random.default_rng([7, number]).permutation(np.repeat(np.arange(len(FACTORS)), counts))


def shard_path(folder: Path, name: str, size: int, number: int, recipe: Recipe = STUDIO) -> Path:
    return folder / recipe.folder(name, size) / f"shard-{number:04d}.npy"


def draw_shard(folder: Path, name: str, size: int, number: int, assets_folder: str | None,
               recipe: Recipe = STUDIO) -> Path:
    """Render one shard and put it in place atomically."""
    path = shard_path(folder, name, size, number, recipe)
    path.parent.mkdir(parents=True, exist_ok=True)
    source, stage = open_source(name, assets_folder), STAGES[name]
    partial = path.with_suffix(f".{os.getpid()}.partial")
    shape = (recipe.mini_batches, recipe.per_mini_batch, size, size, 1 if recipe.grey else 4)
    pictures = np.lib.format.open_memmap(partial, "w+", np.uint8, shape)
    for index, factor in enumerate(shard_factors(number, recipe)):
        rng = np.random.default_rng([11, number, index])
        first_seed = HELD_OUT + number * recipe.pictures + index * recipe.per_mini_batch
        pictures[index] = draw_mini_batch(source, stage, FACTORS[factor], first_seed, rng, size, recipe).pictures
    pictures.flush()
    del pictures
    os.replace(partial, path)
    return path


def ensure_shards(folder: Path, name: str, size: int, count: int, assets_folder: str | None = None,
                  workers: int | None = None, progress=None, recipe: Recipe = STUDIO) -> list[Path]:
    """Render the shards that are missing, each in a process of its own with one thread, and list all of them."""
    missing = [n for n in range(count) if not shard_path(folder, name, size, n, recipe).exists()]
    if missing:
        os.environ["OMP_NUM_THREADS"] = os.environ["NUMBA_NUM_THREADS"] = "1"
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers or os.cpu_count() or 1, context) as pool:
            jobs = [pool.submit(draw_shard, folder, name, size, n, assets_folder, recipe) for n in missing]
            for done in as_completed(jobs):
                done.result()
                if progress is not None:
                    progress(recipe.pictures)
    return [shard_path(folder, name, size, n, recipe) for n in range(count)]
