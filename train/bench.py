"""How fast pictures are drawn; how fast a network learns, beside what the machine's convolutions could do, is bench_training.py's.

    python -m train bench scenes
"""

from __future__ import annotations

import os
import re
import resource
import time
from concurrent.futures import as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from train.processes import single_thread_workers

WARM_UP = 2  # mini-batches: the first ones compile the kernels


@dataclass(frozen=True)
class Drawing:
    """What one process did: ``renders`` counts photographs too, ``memory`` is its largest resident size in bytes."""

    targets: int
    renders: int
    seconds: float
    memory: int


def draw_for(name: str, seconds: float, assets_folder, size: int, seed: int) -> Drawing:
    """Mini-batches of the studio preset, with new identities, photographs and augmentation, for so many seconds."""
    from train.augmentation import photograph
    from train.batches import draw_mini_batch, shard_factors
    from train.presets import preset
    from train.scenes import HELD_OUT, STAGES, open_source

    config, source, stage = preset("studio", name), open_source(name, assets_folder), STAGES[name]
    recipe = config.recipe
    targets = renders = index = 0
    start = time.perf_counter()
    for index, factor in enumerate(np.tile(shard_factors(seed, recipe), 1000)):
        if index == WARM_UP:
            targets = renders = 0
            start = time.perf_counter()
        rng = np.random.default_rng([seed, index])
        first = HELD_OUT + (seed * 1000 + index) * recipe.per_mini_batch
        drawn = draw_mini_batch(source, stage, recipe.factors[factor], first, rng, size, recipe)
        for picture in drawn.pictures:
            photograph(picture, stage.rig.ground, config.augment, rng, stage.subject)
        targets += len(drawn.pictures)
        renders += len(drawn.pictures) + len(drawn.photographs)
        if index >= WARM_UP and time.perf_counter() - start > seconds:
            break
    return Drawing(targets, renders, time.perf_counter() - start, _memory())


def _memory() -> int:
    """Largest resident size of this process in bytes. getrusage() would count what its parent held before, too."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return 1024 * int(re.search(r"VmHWM:\s*(\d+) kB", status.read_text())[1])


def scenes(names: list[str], seconds: float = 15.0, assets_folder=None, size: int = 160, workers: int | None = None,
           ) -> dict[str, dict[str, float]]:
    """Print and return pictures per second of each class over ``workers`` processes, one per core by default."""
    workers = workers or os.cpu_count() or 1
    result = {}
    print(f"{size} px with shadows, {workers} processes of one thread; new identities, photographs and augmentation "
          "included")
    print("| class | renders/s | training pairs/s | memory, all processes |\n|---|---|---|---|")
    for name in names:
        with single_thread_workers(workers) as pool:
            jobs = [pool.submit(draw_for, name, seconds, assets_folder, size, seed) for seed in range(workers)]
            done = [job.result() for job in as_completed(jobs)]
        row = {"renders": sum(d.renders / d.seconds for d in done), "pairs": sum(d.targets / d.seconds for d in done),
               "memory": sum(d.memory for d in done)}
        print(f"| {name} | {row['renders']:.0f} | {row['pairs']:.0f} | {row['memory'] / 1e9:.2f} GB |", flush=True)
        result[name] = row
    return result
