"""Pictures of progress and of scenes: rows of input, target and reconstruction, and contact sheets."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor


def to_uint8(pictures: Tensor) -> np.ndarray:
    """(N, 3, H, W) floats in [0, 1] to (N, H, W, 3) uint8."""
    return (pictures.detach().float().clamp(0, 1) * 255 + 0.5).to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()


def sheet(pictures: np.ndarray, columns: int) -> np.ndarray:
    """(N, H, W, 3) to one picture of rows of ``columns``; missing places are white."""
    count, height, width, _ = pictures.shape
    rows = -(-count // columns)
    full = np.full((rows * columns, height, width, 3), 255, np.uint8)
    full[:count] = pictures
    return full.reshape(rows, columns, height, width, 3).swapaxes(1, 2).reshape(rows * height, columns * width, 3)


def save_reconstructions(path: Path, inputs: Tensor, targets: Tensor, reconstruction: Tensor, most: int = 16) -> None:
    """Three rows: what the encoder saw, what it should draw, what it drew."""
    every = max(1, len(inputs) // most)
    rows = torch.cat([rows[::every][:most] for rows in (inputs, targets, reconstruction)])
    partial = path.with_suffix(".partial.png")
    Image.fromarray(sheet(to_uint8(rows), min(most, len(rows) // 3))).save(partial)
    os.replace(partial, path)
