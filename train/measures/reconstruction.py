"""Held-out pictures drawn again."""

from __future__ import annotations

import numpy as np

from train.measures import images


def reconstruction(drawn: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Of (N, S, S, 3) uint8 pictures. PSNR in dB; the error of 150 x 150 grey in [0, 1]."""
    return {"psnr": float(images.psnr(drawn, truth).mean()), "ssim": float(images.ssim(drawn, truth).mean()),
            "grey_mse_150": images.grey_mse_150(drawn, truth),
            "gradient_share": images.gradient_share(drawn, truth)}
