"""Mini-batches in which exactly one factor varies (Sec. 3.1, step 2), rendered ahead of training into shards.

    python -m train render chairs --shards 4

A shard is one .npy file of ``mini_batches`` mini-batches; its bytes depend only on the class, the picture size, the
recipe and its number, and on what draws it: after a change of the scenes, or with another asset pack, take other --runs.
The factor that varies is all the trainer is told; true degrees stay on the rendering side. Beside it lie the
photographs: every so-manyeth picture taken once more with another lens and other lights, for the encoder to see in place
of the clean one that is its target.
Legend: B mini-batches, K pictures in each, S pixels.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from train.augmentation.shots import random_rig
from train.camera import View
from train.processes import single_thread_workers
from train.raster import Render, render
from train.scenes import HELD_OUT, STAGES, Stage, in_setting, open_source
from train.scenes.mesh import Source

if TYPE_CHECKING:
    from train.scenes.paper_chairs import Chairs

INTRINSIC = "intrinsic"  # all that is neither pose nor light; a source may name parts of it that vary alone


@dataclass(frozen=True)
class Recipe:
    """What the mini-batches of a shard are like. The defaults are the studio preset's."""

    per_mini_batch: int = 8
    mini_batches: int = 256
    # how large a share of the mini-batches varies each factor: azimuth, elevation, light, intrinsic, or a part of a
    # source's identities (mesh.Source.parts)
    shares: tuple[tuple[str, float], ...] = (("azimuth", 0.25), ("elevation", 0.2), ("light", 0.2), (INTRINSIC, 0.35))
    photographs: int = 4  # every so-manyeth picture of a mini-batch is also photographed; 0 for none
    grey: bool = False  # one channel of luma instead of colour and mask
    ranges: tuple[tuple[str, tuple[float, float]], ...] = ()  # (factor, degrees) where they are not the stage's
    setting: str = "stage"  # the class's own; or "paper-chairs", the camera and light of scenes/paper_chairs.py; or
    # "paper-faces", scenes.faces.PlainFaces

    @property
    def pictures(self) -> int:
        """How many there are in a shard, photographs not counted."""
        return self.mini_batches * self.per_mini_batch

    @property
    def factors(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.shares)

    def photographed(self) -> tuple[int, ...]:
        """Which pictures of a mini-batch have a photograph."""
        return tuple(range(self.photographs - 1, self.per_mini_batch, self.photographs)) if self.photographs else ()

    def folder(self, name: str, size: int) -> str:
        """Where shards of this kind are kept: another recipe never meets them."""
        digest = hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()
        return f"{name}-{size}-x{self.per_mini_batch}-{digest[:8]}"

    def spans(self, stage: Stage) -> dict[str, tuple[float, float]]:
        """The range of every factor, in degrees."""
        return {**stage.ranges, **dict(self.ranges)}

    def degrees(self, factor: str, stage: Stage, rng: np.random.Generator) -> float:
        return float(rng.uniform(*self.spans(stage)[factor]))


STUDIO = Recipe()


@dataclass(frozen=True)
class Drawn:
    """One mini-batch: pictures (K, S, S, 4 or 1) and photographs (P, S, S, 4) uint8, and the views of the pictures."""

    pictures: np.ndarray
    photographs: np.ndarray
    views: list[View]
    seeds: list[int]


def random_view(stage: Stage, rng: np.random.Generator, recipe: Recipe = STUDIO) -> dict[str, float]:
    return {name: recipe.degrees(name, stage, rng) for name in stage.ranges}


def random_views(stage: Stage, factor: str, rng: np.random.Generator,
                 recipe: Recipe = STUDIO) -> tuple[list[View], np.random.Generator]:
    """The views (K,) of a mini-batch, which differ in ``factor`` where that is pose or light; and the generator of its
    photographs, a separate one, so that they do not shift what follows."""
    base = random_view(stage, rng, recipe)
    shot = np.random.default_rng(rng.integers(1 << 62))
    moved = [{factor: recipe.degrees(factor, stage, rng)} if factor in stage.ranges else {} for _ in range(recipe.per_mini_batch)]
    return [View(**base | degrees) for degrees in moved], shot


