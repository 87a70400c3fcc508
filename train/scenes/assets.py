"""The face asset pack on disk: found through --assets or DCIGN_FACE_ASSETS, read once, kept as arrays.

The pack holds the ICT Face Model Light (MIT) and MakeHuman skins, hair, brows, lashes and eyes (CC0).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from train.raster import to_linear
from train.scenes.mesh import TextureBank

VARIABLE = "DCIGN_FACE_ASSETS"
WANTED = ("ict_core.npz", "accessories.npz", "skins", "tex")
HOW_TO = (f"Point {VARIABLE} or --assets at a folder with {', '.join(WANTED)} (see train/README.md), "
          "or train on the built-in procedural heads.")


class AssetsMissing(FileNotFoundError):
    """The face asset pack is not where it was said to be; the message says what is wanted."""


def find(folder: str | os.PathLike | None = None) -> Path | None:
    """The asset folder, or None if none was named. Raises AssetsMissing if a named one is incomplete."""
    named = folder or os.environ.get(VARIABLE)
    if not named:
        return None
    root = Path(named).expanduser()
    missing = [name for name in WANTED if not (root / name).exists()]
    if missing:
        raise AssetsMissing(f"{root} has no {', '.join(missing)}. {HOW_TO}")
    return root


@dataclass(frozen=True)
class Accessory:
    """A strip of hair, brow or lash bound to the head: v' = v + sum_k w_k (head'[k] - mean[k])."""

    name: str
    vertices: np.ndarray
    triangles: np.ndarray
    uv: np.ndarray
    triangle_uv: np.ndarray
    bind_index: np.ndarray
    bind_weight: np.ndarray
    texture: int

    def follow(self, moved: np.ndarray) -> np.ndarray:
        """Vertices on a head whose vertices have ``moved`` (N, 3) from the mean."""
        return self.vertices + np.einsum("vk,vkc->vc", self.bind_weight, moved[self.bind_index])


@dataclass(frozen=True)
class FacePack:
    mean: np.ndarray  # (N, 3) cm
    identity_modes: np.ndarray  # (modes, N * 3)
    expression_names: tuple[str, ...]
    expression_modes: np.ndarray  # (57, N * 3)
    triangles: np.ndarray
    uv: np.ndarray
    triangle_uv: np.ndarray
    part: np.ndarray  # (T,) 0 face, 1 back of the head, 2 left eye, 3 right eye
    bank: TextureBank
    skins: tuple[tuple[str, int, int], ...]  # name, texture of the face, texture of the back
    eyes: tuple[int, ...]
    eye_names: tuple[str, ...]
    accessories: dict[str, tuple[Accessory, ...]]  # by kind: hair, brow, lash


def _texture(path: Path, shrink: int) -> np.ndarray:
    picture = Image.open(path).convert("RGBA")
    pixels = np.asarray(picture.reduce(shrink) if shrink > 1 else picture, np.float32) / 255.0
    return np.concatenate([to_linear(pixels[..., :3]), pixels[..., 3:]], -1)


def _eye_uv(polar: np.ndarray) -> np.ndarray:
    """Angle from the gaze axis (0.5 is straight back) to the left disc of a MakeHuman eye texture."""
    away = (polar - 0.5) * 1.36  # an iris of 30 degrees fills the drawn one
    radius = np.linalg.norm(away, axis=1, keepdims=True)
    return np.array([0.289, 0.291]) + away * np.minimum(1.0, 0.27 / np.maximum(radius, 1e-6))


@lru_cache(maxsize=2)
def load(root: Path, modes: int = 60) -> FacePack:
    """Read the pack; ``modes`` identity modes of the 100 are kept (60 hold 97 % of the variance)."""
    with np.load(root / "ict_core.npz") as core:
        parts = list(core["part_names"])
        uv, polar = core["uv"], core["eye_polar_uv"]
        triangles, triangle_uv, part = core["tri"], core["tri_uv"].copy(), core["tri_part"].astype(np.int32)
        part = np.array([["M_Face", "M_BackHead", "M_ScleraLeft", "M_ScleraRight"].index(p) for p in parts])[part]
        back, eye = part == 1, part >= 2
        uv = np.concatenate([uv, uv - [1.0, 0.0], _eye_uv(polar)]).astype(np.float32)
        triangle_uv[back] += len(core["uv"])
        triangle_uv[eye] = triangles[eye] + 2 * len(core["uv"])
        mean = core["mean"].astype(np.float32)
        identity = core["id_modes"][:modes].astype(np.float32).reshape(modes, -1)
        names = tuple(str(name) for name in core["ex_names"])
        expression = core["ex_modes"].astype(np.float32).reshape(len(names), -1)
    textures: list[np.ndarray] = []

    def add(path: Path, shrink: int) -> int:
        textures.append(_texture(path, shrink))
        return len(textures) - 1

    skins = []
    for face in sorted((root / "skins").glob("*_face.png")):
        name = face.name.removesuffix("_diffuse_face.png").removesuffix("_face.png")
        skins.append((name, add(face, 2), add(Path(str(face).replace("_face.png", "_back.png")), 2)))
    irises = sorted((root / "tex").glob("eye_*.png"))
    eyes = tuple(add(path, 2) for path in irises)
    accessories: dict[str, list[Accessory]] = {"hair": [], "brow": [], "lash": []}
    with np.load(root / "accessories.npz") as data:
        for key in sorted({name.rsplit("/", 1)[0] for name in data.files}):
            kind, name = key.split("/")
            texture = add(root / "tex" / f"{kind}_{name}.png", 2 if kind == "hair" else 4)
            accessories[kind].append(Accessory(
                name, data[f"{key}/v"].astype(np.float32), data[f"{key}/tri"], data[f"{key}/uv"].astype(np.float32),
                data[f"{key}/tri_uv"], data[f"{key}/bind_idx"], data[f"{key}/bind_w"].astype(np.float32), texture))
    return FacePack(mean, identity, names, expression, triangles, uv, triangle_uv, part.astype(np.int32),
                    TextureBank.pack(textures), tuple(skins), eyes, tuple(path.stem for path in irises),
                    {kind: tuple(items) for kind, items in accessories.items()})
