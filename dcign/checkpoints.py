"""Find, verify, load and save weights: a path, the bundled weights/, the local cache, the Hub.

    weights = load_weights("weights/faces")            # one folder: model.safetensors, config.json
    studio = load_studio("faces")                      # found by name, checksums verified
    save_weights("runs/mine", network, layout, calibrations, ranges, name="faces")
    update_index("weights", "faces")

Only safetensors and JSON are ever read; nothing is downloaded unless the weights are nowhere on this machine.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from .calibration import Calibration
from .graphics_code import CodeLayout

if TYPE_CHECKING:
    from .networks import DCIGN
    from .studio import Studio

FORMAT = 1
TENSORS = "model.safetensors"
CONFIG = "config.json"
INDEX = "index.json"
_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+(@[0-9a-f]{40})?")
_AGAIN = "fetch or train the weights again"
_TRAIN = "train some with `python -m train faces`, or pass the path of a weights folder"


class WeightsError(ValueError):
    """Weights that cannot be used; the text names the remedy."""


@dataclass(frozen=True)
class Weights:
    """Everything in one weights folder. ranges and calibrations are keyed by factor, in degrees."""

    name: str
    network: DCIGN
    layout: CodeLayout
    calibrations: dict[str, Calibration]
    ranges: dict[str, tuple[float, float]]
    circular: tuple[str, ...] = ()
    ground: tuple[int, int, int] = (255, 255, 255)
    framing: dict = field(default_factory=dict)
    training: dict = field(default_factory=dict)
    measures: dict = field(default_factory=dict)


# ------------------------------------------------------------------------------------------------ finding


def weights_root() -> Path:
    """The folder of the bundled weights, beside the package."""
    return Path(__file__).resolve().parents[1] / "weights"


def available() -> list[str]:
    """Names of the bundled weights that are on this machine, in the order of the index."""
    root = weights_root()
    names = [*_read_index(root), *sorted(path.parent.name for path in root.glob(f"*/{CONFIG}"))]
    return [name for name in dict.fromkeys(names) if _is_weights(root / name)]


def load_studio(name_or_path: str | os.PathLike, device: str = "auto", **options) -> Studio:
    """A Studio with these weights: see find() for what a name may be; options go to Studio."""
    from .studio import Studio

    weights = load_weights(find(name_or_path))
    return Studio(
        weights.network, weights.layout, weights.calibrations, weights.ranges, weights.circular,
        weights.ground, weights.name, device=device, framing=weights.framing, **options,
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
    if _is_weights(folder):
        # A bundled folder is verified even if it is given as a path.
        entry = index.get(folder.name) if folder.resolve().parent == root else None
        return _verified(folder, entry)
    if name in index or _is_weights(root / name):
        entry = index.get(name)
        if _is_weights(root / name):
            return _verified(root / name, entry)
        if entry.get("repo") and entry.get("revision"):
            return _verified(_from_hub(entry["repo"], entry["revision"]), entry)
        raise FileNotFoundError(f"the bundled weights {name!r} are missing from {root}: {_TRAIN}")
    if folder.exists():
        raise FileNotFoundError(f"{name} has no {CONFIG} and {TENSORS}: {_TRAIN}")
    if _HUB_NAME.fullmatch(name):
        repo, _, revision = name.partition("@")
        return _from_hub(repo, revision or None)
    known = ", ".join(available()) or "none"
    raise FileNotFoundError(f"no weights {name!r} (bundled: {known}): {_TRAIN}")


def _is_weights(folder: Path) -> bool:
    return (folder / CONFIG).is_file() and (folder / TENSORS).is_file()


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
        raise FileNotFoundError(f"{repo} is on the Hub: pip install huggingface_hub, or {_TRAIN}") from None

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
        f"or {_TRAIN}"
    )


# ------------------------------------------------------------------------------------------------ loading


def load_weights(folder: str | os.PathLike) -> Weights:
    """Read one weights folder, strictly: every tensor and every field must be there.

    The network is in float32, in evaluation mode, on the CPU. WeightsError, naming the remedy, otherwise.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    from .paper_network import network_from_dict

    folder = Path(folder)
    if not _is_weights(folder):
        raise FileNotFoundError(f"{folder} has no {CONFIG} and {TENSORS}: {_TRAIN}")
    config = _read_config(folder / CONFIG)
    try:
        network = network_from_dict(config["network"])
        layout = CodeLayout.from_list(config["layout"])
        calibrations = {name: Calibration.from_dict(record) for name, record in config["calibration"].items()}
        ranges = {name: (float(low), float(high)) for name, (low, high) in config["ranges"].items()}
        ground = tuple(int(level) for level in config["ground"])
        weights = Weights(
            str(config["name"]), network, layout, calibrations, ranges, tuple(config["circular"]), ground,
            config.get("framing") or {}, config.get("training") or {}, config.get("measures") or {},
        )
        _check(weights)
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise WeightsError(f"{folder / CONFIG} is not usable ({problem}): {_AGAIN}") from None
    try:
        tensors = load_file(folder / TENSORS)
        # load_state_dict copies into the network's float32 parameters.
        network.load_state_dict(tensors, strict=True)
    except (SafetensorError, RuntimeError, OSError) as problem:
        reason = str(problem).splitlines()[0]
        raise WeightsError(
            f"{folder / TENSORS} does not fit its {CONFIG} ({reason}): {_AGAIN}"
        ) from None
    network.eval().requires_grad_(False)
    return weights