def with_mask(drawn: Render) -> np.ndarray:
    """Colour and mask as one (S, S, 4) uint8 array."""
    return np.concatenate([drawn.colour, drawn.mask[..., None]], -1)


def luma(drawn: Render) -> np.ndarray:
    """(S, S, 1) uint8 by the weights of Rec. 601, as dcign.paper_network.grey."""
    return np.asarray(Image.fromarray(np.ascontiguousarray(drawn.colour)).convert("L"))[..., None]


def draw_mini_batch(source: Source, stage: Stage, factor: str, first_seed: int, rng: np.random.Generator,
                    size: int, recipe: Recipe = STUDIO) -> Drawn:
    """Draw the pictures of a mini-batch; they differ in ``factor`` alone.

    Raises ValueError if ``factor`` is neither pose, light nor intrinsic, nor a part of the source's identities.
    """
    if factor not in (*stage.ranges, INTRINSIC, *source.parts):
        raise ValueError(f"{source.name} have no factor {factor!r}: choose {', '.join(stage.ranges)}, {INTRINSIC}"
                         + "".join(f", {part}" for part in source.parts))
    views, shot = random_views(stage, factor, rng, recipe)
    identity = None
    pictures, photographs, seeds = [], [], []
    for k, view in enumerate(views):
        seed = first_seed
        if factor == INTRINSIC:
            seed = first_seed + k
            identity = source.identity(seed)
        elif factor in source.parts:
            identity = source.identity(seed, **{factor: first_seed + k})
        else:
            identity = identity or source.identity(seed)
        drawn = render(identity.mesh, view, stage.rig, size)
        pictures.append(luma(drawn) if recipe.grey else with_mask(drawn))
        if k in recipe.photographed():
            rig = random_rig(stage.rig, shot, stage.subject)
            photographs.append(with_mask(render(identity.mesh, view, rig, size)))
        seeds.append(seed)
    none = np.empty((0, size, size, 4), np.uint8)
    return Drawn(np.stack(pictures), np.stack(photographs) if photographs else none, views, seeds)


def paper_chairs_of(source, seeds: Sequence[int]) -> tuple[Chairs, tuple[str, ...]]:
    """The chairs of a source in the paper's setting, and the names of those to train on.

    A source of meshes gives the identities of ``seeds``; a folder of renders gives all that are not for testing.
    """
    from train.scenes import paper_chairs

    if isinstance(source, paper_chairs.Chairs):
        return source, paper_chairs.split(source.chairs)[0]
    names = tuple(str(seed) for seed in seeds)
    return paper_chairs.DrawnChairs(source, names), names


def draw_paper_chairs(source, factor: str, first_seed: int, rng: np.random.Generator, size: int,
                      recipe: Recipe) -> Drawn:
    """The same in the paper's chair setting: only the azimuth varies, or all but the azimuth."""
    from train.scenes import paper_chairs

    chairs, among = paper_chairs_of(source, range(first_seed, first_seed + recipe.per_mini_batch))
    drawn = paper_chairs.mini_batch(chairs, among, factor, rng, size, recipe.per_mini_batch)
    return replace(drawn, pictures=paper_chairs.grey(drawn.pictures)[..., None] if recipe.grey else drawn.pictures)


def shard_factors(number: int, recipe: Recipe = STUDIO) -> np.ndarray:
    """Which factor varies in each mini-batch of a shard, as indices into ``recipe.factors`` (B,)."""
    shares = np.array([share for _, share in recipe.shares])
    counts = np.floor(shares / shares.sum() * recipe.mini_batches + 1e-9).astype(int)
    counts[-1] = recipe.mini_batches - counts[:-1].sum()
    return np.random.default_rng([7, number]).permutation(np.repeat(np.arange(len(counts)), counts))


def generator_of(number: int, index: int) -> np.random.Generator:
    """Of a mini-batch, by the numbers of its shard and its own place there."""
    return np.random.default_rng([11, number, index])


