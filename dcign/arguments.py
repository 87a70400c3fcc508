"""What a caller may pass to a Studio: names of devices, degrees, lists of degrees."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch

Degrees = float | Sequence[float | None] | np.ndarray | None


def matrix_units() -> bool:
    """Whether this CPU multiplies bfloat16 matrices in hardware (AMX); PyTorch has no public word for it yet."""
    supported = getattr(torch.cpu, "_is_amx_tile_supported", None)
    return bool(supported and supported())


def device_named(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise ValueError(f"unknown device {name!r}: use auto, cpu or cuda") from None
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ValueError("no CUDA device can be used here: choose cpu or auto")
    return device


def degrees(value: object, factor: str) -> float:
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise ValueError(f"{factor} must be a number of degrees, not {value!r}")
    if not math.isfinite(value):
        raise ValueError(f"{factor} must be a finite number of degrees, not {value}")
    return float(value)


def is_list(values: Degrees) -> bool:
    return isinstance(values, (list, tuple)) or (isinstance(values, np.ndarray) and values.ndim > 0)


def entry(values: Degrees, number: int) -> float | None:
    if not is_list(values):
        return values
    return values[number if len(values) > 1 else 0]
