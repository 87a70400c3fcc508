"""Finding a head in a photograph with a network of our own (framing.py), for where there is no face detector.

    square = find_head(image)     # its middle across and down and its side, in pixels; None where there is no head

Shape legend: N parts of a picture, S pixels.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from . import checkpoints, storage
from .framing import FramingConfig, FramingNetwork, read
from .square_part import square_part
from .weights_folder import CONFIG, TENSORS, WeightsError, replace

NAME = "faces/framing"  # of the bundled weights
FORMAT = "framing-1"
SURE = 0.5  # how likely a head must be
AGAIN = 1.7  # sides of what was found: it is looked at a second time in so large a part of the picture
NEARER = 0.6  # of the longer side: parts in which it is looked for where the whole shows none
_AGAIN = "fetch them again, or learn some with `python -m train frame faces`"


class HeadFinder:
    def __init__(self, network: FramingNetwork):
        self.network = network.eval().requires_grad_(False)

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


def save(folder: str | os.PathLike, network: FramingNetwork, training: Mapping, measures: Mapping) -> Path:
    """Write model.safetensors (16 bits) and config.json. Returns the folder."""
    from safetensors.torch import save_file

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    config = {"format": FORMAT, "network": asdict(network.config), "training": dict(training), "measures": dict(measures)}
    text = json.dumps(config, indent=1, allow_nan=False) + "\n"
    replace(folder / TENSORS, lambda path: save_file(storage.packed(network), path, metadata={"format": "pt"}))
    replace(folder / CONFIG, lambda path: Path(path).write_text(text, encoding="utf-8"))
    return folder


def load(folder: str | os.PathLike) -> HeadFinder:
    """What save() wrote, read strictly. WeightsError, which names the remedy, if it cannot be used."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    folder = Path(folder)
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        if config["format"] != FORMAT:
            raise ValueError(f"format {config['format']!r}")
        network = FramingNetwork(FramingConfig(**config["network"]))
        network.load_state_dict(storage.unpacked(load_file(folder / TENSORS)), strict=True)
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError, OSError) as problem:
        raise WeightsError(f"{folder} cannot find heads ({str(problem).splitlines()[0]}): {_AGAIN}") from None
    return HeadFinder(network)


def at_hand() -> bool:
    """Whether its weights are on this machine."""
    return checkpoints.is_weights(checkpoints.weights_root() / NAME)


@lru_cache(maxsize=1)
def bundled() -> HeadFinder:
    """The one with the bundled weights, which are verified. FileNotFoundError or WeightsError where that fails."""
    return load(checkpoints.find(NAME))


def find_head(image: Image.Image) -> tuple[float, float, float] | None:
    """As HeadFinder.find(), by the bundled weights. Errors as of bundled()."""
    return bundled().find(image.convert("RGB"))
