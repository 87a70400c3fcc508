"""Distances between pictures, (N, H, W, 3) uint8 unless said otherwise."""

from __future__ import annotations

import numpy as np
from skimage.metrics import structural_similarity


def psnr(pictures: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Peak signal-to-noise ratio in dB of each picture (N,)."""
    error = (pictures.astype(np.float32) - truth) ** 2
    return 10 * np.log10(255.0**2 / np.maximum(error.mean((1, 2, 3)), 1e-6))


def ssim(pictures: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Structural similarity of each picture (N,), Gaussian windows, colour channels averaged."""
    return np.array([structural_similarity(a, b, channel_axis=-1, gaussian_weights=True, sigma=1.5,
                                           use_sample_covariance=False) for a, b in zip(pictures, truth)])


def grey(pictures: np.ndarray) -> np.ndarray:
    """(N, H, W) luma in [0, 1]."""
    return pictures.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32) / 255.0


def gradient_magnitude(pictures: np.ndarray) -> np.ndarray:
    """Mean length of the luma's gradient per picture (N,): a blurred picture has less."""
    luma = grey(pictures)
    across = luma[:, :-1, 1:] - luma[:, :-1, :-1]
    down = luma[:, 1:, :-1] - luma[:, :-1, :-1]
    return np.sqrt(across**2 + down**2).mean((1, 2))


def grey_mse_150(pictures: np.ndarray, truth: np.ndarray) -> float:
    """Mean squared error at 150 x 150 grey in [0, 1], the size and colour of the paper."""
    from PIL import Image

    def small(batch):
        return np.stack([np.asarray(Image.fromarray(p).convert("L").resize((150, 150), Image.Resampling.BOX),
                                    np.float32) / 255 for p in batch])

    return float(((small(pictures) - small(truth)) ** 2).mean())
