"""Where to compute, and what this machine can do."""

from __future__ import annotations

import copy

import torch
from torch import nn

from .block import Listener


def matrix_units() -> bool:
    """Whether this CPU multiplies bfloat16 matrices in hardware (AMX, or AVX-512 with BF16); PyTorch has no public word for
    either yet."""
    known = (getattr(torch.cpu, f"_is_{unit}_supported", None) for unit in ("amx_tile", "avx512_bf16"))
    return any(supported is not None and supported() for supported in known)


def device_named(name: str) -> torch.device:
    """"auto" is a GPU where there is one. ValueError for an unknown name, or a GPU that is not here."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise ValueError(f"unknown device {name!r}: use auto, cpu or cuda") from None
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ValueError("no CUDA device can be used here: choose cpu or auto")
    if device.type not in ("cpu", "cuda"):
        raise ValueError(f"device {name!r} is not supported: use auto, cpu or cuda")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise ValueError(f"there is no device {name!r}: this machine has {torch.cuda.device_count()}")
    return device


def drawing_in(network: nn.Module, precision: torch.dtype) -> nn.Module:
    """A copy of a network whose drawing half computes in another precision; its Listeners stay."""
    twin = copy.deepcopy(network)
    for part in (twin.decoder, twin.flow):
        for layer in [] if part is None else part.modules():
            if not isinstance(layer, Listener):
                for parameter in layer.parameters(recurse=False):
                    parameter.data = parameter.data.to(precision)
    return twin
