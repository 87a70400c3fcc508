"""sRGB and linear light."""

import numpy as np

STEPS = 16384
CODES = np.float32(STEPS - 1)


def to_linear(srgb: np.ndarray) -> np.ndarray:
    """sRGB in [0, 1] to linear light."""
    srgb = np.asarray(srgb, np.float32)
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4).astype(np.float32)


def _encoded() -> np.ndarray:
    linear = (np.arange(STEPS) + 0.5) / STEPS
    srgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.rint(255.0 * np.clip(srgb, 0.0, 1.0)).astype(np.uint8)


ENCODED = _encoded()  # (STEPS,) uint8: linear light in [0, 1), in equal steps, to sRGB
