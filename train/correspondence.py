"""Where what a rendered view shows lies in another view of the same scene, by its depth: what flow is held to (flow.py).

Legend: S pixels of a picture, of which every EVERY-th row and column is asked, s = S / EVERY; K pictures in a mini-batch.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from train.batches import Recipe, first_seed, generator_of, random_views
from train.camera import Rig, View
from train.processes import single_thread_workers
from train.raster import render
from train.raster.geometry import camera_of
from train.scenes import STAGES, in_setting, open_source

EVERY = 2  # pixels
NEAR = 0.04  # scene units in depth within which two views see the same point


@dataclass(frozen=True, eq=False)
class Seen:
    """What is seen from a view: scene units (S, S) float16 beyond the object's centre, inf where there is ground."""

    view: View
    depth: np.ndarray


def own_places(size: int) -> np.ndarray:
    """Every asked pixel's own place (s, s, 2), right and down, in pixels; the first pixel's middle is at 0."""
    along = np.arange(0, size, EVERY, dtype=np.float32)
    return np.stack(np.meshgrid(along, along), -1)


def places(new: Seen, given: Seen, rig: Rig) -> np.ndarray:
    """Where in the given view the points lie that each asked pixel of the new one shows: (s, s, 2) pixels, right and down;
    NaN where they are hidden there, lie outside, or are ground."""
    size = len(new.depth)
    here, there = (camera_of(seen.view, rig, size) for seen in (new, given))
    found = own_places(size)
    across, down = found[..., 0], found[..., 1]
    depth = here.distance + new.depth[::EVERY, ::EVERY].astype(np.float32)  # (s, s)
    with np.errstate(invalid="ignore"):
        rays = np.stack([across + 0.5 - here.half, here.half - 0.5 - down], -1) / here.scale  # right and up
        points = np.concatenate([rays * depth[..., None], (here.distance - depth)[..., None]], -1) @ here.axes  # (s, s, 3)
        right, up, near = np.moveaxis(points @ there.axes.T, -1, 0)
        away = there.distance - near
        at = np.stack([there.half - 0.5 + right / away * there.scale, there.half - 0.5 - up / away * there.scale], -1)
    inside = np.isfinite(at).all(-1) & (at >= 0).all(-1) & (at <= size - 1).all(-1)
    corner = np.where(inside[..., None], at, 0).astype(int)
    seen = np.zeros_like(inside)
    for x in (0, 1):
        for y in (0, 1):
            u, v = (np.minimum(corner[..., axis] + step, size - 1) for axis, step in ((0, x), (1, y)))
            seen |= np.abs(given.depth[v, u].astype(np.float32) + there.distance - np.where(inside, away, 0)) < NEAR
    return np.where((inside & seen)[..., None], at, np.float32("nan")).astype(np.float32)


def in_crop(found: np.ndarray, both_ground: np.ndarray, crop: np.ndarray, size: int) -> np.ndarray:
    """places() (s, s, 2) of two renders in two photographs of the same crop (3, 3), as cutout.warp() has it. What is ground on
    ``both_ground`` sides (s, s) stays: that is not the render's, and is not cropped. NaN also beyond a render's border."""
    own, middle, crop = own_places(size), (size - 1) / 2, crop.astype(np.float64)

    def through(matrix: np.ndarray, at: np.ndarray) -> np.ndarray:
        unit = (at - middle) * (2 / size)
        moved = np.concatenate([unit, np.ones_like(unit[..., :1])], -1) @ matrix.T
        return moved[..., :2] / moved[..., 2:] * (size / 2) + middle

    looked = through(crop, own)  # (s, s, 2) places in the render
    nearest = np.rint(looked / EVERY).astype(int)
    inside = ((nearest >= 0) & (nearest < len(own))).all(-1)
    u, v = np.where(inside[..., None], nearest, 0).transpose(2, 0, 1)
    there = through(np.linalg.inv(crop), looked + (found - own)[v, u])
    there = np.where(inside[..., None], there, np.nan)
    return np.where((both_ground[v, u] & inside)[..., None], own, there).astype(np.float32)


def ground_of(seen: Seen) -> np.ndarray:
    """Where asked pixels show nothing but ground: (s, s)."""
    return ~np.isfinite(seen.depth[::EVERY, ::EVERY])


@lru_cache(1)
def _source(name: str, assets_folder, setting: str):
    return in_setting(open_source(name, assets_folder), setting)


def scene_of(name: str, assets_folder, number: int, index: int, factor: str, size: int, recipe: Recipe) -> list[Seen]:
    """The views (K,) of a mini-batch in which pose varies, by the numbers of its shard and its own place there."""
    source, stage = _source(name, assets_folder, recipe.setting), STAGES[name]
    views, _ = random_views(stage, factor, generator_of(number, index), recipe)
    mesh = source.identity(first_seed(number, index, recipe)).mesh
    return [Seen(view, (render(mesh, view, stage.rig, size).depth - stage.rig.distance).astype(np.float16)) for view in views]


def scenes_of(name: str, assets_folder, mini_batches: Collection[tuple[int, int, str]], size: int, recipe: Recipe, workers: int,
              progress: Callable[[int], object] = lambda count: None) -> list[list[Seen]]:
    """scene_of() each (number of the shard, place there, factor), in processes of their own."""
    found = []
    with single_thread_workers(workers) as pool:
        for views in pool.map(scene_of, *zip(*((name, assets_folder, number, index, factor, size, recipe)
                                               for number, index, factor in mini_batches)), chunksize=4):
            found.append(views)
            progress(1)
    return found
