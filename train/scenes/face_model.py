"""What is drawn of the face asset pack: one reduced surface of head, eyes and mouth, and hair that is bound to it.

Everything here is derived once from assets.FacePack, in memory: triangles that nobody sees are dropped, the rest are
decimated to vertices that are a subset, and hair, brows and lashes are bound to what is left. V vertices, T triangles.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numba
import numpy as np

from train.scenes import assets
from train.scenes.assets import BACK, FACE, LEFT_EYE, TEETH, Accessory, FacePack
from train.scenes.decimate import decimate
from train.scenes.mesh import vertex_normals

HEAD_TRIANGLES, EYE_TRIANGLES, MOUTH_TRIANGLES = 8600, 900, 2200
EYE_EDGE = 0.2  # of the polar disc (75 degrees): the rest of an eyeball is never seen
SOCKET_RINGS = 3  # of triangles behind the lids; the rest of a socket is never seen
SKIN_FACE, SKIN_BACK, EYES, MOUTH = range(4)  # materials of the surface
IRIS = 2.0  # how much larger the polar disc is than the drawn one: an iris of 22 degrees
DRAWN_EYE = np.array([0.289, 0.291], np.float32)  # the middle of the left eye of an eye texture
DRAWN_RADIUS = 0.27
PUFF_Y, PUFF_Z = 4.0, -1.0  # cm, the middle of the ball that hair is lit like
BULGE = 2.0  # how much more an eye's normals spread than its surface, because highlights are drawn wide


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


@dataclass(frozen=True)
class FaceModel:
    """The surface and its modes. Triangles are ordered so that those of the mouth come last."""

    pack: FacePack
    mean: np.ndarray  # (V, 3) cm
    identity: np.ndarray  # (K, V, 3) float32
    expression: dict[str, np.ndarray]  # (V, 3) float32 by name
    triangles: np.ndarray
    uv: np.ndarray  # of the skins, then one for each vertex of the eyes
    triangle_uv: np.ndarray
    material: np.ndarray  # (T,) SKIN_FACE, SKIN_BACK, EYES or MOUTH
    shade: np.ndarray  # (V, 3) what textures are multiplied by, or the colour in the mouth
    specular: np.ndarray  # (V,)
    skin_vertices: int  # of the head; then those of the eyes, then those of the mouth
    eye_vertices: int
    mouth_triangles: int
    eye_polar: np.ndarray  # (eye_vertices, 2)
    accessories: dict[str, tuple[Bound, ...]]

    @cached_property
    def hair(self) -> dict[str, Bound]:
        return {item.name: item for item in self.accessories["hair"]}

    def normals(self, head: np.ndarray, surface: np.ndarray) -> np.ndarray:
        """Unit normals of the deformed surface; those of the eyes are bent outwards, for a small catchlight."""
        normals = vertex_normals(head, surface)
        eyes = normals[self.skin_vertices:self.skin_vertices + self.eye_vertices]
        eyes[:, :2] *= np.float32(BULGE)
        eyes /= np.sqrt((eyes**2).sum(1, keepdims=True))
        return normals

    def eye_uv(self, turn: tuple[float, float]) -> np.ndarray:
        """Texture coordinates of the eyes when both look ``turn`` degrees to image-right and up."""
        away = (self.eye_polar - 0.5 - np.array(turn, np.float32) * np.float32(0.0026)) * np.float32(IRIS)
        radius = np.sqrt((away**2).sum(1, keepdims=True))
        return DRAWN_EYE + away * np.minimum(np.float32(1.0), np.float32(DRAWN_RADIUS) / np.maximum(radius, 1e-6))


@numba.njit(cache=True, nogil=True)
def combine(mean: np.ndarray, modes: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The weighted sum of ``modes`` (K, V, 3), (V, 3): the same bytes on any machine, unlike a BLAS product."""
    total = np.zeros_like(mean)
    flat, flat_modes = total.reshape(-1), modes.reshape(len(modes), -1)
    for k in range(len(modes)):
        weight = weights[k]
        for i in range(flat.shape[0]):
            flat[i] += weight * flat_modes[k, i]
    return total


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


def _step(from_value, to_value, values: np.ndarray) -> np.ndarray:
    """A smooth step from 0 to 1."""
    share = np.clip((values - from_value) / (to_value - from_value), 0.0, 1.0)
    return share * share * (3.0 - 2.0 * share)


def _rings(triangles: np.ndarray, lining: np.ndarray, most: int) -> np.ndarray:
    """How many edges a vertex of the lining is away from the skin, (V,), 0 on the skin and ``most`` beyond."""
    ring = np.where(lining, most, 0)
    for _ in range(most):
        corners = ring[triangles]
        reach = np.minimum(corners.min(1) + 1, most)
        np.minimum.at(ring, triangles.ravel(), np.repeat(reach, 3))
        ring[~lining] = 0
    return ring


