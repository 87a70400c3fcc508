"""The renders of "Seeing 3D chairs" (Aubry et al., CVPR 2014), the paper's chairs: pictures, not meshes.

    rendered_chairs/<id>/renders/image_003_p020_t011_r096.png

p is the elevation in degrees, t the azimuth of the renderer, r the distance in inches. White ground, 600 x 600.
S pixels.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Sequence

import numpy as np
from PIL import Image, UnidentifiedImageError

from train.camera import View
from train.scenes.paper_chairs import SIZE, azimuth_of, crop, view_of

NAME = re.compile(r"image_(\d+)_p(\d+)_t(\d+)_r(\d+)\.png")
WHITE = 250  # a pixel that is darker in any channel is of the chair
KEPT = 4096  # crops in memory
HOW_TO = ("Wanted: the folder rendered_chairs with <id>/renders/image_003_p020_t011_r096.png and so on, from "
          "https://www.di.ens.fr/willow/research/seeing3Dchairs/ (data/rendered_chairs.tar), named with --data.")


@dataclass(frozen=True)
class RenderedPicture:
    """A file and what its name says, in our degrees."""

    path: Path
    azimuth: float  # (-180, 180]
    elevation: float
    inches: int  # from the camera to the chair


def parse(path: Path) -> RenderedPicture:
    """Read a file's name. Raises ValueError."""
    match = NAME.fullmatch(path.name)
    if match is None:
        raise ValueError(f"{path.name} is not named like image_003_p020_t011_r096.png. {HOW_TO}")
    _, elevation, theta, inches = (int(group) for group in match.groups())
    return RenderedPicture(path, azimuth_of(theta), float(elevation), inches)


class RenderedChairs:
    """The folder of renders; chairs are named by their ids. Raises FileNotFoundError with what is wanted."""

    name = "chairs3d"

    def __init__(self, folder: str | Path | None):
        if folder is None:
            raise FileNotFoundError(f"No folder of rendered chairs was named. {HOW_TO}")
        root = Path(folder).expanduser()
        root = root / "rendered_chairs" if (root / "rendered_chairs").is_dir() else root
        files: dict[str, dict[tuple[float, float], RenderedPicture]] = {}
        for path in sorted(root.glob("*/renders/image_*.png")):
            found = parse(path)
            files.setdefault(path.parent.parent.name, {})[found.azimuth, found.elevation] = found
        if not files:
            raise FileNotFoundError(f"{root} has no <id>/renders/image_*.png. {HOW_TO}")
        self.files = files
        self.chairs = tuple(sorted(files))
        self._crops: OrderedDict[str, tuple[float, float, float]] = OrderedDict()

    def views(self, chair: str) -> tuple[View, ...]:
        """The views of one chair; their light is that of the paper's renderer."""
        return tuple(view_of(found.azimuth, found.elevation) for found in self.files[chair].values())

    def crop(self, chair: str) -> tuple[float, float, float]:
        """Left, top and side in pixels of the square that all pictures of a chair are cut to; reads them all once."""
        if chair not in self._crops:
            boxes = [_box(_read(found.path)) for found in self.files[chair].values()]
            boxes = [box for box in boxes if box is not None]
            if not boxes:
                raise ValueError(f"The pictures of chair {chair} are empty.")
            self._crops[chair] = crop(np.array(boxes))
            if len(self._crops) > KEPT:
                self._crops.popitem(last=False)
        return self._crops[chair]

    def pictures(self, chair: str, views: Sequence[View], size: int = SIZE) -> np.ndarray:
        """Pictures (len(views), S, S, 4) uint8 of colour and mask. Raises ValueError for a view without a file."""
        left, top, side = self.crop(chair)
        pictures = np.empty((len(views), size, size, 4), np.uint8)
        for index, view in enumerate(views):
            found = self.files[chair].get((view.azimuth, view.elevation))
            if found is None:
                raise ValueError(f"Chair {chair} has no picture at azimuth {view.azimuth:g}, elevation "
                                 f"{view.elevation:g}. {HOW_TO}")
            pixels = _read(found.path)
            # a white border, for crops that reach over the edge
            edge = int(np.ceil(max(0.0, -left, -top, left + side - pixels.shape[1], top + side - pixels.shape[0])))
            whole = np.full((pixels.shape[0] + 2 * edge, pixels.shape[1] + 2 * edge, 4), 255, np.uint8)
            whole[..., 3] = 0
            whole[edge:edge + pixels.shape[0], edge:edge + pixels.shape[1], :3] = pixels
            whole[..., 3] = 255 * (whole[..., :3].min(-1) < WHITE)
            box = (left + edge, top + edge, left + edge + side, top + edge + side)
            resample = Image.Resampling.BOX if side > size else Image.Resampling.BILINEAR
            bands = [Image.fromarray(np.ascontiguousarray(whole[..., k])).resize((size, size), resample, box)
                     for k in range(4)]  # one by one: colours are not to be weighted by the mask
            pictures[index] = np.stack([np.asarray(band) for band in bands], -1)
        return pictures


def _read(path: Path) -> np.ndarray:
    """A picture as (H, W, 3) uint8. Raises ValueError."""
    try:
        with Image.open(path) as picture:
            return np.asarray(picture.convert("RGB"))
    except (OSError, UnidentifiedImageError) as error:
        raise ValueError(f"{path} cannot be read as a picture: {error}. {HOW_TO}") from None


def _box(pixels: np.ndarray) -> tuple[int, int, int, int] | None:
    """Left, top, right and bottom of what is not white."""
    rows, columns = np.nonzero(pixels.min(-1) < WHITE)
    return None if not len(rows) else (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
