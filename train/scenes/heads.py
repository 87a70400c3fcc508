"""A simple procedural head, so that faces can be trained on machines without the asset pack.

A skull lofted from horizontal sections, with the nose, brows, sockets, lips and chin raised in front,
eyeballs behind almond openings, ears, and a cap of hair. The unit is half the head's height.
"""

from __future__ import annotations

import numpy as np

from train.scenes.mesh import Identity, Mesh, material, vertex_normals
from train.scenes.streams import streams

# The skull from crown to neck: height in front and behind, z in front and behind, half width.
# fmt: off
SECTIONS = np.array(
    [
        (1.00, 1.00, -0.10, -0.10, 0.00), (0.97, 0.97, 0.22, -0.40, 0.26),
        (0.88, 0.88, 0.45, -0.62, 0.46), (0.68, 0.70, 0.64, -0.80, 0.60),
        (0.42, 0.45, 0.73, -0.89, 0.665), (0.20, 0.24, 0.75, -0.90, 0.68),
        (0.02, 0.05, 0.72, -0.87, 0.67), (-0.18, -0.12, 0.70, -0.80, 0.655),
        (-0.38, -0.27, 0.70, -0.70, 0.625), (-0.58, -0.38, 0.70, -0.60, 0.585),
        (-0.76, -0.48, 0.675, -0.53, 0.52), (-0.92, -0.57, 0.65, -0.49, 0.43),
        (-1.00, -0.66, 0.56, -0.47, 0.385), (-0.99, -0.75, 0.38, -0.46, 0.38),
        (-1.02, -0.86, 0.25, -0.46, 0.39), (-1.15, -1.04, 0.21, -0.47, 0.41),
        (-2.00, -2.00, 0.32, -0.62, 0.66),
    ]
)
# fmt: on
# Rows per span between sections: close together from the brows to the chin.
ROWS = (2, 2, 3, 3, 4, 10, 9, 9, 8, 8, 5, 3, 2, 2, 2, 2)
FRONT, REAR = 46, 18  # columns over the front 140 degrees, and over the rest
SKINS = np.array([(244, 208, 186), (232, 190, 162), (214, 166, 132), (188, 136, 100), (148, 100, 70), (104, 68, 50),
                  (74, 48, 38)]) / 255.0
HAIRS = np.array([(28, 22, 20), (54, 38, 28), (92, 62, 40), (140, 98, 58), (196, 160, 104), (128, 60, 36),
                  (176, 172, 168)]) / 255.0
IRISES = np.array([(86, 54, 34), (60, 38, 26), (110, 84, 50), (96, 124, 150), (90, 118, 92)]) / 255.0
BALL = 0.118  # radius of an eyeball
FRAME_SCALE, FRAME_DROP = 0.95, 0.05  # so that thick hair stays inside the picture


def _linear(srgb: np.ndarray) -> np.ndarray:
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def _spline() -> np.ndarray:
    """Catmull-Rom weights (rows, sections) that turn the sections into rows."""
    count, weights = len(SECTIONS), []
    for span, rows in enumerate(ROWS):
        for t in np.arange(rows) / rows:
            row = np.zeros(count)
            basis = (
                -0.5 * t + t**2 - 0.5 * t**3,
                1 - 2.5 * t**2 + 1.5 * t**3,
                0.5 * t + 2 * t**2 - 1.5 * t**3,
                -0.5 * t**2 + 0.5 * t**3,
            )
            for k, value in enumerate(basis):
                row[min(max(span - 1 + k, 0), count - 1)] += value
            weights.append(row)
    weights.append(np.eye(count)[-1])
    return np.array(weights)


