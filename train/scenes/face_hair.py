"""Hair, brows and lashes on the reduced head: how they follow it, what they cover, and how hair is lit."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

from train.scenes.assets import Accessory, FacePack

PUFF_Y, PUFF_Z = 4.0, -1.0  # cm, the middle of the ball that hair is lit like


@dataclass(frozen=True)
class Bound:
    """An accessory on the reduced surface: v' = v + sum_k weight_k moved[index_k]."""

    name: str
    vertices: np.ndarray
    triangles: np.ndarray
    uv: np.ndarray
    triangle_uv: np.ndarray
    index: np.ndarray
    weight: np.ndarray
    texture: int
    scalp: np.ndarray | None  # (V of the surface,) how far it covers the skin, for hair

    def follow(self, moved: np.ndarray) -> np.ndarray:
        """Vertices on a head whose vertices have ``moved`` (V, 3) from the mean."""
        return _follow(self.vertices, self.index, self.weight, moved)


def smooth_step(from_value, to_value, values: np.ndarray) -> np.ndarray:
    """A smooth step from 0 to 1."""
    share = np.clip((values - from_value) / (to_value - from_value), 0.0, 1.0)
    return share * share * (3.0 - 2.0 * share)


@numba.njit(cache=True, nogil=True)
def _follow(vertices, index, weight, moved):
    placed = vertices.copy()
    for v in range(index.shape[0]):
        for k in range(index.shape[1]):
            for c in range(3):
                placed[v, c] += weight[v, k] * moved[index[v, k], c]
    return placed


@numba.njit(cache=True, nogil=True)
def puffed(normals: np.ndarray, points: np.ndarray, share: float) -> np.ndarray:
    """Normals of hair drawn towards those of a ball on a post: strands are lit as one body and not as paper strips."""
    found = np.empty_like(normals)
    for i in range(len(points)):
        x, z = points[i, 0], points[i, 2] - np.float32(PUFF_Z)
        y = max(points[i, 1] - np.float32(PUFF_Y), np.float32(0.0))
        length = np.sqrt(x * x + y * y + z * z) + np.float32(1e-6)
        x, y, z = x / length, y / length, z / length
        inwards = normals[i, 0] * x + normals[i, 1] * y + normals[i, 2] * z < 0.0
        own = np.float32((1.0 - share) * (-1.0 if inwards else 1.0))
        a, b, c = own * normals[i, 0] + share * x, own * normals[i, 1] + share * y, own * normals[i, 2] + share * z
        length = np.sqrt(a * a + b * b + c * c) + np.float32(1e-6)
        found[i, 0], found[i, 1], found[i, 2] = a / length, b / length, c / length
    return found


@numba.njit(cache=True)
def _nearest(points, others):
    """Index of the nearest of ``others`` and its distance for each of ``points``."""
    index, distance = np.empty(len(points), np.int64), np.empty(len(points), np.float32)
    for i in range(len(points)):
        best, at = np.float32(np.inf), -1
        for j in range(len(others)):
            apart = ((points[i, 0] - others[j, 0]) ** 2 + (points[i, 1] - others[j, 1]) ** 2
                     + (points[i, 2] - others[j, 2]) ** 2)
            if apart < best:
                best, at = apart, j
        index[i], distance[i] = at, np.sqrt(best)
    return index, distance


def _scalp(item: Accessory, texels: np.ndarray, skin: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """How far hair covers each of ``skin`` (V, 3): 1 below it, fading beyond its edge, which softens the hairline."""
    u, v = item.uv[item.triangle_uv].mean(1).T
    height, width = texels.shape
    down, across = (np.clip((place * size).astype(int), 0, size - 1) for place, size in ((1 - v, height), (u, width)))
    dense = item.vertices[item.triangles].mean(1)[texels[down, across] > 0.4]
    grows = _grows(skin)
    apart = np.full(len(skin), np.inf, np.float32)
    apart[grows > 0.0] = _nearest(skin[grows > 0.0], np.ascontiguousarray(dense))[1]
    cover = 1.0 - smooth_step(0.4, 1.3, apart)
    first, second = triangles.ravel(), np.roll(triangles, 1, 1).ravel()
    uses = np.bincount(first, minlength=len(skin)) + 1.0
    for _ in range(3):  # single strands do not make a spot
        cover = (cover + np.bincount(first, cover[second], len(skin))) / uses
    return (smooth_step(0.25, 0.8, cover) * grows).astype(np.float32)


def _grows(skin: np.ndarray) -> np.ndarray:
    """Where hair can grow (V,): above a line from the forehead over the ears to the nape, and not on the ears."""
    side, y, z = np.abs(skin[:, 0]), skin[:, 1], skin[:, 2]
    line = np.interp(z, [-8.5, -4.0, 0.5, 3.0, 6.5, 10.0], [-5.5, -4.5, 1.5, 5.5, 8.8, 9.6])
    ear = smooth_step(7.6, 8.2, side) * (y < 6.0) * (np.abs(z) < 4.0)
    return smooth_step(-0.7, 0.7, y - line) * (1.0 - ear)


def bind(pack: FacePack, kept: np.ndarray, skin: np.ndarray, triangles: np.ndarray) -> dict[str, tuple[Bound, ...]]:
    """The accessories by kind, bound to the nearest of the ``kept`` vertices instead of those that were dropped.

    ``skin`` (V, 3) and ``triangles`` are the reduced head, which begins with the kept vertices.
    """
    bank, mean = pack.bank, pack.head.mean
    found: dict[str, tuple[Bound, ...]] = {}
    for kind, items in pack.accessories.items():
        bound = []
        for item in items:
            scalp = None
            if kind == "hair":
                start, height, width = (int(of[item.texture]) for of in (bank.offset, bank.height, bank.width))
                cover = bank.texels[start:start + height * width, 3].reshape(height, width)
                scalp = _scalp(item, cover, skin, triangles)
            used, place = np.unique(item.bind_index, return_inverse=True)
            nearest, _ = _nearest(mean[used], mean[kept])
            bound.append(Bound(item.name, item.vertices, item.triangles.astype(np.int32), item.uv,
                               item.triangle_uv.astype(np.int32), nearest[place.reshape(item.bind_index.shape)],
                               item.bind_weight, item.texture, scalp))
        found[kind] = tuple(bound)
    return found
