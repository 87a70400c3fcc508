"""A weights folder: model.safetensors and config.json, read strictly and written in one step.

    save_weights("runs/mine", network, layout, calibrations, ranges, name="faces")
    weights = load_weights("runs/mine")

Only safetensors and JSON are ever read, so a folder from a stranger cannot run code.
"""

from __future__ import annotations

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
from .directions import Directions
from .graphics_code import FACTORS, CodeLayout

if TYPE_CHECKING:
    from .networks import DCIGN

FORMAT = 1
EIGHT_BITS = 2  # the format of folders with kernels in 8 bits, which versions before did not read
FLOW = 3  # of those with appearance flow, likewise
BLENDING = 4  # and of those that tell which of two pictures to take
_NEARLY_CHANCE = 0.8  # of the error of a guess
TENSORS = "model.safetensors"
CONFIG = "config.json"
#: The end of a message about missing weights.
TRAIN = "train some with `python -m train faces`, or pass the path of a weights folder"
_AGAIN = "fetch or train the weights again"


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
    directions: dict[str, Directions] = field(default_factory=dict)

    @property
    def unlearned(self) -> tuple[str, ...]:
        """Factors whose measured error is nearly that of a guess (`python -m train measure` keeps both)."""
        try:
            return tuple(
                str(name) for name, row in self.measures.get("equivariance", {}).items()
                if float(row["calibrated_mae"]) > _NEARLY_CHANCE * float(row["chance_mae"])
            )
        except (AttributeError, KeyError, TypeError, ValueError):
            return ()  # measures of another shape say nothing


def is_weights(folder: Path) -> bool:
    """Whether both files are there; what they hold is not looked at."""
    return (folder / CONFIG).is_file() and (folder / TENSORS).is_file()


def load_weights(folder: str | os.PathLike) -> Weights:
    """Read one weights folder, strictly: every tensor and every field must be there.

    The network is in float32, in evaluation mode, on the CPU. FileNotFoundError where there are none, and WeightsError for any
    other fault, both naming the remedy.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    from . import storage
    from .paper_network import network_from_dict

    folder = Path(folder)
    if not is_weights(folder):
        raise FileNotFoundError(f"{folder} has no {CONFIG} and {TENSORS}: {TRAIN}")
    config = _read_config(folder / CONFIG)
    try:
        network = network_from_dict(config["network"])
        layout = CodeLayout.from_list(config["layout"])
        calibrations = {name: Calibration.from_dict(record) for name, record in config["calibration"].items()}
        ranges = {name: (float(low), float(high)) for name, (low, high) in config["ranges"].items()}
        ground = tuple(int(level) for level in config["ground"])
        weights = Weights(
            str(config["name"]), network, layout, calibrations, ranges, tuple(config["circular"]), ground,
            *(dict(config.get(part) or {}) for part in ("framing", "training", "measures")),
            {group: Directions.from_dict(group, record) for group, record in config.get("directions", {}).items()},
        )
        _check(weights)
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise WeightsError(f"{folder / CONFIG} is not usable ({problem}): {_AGAIN}") from None
    try:
        # load_state_dict copies into the network's float32 parameters.
        network.load_state_dict(storage.unpacked(load_file(folder / TENSORS)), strict=True)
    except (SafetensorError, RuntimeError, ValueError, OSError) as problem:
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
    if config.get("format") not in (FORMAT, EIGHT_BITS, FLOW, BLENDING):
        raise WeightsError(
            f"{path} has format {config.get('format')!r}, this version reads {FORMAT} to {BLENDING}: update dcign, or {_AGAIN}"
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
    for group, value in weights.directions.items():
        if group in FACTORS or sizes.get(group) != value.size:
            raise ValueError(f"the directions of {group} do not fit the layout")
    if len(weights.ground) != 3 or not all(0 <= level <= 255 for level in weights.ground):
        raise ValueError("the ground must be three levels of 0..255")


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
    directions: Mapping[str, Directions] | None = None,
    half: bool = True,
) -> Path:
    """Write model.safetensors and config.json; other files of the folder stay. Returns the folder.

    half: store the parameters in 16 bits, or less (dcign.storage; loaded as float32 again). Each file is replaced in one step.
    WeightsError if the parts do not belong together or a weight is not finite.
    """
    import torch
    from safetensors.torch import save_file

    from . import storage

    weights = Weights(
        name, network, layout, dict(calibrations),
        {key: tuple(map(float, value)) for key, value in ranges.items()},
        tuple(circular), tuple(int(level) for level in ground), dict(framing or {}), dict(training or {}),
        dict(measures or {}), dict(directions or {}),
    )
    try:
        _check(weights)
    except ValueError as problem:
        raise WeightsError(f"these weights cannot be saved: {problem}") from None
    if half:
        tensors = storage.packed(network)
    else:
        tensors = {key: value.detach().cpu().contiguous().clone() for key, value in network.state_dict().items()}
    for key, value in storage.unpacked(tensors).items():
        if value.is_floating_point() and not torch.isfinite(value).all():
            raise WeightsError(f"{key} is not finite in {value.dtype}: save with half=False, or train again")
    config = {
        "format": _format(network, storage.has_eight_bits(tensors)),
        "name": name,
        "network": network.config.to_dict(),
        "layout": layout.to_list(),
        "ranges": {key: list(value) for key, value in weights.ranges.items()},
        "circular": list(weights.circular),
        "calibration": {key: value.to_dict() for key, value in weights.calibrations.items()},
        "ground": list(weights.ground),
        "framing": weights.framing,
        "directions": {group: value.to_dict() for group, value in weights.directions.items()},
        "training": weights.training,
        "measures": weights.measures,
    }
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(config, indent=1, allow_nan=False)
    replace(folder / TENSORS, lambda path: save_file(tensors, path, metadata={"format": "pt"}))
    replace(folder / CONFIG, lambda path: Path(path).write_text(_compact(text) + "\n", encoding="utf-8"))
    return folder


def _format(network: DCIGN, eight_bits: bool) -> int:
    """The oldest that has all that is in these weights."""
    if network.flow is not None:
        return BLENDING if network.flow.blending is not None else FLOW
    return EIGHT_BITS if eight_bits else FORMAT


def _compact(text: str) -> str:
    """Indented JSON with each innermost list of numbers on one line."""
    return re.sub(r"\[[^\[\]{}\"]*\]", lambda found: " ".join(found[0].split()), text)


def replace(path: Path, write: Callable[[str], object]) -> None:
    """Write a file beside path under another name, then put it in path's place in one step."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    os.close(handle)
    try:
        write(temporary)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
