"""The Basel Face Model, which the paper's faces were drawn from: 2009 as .mat, 2017 and 2019 as .h5.

    python -m train preview basel --data 01_MorphableModel.mat -o sheet.png

The model is free for research by registration and may not be passed on, so nothing of it is kept here. Its own frame
is ours: y up, z towards the nose, +x on the subject's left. V vertices, T triangles, K coefficients.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from train.raster import to_linear
from train.scenes import optional_package
from train.scenes.mesh import Identity, Mesh, material, vertex_normals
from train.scenes.streams import streams

HALF_HEIGHT = 0.95  # half the mean face's height in scene units, about that of the other faces
TEMPERATURE = 1.0  # standard deviation of the shape and texture coefficients
MOOD = 0.5  # of the expression coefficients, in the files that have some
HOW_TO = ("Wanted: 01_MorphableModel.mat (Basel Face Model 2009) or a model2017-1_*.h5 or model2019_*.h5 file. "
          "Register at https://faces.dmi.unibas.ch/bfm/ to download one, and name it with --data.")
MAT_KEYS = ("shapeMU", "shapePC", "shapeEV", "texMU", "texPC", "texEV", "tl")
H5_KEYS = ("shape/model/mean", "shape/model/pcaBasis", "shape/model/pcaVariance", "shape/representer/cells",
           "color/model/mean", "color/model/pcaBasis", "color/model/pcaVariance")


@dataclass(frozen=True)
class Linear:
    """A mean (3 V,) and its modes (K, 3 V), each of one standard deviation."""

    mean: np.ndarray
    modes: np.ndarray

    @staticmethod
    def of(mean: np.ndarray, components: np.ndarray, deviations: np.ndarray) -> "Linear":
        """From columns of components (3 V, K). Raises ValueError where the sizes do not fit."""
        mean, deviations = np.ravel(mean).astype(np.float32), np.ravel(deviations).astype(np.float32)
        if len(mean) % 3 or components.shape != (len(mean), len(deviations)):
            raise ValueError(f"it has a mean of {len(mean)} values, components of {components.shape} and "
                             f"{len(deviations)} deviations")
        modes = np.asarray(components, np.float32).T * deviations[:, None]
        return Linear(mean, np.ascontiguousarray(modes))

    def draw(self, rng: np.random.Generator, temperature: float) -> np.ndarray:
        """The mean plus normal coefficients times the modes, (V, 3)."""
        weights = rng.normal(0.0, temperature, len(self.modes)).astype(np.float32)
        # einsum and not a BLAS product: the same bytes on any number of threads
        return (self.mean + np.einsum("k,kv->v", weights, self.modes)).reshape(-1, 3)


@dataclass(frozen=True)
class BaselModel:
    shape: Linear
    texture: Linear  # sRGB in [0, 1]
    expression: Linear | None
    triangles: np.ndarray  # (T, 3) int32, wound outwards


class BaselSource:
    """Faces of the Basel model. Raises FileNotFoundError, ValueError or PackageMissing with what is wanted."""

    name = "basel"
    parts = ("shape", "texture")

    def __init__(self, path: str | Path | None, temperature: float = TEMPERATURE):
        self.model = load(path)
        self.temperature = temperature
        mean = self.model.shape.mean.reshape(-1, 3)
        if self.model.expression is not None:
            mean = mean + self.model.expression.mean.reshape(-1, 3)
        low, high = mean.min(0), mean.max(0)
        self._centre = 0.5 * (low + high)
        self._scale = np.float32(2.0 * HALF_HEIGHT / (high[1] - low[1]))

    def identity(self, seed: int, **parts: int) -> Identity:
        """The face of ``seed``, with another seed's shape (with its expression) or texture where ``parts`` says so."""
        model = self.model
        shape, texture = streams(self.parts, seed, parts)
        points = model.shape.draw(shape, self.temperature)
        if model.expression is not None:
            points = points + model.expression.draw(shape, MOOD)
        points = ((points - self._centre) * self._scale).astype(np.float32)
        colours = to_linear(np.clip(model.texture.draw(texture, self.temperature), 0.0, 1.0))
        specular = np.full(len(points), 0.04, np.float32)
        mesh = Mesh(points, model.triangles, colours, vertex_normals(points, model.triangles), specular,
                    materials=np.array([material(cull=True, wrap=0.18)], np.float32))
        return Identity(mesh, "basel", True, seed)


def load(path: str | Path | None) -> BaselModel:
    """Read a model file of either format."""
    if path is None:
        raise FileNotFoundError(f"No Basel Face Model was named. {HOW_TO}")
    file = Path(path).expanduser()
    if not file.is_file():
        raise FileNotFoundError(f"{file} is not a file. {HOW_TO}")
    if file.suffix not in (".mat", ".h5"):
        raise ValueError(f"{file} is neither .mat nor .h5. {HOW_TO}")
    try:
        shape, texture, expression, triangles = _read_mat(file) if file.suffix == ".mat" else _read_h5(file)
    except (ValueError, OSError, NotImplementedError) as error:
        raise ValueError(f"{file} cannot be read as a Basel Face Model: {error}. {HOW_TO}") from None
    count = len(shape.mean) // 3
    if len(texture.mean) != len(shape.mean) or triangles.min() < 0 or triangles.max() >= count:
        raise ValueError(f"{file}: shape, texture and triangles do not belong to the same {count} vertices. {HOW_TO}")
    return BaselModel(shape, texture, expression, _outwards(shape.mean.reshape(-1, 3), triangles))


def _missing(keys: tuple[str, ...], there) -> None:
    absent = [key for key in keys if key not in there]
    if absent:
        raise ValueError(f"it has no {', '.join(absent)}")


def _read_mat(file: Path) -> tuple[Linear, Linear, None, np.ndarray]:
    """2009: micrometres, textures in 0..255, triangles counted from 1, EV are standard deviations."""
    io = optional_package("scipy.io", "scipy")
    data = io.loadmat(str(file))
    _missing(MAT_KEYS, data)
    shape = Linear.of(data["shapeMU"], data["shapePC"], data["shapeEV"])
    texture = Linear.of(data["texMU"] / 255.0, data["texPC"], data["texEV"] / 255.0)
    return shape, texture, None, data["tl"].astype(np.int64) - 1


def _read_h5(file: Path) -> tuple[Linear, Linear, Linear | None, np.ndarray]:
    """2017 and 2019: millimetres, colours in 0..1, cells (3, T) counted from 0, variances."""
    h5py = optional_package("h5py", "h5py")
    with h5py.File(file, "r") as data:
        _missing(H5_KEYS, data)

        def part(name: str) -> Linear:
            group = data[f"{name}/model"]
            return Linear.of(group["mean"][()], group["pcaBasis"][()], np.sqrt(group["pcaVariance"][()]))

        expression = part("expression") if "expression/model/pcaBasis" in data else None
        return part("shape"), part("color"), expression, data["shape/representer/cells"][()].astype(np.int64).T


def _outwards(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """The triangles wound so that their normals leave the head: releases differ in this."""
    corners = points[triangles] - points.mean(0)
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    inwards = np.einsum("tc,tc->", corners.mean(1), normals, dtype=np.float64) < 0.0
    return np.ascontiguousarray(triangles[:, ::-1] if inwards else triangles).astype(np.int32)
