"""Frames before they are written: checked, enlarged, beside the input, in one sheet.

N frames of H by W pixels, uint8 sRGB. A Dressed sequence enlarges a frame when it is read, so that a long export
at 480 pixels never lies in memory as a whole.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from PIL import Image

Frames = np.ndarray | Sequence[np.ndarray]
#: Called with (frames done, frames in all). What it raises ends the export, and nothing is left behind.
Progress = Callable[[int, int], None]

_GAP = 4             # pixels between the input and the frame, at 160 pixels
_SHEET_SIDE = 4096   # pixels: a larger sheet is reduced


class Dressed(Sequence):
    """Frames (N, H, W, 3) as they are shown: size pixels a side (Lanczos), to the right of a picture if given.

    size: None keeps that of the frames. picture: the input, stretched to the frames' own shape. ground: the gap's
    colour, 0..255.
    """

    def __init__(
        self, frames: np.ndarray, size: int | None = None, picture: Image.Image | None = None,
        ground: tuple[int, int, int] = (255, 255, 255),
    ) -> None:
        self._frames = checked(frames)
        self._size = size or self._frames.shape[2]
        self._left = None
        if picture is not None:
            left = self._scaled(np.asarray(picture.convert("RGB")))
            gap = np.full((left.shape[0], max(1, _GAP * self._size // 160), 3), ground, np.uint8)
            self._left = np.concatenate([left, gap], axis=1)

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, number: int) -> np.ndarray:
        """uint8 (size, size, 3), or wider beside the picture."""
        frame = self._scaled(self._frames[number])
        return frame if self._left is None else np.concatenate([self._left, frame], axis=1)

    def _scaled(self, frame: np.ndarray) -> np.ndarray:
        width, height = self._size, round(self._size * self._frames.shape[1] / self._frames.shape[2])
        if frame.shape[:2] == (height, width):
            return frame
        return np.asarray(Image.fromarray(frame).resize((width, height), Image.Resampling.LANCZOS))


def checked(frames: Frames) -> np.ndarray | Dressed:
    """The frames as (N, H, W, 3), or as they are if they are Dressed. ValueError if they are no frames."""
    if isinstance(frames, Dressed):
        return frames
    try:
        array = np.asarray(frames)
    except ValueError:
        raise ValueError("all frames must have the same size") from None
    if array.ndim == 3:
        array = array[None]
    if array.ndim != 4 or array.shape[-1] != 3 or array.dtype != np.uint8 or 0 in array.shape:
        raise ValueError(f"frames must be uint8 (N, H, W, 3), not {array.dtype} {array.shape}")
    return array


def counted(frames: Frames, progress: Progress | None) -> Iterator[np.ndarray]:
    """The frames one by one; each is reported when the next is asked for, that is when it has been written."""
    for number in range(len(frames)):
        yield frames[number]
        if progress is not None:
            progress(number + 1, len(frames))


def there_and_back(frames: Frames) -> np.ndarray:
    """The frames forwards, then backwards without repeating either end: (2N - 2, H, W, 3)."""
    frames = checked(frames)
    return np.concatenate([frames, frames[-2:0:-1]])


def contact_sheet(
    frames: Frames, columns: int | None = None, gap: int = 2, progress: Progress | None = None
) -> Image.Image:
    """All frames in one picture, row by row on white, gap pixels apart; by default about as wide as high.

    Frames are reduced where the sheet would be more than 4096 pixels wide or high.
    """
    frames = checked(frames)
    height, width, _ = frames[0].shape
    columns = columns or math.ceil(math.sqrt(len(frames) * height / width))
    if columns < 1 or gap < 0:
        raise ValueError("a contact sheet needs at least one column and a gap of 0 pixels or more")
    columns = min(columns, len(frames))
    rows = math.ceil(len(frames) / columns)
    share = min(1, _SHEET_SIDE / (columns * (width + gap)), _SHEET_SIDE / (rows * (height + gap)))
    width, height = max(1, int(width * share)), max(1, int(height * share))
    sheet = Image.new("RGB", (columns * (width + gap) - gap, rows * (height + gap) - gap), "white")
    for number, frame in enumerate(counted(frames, progress)):
        picture = Image.fromarray(frame)
        if share < 1:
            picture = picture.resize((width, height), Image.Resampling.LANCZOS)
        sheet.paste(picture, (number % columns * (width + gap), number // columns * (height + gap)))
    return sheet