def _importance(points: np.ndarray, lining: np.ndarray) -> np.ndarray:
    """How much an error shows (V,): most at eyes, lips and nose, least on the scalp and inside the mouth."""
    side, y, z = np.abs(points[:, 0]), points[:, 1], points[:, 2]
    found = np.where(z < 3.0, 0.6, 1.0)

    def region(at_x, at_y, wide, high, weight):
        inside = (((side - at_x) / wide) ** 2 + ((y - at_y) / high) ** 2 < 1.0) & (z > 6.0)
        found[inside] = weight

    region(0.0, 0.0, 2.2, 2.6, 4.0)
    region(0.0, -3.4, 3.2, 2.0, 5.0)
    region(3.1, 3.6, 2.3, 1.6, 8.0)
    found[lining] = 0.15
    return found


def _head(pack: FacePack) -> tuple[np.ndarray, ...]:
    """Rows, vertices and texture corners of the reduced skin, and the depth of the lining (V of the pack,)."""
    head = pack.head
    skin = np.flatnonzero(head.part <= BACK)
    ring = _rings(head.triangles[skin], pack.lining, 40)
    socket = pack.lining & (head.mean[:, 1] > 1.0)
    drawn = skin[~(socket[head.triangles[skin]] & (ring[head.triangles[skin]] > SOCKET_RINGS)).any(1)]
    edge = np.zeros(len(head.mean), bool)  # the lips and lids where the lining begins: they stay as they are
    border = head.triangles[drawn]
    mixed = pack.lining[border].any(1) & ~pack.lining[border].all(1)
    edge[border[mixed]] = True
    edge &= ~pack.lining
    edge[np.intersect1d(head.triangles[head.part == FACE], head.triangles[head.part == BACK])] = True
    rows, triangles, corners = decimate(head.mean, head.triangles[drawn], pack.triangle_uv[drawn],
                                        _importance(head.mean, pack.lining), edge, HEAD_TRIANGLES)
    return drawn[rows], triangles, corners, ring


def _reduced_mouth(pack: FacePack) -> tuple[np.ndarray, np.ndarray]:
    mouth = pack.mouth
    front = mouth.mean[:, 2]
    rows, triangles, _ = decimate(mouth.mean, mouth.triangles, mouth.triangles, np.where(front > 8.0, 1.0, 0.05),
                                  np.zeros(len(front), bool), MOUTH_TRIANGLES)
    return rows, triangles


def _shades(pack: FacePack, ring: np.ndarray, mouth_part: np.ndarray) -> tuple[np.ndarray, ...]:
    """Vertex colours of the head and of the mouth: the lid's shadow on the eyes, dark linings, gums and teeth."""
    head, mouth = pack.head, pack.mouth
    shade = np.ones((len(head.mean), 3), np.float32)
    y = head.mean[:, 1]
    in_mouth = pack.lining & (y < 1.0)
    depth = _step(0.0, 10.0, ring.astype(np.float32))[:, None]
    shade[in_mouth] = (1.0 + depth * (np.array([0.22, 0.10, 0.10]) - 1.0))[in_mouth]
    in_socket = pack.lining & ~in_mouth
    shade[in_socket] = (0.95, 0.80, 0.78)
    ball = np.unique(head.triangles[head.part >= LEFT_EYE])
    lid = 1.0 - 0.5 * _step(3.55, 4.15, y[ball]) - 0.12 * _step(3.3, 3.0, y[ball])
    shade[ball] = lid[:, None]
    back = mouth.mean[:, 2]
    tone = np.where(mouth_part[:, None] == TEETH, [0.62, 0.57, 0.48], [0.36, 0.115, 0.11])
    light = 0.10 + 0.90 * _step(6.0, 10.4, back)
    return shade, (tone * light[:, None]).astype(np.float32)


