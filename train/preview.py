"""Pictures of progress: rows of input, target and reconstruction."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from dcign.export import contact_sheet


def to_uint8(pictures: Tensor) -> np.ndarray:
    """(N, 3, H, W) floats in [0, 1] to (N, H, W, 3) uint8."""
    return (pictures.detach().float().clamp(0, 1) * 255 + 0.5).to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()


def save_reconstructions(path: Path, inputs: Tensor, targets: Tensor, reconstruction: Tensor, most: int = 16) -> None:
    """Three rows: what the encoder saw, what it should draw, what it drew."""
    every = max(1, len(inputs) // most)
    rows = torch.cat([rows[::every][:most] for rows in (inputs, targets, reconstruction)])
    rows = rows.expand(-1, 3, -1, -1)  # grey becomes three equal channels
    partial = path.with_suffix(".partial.png")
    contact_sheet(to_uint8(rows), min(most, len(rows) // 3), gap=0).save(partial)
    os.replace(partial, path)
