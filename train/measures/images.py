"""Distances between pictures, (N, H, W, 3) uint8 unless said otherwise."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image

LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # Rec. 601
_WINDOW, _SIGMA = 11, 1.5  # of structural similarity, pixels


def psnr(pictures: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Peak signal-to-noise ratio in dB of each picture (N,)."""
    error = np.array([((a.astype(np.float32) - b) ** 2).mean() for a, b in zip(pictures, truth)])
    return 10 * np.log10(255.0**2 / np.maximum(error, 1e-6))


def _ssim(a: np.ndarray, b: np.ndarray) -> float:
    """Of one pair of (H, W, C) pictures."""
    def blurred(x):
        return cv2.GaussianBlur(x, (_WINDOW, _WINDOW), _SIGMA)

    a, b = a.astype(np.float32), b.astype(np.float32)
    ma, mb = blurred(a), blurred(b)
    shared = blurred(a * b) - ma * mb
    spread = blurred(a * a) - ma * ma + blurred(b * b) - mb * mb
    one, two = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    index = (2 * ma * mb + one) * (2 * shared + two) / ((ma * ma + mb * mb + one) * (spread + two))
    edge = _WINDOW // 2
    return float(index[edge:-edge, edge:-edge].mean())


def ssim(pictures: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Structural similarity of each picture (N,), Gaussian windows, colour channels averaged."""
    return np.array([_ssim(a, b) for a, b in zip(pictures, truth)])


def grey(pictures: np.ndarray) -> np.ndarray:
    """(N, H, W) luma in [0, 1]."""
    return pictures.astype(np.float32) @ LUMA / 255.0


def gradient_magnitude(pictures: np.ndarray) -> np.ndarray:
    """Mean length of the luma's gradient per picture (N,): a blurred picture has less."""
    def one(picture: np.ndarray) -> float:
        luma = grey(picture)
        across = luma[:-1, 1:] - luma[:-1, :-1]
        down = luma[1:, :-1] - luma[:-1, :-1]
        return float(np.sqrt(across**2 + down**2).mean())

    return np.array([one(picture) for picture in pictures])


def gradient_share(pictures: np.ndarray, truth: np.ndarray) -> float:
    """The gradient magnitude of all pictures over that of the true ones."""
    return float(gradient_magnitude(pictures).mean() / gradient_magnitude(truth).mean())


def resized(pictures: np.ndarray, size: int, grey_only: bool = False) -> np.ndarray:
    """(N, size, size, 3) uint8 by area, or (N, size, size, 1) of luma."""
    def one(picture: np.ndarray) -> np.ndarray:
        image = Image.fromarray(np.ascontiguousarray(picture)).convert("L" if grey_only else "RGB")
        if image.size != (size, size):
            image = image.resize((size, size), Image.Resampling.BOX)
        return np.asarray(image).reshape(size, size, -1)

    return np.stack([one(picture) for picture in pictures])


def grey_mse_150(pictures: np.ndarray, truth: np.ndarray) -> float:
    """Mean squared error at 150 x 150 grey in [0, 1], the size and colour of the paper."""
    a, b = resized(pictures, 150, True), resized(truth, 150, True)
    return float(((a.astype(np.float32) - b) ** 2).mean() / 255.0**2)