def _grid(rows: int, columns: int) -> np.ndarray:
    """Triangles of rows of closed rings, the first of which is a single point (vertex 0); outward winding."""
    i, j = np.meshgrid(np.arange(rows - 1), np.arange(columns), indexing="ij")
    here, right = i * columns + j, i * columns + (j + 1) % columns
    upper = np.stack([here, here + columns, right], axis=-1)[1:].reshape(-1, 3)
    lower = np.stack([right, here + columns, right + columns], axis=-1)
    lower[0, :, 0] = 0
    return np.concatenate([upper, lower.reshape(-1, 3)]).astype(np.int32)


_WEIGHTS = _spline()
_ANGLES = np.concatenate([np.linspace(-70.0, 70.0, FRONT), np.linspace(70.0, 290.0, REAR + 2)[1:-1]])
_SINE, _COSINE = np.sin(np.radians(_ANGLES)), np.cos(np.radians(_ANGLES))
_HEAD = _grid(len(_WEIGHTS), len(_ANGLES))

# A ball seen from its pole at +z: rings by angle from the pole, doubled where the colour changes.
_BALL_RINGS = np.radians([0.0, 13.0, 13.5, 22.0, 31.0, 32.0, 45.0, 65.0, 90.0, 130.0])
_BALL_TURN = 2.0 * np.pi * np.arange(16) / 16
_BALL = np.stack(
    [
        np.outer(np.sin(_BALL_RINGS), np.cos(_BALL_TURN)),
        np.outer(np.sin(_BALL_RINGS), np.sin(_BALL_TURN)),
        np.repeat(np.cos(_BALL_RINGS)[:, None], 16, axis=1),
    ],
    axis=-1,
).reshape(-1, 3)
_BALL_TRIANGLES = _grid(len(_BALL_RINGS), 16)
_BALL_ZONE = np.repeat([0, 0, 1, 1, 1, 2, 2, 2, 2, 2], 16)


def _bump(x: np.ndarray, y: np.ndarray, at_x: float, at_y: float, wide: float, tall: float) -> np.ndarray:
    """A smooth hill of height 1, at +-at_x on both sides."""
    return np.exp(-(((np.abs(x) - at_x) / wide) ** 2) - ((y - at_y) / tall) ** 2)


def _variation(rng: np.random.Generator):
    """A function of a middle and a spread: the next of the normal variates of ``rng``, none far out."""
    normal = iter(rng.normal(0.0, 1.0, 48).clip(-2.2, 2.2))

    def vary(middle: float, spread: float) -> float:
        return middle + spread * next(normal)

    return vary


