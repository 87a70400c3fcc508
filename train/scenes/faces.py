"""Realistic faces from the asset pack: shape, skin, expression and hair, each drawn from a stream of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from train.scenes import face_expressions, face_model
from train.scenes.face_hair import puffed
from train.scenes.face_looks import (
    STUBBLE_OF,
    STYLES,
    Hair,
    Skin,
    draw_hair,
    draw_skin,
    draw_style,
    light_skins,
    mean_albedos,
)
from train.scenes.mesh import Identity, Mesh, material, vertex_normals
from train.scenes.streams import streams

CENTRE = np.array([0.0, 3.1, 0.8], np.float32)  # cm, between chin and crown
UNIT = np.float32(12.1)  # cm, half the head's height
SPREAD = 0.85  # standard deviation of the identity weights
GAZE = (4.0, 2.5, 10.0)  # degrees: the spread to the sides and upwards, and the most
HIGHEST = 1.07  # scene units: faces whose hair would leave the picture from some side are set lower
PUFF = {"afro01": 1.0}  # how far a style is lit as one round body; strands that stand on end, wholly
USUAL_PUFF = 0.45
TALLEST, SQUEEZE = 14.2, 0.4  # cm: an afro above this height is pressed down to this share
BROW = 0.11  # the lightest albedo of brows
STUBBLE, BELOW_HAIR = 0.4, 0.92  # how much of the hair's colour shows on a shaved head, and between strands


class FaceSource:
    """Faces of the asset pack. Raises assets.AssetsMissing without a complete pack."""

    name = "faces"
    parts = ("shape", "texture", "expression", "hair")
    styles = STYLES  # of hair, with their shares

    def __init__(self, folder: str | Path):
        self.model = face_model.load(Path(folder), face_expressions.MODES)
        self._albedos = mean_albedos(self.model.pack)

    def identity(self, seed: int, **parts: int) -> Identity:
        """The face of ``seed``, with the parts of other seeds where ``parts`` says so."""
        return self._draw(seed, None, parts)

    def style_of(self, seed: int) -> str:
        """The hair style of the face with this seed of its hair, without making it."""
        return draw_style(streams(self.parts, seed, {})[3])

    def identity_of_style(self, seed: int, style: str, **parts: int) -> Identity:
        """The face of ``seed`` with another hair style. Raises ValueError for an unknown one."""
        if style not in self.styles:
            raise ValueError(f"Unknown hair style {style!r}: choose {', '.join(self.styles)}.")
        return self._draw(seed, style, parts)

    def plain(self) -> PlainFaces:
        """The same faces as the paper's pictures have them."""
        return PlainFaces(self)

    def moved(self, shape: np.random.Generator) -> np.ndarray:
        """How far the vertices of a face without expression lie from the mean's, (V, 3) cm."""
        weights = shape.normal(0.0, SPREAD, len(self.model.identity)).astype(np.float32)
        return face_model.combine(self.model.mean, self.model.identity, weights)

    def skin(self, texture: np.random.Generator, among: tuple[int, ...] = ()) -> Skin:
        return draw_skin(texture, self.model.pack, self._albedos, among)

    def hair(self, growth: np.random.Generator, skin: Skin, style: str | None) -> Hair:
        worn = self.model.accessories
        return draw_hair(growth, skin.dark, len(worn["brow"]), len(worn["lash"]), style)

    def _draw(self, seed: int, style: str | None, parts: dict[str, int]) -> Identity:
        shape, texture, expression, growth = streams(self.parts, seed, parts)
        model, moved = self.model, self.moved(shape)
        _, mood = face_expressions.draw(expression)
        for name, weight in mood.items():
            moved += np.float32(weight) * model.expression[name]
        turn = np.clip(expression.normal(0.0, GAZE[:2]), -GAZE[2], GAZE[2])
        skin = self.skin(texture)
        hair = self.hair(growth, skin, style)
        mesh = self.assemble(moved, skin, hair, turn, face_expressions.opens_mouth(mood))
        return Identity(mesh, hair.style, True, seed)

    def assemble(self, moved: np.ndarray, skin: Skin, hair: Hair, turn: np.ndarray, mouth: bool) -> Mesh:
        """One mesh from the deformed surface, brows, lashes and hair. ``moved`` (V, 3) cm from the mean."""
        model = self.model
        head = model.mean + moved
        count = len(model.triangles) if mouth else len(model.triangles) - model.mouth_triangles
        surface = model.triangles[:count]
        materials = [material(*skin.face, skin.blend, skin.tint, cull=True, wrap=0.18),
                     material(*skin.back, skin.blend, skin.tint, cull=True, wrap=0.18),
                     material(skin.iris, tint=(0.72, 0.72, 0.72), cull=True, casts_shadow=False),
                     material(cull=True, wrap=0.2)]
        colours = model.shade.copy()
        scalp, amount = self._scalp(hair)
        if scalp is not None:
            # textures are multiplied: this turns the average skin into hair
            tint = np.minimum(hair.tone / skin.albedo, 1.0)
            colours[:model.skin_vertices] *= 1.0 + (amount * scalp)[:, None] * (tint - 1.0)
        brow, lash = model.accessories["brow"][hair.brow], model.accessories["lash"][hair.lash]
        worn = [(brow, hair.tone * min(0.6, BROW / float(hair.tone.max())), hair.brow_opacity, False),
                (lash, (0.02, 0.015, 0.012), 0.15 if skin.male else 0.45, False)]
        if hair.style in model.hair:
            worn.append((model.hair[hair.style], hair.tone, 1.0, True))
        vertices, triangles, normals = [head], [surface], [model.normals(head, surface)]
        uv = [model.uv, model.eye_uv(turn)]
        triangle_uv, which, shades = [model.triangle_uv[:count]], [model.material[:count]], [colours]
        used, corners = len(head), len(model.uv) + model.eye_vertices
        for item, colour, opacity, shadow in worn:
            placed = item.follow(moved)
            if item.name == "afro01":
                above = np.maximum(placed[:, 1] - np.float32(TALLEST), 0.0)
                placed[:, 1] -= np.float32(1.0 - SQUEEZE) * above
            vertices.append(placed)
            leaning = vertex_normals(placed, item.triangles)
            if shadow:
                leaning = puffed(leaning, placed, np.float32(PUFF.get(item.name, USUAL_PUFF)))
            normals.append(leaning)
            triangles.append(item.triangles + np.int32(used))
            uv.append(item.uv)
            triangle_uv.append(item.triangle_uv + np.int32(corners))
            which.append(np.full(len(item.triangles), len(materials), np.int32))
            materials.append(material(item.texture, tint=colour, opacity=opacity, cutout=True, casts_shadow=shadow,
                                      wrap=0.25))
            shades.append(np.ones_like(placed))
            used, corners = used + len(placed), corners + len(item.uv)
        points = np.concatenate(vertices)
        points -= CENTRE
        points /= UNIT
        points[:, 1] -= max(np.float32(0.0), points[:, 1].max() - np.float32(HIGHEST))
        specular = np.zeros(used, np.float32)
        specular[:len(head)] = model.specular
        return Mesh(points, np.concatenate(triangles), np.concatenate(shades), np.concatenate(normals), specular,
                    np.concatenate(uv), np.concatenate(triangle_uv), np.concatenate(which),
                    np.array(materials, np.float32), model.pack.bank)

    def _scalp(self, hair: Hair) -> tuple[np.ndarray | None, float]:
        """How far hair covers each vertex of the skin, and how much of its colour shows there."""
        if hair.style == "bald":
            return None, 0.0
        if hair.style == "stubble":
            return self.model.hair[STUBBLE_OF].scalp, STUBBLE
        return self.model.hair[hair.style].scalp, BELOW_HAIR


class PlainFaces:
    """Faces as the Basel Face Model of the paper's pictures knows them (Sec. 4.1): bald, without an expression, looking
    ahead, and of light skin, as nearly all of its 200 scans are. A seed has the shape that it has with hair."""

    name = "faces"
    parts = ("shape", "texture")

    def __init__(self, faces: FaceSource):
        self._faces = faces
        self._skins = light_skins(faces.model.pack)

    def plain(self) -> PlainFaces:
        return self

    def identity(self, seed: int, **parts: int) -> Identity:
        """The face of ``seed``, with the parts of other seeds where ``parts`` says so."""
        shape, texture = streams(self.parts, seed, parts)
        skin = self._faces.skin(texture, self._skins)
        hair = self._faces.hair(texture, skin, "bald")  # brows and lashes, which belong to the texture of a scan
        mesh = self._faces.assemble(self._faces.moved(shape), skin, hair, np.zeros(2), mouth=False)
        return Identity(mesh, hair.style, True, seed)
