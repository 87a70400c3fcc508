"""The paper's chair setting: 31 azimuths at 2 elevations, a light fixed to the chair, 150 x 150 grey pictures.

The camera is perspective and looks at the centre of the chair's bounding box. The light travels with the chair, so
that a chair seen from behind is nearly black; render() measures its light from the camera, so every view gets the
equivalent direction. One square crop per chair serves all its pictures. S pixels.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Protocol, Sequence, runtime_checkable

import numpy as np

from train.batches import Drawn
from train.camera import Rig, View, rotation
from train.raster import render, to_linear
from train.scenes.mesh import BLUE, RED, SHADOW, WRAP, Mesh, Source, material

SIZE = 150  # pixels
DISTANCE = 2.4384  # metres from the centre of the bounding box: 96 inches
METRES = 0.62  # of a scene unit: half the diagonal of an ordinary chair's box
ELEVATIONS = (20, 30)  # degrees
THETAS = tuple(int(theta) for theta in np.linspace(0, 360, 32)[:31])  # the renderer's azimuths, degrees
TO_LIGHT = np.array([0.0, 0.866, 0.5], np.float32)  # in the chair's frame: from above the front
KEY, AMBIENT = 0.8, 0.2
MARGIN = 0.03  # of the crop's side
TEST_SHARE = 9  # one chair in so many is for testing: 150 of 1,350
FACTORS = ("azimuth", "intrinsic")


def azimuth_of(theta: float) -> float:
    """Our azimuth, in (-180, 180], of the renderer's: 270 is the front, 0 faces image-left."""
    return 180.0 - (theta - 90.0) % 360.0


def light_of(azimuth: float, elevation: float) -> tuple[float, float]:
    """Where the chair's light is for the camera: azimuth and elevation in degrees, as render() takes them."""
    x, y, z = rotation(azimuth, elevation).astype(np.float64) @ (TO_LIGHT / np.linalg.norm(TO_LIGHT))
    return float(np.degrees(np.arctan2(x, z))), float(np.degrees(np.arcsin(np.clip(y, -1.0, 1.0))))


def view_of(azimuth: float, elevation: float) -> View:
    return View(azimuth, elevation, light_of(azimuth, elevation)[0])


VIEWS = tuple(view_of(azimuth_of(theta), elevation) for elevation in ELEVATIONS for theta in THETAS)


def grey(pictures: np.ndarray) -> np.ndarray:
    """uint8 colours (..., S, S, 3 or 4) to uint8 luma (..., S, S)."""
    return np.rint(pictures[..., :3] @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)


def is_test(chair: str) -> bool:
    """Whether a chair is kept for testing. Depends on its name alone, so a part of the set is split the same way."""
    return int(hashlib.sha256(chair.encode()).hexdigest(), 16) % TEST_SHARE == 0


