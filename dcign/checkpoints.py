"""Find and verify weights: a path, the bundled weights/, the local cache, the Hub.

    folder = find("faces")                     # verified by the checksums of weights/index.json
    studio = load_studio("faces")
    update_index("weights", "faces")           # after save_weights() into weights/faces

Nothing is downloaded unless the weights are nowhere on this machine.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from .weights_folder import (
    CONFIG,
    FORMAT,
    TENSORS,
    TRAIN,
    Weights,
    WeightsError,
    is_weights,
    load_weights,
    replace,
    save_weights,
)

if TYPE_CHECKING:
    from .studio import Studio

__all__ = [
    "BESIDE", "CONFIG", "FORMAT", "INDEX", "TENSORS", "Weights", "WeightsError", "available", "find", "load_studio",
    "load_weights", "save_weights", "sha256", "update_index", "weights_root",
]

INDEX = "index.json"
#: The folder inside a model's where an entangled network of its class lies, to be compared with; not a model itself.
BESIDE = "entangled"
_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+(@[0-9a-f]{40})?")


def weights_root() -> Path:
    """The folder of the bundled weights, beside the package."""
    return Path(__file__).resolve().parents[1] / "weights"


def available() -> list[str]:
    """Names of the bundled weights that are on this machine, in the order of the index."""
    root = weights_root()
    names = [*_read_index(root), *sorted(path.parent.name for path in root.glob(f"*/{CONFIG}"))]
    return [name for name in dict.fromkeys(names) if "/" not in name and is_weights(root / name)]


def load_studio(
    name_or_path: str | os.PathLike, device: str = "auto", name: str | None = None, **options
) -> Studio:
    """A Studio with these weights: see find() for what a name may be; options go to Studio.

    name: what its codes are marked with in place of the weights' own name.
    """
    from .studio import Studio

    weights = load_weights(find(name_or_path))
    return Studio(
        weights.network, weights.layout, weights.calibrations, weights.ranges, weights.circular,
        weights.ground, name or weights.name, device=device, framing=weights.framing, unlearned=weights.unlearned,
        directions=weights.directions, **options,
    )


def find(name_or_path: str | os.PathLike) -> Path:
    """The folder of verified weights for a folder, a bundled name, or "owner/name[@revision]" on the Hub.

    Order: the path itself, the bundled weights, the local cache, the Hub. FileNotFoundError, naming the
    remedy, if they are nowhere; WeightsError if a checksum differs from the index.
    """
    name = os.fspath(name_or_path)
    root = weights_root()
    index = _read_index(root)
    folder = Path(name)
    if is_weights(folder):
        # A bundled folder is verified even if it is given as a path.
        place = folder.resolve()
        return _verified(folder, index.get(place.relative_to(root).as_posix()) if root in place.parents else None)
    if name in index or is_weights(root / name):
        entry = index.get(name)
        if is_weights(root / name):
            return _verified(root / name, entry)
        if entry.get("repo") and entry.get("revision"):
            return _verified(_from_hub(entry["repo"], entry["revision"]), entry)
        raise FileNotFoundError(f"the bundled weights {name!r} are missing from {root}: {TRAIN}")
    if folder.exists():
        raise FileNotFoundError(f"{name} has no {CONFIG} and {TENSORS}: {TRAIN}")
    if _HUB_NAME.fullmatch(name):
        repo, _, revision = name.partition("@")
        return _from_hub(repo, revision or None)
    known = ", ".join(available()) or "none"
    raise FileNotFoundError(f"no weights {name!r} (bundled: {known}): {TRAIN}")


def _read_index(root: Path) -> dict[str, dict]:
    path = root / INDEX
    if not path.is_file():
        return {}
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        index = None
    if not isinstance(index, dict) or not all(isinstance(entry, dict) for entry in index.values()):
        raise WeightsError(f"{path} is damaged: fetch it again, or write it with update_index()")
    return index


def _verified(folder: Path, entry: dict | None) -> Path:
    for file, expected in (entry or {}).get("sha256", {}).items():
        if sha256(folder / file) != expected:
            raise WeightsError(
                f"{folder / file} does not match its checksum: fetch it again (git lfs pull), or run "
                "update_index() if you changed it on purpose"
            )
    return folder


def sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _from_hub(repo: str, revision: str | None) -> Path:
    """The snapshot folder of a Hub repository: a pinned revision from the cache if it is there."""
    try:
        from huggingface_hub import hf_hub_download
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
    except ImportError:
        raise FileNotFoundError(f"{repo} is on the Hub: pip install huggingface_hub, or {TRAIN}") from None

    def fetch(local_only: bool) -> Path:
        paths = [
            hf_hub_download(repo, file, revision=revision, local_files_only=local_only)
            for file in (CONFIG, TENSORS)
        ]
        return Path(paths[0]).parent

    missing = (HfHubHTTPError, LocalEntryNotFoundError, OSError)
    # An unpinned name means the newest version, so ask the Hub first; a pinned one never changes.
    for local_only in (True, False) if revision else (False, True):
        try:
            return fetch(local_only)
        except missing:
            continue
        except ValueError:  # a name that the Hub does not allow
            break
    raise FileNotFoundError(
        f"{repo} is neither in the local cache nor reachable on the Hub: check the name and the network, "
        f"or {TRAIN}"
    )


def update_index(
    root: str | os.PathLike, name: str, repo: str | None = None, revision: str | None = None
) -> None:
    """Enter the checksums of root/name into root/index.json. repo and revision stay unless they are given."""
    root = Path(root)
    index = _read_index(root)
    entry = index.get(name, {})
    if revision is not None and not re.fullmatch(r"[0-9a-f]{40}", revision):
        raise ValueError("a revision is pinned by its full 40-digit commit hash")
    index[name] = {
        "repo": repo or entry.get("repo"),
        "revision": revision or entry.get("revision"),
        "sha256": {file: sha256(root / name / file) for file in (TENSORS, CONFIG)},
    }
    text = json.dumps(index, indent=2) + "\n"
    replace(root / INDEX, lambda path: Path(path).write_text(text, encoding="utf-8"))
