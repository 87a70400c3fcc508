"""Faces of an ICT-FaceKit checkout, with a painted skin: the model has shapes and expressions but no colours.

    git clone https://github.com/ICT-VGL/ICT-FaceKit
    python -m train preview ict --data ICT-FaceKit -o sheet.png

Every OBJ file of the checkout has the same vertices; a mode is a file minus the neutral one. Centimetres, y up, z
towards the nose, +x on the subject's left, which is our frame. V vertices, T triangles, K identity modes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from train.raster import to_linear
from train.scenes import face_expressions
from train.scenes.face_looks import HAIR_TONE_SHARES, HAIR_TONES
from train.scenes.faces import CENTRE, UNIT
from train.scenes.mesh import Identity, Mesh, material, vertex_normals
from train.scenes.streams import streams

HOW_TO = ("Wanted: a checkout of ICT-FaceKit with FaceXModel/generic_neutral_mesh.obj and identity000.obj to "
          "identity099.obj; git clone https://github.com/ICT-VGL/ICT-FaceKit and name the folder with --data.")
TEMPERATURE = 0.85  # standard deviation of the identity weights
SKIN, EYES = ("M_Face", "M_BackHead"), ("M_ScleraLeft", "M_ScleraRight")  # the rest shows only in an open mouth, or not
SOCKETS = 11248  # vertices from here on line the mouth and the eye sockets
SKINS = to_linear(np.array([(238, 200, 176), (222, 178, 148), (196, 148, 112), (150, 102, 72), (104, 68, 50),
                            (76, 50, 40)]) / 255.0)
EXPRESSIONS = tuple(name for name in face_expressions.MODES if name not in face_expressions.OPEN_MOUTH)
IRISES = to_linear(np.array([(86, 54, 34), (60, 38, 26), (110, 84, 50), (96, 124, 150), (90, 118, 92)]) / 255.0)


@dataclass(frozen=True)
class Checkout:
    """What is drawn of the model: vertices in cm, and modes relative to ``neutral``."""

    neutral: np.ndarray  # (V, 3)
    identities: np.ndarray  # (K, 3 V)
    expressions: dict[str, np.ndarray]  # (V, 3) each
    triangles: np.ndarray  # (T, 3)
    eye: np.ndarray  # (T,) whether a triangle is of an eyeball
    lining: np.ndarray  # (V,) whether a vertex lies in the mouth or in an eye socket


class ICTSource:
    """Faces of ICT-FaceKit. Raises FileNotFoundError or ValueError with the file that is wanted."""

    name = "ict"
    parts = ("shape", "texture")

    def __init__(self, folder: str | Path | None):
        self.model = load(folder)
        self._gaze = _gaze_angle(self.model)

    def identity(self, seed: int, **parts: int) -> Identity:
        """The face of ``seed``, with the shape or the texture of another where ``parts`` says so.

        The expression and the hairline are part of the shape.
        """
        model = self.model
        shape, skin = streams(self.parts, seed, parts)
        weights = shape.normal(0.0, TEMPERATURE, len(model.identities)).astype(np.float32)
        # einsum and not a BLAS product: the same bytes on any number of threads
        head = model.neutral + np.einsum("k,kv->v", weights, model.identities).reshape(-1, 3)
        for name, weight in face_expressions.draw(shape)[1].items():
            if name in model.expressions:
                head = head + np.float32(weight) * model.expressions[name]
        style = str(shape.choice(["bald", "short"], p=[0.3, 0.7]))
        volume = shape.uniform(0.02, 0.07)
        tone = HAIR_TONES[skin.choice(len(HAIR_TONES), p=HAIR_TONE_SHARES)]
        cap = _hair(model.neutral, shape) if style == "short" else np.zeros(len(head), np.float32)
        points = ((head - CENTRE) / np.float32(UNIT)).astype(np.float32)
        points = points + np.float32(volume) * cap[:, None] * vertex_normals(points, model.triangles)
        colours = self._paint(skin, tone, cap)
        specular = np.where(np.isnan(self._gaze), 0.04 * (1.0 - cap), 0.3).astype(np.float32)
        materials = np.array([material(cull=True, wrap=0.18), material(cull=True, casts_shadow=False)], np.float32)
        mesh = Mesh(points, model.triangles, colours, vertex_normals(points, model.triangles), specular,
                    triangle_material=model.eye.astype(np.int32), materials=materials)
        return Identity(mesh, style, True, seed)

    def _paint(self, rng: np.random.Generator, tone: np.ndarray, cap: np.ndarray) -> np.ndarray:
        """Linear albedo (V, 3): skin, flush, lips, brows, hair and eyes, placed on the neutral face."""
        place = rng.uniform(0.0, len(SKINS) - 1.001)
        low = int(place)
        skin = SKINS[low] + (place - low) * (SKINS[low + 1] - SKINS[low])
        skin = skin * rng.uniform(0.9, 1.08) * rng.uniform(0.97, 1.03, 3)
        x, y, z = self.model.neutral.T
        side, front = np.abs(x), z > 6.0
        colours = np.tile(skin, (len(x), 1))

        def over(colour, amount: np.ndarray) -> None:
            colours[:] += np.clip(amount, 0.0, 1.0)[:, None] * (colour - colours)

        def bump(across: np.ndarray, up: np.ndarray, wide: float, high: float) -> np.ndarray:
            return np.exp(-((across / wide) ** 2) - (up / high) ** 2)

        flush = 0.6 * bump(side - 4.2, y, 2.4, 1.8) + 0.5 * bump(x, y - 0.3, 1.6, 1.2)
        over(skin * (0.98, 0.74, 0.70), front * flush)
        middle = -3.4 - 0.02 * x**2  # between the lips, sinking to the corners
        over(skin * (0.84, 0.46, 0.46), front * (2.6 - 2.6 * ((x / 2.75) ** 2 + ((y - middle) / 1.05) ** 2)))
        over(skin * (0.3, 0.16, 0.16), front * 0.8 * bump(x, y - middle, 2.4, 0.12))
        arch = 6.15 - 0.16 * (side - 2.9) ** 2
        brow = np.exp(-(((side - 3.5) / 2.4) ** 4) - ((y - arch) / rng.uniform(0.35, 0.6)) ** 2)
        over(0.7 * tone + 0.05 * skin, front * 1.2 * brow)
        over(skin * (0.35, 0.18, 0.17), self.model.lining.astype(float))
        over(tone, cap)
        iris = IRISES[rng.choice(len(IRISES), p=[0.35, 0.25, 0.16, 0.14, 0.10])]
        gaze = np.nan_to_num(self._gaze, nan=180.0)
        over(np.array([0.66, 0.64, 0.62]), (~np.isnan(self._gaze)).astype(float))
        over(iris, 3.0 * (31.0 - gaze) / 3.0)
        over(np.full(3, 0.006), (14.0 - gaze) / 3.0)
        return np.clip(colours, 0.0, 1.0).astype(np.float32)


def _hair(neutral: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """How much hair grows at every vertex (V,), 0 to 1: above a line from the forehead round the ears to the nape."""
    x, y, z = ((neutral - CENTRE) / np.float32(UNIT)).T
    forehead, temple = 0.66 + rng.normal(0.0, 0.04), 0.12 + rng.normal(0.0, 0.05)
    line = np.interp(z, [-0.8, -0.4, 0.05, 0.25, 0.5, 0.85], [-0.5, -0.4, temple, 0.35, forehead - 0.08, forehead])
    ear = 1.0 / (1.0 + np.exp((np.abs(x) - 0.71) / 0.012))  # ears stand out of the head
    ear = np.where(y > 0.4, 1.0, ear)
    return (ear / (1.0 + np.exp(-(y - line) / 0.025))).astype(np.float32)


def _gaze_angle(model: Checkout) -> np.ndarray:
    """Degrees (V,) between a vertex of an eyeball, seen from its middle, and straight ahead; NaN elsewhere."""
    angle = np.full(len(model.neutral), np.nan)
    used = np.unique(model.triangles[model.eye])
    for ball in (used[model.neutral[used, 0] > 0], used[model.neutral[used, 0] <= 0]):
        if len(ball):
            points = model.neutral[ball]
            away = points - 0.5 * (points.min(0) + points.max(0))
            angle[ball] = np.degrees(np.arccos(np.clip(away[:, 2] / np.linalg.norm(away, axis=1), -1.0, 1.0)))
    return angle


def load(folder: str | Path | None) -> Checkout:
    """Read the neutral mesh, the identity files and the expressions that are used."""
    if folder is None:
        raise FileNotFoundError(f"No checkout of ICT-FaceKit was named. {HOW_TO}")
    root = Path(folder).expanduser()
    root = root / "FaceXModel" if (root / "FaceXModel").is_dir() else root
    neutral_file = root / "generic_neutral_mesh.obj"
    identity_files = sorted(root.glob("identity[0-9][0-9][0-9].obj"))
    absent = [f"{name}.obj" for name in EXPRESSIONS if not (root / f"{name}.obj").is_file()]
    absent += [] if neutral_file.is_file() else [neutral_file.name]
    absent += [] if identity_files else ["identity000.obj"]
    if absent:
        raise FileNotFoundError(f"{root} has no {', '.join(sorted(absent))}. {HOW_TO}")
    everything, triangles, names = _read_obj(neutral_file)
    drawn = np.isin(names, SKIN + EYES)
    if not drawn.any():
        raise ValueError(f"{neutral_file} has no usemtl section {', '.join(SKIN + EYES)}. {HOW_TO}")
    used, local = np.unique(triangles[drawn], return_inverse=True)
    neutral = everything[used]

    def mode(file: Path) -> np.ndarray:
        points = _read_vertices(file.read_text())
        if len(points) != len(everything):
            raise ValueError(f"{file} has {len(points)} vertices, {neutral_file.name} {len(everything)}. {HOW_TO}")
        return points[used] - neutral

    identities = np.stack([mode(file).ravel() for file in identity_files])
    expressions = {name: mode(root / f"{name}.obj") for name in EXPRESSIONS}
    eye = np.isin(names[drawn], EYES)
    lining = (used >= SOCKETS) & ~np.isin(np.arange(len(used)), local.reshape(-1, 3)[eye])
    return Checkout(neutral, identities, expressions, local.reshape(-1, 3).astype(np.int32), eye, lining)


def _read_vertices(text: str) -> np.ndarray:
    """The positions of an OBJ file, (V, 3) float32."""
    return np.array([line.split()[1:4] for line in text.splitlines() if line.startswith("v ")], np.float32)


def _read_obj(file: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Positions (V, 3), triangles (T, 3) and the material name of each (T,) of an OBJ file."""
    text = file.read_text()
    triangles, names, current = [], [], ""
    for line in text.splitlines():
        if line.startswith("usemtl"):
            current = line.split(maxsplit=1)[1].strip()
        elif line.startswith("f "):
            corners = [int(corner.split("/")[0]) - 1 for corner in line.split()[1:]]
            for second, third in zip(corners[1:-1], corners[2:], strict=True):
                triangles.append((corners[0], second, third))
                names.append(current)
    return _read_vertices(text), np.array(triangles, np.int64).reshape(-1, 3), np.array(names)