def split(chairs: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Training and test chairs."""
    return tuple(c for c in chairs if not is_test(c)), tuple(c for c in chairs if is_test(c))


def crop(boxes: np.ndarray) -> tuple[float, float, float]:
    """Left, top and side of the square around the union of boxes (N, 4: left, top, right, bottom) plus the margin."""
    low, high = boxes[:, :2].min(0), boxes[:, 2:].max(0)
    side = float((high - low).max()) * (1.0 + MARGIN)
    left, top = 0.5 * (low + high) - 0.5 * side
    return float(left), float(top), side


def _rig(half: float, metres: float) -> Rig:
    """The paper's camera, narrowed to ``half`` the picture's height at unit distance: the middle of its picture."""
    distance = DISTANCE / metres
    return Rig(field_of_view=float(np.degrees(2.0 * np.arctan(half))), extent=distance * half, key=KEY,
               ambient=AMBIENT, sky=0.0, ground=(255, 255, 255))


def _for_display(mesh: Mesh) -> Mesh:
    """The mesh for a renderer that lights sRGB values: these in place of linear ones; no gloss and no shadows."""
    def display(linear: np.ndarray) -> np.ndarray:
        return np.where(linear <= 0.0031308, 12.92 * linear,
                        1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055).astype(np.float32)

    materials = np.array(mesh.materials if mesh.materials is not None else [material()], np.float32)
    materials[:, RED:BLUE + 1] = display(materials[:, RED:BLUE + 1])
    materials[:, [SHADOW, WRAP]] = 0.0
    texels = mesh.bank.texels.copy()
    texels[:, :3] = display(texels[:, :3])
    return replace(mesh, colours=display(mesh.colours), specular=None, materials=materials,
                   bank=replace(mesh.bank, texels=texels))


def draw_chair(mesh: Mesh, size: int = SIZE, metres: float = METRES, views: Sequence[View] = VIEWS) -> np.ndarray:
    """Pictures (len(views), S, S, 4) uint8 of colour and mask; the crop is that of all 62 views.

    ``mesh`` is centred, and one of its units is ``metres`` long. The light is ambient and diffuse alone, multiplies
    display values instead of linear ones, and casts no shadows.
    """
    distance = DISTANCE / metres
    boxes = []
    for view in VIEWS:
        points = mesh.vertices @ rotation(view.azimuth, view.elevation).T
        flat = points[:, :2] * (1.0, -1.0) / (distance - points[:, 2:])
        boxes.append(np.concatenate([flat.min(0), flat.max(0)]))
    left, top, side = crop(np.array(boxes))
    pixel = side / size
    # the crop lies within a picture around the optical axis, on its pixel grid
    reach = int(np.ceil(max(-left, -top, left + side, top + side) / pixel))
    rig = _rig(reach * pixel, metres)
    column, row = round(left / pixel) + reach, round(top / pixel) + reach
    column, row = (int(np.clip(value, 0, 2 * reach - size)) for value in (column, row))
    shown = _for_display(mesh)
    pictures = np.empty((len(views), size, size, 4), np.uint8)
    for index, view in enumerate(views):
        light, light_elevation = light_of(view.azimuth, view.elevation)
        drawn = render(shown, replace(view, light=light), replace(rig, light_elevation=light_elevation), 2 * reach)
        colour = np.rint(255.0 * to_linear(drawn.colour / 255.0)).astype(np.uint8)  # undo the encoding
        whole = np.concatenate([colour, drawn.mask[..., None]], -1)
        pictures[index] = whole[row:row + size, column:column + size]
    return pictures


@runtime_checkable
class Chairs(Protocol):
    """Chairs in the paper's views: ``pictures`` gives (len(views), S, S, 4) uint8 of colour and mask."""

    chairs: tuple[str, ...]

    def pictures(self, chair: str, views: Sequence[View], size: int) -> np.ndarray: ...


@dataclass(frozen=True)
class DrawnChairs:
    """Chairs of a source in the paper's setting; a chair is named by its seed."""

    source: Source
    chairs: tuple[str, ...]

    def pictures(self, chair: str, views: Sequence[View] = VIEWS, size: int = SIZE) -> np.ndarray:
        return draw_chair(self.source.identity(int(chair)).mesh, size, views=views)


def mini_batch(chairs: Chairs, among: Sequence[str], factor: str, rng: np.random.Generator, size: int = SIZE,
               count: int = 20, views: Sequence[View] = VIEWS) -> Drawn:
    """``count`` pictures of chairs ``among`` these names in which only the azimuth varies, or all but the azimuth.

    ``seeds`` of the result are places in ``chairs.chairs``. Raises ValueError for another factor, or too few of them.
    """
    if factor not in FACTORS:
        raise ValueError(f"Chairs vary in {' or '.join(FACTORS)}, not in {factor!r}.")
    start = views[rng.integers(len(views))]
    if factor == "azimuth":
        level = [view for view in views if view.elevation == start.elevation]
        chosen = _some(rng, level, count, "azimuths")
        chair = among[rng.integers(len(among))]
        return _drawn(chairs.pictures(chair, chosen, size), chosen, [chairs.chairs.index(chair)] * count)
    names = _some(rng, among, count, "chairs")
    beside = [view for view in views if view.azimuth == start.azimuth]  # elevation shares its latents with the chair
    chosen = [beside[rng.integers(len(beside))] for _ in names]
    pictures = np.concatenate([chairs.pictures(name, [view], size) for name, view in zip(names, chosen)])
    return _drawn(pictures, chosen, [chairs.chairs.index(name) for name in names])


def _drawn(pictures: np.ndarray, views: Sequence[View], seeds: list[int]) -> Drawn:
    return Drawn(pictures, np.empty((0, *pictures.shape[1:]), np.uint8), list(views), seeds)


def _some(rng: np.random.Generator, things: Sequence, count: int, word: str) -> list:
    if len(things) < count:
        raise ValueError(f"A mini-batch needs {count} {word}; there are {len(things)}.")
    return [things[i] for i in rng.choice(len(things), count, replace=False)]
