"""Chairs, or other things, from a folder of mesh files: PLY, OBJ and GLB, read by trimesh.

    python -m train preview meshes --data chairs/ --up z --front=-y -o sheet.png

Colours of vertices, faces and materials are kept; a texture is sampled at the corners of the triangles. V vertices,
T triangles.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from train.raster import to_linear
from train.scenes import optional_package
from train.scenes.mesh import Identity, Mesh
from train.scenes.streams import streams

SUFFIXES = (".ply", ".obj", ".glb")
CREASE = 40.0  # degrees between two faces from which on their common edge is sharp
GREY = 0.45  # linear albedo of what has no colour
WHITE = 0.85  # the largest linear albedo: files say 1.0, paint does not
NO_FRONT = ("stool", "bench", "ottoman", "pouf")  # in a file's name: nothing to measure azimuth by
KEPT = 64  # meshes in memory
HOW_TO = ("Wanted: a folder with .ply, .obj or .glb files, one thing in each, named with --data; say with --up and "
          "--front where they point to (x, y, z, -x, -y or -z).")


@dataclass(frozen=True)
class MeshFolder:
    """A folder (searched with its subfolders) and the directions in its files that are up and the front."""

    path: str
    up: str = "y"
    front: str = "z"


class MeshSource:
    """Things from mesh files. Raises FileNotFoundError, ValueError or PackageMissing with what is wanted.

    No file is held out: to measure, name another folder.
    """

    name = "meshes"
    parts: tuple[str, ...] = ()

    def __init__(self, folder: MeshFolder | str | Path | None):
        if folder is None:
            raise FileNotFoundError(f"No folder of meshes was named. {HOW_TO}")
        self.folder = folder if isinstance(folder, MeshFolder) else MeshFolder(str(folder))
        self._turn = axes(self.folder.up, self.folder.front)
        root = Path(self.folder.path).expanduser()
        if not root.is_dir():
            raise FileNotFoundError(f"{root} is not a folder. {HOW_TO}")
        self.files = sorted(file for file in root.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
        if not self.files:
            raise FileNotFoundError(f"{root} has no {', '.join(SUFFIXES)} file. {HOW_TO}")
        self._trimesh = optional_package("trimesh", "trimesh")
        self._kept: OrderedDict[Path, Mesh] = OrderedDict()

    def file_of(self, seed: int) -> Path:
        """The file of ``seed``: its number modulo the count, in the order of the paths; later rounds are shuffled.

        Shuffled, because mini-batches start at every eighth seed and would never meet some of the files.
        """
        rounds, place = divmod(seed, len(self.files))
        return self.files[np.random.default_rng(rounds).permutation(len(self.files))[place] if rounds else place]

    def identity(self, seed: int, **parts: int) -> Identity:
        """The thing of ``seed``: the same bytes on every call. Stools and benches, by name, have no front.

        A file is one whole: any part raises TypeError.
        """
        streams(self.parts, seed, parts)
        file = self.file_of(seed)
        if file not in self._kept:
            self._kept[file] = self._read(file)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        has_front = not any(word in file.stem.lower() for word in NO_FRONT)
        return Identity(self._kept[file], file.stem, has_front, seed)

    def _read(self, file: Path) -> Mesh:
        try:
            scene = self._trimesh.load_scene(str(file), process=False)
            placed = [scene.graph[node] for node in sorted(scene.graph.nodes_geometry)]
        except Exception as error:  # trimesh raises whatever its parsers do
            raise ValueError(f"{file} cannot be read: {error}. {HOW_TO}") from error
        parts = [(np.asarray(place), scene.geometry[name]) for place, name in placed]
        parts = [(place, part) for place, part in parts if isinstance(part, self._trimesh.Trimesh) and len(part.faces)]
        if not parts:
            raise ValueError(f"{file} has no triangles. {HOW_TO}")
        linear = file.suffix.lower() == ".glb"  # glTF keeps factors and vertex colours in linear light
        # placed here and not by trimesh, whose copies lose vertex colours beside a material
        corners = [(part.vertices @ place[:3, :3].T + place[:3, 3])[part.faces] for place, part in parts]
        corners = np.concatenate(corners) @ self._turn.T
        colours = np.concatenate([corner_colours(part, linear) for _, part in parts])
        low, high = corners.min((0, 1)), corners.max((0, 1))
        if not np.isfinite(corners).all() or not np.linalg.norm(high - low) > 0.0:
            raise ValueError(f"{file} has no extent, or vertices that are not finite.")
        corners = (corners - 0.5 * (low + high)) * (2.0 / np.linalg.norm(high - low))
        return welded(corners, colours)


def axes(up: str, front: str) -> np.ndarray:
    """Rotation (3, 3) that takes directions such as "z" and "-y" to y and z. Raises ValueError."""
    def direction(name: str) -> np.ndarray:
        if name.lstrip("+-") not in ("x", "y", "z") or len(name) > 2:
            raise ValueError(f"{name!r} is no axis: choose x, y, z, -x, -y or -z.")
        return np.eye(3)["xyz".index(name[-1])] * (-1.0 if name[0] == "-" else 1.0)

    upward, forward = direction(up), direction(front)
    if upward @ forward:
        raise ValueError(f"Up ({up}) and front ({front}) must lie on different axes.")
    return np.stack([np.cross(upward, forward), upward, forward])


def corner_colours(part, linear: bool) -> np.ndarray:
    """Linear albedo (T, 3, 3) at the corners of a trimesh.Trimesh; ``linear``: its factors are not sRGB."""
    def light(values) -> np.ndarray:
        values = np.asarray(values)
        share = values[..., :3] / (255.0 if values.dtype == np.uint8 else 65535.0 if values.dtype == np.uint16 else 1.0)
        return share.astype(np.float32) if linear else to_linear(share)

    visual, faces = part.visual, part.faces
    if visual.kind == "vertex":
        return light(visual.vertex_colors)[faces]
    if visual.kind == "face":
        return np.repeat(light(visual.face_colors)[:, None], 3, 1)
    found = np.full((len(faces), 3, 3), GREY, np.float32)
    if visual.kind != "texture":
        return found
    look = visual.material
    factor = look.baseColorFactor if hasattr(look, "baseColorFactor") else look.diffuse
    picture = look.baseColorTexture if hasattr(look, "baseColorTexture") else look.image
    uv = visual.uv
    if picture is not None and uv is not None and len(uv) == len(part.vertices):
        found[:] = _sample(picture, np.asarray(uv)[faces])
        if linear and factor is not None:  # a factor of glTF multiplies; Kd beside map_Kd is mostly left over
            found *= light(factor)
    elif factor is not None:
        found[:] = light(factor)
    extra = visual.vertex_attributes.get("color") if hasattr(visual, "vertex_attributes") else None
    if extra is not None and len(extra) == len(part.vertices):
        found *= light(extra)[faces]
    return found


def _sample(picture, uv: np.ndarray) -> np.ndarray:
    """Linear colours (T, 3, 3) of a repeated PIL picture, made small so that a texel stands for its surroundings."""
    small = picture.convert("RGB")
    small.thumbnail((128, 128))
    texels = to_linear(np.asarray(small, np.float32) / 255.0)
    height, width = texels.shape[:2]
    across = np.floor((uv[..., 0] % 1.0) * width).astype(int) % width
    down = np.floor((1.0 - uv[..., 1] % 1.0) * height).astype(int) % height
    return texels[down, across]


def welded(corners: np.ndarray, colours: np.ndarray) -> Mesh:
    """One mesh from triangle corners (T, 3, 3): smooth within CREASE, with vertices only where something differs."""
    area = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(area, axis=1)
    solid = length > 1e-12
    corners, colours, area, length = corners[solid], colours[solid], area[solid], length[solid]
    where = np.unique(np.round(corners.reshape(-1, 3) * 1e5).astype(np.int64), axis=0, return_inverse=True)[1].ravel()
    # every pair of corners at the same place: the normal of the first is the sum of the second's that face alike
    order = np.argsort(where, kind="stable")
    counts = np.bincount(where)
    starts = np.cumsum(counts) - counts
    repeats = counts[where]
    first = np.repeat(np.arange(len(where)), repeats)
    within = np.arange(len(first)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    second = order[starts[where[first]] + within]
    unit = area / length[:, None]
    alike = np.einsum("ic,ic->i", unit[first // 3], unit[second // 3]) > np.cos(np.radians(CREASE))
    normals = np.stack([np.bincount(first[alike], area[second[alike] // 3, k], len(where)) for k in range(3)], 1)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    rows = np.concatenate([corners.reshape(-1, 3), normals, colours.reshape(-1, 3)], 1).astype(np.float32)
    rows, triangles = np.unique(np.round(rows, 5), axis=0, return_inverse=True)
    parts = [np.ascontiguousarray(rows[:, k:k + 3]) for k in (0, 3, 6)]
    return Mesh(parts[0], triangles.reshape(-1, 3).astype(np.int32), np.clip(parts[2], 0.0, WHITE), parts[1])
