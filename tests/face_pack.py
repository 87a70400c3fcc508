"""A face asset pack in the real one's format, made of a few hundred triangles: an egg with a nose, eyes, and hair like caps.

    folder = write(tmp_path)        # what --assets and DCIGN_FACE_ASSETS take
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from adapter_files import a_box
from PIL import Image
from shapes import sphere

from train.scenes.assets import LINING
from train.scenes.face_expressions import MODES
from train.scenes.face_looks import STYLES

EYE = np.array([3.1, 3.6, 7.4])  # cm, the left one's mirror image
MIDDLE, RADII = np.array([0.0, 1.5, 0.0]), np.array([7.5, 13.0, 9.5])
HOLES = ((0.0, -3.4, 1.5), (3.1, 3.6, 1.1), (-3.1, 3.6, 1.1))  # mouth and eye sockets: x, y, radius in cm
IDENTITY = 4  # modes


def _skin() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """An egg, open at the neck, with a cone in place of what lies behind lips and lids: vertices, triangles, and which
    vertices line a hole."""
    points, triangles, _ = sphere((0, 0, 0), 1.0, (1, 1, 1), rows=41, columns=56)
    points = points * RADII + MIDDLE
    points[:, 2] += 2.5 * np.exp(-(points[:, 0] / 1.3) ** 2 - (points[:, 1] / 1.6) ** 2) * (points[:, 2] > 0)
    kept, lined = points[triangles].mean(1)[:, 1] > -10.7, np.zeros(len(points), bool)
    for x, y, radius in HOLES:
        middles = points[triangles].mean(1)
        hole = np.flatnonzero(kept & (middles[:, 2] > 5) & (np.hypot(middles[:, 0] - x, middles[:, 1] - y) < radius))
        kept[hole] = False
        edges = np.concatenate([triangles[hole][:, [k, (k + 1) % 3]] for k in range(3)])
        single = [edge for edge in edges.tolist() if edge[::-1] not in edges.tolist()]
        deep = points[np.unique(single)].mean(0) - [0, 0, 2.0]
        triangles = np.concatenate([triangles, [[a, b, len(points)] for a, b in single]])
        kept = np.concatenate([kept, np.ones(len(single), bool)])
        points, lined = np.concatenate([points, deep[None]]), np.append(lined, True)
    triangles = triangles[kept]
    corners = points[triangles]
    triangles = triangles[np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) > 1e-6]
    used, triangles = np.unique(triangles, return_inverse=True)
    return points[used], triangles.reshape(-1, 3), lined[used]


def _modes(points: np.ndarray, count: int, seed: int, size: float) -> np.ndarray:
    """Smooth displacements (count, V, 3), the same for everything at one place: eyes move with their lids."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        wave = rng.uniform(0.05, 0.2, (3, 3))
        found.append(size * np.sin(points @ wave + rng.uniform(0, 6, 3)))
    return np.stack(found).astype(np.float16)


def _core() -> dict[str, np.ndarray]:
    skin, triangles, lined = _skin()
    eyes = [sphere(EYE * [side, 1, 1], 1.2, (1, 1, 1), rows=13, columns=16) for side in (1, -1)]
    points = np.concatenate([skin, *(eye[0] for eye in eyes)])
    part = np.where(skin[triangles].mean(1)[:, 2] > 0, 1, 2)
    polar = np.zeros((len(points), 2), np.float32)
    parts, first = [part], len(skin)
    whole = [triangles]
    for number, (ball, faces, _) in enumerate(eyes):
        away = (ball - ball.mean(0)) / 1.2
        angle = np.degrees(np.arccos(np.clip(away[:, 2], -1, 1)))[:, None]
        flat = away[:, :2] / np.maximum(np.linalg.norm(away[:, :2], axis=1, keepdims=True), 1e-6)
        polar[first:first + len(ball)] = 0.5 + flat * angle * 0.0026
        whole.append(faces + first)
        parts.append(np.full(len(faces), (0, 3)[number]))
        first += len(ball)
    whole = np.concatenate(whole)
    part = np.concatenate(parts)
    across = np.clip((points[:, 0] + 9) / 18, 0, 1)
    up = np.clip((points[:, 1] + 12) / 28, 0, 1)
    uv = np.concatenate([np.stack([across, up], 1), np.stack([1 + across, up], 1)])  # the back's lie beside the face's
    index = np.where(np.append(lined, np.zeros(len(points) - len(skin), bool)), LINING, 0)
    return {"mean": points.astype(np.float32), "id_modes": _modes(points, IDENTITY, 1, 0.4),
            "ex_modes": _modes(points, len(MODES), 2, 0.25), "ex_names": np.array(MODES), "tri": whole.astype(np.int32),
            "tri_uv": (whole + np.where(part == 2, len(points), 0)[:, None]).astype(np.int32), "uv": uv.astype(np.float32),
            "tri_part": part.astype(np.int8), "ict_vertex_index": index.astype(np.int32), "eye_polar_uv": polar,
            # in another order than they are numbered in
            "part_names": np.array(["M_ScleraLeft", "M_Face", "M_BackHead", "M_ScleraRight"])}


