"""The studios that the page can choose from, each loaded when it is first needed and then kept.

    studios = Studios()                    # the bundled weights
    studios = Studios("runs/my-faces")     # one weights folder, or a folder of such folders
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import dcign

from ..checkpoints import BESIDE, CONFIG, available, find, is_weights, weights_root
from ..studio import Studio

_ORDER = ("faces", "chairs")
_log = logging.getLogger(__name__)


class Studios(Mapping[str, Studio]):
    """Name -> Studio. FileNotFoundError or ValueError, naming the remedy, if the folder has no weights.

    folder: one weights folder, or a folder of such folders; None means the bundled weights. device: as in
    dcign.load().
    """

    def __init__(self, folder: str | os.PathLike | None = None, device: str = "auto") -> None:
        root = weights_root() if folder is None else Path(folder)
        if folder is None:
            found = [find(name) for name in available()]
        else:
            # A model's own folder first: what lies inside it is no model to choose.
            inside = [] if is_weights(root) else [path.parent for path in sorted(root.glob(f"*/{CONFIG}"))]
            found = inside or [find(root)]
        if not found:
            raise FileNotFoundError(
                f"there are no weights in {root}: train some with `python -m train faces`, or pass --weights"
            )
        # The name inside the configuration, not the folder's: it is what a graphics code refers to.
        named, rivals = {}, {}
        for path in found:
            name, entangled = _described(path)
            kept = rivals if entangled and len(found) > 1 else named
            if kept.setdefault(name, path) != path:
                _log.warning("%s is left out: %s are drawn by %s already", path, name, kept[name])
        first = [name for name in _ORDER if name in named]
        self._folders = {name: named[name] for name in dict.fromkeys([*first, *sorted(named)])}
        # Not among the names to choose from: only for a look beside the model of the same class.
        rivals |= {name: path / BESIDE for name, path in self._folders.items() if is_weights(path / BESIDE)}
        self._beside = {f"{name}/{BESIDE}": path for name, path in rivals.items()}
        self._device = device
        self._loaded: dict[str, Studio] = {}
        self._lock = threading.Lock()

    def __getitem__(self, name: str) -> Studio:
        folder = self._folders.get(name) or self._beside[name]
        if name in self._loaded:   # nobody waits while somebody else's model is being loaded
            return self._loaded[name]
        with self._lock:   # two visitors at once must not load the same weights twice
            if name not in self._loaded:
                self._loaded[name] = dcign.load(str(folder), device=self._device, name=name)
            return self._loaded[name]

    def beside(self, name: str) -> Studio | None:
        """The entangled network of that model's class; None where there is none that can be used."""
        rival = f"{name}/{BESIDE}"
        if rival not in self._beside:
            return None
        try:
            return self[rival]
        except (OSError, ValueError) as problem:   # the page goes on without it
            _log.warning("no comparison with an entangled network: %s", problem)
            self._beside.pop(rival, None)
            return None

    def __iter__(self) -> Iterator[str]:
        return iter(self._folders)

    def __len__(self) -> int:
        return len(self._folders)

    def __contains__(self, name: object) -> bool:   # Mapping's own would load the weights to answer
        return name in self._folders or name in self._beside

    def folder(self, name: str) -> Path:
        """Where that model's weights and examples lie."""
        return self._folders[name]


def _described(folder: Path) -> tuple[str, bool]:
    """The class that the weights draw, and whether they are an entangled network's (trained without clamping)."""
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        training = config.get("training") or {}
        return str(config["name"]), (training.get("config") or {}).get("clamp") == "none"
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise ValueError(f"{folder / CONFIG} does not describe a model: fetch the weights again") from None
