"""MP4 (H.264) by the ffmpeg that imageio brings along."""

from __future__ import annotations

from contextlib import closing

import numpy as np

from .frames import Dressed, Progress, counted

# Two threads, always: the number of threads changes the bytes. The colours are tagged, so that no player has to guess.
_FILTER = "scale=out_color_matrix=bt709:out_range=tv"
_PARAMETERS = [
    "-vf", _FILTER, "-crf", "16", "-preset", "medium", "-threads", "2",
    "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv",
    "-fflags", "+bitexact", "-flags:v", "+bitexact", "-map_metadata", "-1", "-movflags", "+faststart+write_colr",
]


class FfmpegMissing(RuntimeError):
    """Its text names the remedy."""


def write_mp4(frames: np.ndarray | Dressed, path: str, fps: float, progress: Progress | None) -> None:
    """FfmpegMissing, naming the remedy, without it."""
    try:
        import imageio.v2 as imageio
        import imageio_ffmpeg  # noqa: F401  (imageio's writer needs it)
    except ImportError:
        raise FfmpegMissing(
            'MP4 needs ffmpeg: pip install "imageio[ffmpeg]", or save as .gif or .webp'
        ) from None
    options = {
        "codec": "libx264", "pixelformat": "yuv420p", "macro_block_size": 2, "quality": None,
        "output_params": _PARAMETERS,
    }
    # As a context, the writer would leave ffmpeg running after an exception, and its file with it.
    with closing(imageio.get_writer(path, format="FFMPEG", fps=fps, **options)) as writer:
        for frame in counted(frames, progress):
            # H.264 with 4:2:0 colour needs even sides.
            odd = ((0, frame.shape[0] % 2), (0, frame.shape[1] % 2), (0, 0))
            writer.append_data(np.pad(frame, odd, mode="edge"))
