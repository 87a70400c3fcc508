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
from train.scenes.assets import BACK, FACE, LEFT_EYE, TEETH, FacePack
from train.scenes.decimate import decimate
from train.scenes.face_hair import Bound, bind, smooth_step
from train.scenes.mesh import vertex_normals

HEAD_TRIANGLES, EYE_TRIANGLES, MOUTH_TRIANGLES = 8600, 900, 2200
NECK = -10.0  # cm: the surface is open at lids and below this height
SHOULDERS = ((0.98, 3.0), (1.0, 16.0))  # how wide, and how many cm lower, the neck's edge goes on, out of the picture
EYE_EDGE = 0.2  # of the polar disc (75 degrees): the rest of an eyeball is never seen
SOCKET_RINGS = 3  # of triangles behind the lids; the rest of a socket is never seen
SKIN_FACE, SKIN_BACK, EYES, MOUTH = range(4)  # materials of the surface
IRIS = 2.0  # how much larger the polar disc is than the drawn one: an iris of 22 degrees
DRAWN_EYE = np.array([0.289, 0.291], np.float32)  # the middle of the left eye of an eye texture
DRAWN_RADIUS = 0.27
BULGE = 2.0  # how much more an eye's normals spread than its surface, because highlights are drawn wide


@dataclass(frozen=True)
class FaceModel:
    """The surface and its modes. Triangles: a skirt below the neck, head, eyes, and those of the mouth last."""

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
    skirt_vertices: int  # the last of those of the head
    skirt_triangles: int
    eye_vertices: int
    mouth_triangles: int
    eye_polar: np.ndarray  # (eye_vertices, 2)
    accessories: dict[str, tuple[Bound, ...]]

    @cached_property
    def hair(self) -> dict[str, Bound]:
        return {item.name: item for item in self.accessories["hair"]}

    def normals(self, head: np.ndarray, surface: np.ndarray) -> np.ndarray:
        """Unit normals of the deformed surface; those of the eyes are bent outwards, for a small catchlight."""
        # the skirt does not bend the normals at the neck's edge, and is lit like a post
        normals = vertex_normals(head, surface[self.skirt_triangles:])
        skirt = slice(self.skin_vertices - self.skirt_vertices, self.skin_vertices)
        normals[skirt] = head[skirt] * np.float32([1.0, 0.0, 1.0])
        normals[skirt] /= np.sqrt((normals[skirt] ** 2).sum(1, keepdims=True))
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


def _skirt(triangles: np.ndarray, corners: np.ndarray, low: np.ndarray) -> tuple[np.ndarray, ...]:
    """Two bands below the open edge of the neck: its vertices, the new triangles, and their texture corners.

    ``low`` (V,) are the vertices at the neck. The first band's are numbered from V on, then those of the second.
    """
    first, second = triangles.ravel(), np.roll(triangles, -1, 1).ravel()
    used = len(low)
    single = ~np.isin(first * used + second, second * used + first) & low[first] & low[second]
    a, b = first[single], second[single]
    inner = np.roll(corners, -2, 1).ravel()[single]  # textures end at the edge itself
    edge = np.unique(np.concatenate([a, b]))
    bands, band_corners = [], []
    upper_a, upper_b = a, b
    for band in range(2):
        lower_a, lower_b = (np.searchsorted(edge, side) + used + band * len(edge) for side in (a, b))
        bands += [np.stack([upper_b, upper_a, lower_a], 1), np.stack([upper_b, lower_a, lower_b], 1)]
        band_corners += 2 * [np.stack([inner, inner, inner], 1)]
        upper_a, upper_b = lower_a, lower_b
    return edge, np.concatenate(bands), np.concatenate(band_corners)


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
    depth = smooth_step(0.0, 10.0, ring.astype(np.float32))[:, None]
    shade[in_mouth] = (1.0 + depth * (np.array([0.22, 0.10, 0.10]) - 1.0))[in_mouth]
    in_socket = pack.lining & ~in_mouth
    shade[in_socket] = (0.95, 0.80, 0.78)
    ball = np.unique(head.triangles[head.part >= LEFT_EYE])
    lid = 1.0 - 0.5 * smooth_step(3.55, 4.15, y[ball]) - 0.12 * smooth_step(3.3, 3.0, y[ball])
    shade[ball] = lid[:, None]
    back = mouth.mean[:, 2]
    tone = np.where(mouth_part[:, None] == TEETH, [0.62, 0.57, 0.48], [0.36, 0.115, 0.11])
    light = 0.10 + 0.90 * smooth_step(6.0, 10.4, back)
    return shade, (tone * light[:, None]).astype(np.float32)


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
    head_corners = head_corners.reshape(-1, 3)
    edge, skirt, skirt_corners = _skirt(local, head_corners, head.mean[kept, 1] < NECK)
    skin = np.concatenate([kept, kept[edge], kept[edge]])
    triangles = np.concatenate([skirt, local, np.searchsorted(eyes, eye_triangles) + len(skin),
                                np.searchsorted(inside, mouth_triangles) + len(skin) + len(eyes)])
    triangle_uv = np.concatenate([skirt_corners, head_corners, np.searchsorted(eyes, eye_triangles) + len(corners),
                                  np.zeros_like(mouth_triangles)])
    material = np.concatenate([np.full(len(skirt), SKIN_BACK), head.part[head_rows],
                               np.full(len(eye_triangles), EYES), np.full(len(mouth_triangles), MOUTH)])

    def gathered(of_head: np.ndarray, of_mouth: np.ndarray) -> np.ndarray:
        rows = (of_head[..., skin, :], of_head[..., eyes, :], of_mouth[..., inside, :])
        return np.ascontiguousarray(np.concatenate(rows, axis=-2), dtype=np.float32)

    mean = gathered(head.mean, mouth.mean)
    for band, (wide, deep) in enumerate(SHOULDERS):
        rows = slice(len(kept) + band * len(edge), len(kept) + (band + 1) * len(edge))
        mean[rows] = mean[rows] * np.float32([wide, 1.0, 1.0]) - np.float32([0.0, deep, 0.0])
    place = {name: k for k, name in enumerate(head.names)}
    expression = {name: gathered(head.expression[place[name]], mouth.expression[place[name]]) for name in wanted}
    # skin shines a little, more where it is thin and oily; lips and eyes are wet
    specular = np.concatenate([np.where(pack.lining[skin], 0.02, 0.05), np.full(len(eyes), 0.22),
                               np.where(mouth_part[inside] == TEETH, 0.15, 0.08)]).astype(np.float32)
    return FaceModel(pack, mean, gathered(head.identity, mouth.identity), expression,
                     triangles.astype(np.int32), pack.uv[corners], triangle_uv.astype(np.int32),
                     material.astype(np.int32), gathered(shade, mouth_shade), specular, len(skin),
                     2 * len(edge), len(skirt), len(eyes), len(mouth_triangles), pack.eye_polar[eyes],
                     bind(pack, kept, mean[:len(skin)], local))
