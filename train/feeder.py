"""Steps' worth of pictures, prepared in the background: read, shrunk, and the inputs turned into photographs.

    feeder = Feeder(Preparation(...), workers=1)
    batch = feeder.take(position, count, size, stride)      # the steps that follow are prepared meanwhile

Shape legend: N pictures, S pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from train.augmentation import AugmentConfig, photograph
from train.augmentation.recolour import random_colours, recoloured
from train.batches import Recipe, Rendering
from train.pool import Pool, shrink
from train.processes import single_thread_workers

if TYPE_CHECKING:
    from train.presets import TrainConfig

AHEAD = 4  # steps per worker


@dataclass(frozen=True)
class Batch:
    """Targets and inputs (N, S, S, 3 or 1) uint8, and the factor of each mini-batch."""

    targets: np.ndarray
    inputs: np.ndarray
    factors: list[str]


@dataclass(frozen=True)
class Preparation:
    """All that preparing a step needs besides its position."""

    paths: tuple[Path, ...]
    recipe: Recipe
    mixed: bool
    seed: int
    ground: tuple[int, int, int]
    subject: str
    augment: AugmentConfig | None


def prepare(pool: Pool, plan: Preparation, position: int, count: int, size: int) -> Batch:
    """``count`` mini-batches from ``position`` on: a pure function of its arguments."""
    targets, inputs, factors = pool.take(position, count)
    targets, inputs = shrink(targets, size), shrink(inputs, size)
    if pool.recipe.grey:
        return Batch(targets, inputs, factors)
    if plan.augment is None:
        return Batch(np.ascontiguousarray(targets[..., :3]), np.ascontiguousarray(inputs[..., :3]), factors)
    each = pool.recipe.per_mini_batch
    if plan.subject == "object":
        for start in range(0, len(targets), each):
            # a stream of its own, beside those of its pictures
            matrix = random_colours(plan.augment.recoloured,
                                    np.random.default_rng([plan.seed, position + start // each, each]))
            if matrix is not None:
                part = slice(start, start + each)
                targets[part], inputs[part] = recoloured(targets[part], matrix), recoloured(inputs[part], matrix)
    seen = np.stack([
        photograph(picture, plan.ground, plan.augment,
                   np.random.default_rng([plan.seed, position + k // each, k % each]), plan.subject)
        for k, picture in enumerate(inputs)])
    return Batch(np.ascontiguousarray(targets[..., :3]), seen, factors)


_open: tuple[Preparation, Pool] | None = None  # in a worker: its memory-mapped shards


def _prepare(plan: Preparation, position: int, count: int, size: int) -> Batch:
    global _open
    if _open is None or _open[0] != plan:
        _open = plan, Pool(plan.paths, plan.seed, plan.recipe, plan.mixed)
    return prepare(_open[1], plan, position, count, size)


class Feeder:
    """Prepares steps ahead of time in ``workers`` processes, or on demand in this one if there are none.

    ``rendering`` is at work on shards that are still missing; while waiting for one, its errors are raised.
    """

    def __init__(self, plan: Preparation, workers: int = 1, rendering: Rendering | None = None):
        self.plan, self.workers, self.rendering = plan, workers, rendering
        self._processes = single_thread_workers(workers) if workers else None
        self._own = Pool(plan.paths, plan.seed, plan.recipe, plan.mixed, self._check)
        self._asked: dict[tuple[int, int, int], Future] = {}

    def take(self, position: int, count: int, size: int, stride: int | None = None) -> Batch:
        """``count`` mini-batches from ``position`` on, at ``size`` pixels; the next call will be ``stride`` further."""
        if self._processes is None:
            return prepare(self._own, self.plan, position, count, size)
        wanted = [(position + i * (stride or count), count, size) for i in range(AHEAD * self.workers)]
        for key in [key for key in self._asked if key not in wanted]:  # another phase's
            self._asked.pop(key).cancel()
        for key in wanted:
            if key not in self._asked:
                self._asked[key] = self._processes.submit(_prepare, self.plan, *key)
        job = self._asked.pop(wanted[0])
        while True:
            try:
                return job.result(timeout=2)
            except NotYet:
                self._check()

    def _check(self) -> None:
        if self.rendering is not None:
            self.rendering.check()

    def close(self) -> None:
        if self._processes is not None:
            self._processes.shutdown(wait=False, cancel_futures=True)
        if self.rendering is not None:
            self.rendering.close()


def open_feeder(folder: Path, config: TrainConfig, ground: tuple[int, int, int], subject: str, assets_folder=None,
                workers: int = 1, renderers: int | None = None, progress: Callable[[int], object] | None = None,
                ) -> Feeder:
    """The pictures that a configuration asks for; shards that are not in ``folder`` yet are rendered meanwhile."""
    rendering = Rendering(folder, config.source, config.phases[-1].size, config.shards, assets_folder, renderers,
                          config.recipe, progress, config.first_shard)
    plan = Preparation(tuple(rendering.paths), config.recipe, config.mixed, config.seed, ground, subject, config.augment)
    return Feeder(plan, workers, rendering)
