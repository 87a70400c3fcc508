"""Collects the parts of one chair with their materials and makes one centred, normalised mesh."""

import numpy as np

from ..mesh import Mesh
from .materials import Material, Scheme
from .parts import Part


class Assembly:
    """The parts of one chair; `scheme` names the materials and `rng` makes the choices."""

    def __init__(self, rng: np.random.Generator, scheme: Scheme):
        self.rng = rng
        self.scheme = scheme
        self._parts: list[tuple[Part, Material, float]] = []

    def add(self, part: Part, material: Material) -> None:
        """Add a part; parts of wood differ a little in tone."""
        self._parts.append((part, material, 1.0 + 0.6 * material.grain * self.rng.uniform(-1.0, 1.0)))

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

    def mesh(self) -> Mesh:
        """One mesh, centred on its bounding box, half the box's diagonal scaled to 1."""
        counts = [len(part[0]) for part, _, _ in self._parts]
        vertices = np.concatenate([part[0] for part, _, _ in self._parts])
        offsets = np.cumsum([0] + counts[:-1])
        numbered = zip(self._parts, offsets, strict=True)
        triangles = np.concatenate([part[1] + offset for (part, _, _), offset in numbered])
        table = np.array([(*(tone * np.array(m.albedo)), m.specular, m.grain) for _, m, tone in self._parts])
        table = np.repeat(table, counts, axis=0)
        low, high = vertices.min(axis=0), vertices.max(axis=0)
        vertices = (vertices - 0.5 * (low + high)) * (2.0 / np.linalg.norm(high - low))
        directions = np.array([[31.0, 11.0], [7.0, -17.0], [-13.0, 29.0]])
        wave = vertices @ directions + self.rng.uniform(0.0, 6.3, 2)
        grain = 1.0 + table[:, 4] * np.sin(wave[:, 0] + 2.0 * np.sin(wave[:, 1]))
        return Mesh(
            vertices=vertices.astype(np.float32),
            triangles=triangles.astype(np.int32),
            colours=np.clip(table[:, :3] * grain[:, None], 0.0, 1.0).astype(np.float32),
            specular=table[:, 3].astype(np.float32),
        )
