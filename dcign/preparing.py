"""Weights folders of the small networks that prepare a photograph: framing.py, matting.py. Only safetensors and JSON, read strictly.

    save("weights/faces/framing", "framing", network, {"pictures": 96_000}, {})
    network = load("weights/faces/framing", "framing", lambda config: FramingNetwork(FramingConfig(**config)))
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

from torch import nn

from . import checkpoints, storage
from .weights_folder import CONFIG, TENSORS, WeightsError, replace

VERSION = 1
Network = TypeVar("Network", bound=nn.Module)


def save(folder: str | os.PathLike, kind: str, network: nn.Module, training: Mapping, measures: Mapping) -> Path:
    """Write model.safetensors (16 bits) and config.json. Returns the folder."""
    from safetensors.torch import save_file

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    config = {"format": f"{kind}-{VERSION}", "network": asdict(network.config), "training": dict(training), "measures": dict(measures)}
    text = json.dumps(config, indent=1, allow_nan=False) + "\n"
    replace(folder / TENSORS, lambda path: save_file(storage.packed(network), path, metadata={"format": "pt"}))
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
                           f"`python -m train {kind}`") from None
    return network.eval().requires_grad_(False)


def at_hand(name: str) -> bool:
    """Whether the bundled weights of that name are on this machine."""
    return checkpoints.is_weights(checkpoints.weights_root() / name)
