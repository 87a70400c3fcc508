"""GIF and WebP: frames with their times."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image

from .frames import Dressed, Progress, counted

_PALETTE_FRAMES = 12    # enough to see every colour of a sweep; more only costs time
_PALETTE_SAMPLES = 60_000
_WEBP = {"quality": 92, "method": 4}


def write_gif(
    frames: np.ndarray | Dressed, path: str, fps: float, loop: bool, progress: Progress | None
) -> None:
    """256 colours for the whole animation, dithered."""
    palette = _palette(frames)
    images = (
        Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
        for frame in counted(frames, progress)
    )
    # GIF counts in steps of 10 ms. Pillow merges equal neighbours and adds up their durations.
    options = {"duration": _durations(len(frames), fps, 10), "optimize": False}
    _write(images, path, {**options, "loop": 0} if loop else options)


def write_webp(
    frames: np.ndarray | Dressed, path: str, fps: float, loop: bool, progress: Progress | None
) -> None:
    """Millions of colours, lossy."""
    images = (Image.fromarray(frame) for frame in counted(frames, progress))
    _write(images, path, {"duration": _durations(len(frames), fps, 1), "loop": 0 if loop else 1, **_WEBP})


def _write(images: Iterator[Image.Image], path: str, options: dict) -> None:
    next(images).save(path, save_all=True, append_images=images, **options)


def _durations(count: int, fps: float, step: int) -> list[int]:
    """Milliseconds of each frame, multiples of step, so that the total is right although 1000/fps is not."""
    ends = np.rint(np.arange(count + 1) * 1000 / fps / step).astype(int) * step
    return np.diff(ends).tolist()


def _palette(frames: np.ndarray | Dressed) -> Image.Image:
    """One palette for the whole animation, so that no colour flickers from frame to frame.

    Colours count by the root of how often they occur: otherwise the plain ground and the largest surface take most
    of the 256, and bands show in the shadows and at the outline.
    """
    chosen = np.unique(np.linspace(0, len(frames) - 1, _PALETTE_FRAMES).astype(int))
    pixels = np.concatenate([frames[number].reshape(-1, 3) for number in chosen])
    bins = (pixels >> 1).astype(np.int32) @ np.array([1 << 14, 1 << 7, 1], np.int32)
    _, where, counts = np.unique(bins, return_inverse=True, return_counts=True)
    ground = np.median(pixels[where == counts.argmax()], axis=0).astype(int)
    means = [np.bincount(where, pixels[:, channel]) / counts for channel in range(3)]
    weights = np.sqrt(counts)
    weights = np.ceil(weights * min(1.0, _PALETTE_SAMPLES / weights.sum())).astype(int)
    samples = np.rint(np.stack(means, 1)).astype(np.uint8).repeat(weights, axis=0)
    found = Image.fromarray(samples[None]).quantize(255, method=Image.Quantize.MEDIANCUT, kmeans=3)
    # The ground itself, exactly: a white that is not quite white shows on a page. Pillow looks colours up by the lower
    # corner of cells of four levels, so no other entry may lie nearer to that corner.
    colours = np.array(found.getpalette()[: 3 * 255], int).reshape(-1, 3)
    corner = ground & 252
    near = ((colours - corner) ** 2).sum(1) <= ((ground - corner) ** 2).sum()
    colours = np.concatenate([np.where(near[:, None], ground, colours), ground[None]])
    palette = Image.new("P", (1, 1))
    palette.putpalette(colours.ravel().tolist())
    return palette
