"""save(): frames into one file, which appears under its name only when it is complete."""

from __future__ import annotations

import io
import os
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from .animation import write_gif, write_webp
from .frames import Dressed, Frames, Progress, checked, contact_sheet, counted
from .video import write_mp4

SUFFIXES = (".gif", ".mp4", ".webp", ".zip", ".png")
#: Browsers slow a GIF down that asks for less than 20 ms a frame.
MAX_FPS = 50.0

_ZIP_DATE = (1980, 1, 1, 0, 0, 0)   # the same frames are to give the same bytes


def save(
    frames: Frames,
    path: str | os.PathLike,
    fps: float = 20,
    loop: bool = True,
    progress: Progress | None = None,
) -> Path:
    """Write the frames; the suffix chooses: .gif, .mp4, .webp, .zip of PNG frames, or .png for a contact sheet.

    loop: repeat for ever (GIF and WebP). The file appears under its name only when it is complete; what progress
    raises ends the export and leaves nothing behind. The same frames give the same bytes.
    ValueError for an unknown suffix, bad frames or fps; RuntimeError if MP4 needs a missing package.
    """
    path = check_output(path, fps)
    suffix = path.suffix.lower()
    frames, fps = checked(frames), float(fps)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=suffix)
    os.close(handle)
    try:
        if suffix == ".png":
            contact_sheet(frames, progress=progress).save(temporary)
        elif suffix == ".zip":
            _write_zip(frames, temporary, progress)
        elif suffix == ".mp4":
            write_mp4(frames, temporary, fps, progress)
        else:
            (write_gif if suffix == ".gif" else write_webp)(frames, temporary, fps, loop, progress)
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


def _write_zip(frames: np.ndarray | Dressed, path: str, progress: Progress | None) -> None:
    """000.png, 001.png, ...: stored, because PNG is compressed already."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for number, frame in enumerate(counted(frames, progress)):
            buffer = io.BytesIO()
            Image.fromarray(frame).save(buffer, "PNG", compress_level=6)
            archive.writestr(zipfile.ZipInfo(f"{number:03d}.png", _ZIP_DATE), buffer.getvalue())
