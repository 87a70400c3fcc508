"""The state of a run on disk: one safetensors file (weights, average, optimiser) replaced atomically, never a pickle."""

from __future__ import annotations

import json
import os
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

MOMENTS = ("exp_avg", "exp_avg_sq", "step")


def save(path: Path, model: torch.nn.Module, average: torch.nn.Module, optimiser: torch.optim.Optimizer,
         progress: dict, moments: torch.nn.Module | None = None) -> None:
    """Write everything that a resumed run needs; ``progress`` is plain JSON, ``moments`` those of Decorrelation."""
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    tensors |= {f"average.{name}": value for name, value in average.state_dict().items()}
    if moments is not None:
        tensors |= {f"moments.{name}": value for name, value in moments.state_dict().items()}
    for name, parameter in model.named_parameters():
        for moment in MOMENTS:
            if moment in optimiser.state.get(parameter, {}):
                tensors[f"{moment}.{name}"] = optimiser.state[parameter][moment]
    tensors = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    save_file(tensors, partial, metadata={"progress": json.dumps(progress)})
    with partial.open("rb+") as file:  # on the disk before it takes the place of the last one
        os.fsync(file.fileno())
    os.replace(partial, path)


def read_progress(path: Path) -> dict:
    """What save() was told of the run, also while it goes on: the file is opened once (safe_open opens it twice, and may find
    the next state the second time)."""
    with path.open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    return json.loads(header["__metadata__"]["progress"])


def restore(path: Path, model: torch.nn.Module, average: torch.nn.Module, optimiser: torch.optim.Optimizer,
            moments: torch.nn.Module | None = None) -> None:
    """Load what save() wrote into objects of the same configuration; moments that it did not write, or wrote
    of something else, start from zero. Raises ValueError for the state of another network."""
    with safe_open(path, "pt") as file:
        names = set(file.keys())
        # what the targets were called before
        kept = {n.removeprefix("moments.").replace("told_", "target_"): file.get_tensor(n)
                for n in names if n.startswith("moments.")}
        shapes = {} if moments is None else {n: value.shape for n, value in moments.state_dict().items()}
        if shapes and {n: value.shape for n, value in kept.items()} == shapes:
            moments.load_state_dict(kept)
        if {n for n in names if n.startswith("model.")} != {f"model.{n}" for n in model.state_dict()}:
            raise ValueError(f"{path} is the state of another network than the preset's: start over with --fresh, or "
                             "under another --name, with --from for weights to begin with.")
        for target, prefix in ((model, "model."), (average, "average.")):
            target.load_state_dict({n.removeprefix(prefix): file.get_tensor(n) for n in names if n.startswith(prefix)})
        for name, parameter in model.named_parameters():
            if f"step.{name}" in names:
                kept = {moment: file.get_tensor(f"{moment}.{name}") for moment in MOMENTS
                        if f"{moment}.{name}" in names}
                # moments in the parameter's own memory format, as a run that was not stopped has them
                optimiser.state[parameter] = {
                    moment: value.to(parameter.device) if moment == "step" else torch.empty_like(parameter).copy_(value)
                    for moment, value in kept.items()}