def _read_config(path: Path) -> dict:
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        config = None
    if not isinstance(config, dict):
        raise WeightsError(f"{path} is not valid JSON: {_AGAIN}")
    if config.get("format") != FORMAT:
        raise WeightsError(
            f"{path} has format {config.get('format')!r}, this version reads {FORMAT}: update dcign, "
            f"or {_AGAIN}"
        )
    return config


def _check(weights: Weights) -> None:
    """ValueError if the parts of a model do not belong together."""
    layout, names = weights.layout, weights.layout.names
    if layout.size != weights.network.config.latents:
        raise ValueError(f"layout of {layout.size}, network of {weights.network.config.latents} latents")
    if set(weights.ranges) != set(weights.calibrations):
        raise ValueError("every factor needs a range and a calibration")
    sizes = dict(layout.groups)
    for name, calibration in weights.calibrations.items():
        if name not in names or calibration.size != sizes[name]:
            raise ValueError(f"the calibration of {name} does not fit the layout")
        if calibration.circular != (name in weights.circular):
            raise ValueError(f"{name} is circular in one place and not in another")
        low, high = weights.ranges[name]
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise ValueError(f"the range of {name} must be two increasing numbers")
    if len(weights.ground) != 3 or not all(0 <= level <= 255 for level in weights.ground):
        raise ValueError("the ground must be three levels of 0..255")


# ------------------------------------------------------------------------------------------------- saving


def save_weights(
    folder: str | os.PathLike,
    network: DCIGN,
    layout: CodeLayout,
    calibrations: Mapping[str, Calibration],
    ranges: Mapping[str, Sequence[float]],
    *,
    name: str,
    circular: Sequence[str] = (),
    ground: Sequence[int] = (255, 255, 255),
    framing: Mapping | None = None,
    training: Mapping | None = None,
    measures: Mapping | None = None,
    half: bool = True,
) -> Path:
    """Write model.safetensors and config.json; other files of the folder stay. Returns the folder.

    half: store the parameters in 16 bits (loaded as float32 again). Each file is replaced in one step.
    WeightsError if the parts do not belong together or a weight is not finite.
    """
    import torch
    from safetensors.torch import save_file

    weights = Weights(
        name, network, layout, dict(calibrations),
        {key: tuple(map(float, value)) for key, value in ranges.items()},
        tuple(circular), tuple(int(level) for level in ground), dict(framing or {}), dict(training or {}),
        dict(measures or {}),
    )
    try:
        _check(weights)
    except ValueError as problem:
        raise WeightsError(f"these weights cannot be saved: {problem}") from None
    parameters = {key for key, _ in network.named_parameters()}
    tensors = {}
    for key, value in network.state_dict().items():
        # Buffers (running statistics) are small and may exceed the range of 16 bits.
        dtype = torch.float16 if half and key in parameters else value.dtype
        tensors[key] = value.detach().to("cpu", dtype).contiguous().clone()
        if value.is_floating_point() and not torch.isfinite(tensors[key]).all():
            raise WeightsError(f"{key} is not finite in {dtype}: save with half=False, or train again")
    config = {
        "format": FORMAT,
        "name": name,
        "network": network.config.to_dict(),
        "layout": layout.to_list(),
        "ranges": {key: list(value) for key, value in weights.ranges.items()},
        "circular": list(weights.circular),
        "calibration": {key: value.to_dict() for key, value in weights.calibrations.items()},
        "ground": list(weights.ground),
        "framing": weights.framing,
        "training": weights.training,
        "measures": weights.measures,
    }
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(config, indent=1, allow_nan=False)
    _replace(folder / TENSORS, lambda path: save_file(tensors, path, metadata={"format": "pt"}))
    _replace(folder / CONFIG, lambda path: Path(path).write_text(_compact(text) + "\n", encoding="utf-8"))
    return folder


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
    _replace(root / INDEX, lambda path: Path(path).write_text(text, encoding="utf-8"))


def _compact(text: str) -> str:
    """Indented JSON with each innermost list of numbers on one line."""
    return re.sub(r"\[[^\[\]{}\"]*\]", lambda found: " ".join(found[0].split()), text)


def _replace(path: Path, write: Callable[[str], object]) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    os.close(handle)
    try:
        write(temporary)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
