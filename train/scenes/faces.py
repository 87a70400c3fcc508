"""Realistic faces from the asset pack: shape, skin, expression and hair, each drawn from a stream of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from train.scenes import assets
from train.scenes.mesh import Identity, Mesh, material, vertex_normals
from train.scenes.streams import streams

CENTRE = np.array([0.0, 2.6, 0.8], np.float32)  # cm, between chin and crown
UNIT = 11.6  # cm, half the head's height
EXPRESSION = {  # the largest weight of each mild expression
    "smile": (("mouthSmile_L", 0.75), ("mouthSmile_R", 0.75), ("cheekSquint_L", 0.3), ("cheekSquint_R", 0.3)),
    "frown": (("mouthFrown_L", 0.6), ("mouthFrown_R", 0.6), ("browDown_L", 0.6), ("browDown_R", 0.6)),
    "surprise": (("browInnerUp_L", 0.7), ("browInnerUp_R", 0.7), ("browOuterUp_L", 0.7), ("browOuterUp_R", 0.7)),
    "squint": (("eyeSquint_L", 0.8), ("eyeSquint_R", 0.8)),
    "pucker": (("mouthPucker", 0.5),),
}
HAIR = {"none": 0.20, "short02": 0.22, "short03": 0.05, "short04": 0.18, "afro01": 0.08, "long01": 0.10,
        "ponytail01": 0.12, "braid01": 0.05}
HAIR_TINTS = np.array([[0.10, 0.08, 0.07], [0.22, 0.15, 0.11], [0.45, 0.30, 0.19], [0.75, 0.52, 0.30],
                       [1.15, 0.92, 0.60], [0.60, 0.25, 0.13], [0.95, 0.93, 0.90]], np.float32)
HAIR_TINT_SHARES = np.array([0.30, 0.24, 0.16, 0.10, 0.09, 0.04, 0.07])


def _iris_shares(names: tuple[str, ...]) -> np.ndarray:
    """Brown eyes are about two thirds of all eyes."""
    shares = np.array([1.0 if "brown" in name else 0.15 for name in names])
    return shares / shares.sum()


class FaceSource:
    """Faces of the asset pack. Raises assets.AssetsMissing without a complete pack."""

    name = "faces"
    parts = ("shape", "texture", "expression", "hair")

    def __init__(self, folder: str | Path):
        self.pack = assets.load(Path(folder))
        self._expression = {name: i for i, name in enumerate(self.pack.expression_names)}

    def identity(self, seed: int, **parts: int) -> Identity:
        """The face of ``seed``, with the parts of other seeds where ``parts`` says so."""
        shape, skin, expression, hair = streams(self.parts, seed, parts)
        head = self._head(shape, expression)
        return self._assemble(head, skin, hair, seed)

    def _head(self, shape: np.random.Generator, expression: np.random.Generator) -> np.ndarray:
        """Deformed head vertices (N, 3), cm."""
        pack = self.pack
        weights = shape.normal(0.0, 0.85, len(pack.identity_modes)).astype(np.float32)
        moved = weights @ pack.identity_modes
        mood = expression.choice(["neutral", *EXPRESSION], p=[0.35, 0.35, 0.08, 0.08, 0.08, 0.06])
        strength = expression.uniform(0.2, 1.0)
        for name, most in EXPRESSION.get(mood, ()):
            moved = moved + np.float32(most * strength) * pack.expression_modes[self._expression[name]]
        return pack.mean + moved.reshape(-1, 3)

    def _assemble(self, head: np.ndarray, skin: np.random.Generator, hair: np.random.Generator, seed: int) -> Identity:
        pack = self.pack
        one, two = skin.choice(len(pack.skins), 2, replace=False)
        dark = ["dark" in pack.skins[i][0] for i in (one, two)]
        if dark[0] != dark[1] and skin.random() < 0.7:  # mostly blends of like skins
            two, dark[1] = one, dark[0]
        male = "_male" in pack.skins[one][0]
        blend = skin.uniform(0.0, 0.5)
        gain = skin.uniform(1.1, 1.6) if dark[0] else skin.uniform(0.8, 1.1)
        warm = skin.normal(0.0, 0.035)
        tint = np.array([gain * (1 + warm), gain, gain * (1 - warm)])
        iris = pack.eyes[skin.choice(len(pack.eyes), p=_iris_shares(pack.eye_names))]
        faces, backs = ([pack.skins[i][k] for i in (one, two)] for k in (1, 2))
        materials = [material(faces[0], faces[1], blend, tint, cull=True, wrap=0.18),
                     material(backs[0], backs[1], blend, tint, cull=True, wrap=0.18),
                     material(iris, tint=(0.68, 0.68, 0.68), cull=True, casts_shadow=False)]
        moved = head - pack.mean
        vertices, triangles = [head], [pack.triangles]
        uv, triangle_uv, which = [pack.uv], [pack.triangle_uv], [np.minimum(pack.part, 2)]
        normals = [vertex_normals(head, pack.triangles)]
        tone = HAIR_TINTS[hair.choice(len(HAIR_TINTS), p=HAIR_TINT_SHARES)] * hair.uniform(0.75, 1.25)
        style = str(hair.choice(list(HAIR), p=np.array(list(HAIR.values())) / sum(HAIR.values())))
        brow = pack.accessories["brow"][hair.integers(len(pack.accessories["brow"]))]
        lash = pack.accessories["lash"][hair.integers(len(pack.accessories["lash"]))]
        worn = [(brow, np.clip(tone * 0.8 + 0.02, 0.02, 0.5), 0.9, False),
                (lash, (0.05, 0.04, 0.04), 0.15 if male else 0.45, False)]
        if style != "none":
            worn.append((next(a for a in pack.accessories["hair"] if a.name == style), tone, 1.0, True))
        used, corners = len(head), len(pack.uv)
        for item, colour, opacity, shadow in worn:
            placed = item.follow(moved).astype(np.float32)
            vertices.append(placed)
            triangles.append(item.triangles + used)
            uv.append(item.uv)
            triangle_uv.append(item.triangle_uv + corners)
            which.append(np.full(len(item.triangles), len(materials), np.int32))
            materials.append(material(item.texture, tint=colour, opacity=opacity, cutout=True, casts_shadow=shadow,
                                      wrap=0.25))
            normals.append(vertex_normals(placed, item.triangles))
            used, corners = used + len(placed), corners + len(item.uv)
        points = (np.concatenate(vertices) - CENTRE) / np.float32(UNIT)
        specular = np.zeros(len(points), np.float32)
        specular[:len(head)] = 0.04
        mesh = Mesh(points.astype(np.float32), np.concatenate(triangles).astype(np.int32),
                    np.ones((len(points), 3), np.float32), np.concatenate(normals), specular,
                    np.concatenate(uv), np.concatenate(triangle_uv).astype(np.int32),
                    np.concatenate(which).astype(np.int32), np.array(materials, np.float32), pack.bank)
        return Identity(mesh, style, True, seed)