def _mouth() -> dict[str, np.ndarray]:
    boxes = [a_box((-2, -4.2, 5), (2, -3.4, 8)), a_box((-1.5, -3.6, 7.5), (1.5, -3.2, 8.2))]
    points = np.concatenate([box[0] for box in boxes])
    triangles = np.concatenate([box[1] + 8 * number for number, box in enumerate(boxes)])
    return {"mean": points.astype(np.float32), "id_modes": _modes(points, IDENTITY, 1, 0.4),
            "ex_modes": _modes(points, len(MODES), 2, 0.25), "ex_names": np.array(MODES), "tri": triangles.astype(np.int32),
            "tri_uv": triangles.astype(np.int32), "uv": np.zeros((len(points), 2), np.float32),
            "tri_part": np.repeat([0, 1], 12).astype(np.int8), "part_names": np.array(["M_GumsTongue", "M_Teeth"]),
            "ict_vertex_index": np.zeros(len(points), np.int32)}


def _accessories(head: np.ndarray) -> dict[str, np.ndarray]:
    """Each bound to the nearest vertex of the head."""
    found = {}

    def add(key: str, points: np.ndarray, triangles: np.ndarray) -> None:
        nearest = ((points[:, None] - head[None]) ** 2).sum(-1).argmin(1)
        index, weight = np.repeat(nearest[:, None], 12, 1), np.zeros((len(points), 12), np.float16)
        weight[:, 0] = 1.0
        uv = (points[:, :2] - points[:, :2].min(0)) / np.maximum(np.ptp(points[:, :2], axis=0), 1e-6)
        found.update({f"{key}/{name}": value for name, value in {
            "v": points.astype(np.float32), "tri": triangles.astype(np.int32), "uv": uv.astype(np.float32),
            "tri_uv": triangles.astype(np.int32), "bind_idx": index.astype(np.int32), "bind_w": weight}.items()})

    for number, style in enumerate(name for name in STYLES if name not in ("bald", "stubble")):
        points, triangles, _ = sphere((0, 0, 0), 1.0, (1, 1, 1), rows=17, columns=24)
        points = points * RADII * (1.04 + 0.01 * number) + MIDDLE
        add(f"hair/{style}", points, triangles[(points[triangles].mean(1) @ [0, 1, -0.4]) > 5.5])
    for kind, height, count in (("brow", 5.2, 2), ("lash", 4.4, 2)):
        for number in range(count):
            flat = [[side * x, height + up, 9.6 - 0.3 * x] for side in (-1, 1) for x in (2.0, 4.2) for up in (0.0, 0.4)]
            add(f"{kind}/{number + 1:02d}", np.array(flat), np.array([[1, 0, 2], [1, 2, 3], [4, 5, 6], [6, 5, 7]]))
    return found


def write(folder: Path) -> Path:
    """The pack's files; returns the folder."""
    (folder / "skins").mkdir(parents=True)
    (folder / "tex").mkdir()
    core = _core()
    accessories = _accessories(core["mean"])
    for name, arrays in (("ict_core", core), ("ict_mouth", _mouth()), ("accessories", accessories)):
        np.savez(folder / f"{name}.npz", **arrays)
    for name, colour in (("young_lightskinned_male", (205, 160, 135)), ("old_lightskinned_female", (220, 180, 160)),
                         ("young_darkskinned_female", (110, 70, 50))):
        for side in ("face", "back"):
            Image.new("RGB", (64, 64), colour).save(folder / "skins" / f"{name}_diffuse_{side}.png")
    for name, colour in (("brown", (80, 50, 30)), ("blue", (60, 90, 160))):
        Image.new("RGB", (64, 64), colour).save(folder / "tex" / f"eye_{name}.png")
    for key in {name.rsplit("/", 1)[0] for name in accessories}:
        Image.new("RGBA", (32, 32), (120, 120, 120, 255)).save(folder / "tex" / f"{key.replace('/', '_')}.png")
    return folder