class HeadSource:
    """Procedural heads of random proportions, skin, hair and eyes."""

    name = "heads"
    parts = ("shape", "texture", "hair")

    def identity(self, seed: int, **parts: int) -> Identity:
        """The head of ``seed``, with the parts of other seeds where ``parts`` says so."""
        shape, texture, growth = streams(self.parts, seed, parts)
        vary, vary_hair = _variation(shape), _variation(growth)

        sections = SECTIONS.copy()
        sections[:, 4] *= vary(1.0, 0.04)
        sections[8:13, 4] *= np.linspace(1.0, vary(1.02, 0.08), 5)  # jaw
        sections[2:5, 4] *= vary(1.0, 0.03)
        sections[:13, 3] *= vary(1.0, 0.04)
        sections[2:5, 2] *= vary(1.0, 0.03)  # forehead
        sections[10:13, 2] += np.array([0.5, 1.0, 1.0]) * vary(0.0, 0.025)  # chin
        sections[13:, 4] *= vary(1.0, 0.07)  # neck
        row = _WEIGHTS @ sections
        front, back, z_front, z_back, wide = row.T[:, :, None]
        x = wide * _SINE
        y = 0.5 * (front + back) + 0.5 * (front - back) * _COSINE
        middle = 0.35 * z_front + 0.65 * z_back
        z = middle + np.where(_COSINE > 0, z_front - middle, middle - z_back) * _COSINE

        eye_x, eye_y = vary(0.27, 0.014), vary(0.03, 0.015)
        nose_y, mouth_y = vary(-0.36, 0.02), vary(-0.60, 0.02)
        ahead = np.clip(1.5 * _COSINE, 0.0, 1.0)
        z = z + ahead * self._relief(x, y, eye_x, eye_y, nose_y, mouth_y, vary)
        open_x, open_y, slant = vary(0.135, 0.008), vary(0.044, 0.006), vary(0.04, 0.05)
        nearest = np.unravel_index(np.argmin((x - eye_x) ** 2 + (y - eye_y) ** 2 + (z < 0.2)), x.shape)
        ball_z = float(z[nearest]) - 0.85 * BALL
        across, along = np.abs(x) - eye_x, y - eye_y - slant * (np.abs(x) - eye_x)
        inside = (across / open_x) ** 2 + (along / open_y) ** 2  # below 1 where the lids are open
        ball = ball_z + np.sqrt(np.maximum(BALL**2 - across**2 - (y - eye_y) ** 2, 0.15 * BALL**2))
        lids = np.clip(0.025 * (inside - 1.0), -0.03, 0.03)
        near = np.exp(-((inside / 2.0) ** 2)) * (ahead > 0.3)
        z = z + near * (ball + lids - z)

        style = ("bald", "short", "short", "medium", "long")[growth.integers(5)]
        hair, volume = self._hairline(x, y, z, style, vary_hair)
        grow = 1.0 + volume * hair
        points = np.stack(
            [x * grow, np.where(y > 0.2, 0.2 + (y - 0.2) * grow, y), z * grow], axis=-1
        ).reshape(-1, 3)

        skin, tone = self._tones(texture, growth)
        iris = _linear(IRISES[texture.integers(len(IRISES))] * texture.uniform(0.8, 1.2))
        colours = self._paint(
            x, y, skin, tone, hair, eye_x, nose_y, mouth_y, ahead, inside, growth.random() < 0.15, vary
        )
        ears = self._ear(float(wide.max()) - 0.02, vary(1.0, 0.1))
        balls = [_BALL * BALL + np.array([side * eye_x, eye_y, ball_z]) for side in (1.0, -1.0)]
        eye = np.array([(0.004, 0.004, 0.004), iris, (0.50, 0.48, 0.46)])[_BALL_ZONE]
        lobe = np.broadcast_to(skin * (0.95, 0.82, 0.78), ears.shape)
        parts = [
            (points, _HEAD, colours),
            (ears, _BALL_TRIANGLES, lobe),
            (ears * (-1.0, 1.0, 1.0), _BALL_TRIANGLES[:, ::-1], lobe),
            *((ball, _BALL_TRIANGLES, eye) for ball in balls),
        ]
        counts = [len(part[0]) for part in parts]
        offsets = np.cumsum([0] + counts[:-1])
        vertices = np.concatenate([part[0] for part in parts])
        vertices = (FRAME_SCALE * vertices - [0.0, FRAME_DROP, 0.0]).astype(np.float32)
        triangles = np.concatenate([part[1] + offset for part, offset in zip(parts, offsets, strict=True)])
        triangles = triangles.astype(np.int32)
        specular = np.repeat([0.05, 0.05, 0.05, 0.2, 0.2], counts)
        specular[: counts[0]] *= 1.0 - hair.ravel()
        which = np.repeat(np.array([0, 0, 0, 1, 1], np.int32), [len(part[1]) for part in parts])
        normals = vertex_normals(vertices, triangles)
        eyes = normals[offsets[3]:]
        eyes[:, :2] *= np.float32(2.0)  # a small catchlight: highlights are drawn wide
        eyes /= np.linalg.norm(eyes, axis=1, keepdims=True) + np.float32(1e-9)  # poles have spare vertices
        mesh = Mesh(
            vertices,
            triangles,
            np.clip(np.concatenate([part[2] for part in parts]), 0, 1).astype(np.float32),
            normals,
            specular.astype(np.float32),
            triangle_material=which,
            materials=np.array([material(wrap=0.18), material(casts_shadow=False)], np.float32),
        )
        return Identity(mesh, style, True, seed)

    @staticmethod
    def _relief(x, y, eye_x, eye_y, nose_y, mouth_y, vary) -> np.ndarray:
        """How far the features stand out of the skull towards +z."""
        tip, base = vary(0.205, 0.028), nose_y - 0.085
        bridge = np.array(
            [eye_y + 0.10, eye_y, 0.5 * (eye_y + nose_y), nose_y + 0.04, nose_y - 0.01, base, base - 0.06]
        )
        rise = np.interp(
            -y, -bridge, [0.0, vary(0.055, 0.015), vary(0.12, 0.018), 0.95 * tip, tip, 0.42 * tip, 0.0]
        )
        width = np.interp(-y, -bridge, [0.10, 0.062, 0.07, 0.085, 0.105, 0.12, 0.13]) * vary(1.0, 0.12)
        relief = rise * np.exp(-((x / width) ** 2))
        relief += vary(0.085, 0.012) * _bump(x, y, vary(0.115, 0.012), nose_y - 0.03, 0.06, 0.06)
        relief += vary(0.035, 0.015) * _bump(x, y, 0.25, eye_y + 0.15, 0.24, 0.07)
        relief -= vary(0.075, 0.012) * _bump(x, y, eye_x, eye_y, 0.17, 0.10)
        relief += vary(0.045, 0.015) * _bump(x, y, 0.43, eye_y - 0.2, 0.16, 0.13)
        relief += 0.05 * _bump(x, y, 0.0, mouth_y, 0.28, 0.16)
        relief += vary(0.042, 0.008) * _bump(x, y, 0.0, mouth_y + 0.042, 0.18, 0.038)
        relief += vary(0.055, 0.01) * _bump(x, y, 0.0, mouth_y - 0.055, 0.15, 0.045)
        relief -= 0.05 * _bump(x, y, 0.0, mouth_y, 0.2, 0.018)
        relief -= 0.03 * _bump(x, y, 0.0, mouth_y - 0.14, 0.16, 0.04)
        return relief + vary(0.05, 0.02) * _bump(x, y, 0.0, -0.87, 0.17, 0.10)

    @staticmethod
    def _hairline(x, y, z, style: str, vary) -> tuple[np.ndarray, float]:
        """Where hair grows, 0..1 per vertex, and how thick it is."""
        if style == "bald":
            return np.zeros_like(x), 0.0
        forehead, temple = vary(0.60, 0.05), vary(0.05, 0.06)
        nape = {"short": -0.42, "medium": -0.75, "long": -1.15}[style]
        side = {"short": temple, "medium": -0.35, "long": -1.05}[style]
        places = np.array([-0.6, -0.25, 0.05, 0.22, 0.42, 0.75])
        heights = np.array([nape, min(side, nape + 0.35), side, 0.3, forehead - 0.06, forehead])
        line = np.interp(z, places, heights)
        # steep parts of the line are as soft as level ones, or single vertices would stand out as teeth
        slope = np.interp(z, places, np.abs(np.gradient(heights, places)))
        hair = 1.0 / (1.0 + np.exp(-(y - line) / (0.026 * np.sqrt(1.0 + 0.8 * slope**2))))
        return hair, {"short": vary(0.07, 0.015), "medium": vary(0.12, 0.02), "long": vary(0.15, 0.025)}[
            style
        ]

    @staticmethod
    def _tones(rng: np.random.Generator, growth: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Linear albedo of the skin and of the hair."""
        place = rng.uniform(0.0, len(SKINS) - 1.001)
        low = int(place)
        skin = SKINS[low] + (place - low) * (SKINS[low + 1] - SKINS[low])
        shares = (
            np.array([0.3, 0.25, 0.16, 0.1, 0.08, 0.04, 0.07])
            if place < 3.2
            else np.array([0.8, 0.1, 0, 0, 0, 0, 0.1])
        )
        hair = HAIRS[int(np.searchsorted(np.cumsum(shares), growth.random() * 0.999))] * growth.uniform(0.8, 1.2)
        return _linear(np.clip(skin * rng.uniform(0.95, 1.04, 3), 0, 0.97)), _linear(np.clip(hair, 0, 1))

    @staticmethod
    def _paint(x, y, skin, tone, hair, eye_x, nose_y, mouth_y, ahead, inside, bearded: bool, vary) -> np.ndarray:
        """Linear albedo (V, 3): skin, flush, lips, brows, lids, beard, hair."""

        def over(colours, colour, amount):
            return colours + amount[..., None] * (colour - colours)

        colours = np.broadcast_to(skin, (*x.shape, 3))
        flush = ahead * (
            0.5 * _bump(x, y, 0.36, -0.22, 0.2, 0.16) + 0.4 * _bump(x, y, 0.0, -0.38, 0.14, 0.12)
        )
        colours = over(colours, skin * (0.98, 0.70, 0.66), np.clip(flush, 0, 1))
        if bearded:
            edge = np.where(np.abs(x) < 0.24, mouth_y + 0.14, mouth_y + 0.14 + 1.1 * (np.abs(x) - 0.24))
            beard = 1.0 / (1.0 + np.exp((y - edge) / 0.025))
            colours = over(
                colours, 0.8 * tone + 0.1 * skin, 0.85 * beard * (y > -1.02) * np.clip(2.0 * ahead, 0, 1)
            )
        nostril = ahead * _bump(x, y, 0.062, nose_y - 0.088, 0.026, 0.018)
        colours = over(colours, skin * (0.22, 0.14, 0.14), np.minimum(1.2 * nostril, 0.9))
        half = vary(0.20, 0.02)
        bow = mouth_y + 0.05 * (np.abs(x) / half) ** 2 * vary(0.3, 0.4)
        lips = (
            np.clip(3.0 - 3.0 * ((x / half) ** 2 + ((y - bow + 0.006) / vary(0.075, 0.012)) ** 2), 0.0, 1.0)
            * ahead
        )
        colours = over(colours, skin * (0.80, 0.42, 0.42), 0.95 * lips)
        colours = over(
            colours, skin * (0.35, 0.2, 0.2), 0.8 * ahead * _bump(x, bow - y, 0.0, 0.0, 0.9 * half, 0.014)
        )
        lashes = np.exp(-(((inside - 1.15) / 0.5) ** 2)) * ahead
        colours = over(colours, skin * 0.25, 0.65 * lashes)
        high = vary(0.195, 0.015) + 0.05 - 1.2 * (np.abs(x) - eye_x + 0.02) ** 2
        brow = np.exp(-(((np.abs(x) - eye_x) / 0.15) ** 4) - ((y - high) / vary(0.04, 0.006)) ** 2) * ahead
        colours = over(colours, 0.7 * tone + 0.05 * skin, 0.95 * np.minimum(1.3 * brow, 1.0))
        return over(colours, tone, hair).reshape(-1, 3)

    @staticmethod
    def _ear(at_x: float, size: float) -> np.ndarray:
        """A shell at the right side, leaning back: a flattened ball, hollow on its outside, with a narrow lobe."""
        across, up = _BALL[:, 0], _BALL[:, 1]
        hollow = 0.075 * (_BALL[:, 2] > 0.0) * np.exp(-(((across - 0.1) / 0.5) ** 2) - ((up - 0.1) / 0.6) ** 2)
        out = 0.075 * _BALL[:, 2] - hollow
        narrow = 1.0 - 0.3 * np.clip(-up, 0.0, 1.0)
        high, along = 0.2 * size * up, 0.12 * size * across * narrow
        return np.stack([at_x + 0.025 + out - 0.45 * along, -0.06 + high, -0.18 - along - 0.25 * high], axis=1)
