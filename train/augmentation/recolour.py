"""Whole mini-batches in other colours: wood, cloth and leather are mostly brown, red or grey, and a visitor's chair is not.

The same turn of the hue and the same gain of the saturation for all pictures of a mini-batch, inputs and targets: it
still differs in one factor alone. Greys stay what they are, and so do the ground and the shadow on it.
"""

from __future__ import annotations

import cv2
import numpy as np

GAIN = (0.9, 2.2)  # of the saturation


def colour_matrix(turn: float, gain: float) -> np.ndarray:
    """(3, 3) float32: turns colours about the grey axis by ``turn`` radians and moves them ``gain`` times as far from it."""
    axis = np.full(3, 3**-0.5)
    across = np.array([[0.0, -axis[2], axis[1]], [axis[2], 0.0, -axis[0]], [-axis[1], axis[0], 0.0]])
    grey = np.outer(axis, axis)
    return (grey + gain * (np.cos(turn) * (np.eye(3) - grey) + np.sin(turn) * across)).astype(np.float32)


def random_colours(share: float, rng: np.random.Generator) -> np.ndarray | None:
    """A random colour_matrix() for a ``share`` of mini-batches; None for the others."""
    chosen, turn, gain = rng.random(3)
    return colour_matrix(2 * np.pi * turn, GAIN[0] * (GAIN[1] / GAIN[0]) ** gain) if chosen < share else None


def recoloured(pictures: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """(K, S, S, 4) uint8, colour and mask, in other colours; the mask stays."""
    whole = np.eye(4, dtype=np.float32)
    whole[:3, :3] = matrix
    return np.stack([cv2.transform(np.ascontiguousarray(picture), whole) for picture in pictures])
