"""The face asset pack on disk: found through --assets or DCIGN_FACE_ASSETS, and read into arrays.

The pack holds the ICT Face Model Light (MIT) and MakeHuman skins, hair, brows, lashes and eyes (CC0). What is drawn
of it is decided in face_model. V vertices, T triangles, K modes.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from train.raster import to_linear
from train.scenes.mesh import TextureBank

VARIABLE = "DCIGN_FACE_ASSETS"
WANTED = ("ict_core.npz", "ict_mouth.npz", "accessories.npz", "skins", "tex")
HOW_TO = (f"Point {VARIABLE} or --assets at a folder with {', '.join(WANTED)} (see train/README.md), "
          "or train on the built-in procedural heads.")
MODES = 60  # of the 100 identity modes; they hold 97 % of the variance
LINING = 11248  # vertices of the full ICT model from here on line the mouth and the eye sockets
FACE, BACK, LEFT_EYE, RIGHT_EYE = range(4)
GUMS, TEETH = range(2)
LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)


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
class Morphable:
    """A linear model: ``mean`` (V, 3) cm, ``identity`` (K, V, 3), ``expression`` (57, V, 3), and its surface."""

    mean: np.ndarray
    identity: np.ndarray
    expression: np.ndarray
    names: tuple[str, ...]  # of the expressions
    triangles: np.ndarray
    part: np.ndarray  # (T,)


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


@dataclass(frozen=True)
class FacePack:
    head: Morphable  # parts FACE, BACK, LEFT_EYE, RIGHT_EYE
    lining: np.ndarray  # (V,) whether a vertex of the head lines the mouth or an eye socket
    eye_polar: np.ndarray  # (V, 2) angle from the gaze axis as a disc, 0.5 is straight ahead
    uv: np.ndarray  # of the skins
    triangle_uv: np.ndarray
    mouth: Morphable  # parts GUMS (with the tongue), TEETH
    bank: TextureBank
    skins: tuple[tuple[str, int, int], ...]  # name, texture of the face, texture of the back
    eyes: tuple[int, ...]
    eye_names: tuple[str, ...]
    accessories: dict[str, tuple[Accessory, ...]]  # by kind: hair, brow, lash


def _texture(path: Path, shrink: int) -> np.ndarray:
    picture = Image.open(path).convert("RGBA")
    pixels = np.asarray(picture.reduce(shrink) if shrink > 1 else picture, np.float32) / 255.0
    return np.concatenate([to_linear(pixels[..., :3]), pixels[..., 3:]], -1)


def _blurred(values: np.ndarray, radius: int = 4) -> np.ndarray:
    """The mean of the square of ``radius`` around each texel; its edge is repeated."""
    for axis in (0, 1):
        values = np.moveaxis(values, axis, 0)
        padded = np.concatenate([values[:1].repeat(radius + 1, 0), values, values[-1:].repeat(radius, 0)])
        sums = np.cumsum(padded, axis=0, dtype=np.float64)
        values = np.moveaxis((sums[2 * radius + 1:] - sums[:-2 * radius - 1]) / (2 * radius + 1), 0, axis)
    return values


def _hair_texture(path: Path, shrink: int, contrast: float) -> np.ndarray:
    """Strands as shades around 1, to be multiplied by a hair colour; uncovered texels take their neighbours' shade."""
    texture = _texture(path, shrink)
    shade, cover = texture[..., :3] @ LUMA, texture[..., 3]

    weight = _blurred(cover)
    around = np.where(weight > 1e-3, _blurred(shade * cover) / np.maximum(weight, 1e-3), shade)
    solid = cover > 0.5
    middle = max(float(shade[solid].mean()), 1e-6)  # brows are drawn in plain black
    shade = np.clip(np.where(solid, shade, around) / middle, 0.05, 4.0) if middle > 1e-3 else np.ones_like(shade)
    shade = np.clip(shade**contrast, 0.3, 2.5)
    return np.stack([shade, shade, shade, cover], -1).astype(np.float32)


def _eye_texture(path: Path) -> np.ndarray:
    """An eye with a calmer iris: the drawn ones glow in blue and sink to black in brown."""
    texture = _texture(path, 2)
    grey = (texture[..., :3] @ LUMA)[..., None]
    calm = grey + 0.62 * (texture[..., :3] - grey)
    texture[..., :3] = np.where(grey < 0.02, calm * (1.5, 1.8, 1.8) + (0.012, 0.007, 0.004), calm)
    return texture


def _morphable(file: Path, parts: list[str], modes: int) -> tuple[Morphable, dict[str, np.ndarray]]:
    """A model and the rest of its file; ``parts`` gives the order in which its parts are numbered."""
    with np.load(file) as data:
        arrays = {name: data[name] for name in data.files}
    order = np.array([parts.index(str(name)) for name in arrays["part_names"]])
    model = Morphable(arrays["mean"].astype(np.float32), arrays["id_modes"][:modes], arrays["ex_modes"],
                      tuple(str(name) for name in arrays["ex_names"]), arrays["tri"].astype(np.int64),
                      order[arrays["tri_part"]])
    return model, arrays


def load(root: Path, modes: int = MODES) -> FacePack:
    """Read the pack; ``modes`` identity modes of the 100 are kept."""
    head, arrays = _morphable(root / "ict_core.npz", ["M_Face", "M_BackHead", "M_ScleraLeft", "M_ScleraRight"], modes)
    mouth, _ = _morphable(root / "ict_mouth.npz", ["M_GumsTongue", "M_Teeth"], modes)
    lining = arrays["ict_vertex_index"] >= LINING
    lining[np.unique(head.triangles[head.part >= LEFT_EYE])] = False
    uv, triangle_uv = arrays["uv"], arrays["tri_uv"].astype(np.int64)
    back = head.part == BACK
    triangle_uv[back] += len(uv)
    uv = np.concatenate([uv, uv - [1.0, 0.0]]).astype(np.float32)
    textures: list[np.ndarray] = []

    def add(texture: np.ndarray) -> int:
        textures.append(texture)
        return len(textures) - 1

    skins = []
    for face in sorted((root / "skins").glob("*_face.png")):
        name = face.name.removesuffix("_diffuse_face.png").removesuffix("_face.png")
        behind = Path(str(face).replace("_face.png", "_back.png"))
        skins.append((name, add(_texture(face, 2)), add(_texture(behind, 2))))
    irises = sorted((root / "tex").glob("eye_*.png"))
    eyes = tuple(add(_eye_texture(path)) for path in irises)
    accessories: dict[str, list[Accessory]] = {"hair": [], "brow": [], "lash": []}
    with np.load(root / "accessories.npz") as data:
        for key in sorted({name.rsplit("/", 1)[0] for name in data.files}):
            kind, name = key.split("/")
            file = root / "tex" / f"{kind}_{name}.png"
            if kind == "lash":
                texture = add(_texture(file, 4))
            else:
                texture = add(_hair_texture(file, 2 if kind == "hair" else 4, 0.25 if "afro" in name else 0.85))
            accessories[kind].append(Accessory(
                name, data[f"{key}/v"].astype(np.float32), data[f"{key}/tri"], data[f"{key}/uv"].astype(np.float32),
                data[f"{key}/tri_uv"], data[f"{key}/bind_idx"], data[f"{key}/bind_w"].astype(np.float32), texture))
    return FacePack(head, lining, arrays["eye_polar_uv"].astype(np.float32), uv, triangle_uv, mouth,
                    TextureBank.pack(textures), tuple(skins), eyes, tuple(path.stem for path in irises),
                    {kind: tuple(items) for kind, items in accessories.items()})