def first_seed(number: int, index: int, recipe: Recipe = STUDIO) -> int:
    """Of the identities of a mini-batch, by the numbers of its shard and its own place there."""
    return HELD_OUT + number * recipe.pictures + index * recipe.per_mini_batch


def part_seeds(number: int, index: int, factor: str, part: str, recipe: Recipe = STUDIO) -> list[int]:
    """The seeds (K,) that a part of the identities of a mini-batch is drawn from."""
    first, varies = first_seed(number, index, recipe), factor in (part, INTRINSIC)
    return [first + (k if varies else 0) for k in range(recipe.per_mini_batch)]


def shard_path(folder: Path, name: str, size: int, number: int, recipe: Recipe = STUDIO) -> Path:
    return folder / recipe.folder(name, size) / f"shard-{number:04d}.npy"


def photographs_path(shard: Path) -> Path:
    """Where the photographs of a shard lie."""
    return shard.with_name(shard.name.replace("shard", "photographs"))


def draw_shard(folder: Path, name: str, size: int, number: int, assets_folder: str | None,
               recipe: Recipe = STUDIO) -> Path:
    """Render one shard and put it in place atomically, the pictures last."""
    path = shard_path(folder, name, size, number, recipe)
    path.parent.mkdir(parents=True, exist_ok=True)
    source, stage = in_setting(open_source(name, assets_folder), recipe.setting), STAGES[name]
    targets = {path: (recipe.per_mini_batch, 1 if recipe.grey else 4)}
    if recipe.photographs:
        targets[photographs_path(path)] = (len(recipe.photographed()), 4)
    partial = {target: target.with_suffix(f".{os.getpid()}.partial") for target in targets}
    arrays = {target: np.lib.format.open_memmap(partial[target], "w+", np.uint8,
                                                (recipe.mini_batches, count, size, size, channels))
              for target, (count, channels) in targets.items()}
    for index, factor in enumerate(shard_factors(number, recipe)):
        rng = generator_of(number, index)
        first = first_seed(number, index, recipe)
        if recipe.setting == "paper-chairs":
            drawn = draw_paper_chairs(source, recipe.factors[factor], first, rng, size, recipe)
        else:
            drawn = draw_mini_batch(source, stage, recipe.factors[factor], first, rng, size, recipe)
        for target, array in arrays.items():
            array[index] = drawn.pictures if target == path else drawn.photographs
    for target in reversed(targets):
        arrays[target].flush()
        os.replace(partial[target], target)
    return path


class Rendering:
    """Shards rendered in processes of their own, one thread each, in the order of their numbers.

    With 0 ``workers`` none is rendered here: another process does it. ``progress`` is called with the number of pictures
    that are there, at once for shards of earlier runs.
    """

    def __init__(self, folder: Path, name: str, size: int, count: int, assets_folder=None,
                 workers: int | None = None, recipe: Recipe = STUDIO, progress: Callable[[int], object] | None = None,
                 first: int = 0):
        numbers = range(first, first + count)
        self.paths = [shard_path(folder, name, size, n, recipe) for n in numbers]
        missing = [n for n, path in zip(numbers, self.paths) if not path.exists()]
        self.missing = len(missing)  # when it began
        if progress is not None and self.missing < count:
            progress((count - self.missing) * recipe.pictures)
        self._jobs: list[Future] = []
        self._pool: ProcessPoolExecutor | None = None
        if not missing or workers == 0:
            return
        self._pool = single_thread_workers(min(workers or os.cpu_count() or 1, len(missing)))
        self._jobs = [self._pool.submit(draw_shard, folder, name, size, n, assets_folder, recipe) for n in missing]
        if progress is not None:
            for job in self._jobs:
                job.add_done_callback(lambda _: progress(recipe.pictures))

    def check(self) -> None:
        """Raise what has gone wrong in a renderer."""
        for job in self._jobs:
            if job.done():
                job.result()

    def wait(self) -> list[Path]:
        """All shards, when the last is there."""
        for job in as_completed(self._jobs):
            job.result()
        self.close()
        return self.paths

    def close(self) -> None:
        """Give up what is not rendered yet."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None