def _scalp(item: Accessory, texels: np.ndarray, skin: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """How far hair covers each of ``skin`` (V, 3): 1 below it, fading beyond its edge, which softens the hairline."""
    u, v = item.uv[item.triangle_uv].mean(1).T
    height, width = texels.shape
    down, across = (np.clip((place * size).astype(int), 0, size - 1) for place, size in ((1 - v, height), (u, width)))
    dense = item.vertices[item.triangles].mean(1)[texels[down, across] > 0.4]
    _, apart = _nearest(skin, np.ascontiguousarray(dense))
    cover = 1.0 - _step(0.4, 1.3, apart)
    first, second = triangles.ravel(), np.roll(triangles, 1, 1).ravel()
    uses = np.bincount(first, minlength=len(skin)) + 1.0
    for _ in range(3):  # single strands do not make a spot
        cover = (cover + np.bincount(first, cover[second], len(skin))) / uses
    return (_step(0.25, 0.8, cover) * _grows(skin)).astype(np.float32)


def _grows(skin: np.ndarray) -> np.ndarray:
    """Where hair can grow (V,): above a line from the forehead over the ears to the nape, and not on the ears."""
    side, y, z = np.abs(skin[:, 0]), skin[:, 1], skin[:, 2]
    line = np.interp(z, [-8.5, -4.0, 0.5, 3.0, 6.5, 10.0], [-5.5, -4.5, 1.5, 5.5, 8.8, 9.6])
    ear = _step(7.6, 8.2, side) * (y < 6.0) * (np.abs(z) < 4.0)
    return _step(-0.7, 0.7, y - line) * (1.0 - ear)


def _bind(item: Accessory, kept: np.ndarray, mean: np.ndarray, scalp: np.ndarray | None) -> Bound:
    """``item`` bound to the nearest of the ``kept`` vertices instead of those that were dropped."""
    used, place = np.unique(item.bind_index, return_inverse=True)
    nearest, _ = _nearest(mean[used], mean[kept])
    return Bound(item.name, item.vertices, item.triangles.astype(np.int32), item.uv,
                 item.triangle_uv.astype(np.int32), nearest[place.reshape(item.bind_index.shape)], item.bind_weight,
                 item.texture, scalp)


@lru_cache(maxsize=2)
def load(root: Path, wanted: tuple[str, ...]) -> FaceModel:
    """Read the pack and reduce it; ``wanted`` are the expressions that are kept."""
    pack = assets.load(root)
    head, mouth = pack.head, pack.mouth
    head_rows, head_triangles, head_corners, ring = _head(pack)
    kept = np.unique(head_triangles)
    eye_rows = np.flatnonzero((head.part >= LEFT_EYE)
                              & (np.linalg.norm(pack.eye_polar - 0.5, axis=1)[head.triangles] < EYE_EDGE).all(1))
    _, eye_triangles, _ = decimate(head.mean, head.triangles[eye_rows], head.triangles[eye_rows],
                                   np.where(head.mean[:, 2] > 9.2, 2.0, 1.0), np.zeros(len(head.mean), bool),
                                   EYE_TRIANGLES)
    eyes = np.unique(eye_triangles)
    mouth_rows, mouth_triangles = _reduced_mouth(pack)
    inside = np.unique(mouth_triangles)
    mouth_part = np.zeros(len(mouth.mean), np.int64)
    mouth_part[mouth.triangles] = mouth.part[:, None]
    local = np.searchsorted(kept, head_triangles)
    shade, mouth_shade = _shades(pack, ring, mouth_part)
    corners, head_corners = np.unique(head_corners, return_inverse=True)
    triangles = np.concatenate([local,
                                np.searchsorted(eyes, eye_triangles) + len(kept),
                                np.searchsorted(inside, mouth_triangles) + len(kept) + len(eyes)])
    triangle_uv = np.concatenate([head_corners.reshape(-1, 3), np.searchsorted(eyes, eye_triangles) + len(corners),
                                  np.zeros_like(mouth_triangles)])
    material = np.concatenate([head.part[head_rows], np.full(len(eye_triangles), EYES),
                               np.full(len(mouth_triangles), MOUTH)])

    def gathered(of_head: np.ndarray, of_mouth: np.ndarray) -> np.ndarray:
        rows = (of_head[..., kept, :], of_head[..., eyes, :], of_mouth[..., inside, :])
        return np.ascontiguousarray(np.concatenate(rows, axis=-2), dtype=np.float32)

    place = {name: k for k, name in enumerate(head.names)}
    expression = {name: gathered(head.expression[place[name]], mouth.expression[place[name]]) for name in wanted}
    # skin shines a little, more where it is thin and oily; lips and eyes are wet
    specular = np.concatenate([np.where(pack.lining[kept], 0.02, 0.05), np.full(len(eyes), 0.22),
                               np.where(mouth_part[inside] == TEETH, 0.15, 0.08)]).astype(np.float32)
    bank = pack.bank
    bound: dict[str, tuple[Bound, ...]] = {}
    for kind, items in pack.accessories.items():
        found = []
        for item in items:
            size = (bank.height[item.texture], bank.width[item.texture])
            texels = bank.texels[bank.offset[item.texture]:bank.offset[item.texture] + size[0] * size[1], 3]
            scalp = _scalp(item, texels.reshape(size), head.mean[kept], local) if kind == "hair" else None
            found.append(_bind(item, kept, head.mean, scalp))
        bound[kind] = tuple(found)
    return FaceModel(pack, gathered(head.mean, mouth.mean), gathered(head.identity, mouth.identity), expression,
                     triangles.astype(np.int32), pack.uv[corners], triangle_uv.astype(np.int32),
                     material.astype(np.int32), gathered(shade, mouth_shade), specular, len(kept), len(eyes),
                     len(mouth_triangles), pack.eye_polar[eyes], bound)
