"""Collects the parts of one chair with their surfaces and makes one centred, normalised mesh."""

import numpy as np

from ..mesh import Mesh, material, vertex_normals
from .materials import Palette, Scheme, Surface
from .parts import Part
from .textures import CUTOUTS, SPAN, bank, index

HOLED = tuple(index(name) for name in CUTOUTS)


class Assembly:
    """The parts of one chair; `scheme` names the surfaces and `rng` makes the choices of the shape."""

    def __init__(self, rng: np.random.Generator, scheme: Scheme):
        self.rng = rng
        self.scheme = scheme
        self._parts: list[Part] = []
        self._surfaces: list[Surface] = []

    def add(self, part: Part, surface: Surface) -> None:
        """Add a part with this surface."""
        self._parts.append(part)
        self._surfaces.append(surface)

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self.rng.random() < probability

    def between(self, low: float, high: float) -> float:
        """A uniform number."""
        return low + (high - low) * self.rng.random()

    def pick(self, **weights: float) -> str:
        """One of the names, in proportion to their weights."""
        left = self.rng.random() * sum(weights.values())
        chosen = ""
        for chosen, weight in weights.items():
            left -= weight
            if left < 0:
                break
        return chosen

    def mesh(self, texture: np.random.Generator) -> Mesh:
        """One mesh in the colours of this stream, centred on its bounding box, half the box's diagonal scaled to 1."""
        surfaces = list(dict.fromkeys(self._surfaces))
        made = Palette(texture).materials(surfaces)
        which = [surfaces.index(surface) for surface in self._surfaces]
        parts = self._parts
        counts = np.array([(len(p.vertices), len(p.triangles), len(p.uv)) for p in parts])
        first = np.cumsum(counts, axis=0) - counts
        vertices = np.concatenate([p.vertices for p in parts])
        vertices[:, 1] = np.maximum(vertices[:, 1], 0.0)  # legs are drawn a little too long and cut off flat
        low, high = vertices.min(axis=0), vertices.max(axis=0)
        vertices = ((vertices - 0.5 * (low + high)) * (2.0 / np.linalg.norm(high - low))).astype(np.float32)
        triangles = np.concatenate([p.triangles for p in parts]) + np.repeat(
            first[:, 0].astype(np.int32), counts[:, 1])[:, None]
        triangle_uv = np.concatenate([p.triangle_uv for p in parts]) + np.repeat(
            first[:, 2].astype(np.int32), counts[:, 1])[:, None]
        draws = texture.random((len(parts), 3))
        look = np.array([(*made[k].albedo, made[k].specular, made[k].vary) for k in which])
        look[:, :3] *= 1.0 + look[:, 4:] * (2.0 * draws[:, :1] - 1.0)
        look = np.repeat(np.clip(look[:, :4], 0.0, 1.0).astype(np.float32), counts[:, 0], axis=0)
        rows = [material(m.texture, cutout=m.texture in HOLED) for m in made]
        return Mesh(
            vertices=vertices,
            triangles=triangles,
            colours=np.ascontiguousarray(look[:, :3]),
            normals=vertex_normals(vertices, triangles),
            specular=np.ascontiguousarray(look[:, 3]),
            uv=self._tiled(draws[:, 1:], first[:, 2], counts[:, 2]),
            triangle_uv=triangle_uv,
            triangle_material=np.repeat(np.array(which, np.int32), counts[:, 1]),
            materials=np.array(rows, np.float32),
            bank=bank(),
        )

    def _tiled(self, places: np.ndarray, first: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """The uv of all parts within the tile: every part takes a piece of it from another place."""
        uv = np.concatenate([p.uv for p in self._parts])
        low, high = np.minimum.reduceat(uv, first), np.maximum.reduceat(uv, first)
        scale = 1.0 / np.maximum(SPAN, high - low)
        shift = places * (1.0 - (high - low) * scale) - low * scale
        return (uv * np.repeat(scale, counts, axis=0) + np.repeat(shift, counts, axis=0)).astype(np.float32)
