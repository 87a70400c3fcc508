"""Weights folders of the small networks that prepare a photograph: framing.py, matting.py. Only safetensors and JSON, read strictly.

    save("weights/faces/framing", "framing", network, {"pictures": 96_000}, {})
    network = load("weights/faces/framing", "framing", lambda config: FramingNetwork(FramingConfig(**config)))
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

import torch
from torch import nn

from . import checkpoints, storage
from .weights_folder import CONFIG, TENSORS, WeightsError, replace

VERSION = 1
GROUPS = 8  # of channels that are normalised together
_log = logging.getLogger(__name__)
Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True)
class PhotoNetworkConfig:
    """size: pixels of what it looks at; widths: channels at a half, a quarter, an eighth and a sixteenth of these."""

    size: int
    widths: tuple[int, int, int, int]

    def __post_init__(self) -> None:
        object.__setattr__(self, "widths", tuple(int(width) for width in self.widths))
        if len(self.widths) != 4 or any(width < 1 or width % GROUPS for width in self.widths):
            raise ValueError(f"widths must be four multiples of {GROUPS}, not {self.widths}")
        if self.size < 32 or self.size % 16:
            raise ValueError(f"size must be a multiple of 16, 32 at least, not {self.size}")


def save(folder: str | os.PathLike, kind: str, network: nn.Module, training: Mapping, measures: Mapping) -> Path:
    """Write model.safetensors (16 bits) and config.json. Returns the folder. WeightsError if a weight is not finite."""
    from safetensors.torch import save_file

    tensors = storage.packed(network)
    if not all(torch.isfinite(value).all() for value in tensors.values()):
        raise WeightsError("These weights are not finite in 16 bits: learn them again at a lower rate.")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    config = {"format": f"{kind}-{VERSION}", "network": asdict(network.config), "training": dict(training), "measures": dict(measures)}
    text = json.dumps(config, indent=1, allow_nan=False) + "\n"
    replace(folder / TENSORS, lambda path: save_file(tensors, path, metadata={"format": "pt"}))
    replace(folder / CONFIG, lambda path: Path(path).write_text(text, encoding="utf-8"))
    return folder


def load(folder: str | os.PathLike, kind: str, make: Callable[[dict], Network]) -> Network:
    """What save() wrote; ``make`` is given the network's configuration. WeightsError, which names the remedy, if it cannot be used."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    folder = Path(folder)
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        if config["format"] != f"{kind}-{VERSION}":
            raise ValueError(f"format {config['format']!r}")
        network = make(config["network"])
        network.load_state_dict(storage.unpacked(load_file(folder / TENSORS)), strict=True)
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError, OSError) as problem:
        raise WeightsError(f"{folder} is no network for {kind} ({str(problem).splitlines()[0]}): fetch it again, or learn one with "
                           f"`{command(kind)}`") from None
    return network.eval().requires_grad_(False)


def training(folder: str | os.PathLike) -> dict:
    """What save() was told of the training of weights that load() takes."""
    return json.loads((Path(folder) / CONFIG).read_text(encoding="utf-8"))["training"]


def command(kind: str, source: str | None = None) -> str:
    """What learns one, of the class that is bundled or of another."""
    bundled = {"framing": "faces", "matting": "chairs"}[kind]
    return f"python -m train {kind} {source or bundled} -o weights/{bundled}/{kind}"


class Bundled(Generic[Network]):
    """The bundled network of a kind, loaded and verified when it is first asked for."""

    def __init__(self, name: str, kind: str, make: Callable[[dict], Network]):
        self.name, self.kind, self.make = name, kind, make
        self._lock, self._loaded = Lock(), {}

    def network(self) -> Network | None:
        """None where it is not on this machine, or damaged, which is logged once: a photograph can be prepared without."""
        folder = checkpoints.weights_root() / self.name
        with self._lock:
            if folder not in self._loaded:
                self._loaded[folder] = self._load(folder)
            return self._loaded[folder]

    def _load(self, folder: Path) -> Network | None:
        if not checkpoints.is_weights(folder):
            return None
        try:
            return load(checkpoints.find(folder), self.kind, self.make)
        except (WeightsError, OSError) as problem:
            _log.warning("%s", problem)
            return None
