"""What a scene source hands to the rasteriser: one identity as a triangle mesh, with or without textures.

Frame: y up, z forward (the front, or the nose, points to +z), +x is image-right seen from the front. Colours are
linear albedo. Legend: V vertices, T triangles, U texture coordinates, M materials.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numba
import numpy as np


@dataclass(frozen=True)
class TextureBank:
    """Textures packed into one array, so that a kernel can address them by number.

    ``texels`` is (P, 4) float32: linear RGB and coverage; texture ``i`` starts at ``offset[i]`` and has
    ``height[i]`` rows of ``width[i]``. Its mip levels follow it: half the size, rounded up, down to SMALLEST.
    """

    texels: np.ndarray
    offset: np.ndarray
    height: np.ndarray
    width: np.ndarray

    @staticmethod
    def pack(textures: list[np.ndarray]) -> "TextureBank":
        """Pack (H, W, 4) float32 textures and make their mip levels."""
        chains = [_mip_levels(np.asarray(texture, np.float32)) for texture in textures]
        sizes = [sum(level.shape[0] * level.shape[1] for level in chain) for chain in chains]
        return TextureBank(
            np.ascontiguousarray(np.concatenate([level.reshape(-1, 4) for chain in chains for level in chain])),
            np.cumsum([0] + sizes[:-1]).astype(np.int64),
            np.array([t.shape[0] for t in textures], np.int64),
            np.array([t.shape[1] for t in textures], np.int64),
        )


SMALLEST = 4  # texels along the longer side of the last mip level


def _mip_levels(texture: np.ndarray) -> list[np.ndarray]:
    """The texture and its halvings. Transparent texels give no colour to the texels they are averaged into."""
    levels = [texture]
    while max(levels[-1].shape[:2]) > SMALLEST:
        top = levels[-1]
        top = np.pad(top, ((0, top.shape[0] % 2), (0, top.shape[1] % 2), (0, 0)), mode="edge")
        weight = top[..., 3:] + np.float32(1e-4)
        weighed = np.concatenate([top[..., :3] * weight, weight], -1)
        four = weighed[0::2, 0::2] + weighed[1::2, 0::2] + weighed[0::2, 1::2] + weighed[1::2, 1::2]
        colour = four[..., :3] / four[..., 3:]
        coverage = np.clip(four[..., 3:] / 4 - np.float32(1e-4), 0.0, 1.0)
        levels.append(np.concatenate([colour, coverage], -1).astype(np.float32))
    return levels


EMPTY_BANK = TextureBank(np.ones((1, 4), np.float32), np.zeros(1, np.int64), np.ones(1, np.int64), np.ones(1, np.int64))

# columns of the material table
FIRST, SECOND, BLEND, RED, GREEN, BLUE, OPACITY, CUTOUT, CULL, SHADOW, WRAP = range(11)


def material(first=-1, second=-1, blend=0.0, tint=(1.0, 1.0, 1.0), opacity=1.0, cutout=False, cull=False,
             casts_shadow=True, wrap=0.0) -> list[float]:
    """One row of the material table: two textures and their blend, a tint, and how the surface is drawn.

    ``wrap`` softens the terminator (skin scatters light); ``cutout`` uses the texture's coverage.
    """
    return [first, second, blend, *tint, opacity, float(cutout), float(cull), float(casts_shadow), wrap]


@dataclass(frozen=True)
class Mesh:
    """Vertices (V, 3), triangles (T, 3), linear albedo ``colours`` (V, 3) in [0, 1]; the rest is optional."""

    vertices: np.ndarray
    triangles: np.ndarray
    colours: np.ndarray
    normals: np.ndarray | None = None  # (V, 3)
    specular: np.ndarray | None = None  # (V,) in [0, 1]
    uv: np.ndarray | None = None  # (U, 2), v upwards
    triangle_uv: np.ndarray | None = None  # (T, 3) into uv
    triangle_material: np.ndarray | None = None  # (T,) into materials
    materials: np.ndarray | None = None  # (M, 11), rows of material()
    bank: TextureBank = EMPTY_BANK


@dataclass(frozen=True)
class Identity:
    """One drawn thing: its mesh, the name of its style, and whether it has a front to measure azimuth by."""

    mesh: Mesh
    style: str
    has_front: bool
    seed: int


class Source(Protocol):
    """A class of things, drawn from seeds: the same seeds give the same bytes on every call.

    ``parts`` names the independent streams of an identity, such as ("shape", "texture"): a mini-batch can vary one of
    them alone. ``identity(5, texture=9)`` is identity 5 with the texture of identity 9, and ``identity(5)`` equals
    ``identity(5, **{part: 5 for part in parts})``. A part that the source does not have raises TypeError.
    """

    name: str
    parts: tuple[str, ...]

    def identity(self, seed: int, **parts: int) -> Identity: ...


@numba.njit(cache=True, nogil=True, fastmath=False)
def vertex_normals(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Area-weighted unit normals (V, 3) of a mesh."""
    normals = np.zeros((vertices.shape[0], 3), np.float32)
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ux = vertices[b, 0] - vertices[a, 0]
        uy = vertices[b, 1] - vertices[a, 1]
        uz = vertices[b, 2] - vertices[a, 2]
        vx = vertices[c, 0] - vertices[a, 0]
        vy = vertices[c, 1] - vertices[a, 1]
        vz = vertices[c, 2] - vertices[a, 2]
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        for i in (a, b, c):
            normals[i, 0] += nx
            normals[i, 1] += ny
            normals[i, 2] += nz
    for i in range(normals.shape[0]):
        length = np.sqrt(normals[i, 0] ** 2 + normals[i, 1] ** 2 + normals[i, 2] ** 2) + np.float32(1e-12)
        for k in range(3):
            normals[i, k] /= length
    return normals
