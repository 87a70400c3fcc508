"""What is drawn: one contract (mesh.Source), several sources, and how each class of things is framed and sampled."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from types import ModuleType

from train.camera import CHAIR_RIG, FACE_RIG, Rig
from train.scenes.mesh import Source

HELD_OUT = 1_000_000  # identity seeds below this are never trained on


@dataclass(frozen=True)
class Stage:
    """How pictures of a class are taken: the rig and the sampled ranges in degrees."""

    rig: Rig
    ranges: dict[str, tuple[float, float]]
    circular: tuple[str, ...] = ()
    subject: str = "face"  # or "object"


STAGES = {
    "faces": Stage(FACE_RIG, {"azimuth": (-90.0, 90.0), "elevation": (-30.0, 30.0), "light": (-85.0, 85.0)}),
    "chairs": Stage(CHAIR_RIG, {"azimuth": (-180.0, 180.0), "elevation": (0.0, 40.0), "light": (-80.0, 80.0)},
                    ("azimuth",), "object"),
}
STAGES["heads"] = STAGES["basel"] = STAGES["ict"] = STAGES["faces"]
STAGES["meshes"] = STAGES["chairs3d"] = STAGES["chairs"]


class PackageMissing(ImportError):
    """Data of this kind need an optional package; the message names the pip command."""


def optional_package(module: str, package: str) -> ModuleType:
    """Import ``module``, which ``package`` on PyPI provides, or raise PackageMissing."""
    try:
        return importlib.import_module(module)
    except ImportError:
        raise PackageMissing(f"Reading this file needs the package {package}: pip install {package}") from None


def in_setting(source: Source, setting: str) -> Source:
    """The source as a recipe's ``setting`` has it: "paper-faces" are a FaceSource's plain ones, all else is as it is."""
    return source.plain() if setting == "paper-faces" else source


def open_source(name: str, assets_folder=None) -> Source:
    """The source of a class. ``assets_folder`` says where its data are, for the classes that need some.

    ``faces`` takes the folder of the asset pack (raises assets.AssetsMissing where it is absent), ``basel`` a model
    file, ``ict`` a checkout of ICT-FaceKit, ``meshes`` a folder or a meshes.MeshFolder; these raise FileNotFoundError
    or ValueError with what is wanted, and PackageMissing. ``chairs3d``, a folder of renders, gives a
    paper_chairs.Chairs: pictures in the paper's views and no meshes.
    """
    if name == "faces":
        from train.scenes import assets
        from train.scenes.faces import FaceSource

        root = assets.find(assets_folder)
        if root is None:
            raise assets.AssetsMissing(f"No face asset pack was named. {assets.HOW_TO}")
        return FaceSource(root)
    if name == "heads":
        from train.scenes.heads import HeadSource

        return HeadSource()
    if name == "chairs":
        from train.scenes.chairs import ChairSource

        return ChairSource()
    if name == "basel":
        from train.scenes.basel import BaselSource

        return BaselSource(assets_folder)
    if name == "ict":
        from train.scenes.ict import ICTSource

        return ICTSource(assets_folder)
    if name == "meshes":
        from train.scenes.meshes import MeshSource

        return MeshSource(assets_folder)
    if name == "chairs3d":
        from train.scenes.chairs3d import RenderedChairs

        return RenderedChairs(assets_folder)
    raise ValueError(f"Unknown class {name!r}: choose faces, heads, chairs, basel, ict, meshes or chairs3d.")
