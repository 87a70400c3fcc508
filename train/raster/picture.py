"""One picture: the passes in their order, and the arrays that a thread keeps between pictures."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np

from train.camera import Rig, View
from train.raster.colour import to_linear
from train.raster.floor import NONE, floor_shadow
from train.raster.geometry import camera_of, lights_of, project, surface_of
from train.raster.shading import MOST, develop, shade
from train.raster.shadows import cast, map_of
from train.raster.visibility import BLOCK, SAMPLES, farthest, see, see_cutouts
from train.scenes.mesh import CUTOUT, SHADOW, Mesh

_kept = threading.local()


@dataclass(frozen=True)
class Render:
    colour: np.ndarray  # (H, W, 3) uint8 sRGB on the rig's ground
    mask: np.ndarray  # (H, W) uint8 coverage
    depth: np.ndarray  # (H, W) float32 scene units from the camera, inf where nothing is


def _scratch(name: str, shape: tuple[int, ...], kind) -> np.ndarray:
    """An array of this thread with whatever the last picture left in it."""
    arrays = _kept.__dict__
    count = int(np.prod(shape))
    if name not in arrays or arrays[name].size < count:
        arrays[name] = np.empty(count, kind)
    return arrays[name][:count].reshape(shape)


def render(mesh: Mesh, view: View, rig: Rig, size: int) -> Render:
    """Draw ``mesh`` from ``view`` into a square picture of ``size`` pixels. The camera must be outside the mesh."""
    surface, camera, lights = surface_of(mesh), camera_of(view, rig, size), lights_of(view, rig)
    count = len(surface.vertices)
    points, near = _scratch("points", (count, 2), np.int32), _scratch("near", (count,), np.float32)
    lit, low, high = _scratch("lit", (count, 3), np.float32), np.empty(3, np.float32), np.empty(3, np.float32)
    box = np.empty(4, np.int64)
    project(surface.vertices, camera, lights.axes, points, near, lit, low, high, box)

    grid = (size * SAMPLES, size)
    best, owner = _scratch("best", grid, np.float32), _scratch("owner", grid, np.int32)
    best.fill(0.0)
    see(surface, points, near, best, owner)
    layered = bool((surface.materials[:, CUTOUT] == 1.0).any())
    shape = grid if layered else (1, 1)
    cover, front_near, front_owner = (_scratch("cover", shape, np.float32), _scratch("front_near", shape, np.float32),
                                      _scratch("front_owner", shape, np.int32))
    if layered:
        cover.fill(0.0)
        side = -(-size >> BLOCK)  # rounded up
        blocks = _scratch("blocks", (side, side), np.float32)
        farthest(best, blocks)
        see_cutouts(surface, points, near, best, blocks, cover, front_near, front_owner, np.full(size, -1),
                    np.empty(size, np.float32))

    casting = bool((surface.materials[:, SHADOW] != 0.0).any())
    on_floor = casting and rig.floor_shadow > 0.0
    shadow = map_of(low, high, rig.softness, on_floor, _scratch)
    floor = NONE
    if casting:
        cast(surface, lit, shadow, _scratch("places", (count, 2), np.int32))
    if on_floor:
        floor = floor_shadow(shadow, lights.axes, camera, float(surface.vertices[:, 1].min()), rig.floor_shadow,
                             _scratch)

    light = _scratch("light", (size, size, 4), np.float32)
    light.fill(0.0)
    mask = np.zeros((size, size), np.uint8)
    depth = np.full((size, size), np.inf, np.float32)
    shade(surface, camera, lights, shadow, casting, points, near, best, owner, layered, cover, front_near, front_owner,
          np.clip(box, 0, size - 1), np.empty(MOST, np.int64), np.empty(MOST, np.float32),
          np.empty((MOST, 3), np.float32), light, mask, depth)
    ground = np.array(rig.ground, np.uint8)
    colour = np.empty((size, size, 3), np.uint8)
    colour[:] = ground
    develop(light, floor, to_linear(ground / np.float32(255.0)), colour)
    return Render(colour, mask, depth)
