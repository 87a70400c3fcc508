"""Frames to a file that people can share: GIF, MP4, WebP or a PNG contact sheet.

    export.save(frames, "turn.gif", fps=20)
    export.save(export.there_and_back(frames), "light.mp4")
    export.contact_sheet(frames, columns=6).save("sheet.png")

Frames are uint8 (N, H, W, 3) sRGB, or a list of (H, W, 3) arrays of one size.
"""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

SUFFIXES = (".gif", ".mp4", ".webp", ".png")
#: Browsers slow a GIF down that asks for less than 20 ms a frame.
MAX_FPS = 50.0

Frames = np.ndarray | Sequence[np.ndarray]
Progress = Callable[[int, int], None]  # called with (frames done, frames in all)

_PALETTE_FRAMES = 12  # enough to see every colour of a sweep; more only costs time


def save(
    frames: Frames,
    path: str | os.PathLike,
    fps: float = 20,
    loop: bool = True,
    progress: Progress | None = None,
) -> Path:
    """Write the frames; the suffix chooses the format: .gif, .mp4, .webp, or .png for a contact sheet.

    loop: repeat for ever (GIF and WebP). The file appears under its name only when it is complete.
    ValueError for an unknown suffix, bad frames or fps; RuntimeError if MP4 needs a missing package.
    """
    path = check_output(path, fps)
    suffix = path.suffix.lower()
    frames, fps = _checked(frames), float(fps)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=suffix)
    os.close(handle)
    try:
        if suffix == ".png":
            contact_sheet(frames).save(temporary)
            _report(progress, len(frames), len(frames))
        elif suffix == ".mp4":
            _save_mp4(frames, temporary, fps, progress)
        else:
            _save_animation(frames, temporary, fps, loop, progress)
        os.chmod(temporary, 0o644)  # mkstemp makes it private; an export is meant to be served
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path


def check_output(path: str | os.PathLike, fps: float) -> Path:
    """The path, if save() can write it at that rate. ValueError or FileNotFoundError, naming the remedy."""
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(f"cannot write {path.name!r}: choose a name that ends in {', '.join(SUFFIXES)}")
    if not 0 < fps <= MAX_FPS:
        raise ValueError(f"fps must lie above 0 and up to {MAX_FPS:g}, not {fps:g}")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent}: make it first")
    return path


def there_and_back(frames: Frames) -> np.ndarray:
    """The frames forwards, then backwards without repeating either end: (2N - 2, H, W, 3)."""
    frames = _checked(frames)
    return np.concatenate([frames, frames[-2:0:-1]])


def contact_sheet(frames: Frames, columns: int | None = None, gap: int = 2) -> Image.Image:
    """All frames in one picture, row by row on white, gap pixels apart; by default about as wide as high."""
    frames = _checked(frames)
    count, height, width, _ = frames.shape
    columns = columns or math.ceil(math.sqrt(count))
    if columns < 1 or gap < 0:
        raise ValueError("a contact sheet needs at least one column and a gap of 0 pixels or more")
    columns = min(columns, count)
    rows = math.ceil(count / columns)
    sheet = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, 3), 255, np.uint8)
    for number, frame in enumerate(frames):
        top, left = number // columns * (height + gap), number % columns * (width + gap)
        sheet[top : top + height, left : left + width] = frame
    return Image.fromarray(sheet)


def _checked(frames: Frames) -> np.ndarray:
    try:
        array = np.asarray(frames)
    except ValueError:
        raise ValueError("all frames must have the same size") from None
    if array.ndim == 3:
        array = array[None]
    if array.ndim != 4 or array.shape[-1] != 3 or array.dtype != np.uint8 or 0 in array.shape:
        raise ValueError(f"frames must be uint8 (N, H, W, 3), not {array.dtype} {array.shape}")
    return array


def _report(progress: Progress | None, done: int, total: int) -> None:
    if progress is not None:
        progress(done, total)


def _durations(count: int, fps: float, step: int) -> list[int]:
    """Milliseconds of each frame, multiples of step, so that the total is right although 1000/fps is not."""
    ends = np.rint(np.arange(count + 1) * 1000 / fps / step).astype(int) * step
    return np.diff(ends).tolist()


def _save_animation(
    frames: np.ndarray, path: str, fps: float, loop: bool, progress: Progress | None
) -> None:
    gif = path.endswith(".gif")
    if gif:
        images = _palette_images(frames, progress)
        # GIF counts in steps of 10 ms. Pillow merges equal neighbours and adds up their durations.
        options = {"duration": _durations(len(frames), fps, 10), "optimize": False}
        if loop:
            options["loop"] = 0
    else:
        images = []
        for number, frame in enumerate(frames, 1):
            images.append(Image.fromarray(frame))
            _report(progress, number, len(frames))
        options = {"duration": _durations(len(frames), fps, 1), "quality": 90, "method": 2}
        options["loop"] = 0 if loop else 1
    images[0].save(path, save_all=True, append_images=images[1:], **options)


def _palette_images(frames: np.ndarray, progress: Progress | None) -> list[Image.Image]:
    """One palette for the whole animation, so that no colour flickers from frame to frame."""
    chosen = np.unique(np.linspace(0, len(frames) - 1, _PALETTE_FRAMES).astype(int))
    mosaic = Image.fromarray(np.concatenate(list(frames[chosen])))
    palette = mosaic.quantize(256, method=Image.Quantize.MEDIANCUT)
    images = []
    for number, frame in enumerate(frames, 1):
        images.append(Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG))
        _report(progress, number, len(frames))
    return images


def _save_mp4(frames: np.ndarray, path: str, fps: float, progress: Progress | None) -> None:
    try:
        import imageio.v2 as imageio
        import imageio_ffmpeg  # noqa: F401  (imageio's writer needs it)
    except ImportError:
        raise RuntimeError(
            'MP4 needs ffmpeg: pip install "imageio[ffmpeg]", or save as .gif or .webp'
        ) from None
    # H.264 with 4:2:0 colour needs even sides.
    odd = ((0, 0), (0, frames.shape[1] % 2), (0, frames.shape[2] % 2), (0, 0))
    frames = np.pad(frames, odd, mode="edge")
    options = {"codec": "libx264", "pixelformat": "yuv420p", "macro_block_size": 2, "quality": 8,
               "output_params": ["-movflags", "+faststart"]}
    with imageio.get_writer(path, format="FFMPEG", fps=fps, **options) as writer:
        for number, frame in enumerate(frames, 1):
            writer.append_data(frame)
            _report(progress, number, len(frames))
