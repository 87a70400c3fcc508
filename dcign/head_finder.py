"""Finding a head in a photograph with a network of our own (framing.py), for where there is no face detector.

    square = find_head(image)     # its middle across and down and its side, in pixels; None where there is no head

Shape legend: N parts of a picture, S pixels.
"""

from __future__ import annotations

import os

import numpy as np
import torch
from PIL import Image

from . import photo_networks
from .framing import FramingConfig, FramingNetwork, read
from .square_part import square_part

NAME = "faces/framing"  # of the bundled weights
KIND = "framing"
SURE = 0.5  # how likely a head must be
AGAIN = 1.7  # sides of what was found: it is looked at a second time in so large a part of the picture
NEARER = 0.6  # of the longer side: parts in which it is looked for where the whole shows none


class HeadFinder:
    """Looks at the whole picture, at parts of it if that shows no head, and once more at what it found."""

    def __init__(self, network: FramingNetwork):
        self.network = network.eval()

    def find(self, image: Image.Image) -> tuple[float, float, float] | None:
        """Middle and side, in pixels, of the square that a training render would show of the head in an RGB image. None where there is
        none."""
        width, height = image.size
        whole = (width / 2, height / 2, float(max(width, height)))
        part = NEARER * whole[2]
        for looks in ([whole], [(x, y, part) for x in _places(width, part) for y in _places(height, part)]):
            sure, squares = self._look(image, looks)
            best = int(np.argmax(sure))
            if sure[best] >= SURE:
                break
        else:
            return None
        square = squares[best]
        sure, (again,) = self._look(image, [(square[0], square[1], AGAIN * square[2])])
        return again if sure[0] >= SURE else square

    def _look(self, image: Image.Image, parts: list[tuple[float, float, float]]) -> tuple[np.ndarray, list[tuple[float, float, float]]]:
        """How likely there is a head in each square part of an image, middle and side, and where in the image it is."""
        size = self.network.config.size
        pixels = np.stack([np.asarray(square_part(image, *part, size)) for part in parts])  # (N, S, S, 3)
        with torch.inference_mode():
            sure, squares = read(self.network(torch.from_numpy(pixels).permute(0, 3, 1, 2).float().div(255)))
        found = []
        for (x, y, side), square in zip(parts, squares.tolist()):
            scale = side / size
            found.append((x + (square[0] - size / 2) * scale, y + (square[1] - size / 2) * scale, square[2] * scale))
        return sure.numpy(), found


def _places(length: int, part: float) -> list[float]:
    """Middles of parts that cover a length."""
    return [length / 2] if part >= length else [part / 2, length / 2, length - part / 2]


def load(folder: str | os.PathLike) -> HeadFinder:
    """One with these weights. WeightsError, which names the remedy, if they cannot be used."""
    return HeadFinder(photo_networks.load(folder, KIND, _make))


def usable() -> bool:
    """Whether its weights are on this machine, and whole."""
    return _bundled.network() is not None


def find_head(image: Image.Image) -> tuple[float, float, float] | None:
    """As HeadFinder.find(), of an image of any mode, by the bundled weights; None where there are none."""
    network = _bundled.network()
    return None if network is None else HeadFinder(network).find(image.convert("RGB"))


def _make(config: dict) -> FramingNetwork:
    return FramingNetwork(FramingConfig(**config))


_bundled = photo_networks.Bundled(NAME, KIND, _make)
