"""A file, bytes, an array or a PIL image becomes an upright 8-bit RGB picture, or a PhotoError.

    image = decode("upload.png")            # PIL RGB, whatever the file was

An upload is hostile until it is decoded: its header is checked before any pixel is, and a large picture is
reduced before anything else touches it, so that one upload cannot take the machine's memory.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
MAX_PIXELS = 50_000_000
MAX_SIDE = 12_000
MIN_SIDE = 16
MAX_BYTES = 64 * 1024 * 1024
WORKING_SIDE = 2048     # no model needs more: larger pictures are reduced to this
_SCAN = b"\xff\xda"      # marks the start of a JPEG file's scan; within its data 0xff is followed by 0
_SCANS = 100            # a progressive picture has about ten, and metadata may hold the mark by chance

Source = Image.Image | np.ndarray | bytes | str | os.PathLike


class PhotoError(ValueError):
    """A picture that cannot be used; the text says why and what to do, and may be shown to a visitor."""


def decode(source: Source, ground: tuple[int, int, int] = (255, 255, 255)) -> Image.Image:
    """PIL image, numpy array, bytes or path -> PIL RGB, upright, first frame, transparency over the ground.

    Arrays are (H, W), (H, W, 3) or (H, W, 4): uint8, uint16, bool, or floats in [0, 1]. A picture with a side
    above WORKING_SIDE comes back reduced to it. PhotoError for anything that is not a picture of a sensible
    size.
    """
    if isinstance(source, np.ndarray):
        return _over_ground(_reduced(_from_array(source)), ground)
    if isinstance(source, Image.Image):
        return _finish(source, ground)
    if isinstance(source, (bytes, bytearray, memoryview)):
        if len(source) > MAX_BYTES:
            raise PhotoError(_too_many_bytes())
        return _decode_file(io.BytesIO(source), ground)
    if isinstance(source, (str, os.PathLike)):
        path = Path(source)
        if not path.is_file():
            raise PhotoError(f"There is no picture file {path.name!r}: check the path.")
        if path.stat().st_size > MAX_BYTES:
            raise PhotoError(_too_many_bytes())
        with path.open("rb") as file:
            return _decode_file(file, ground)
    raise PhotoError(f"Pass a picture file, bytes, a PIL image or an array, not {type(source).__name__}.")


def decode_jpeg(data: bytes, largest: int) -> np.ndarray:
    """The pixels, uint8 (H, W, 3), read-only, of a square JPEG file of MIN_SIDE to ``largest`` pixels a side and one scan.
    PhotoError for all else."""
    try:
        if data.count(_SCAN) != 1:   # a thousand scans of a small picture take seconds
            raise ValueError
        with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
            if image.size == (image.width, image.width) and MIN_SIDE <= image.width <= largest:
                pixels = np.array(image.convert("RGB"))
                pixels.flags.writeable = False
                return pixels
    except Exception:  # as in _finish()
        pass
    raise PhotoError(f"This is no square JPEG picture of {MIN_SIDE} to {largest} pixels a side.")


def _too_many_bytes() -> str:
    return f"The file is larger than {MAX_BYTES // 2**20} MB: save the picture smaller and try again."


def _decode_file(file: io.IOBase, ground: tuple[int, int, int]) -> Image.Image:
    try:
        image = Image.open(file, formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise PhotoError(_too_large()) from None
    except Exception:  # Pillow's readers raise whatever a broken header leads them to
        raise PhotoError(
            f"This file is not a picture that can be read: save it as one of {', '.join(FORMATS)}."
        ) from None
    with image:
        if image.format in ("JPEG", "MPO"):
            _check_size(*image.size)   # of the file: a draft has another
            if _scans(file) > _SCANS:   # every one goes over the whole picture, however little it says
                raise PhotoError("The picture is stored in too many passes: save it again, as PNG or JPEG.")
            image.draft(None, (WORKING_SIDE, WORKING_SIDE))   # decodes a fraction of a large picture
        return _finish(image, ground)


def _scans(file: io.IOBase) -> int:
    """How often the mark of a scan stands in a JPEG file; where it was read up to stays."""
    place = file.tell()
    file.seek(0)
    count = file.read().count(_SCAN)
    file.seek(place)
    return count


def _too_large() -> str:
    return (
        f"The picture is too large: reduce it to at most {MAX_PIXELS // 10**6} megapixels "
        f"and {MAX_SIDE} pixels a side."
    )


def _check_size(width: int, height: int) -> None:
    if width > MAX_SIDE or height > MAX_SIDE or width * height > MAX_PIXELS:
        raise PhotoError(_too_large())
    if min(width, height) < MIN_SIDE:
        raise PhotoError(
            f"The picture is only {width} x {height} pixels: use one of at least {MIN_SIDE} pixels a side."
        )


def _finish(image: Image.Image, ground: tuple[int, int, int]) -> Image.Image:
    _check_size(*image.size)  # known from the header, no pixel is decoded yet
    try:
        image.load()
    except Exception:  # a decoder fails on hostile data in many ways, and all mean the same to a visitor
        raise PhotoError(
            "The picture is damaged or incomplete: save or download it again, as PNG or JPEG."
        ) from None
    try:
        upright = ImageOps.exif_transpose(image)
    except Exception:  # a broken EXIF block: the picture itself is fine
        upright = image
    try:
        return _over_ground(_reduced(_eight_bits(upright)), ground)
    except (ValueError, OSError):
        raise PhotoError(f"Pictures of mode {image.mode} are not supported: save it as an RGB PNG.") from None


def _eight_bits(image: Image.Image) -> Image.Image:
    """Any Pillow mode -> L, RGB or RGBA."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        step = max(1, max(image.size) // WORKING_SIDE)   # scaling needs several copies in floats
        return Image.fromarray(_scaled_grey(np.asarray(image)[::step, ::step]))
    transparent = image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info
    mode = "RGBA" if transparent else "RGB"
    return image if image.mode == mode else image.convert(mode)


def _reduced(image: Image.Image) -> Image.Image:
    """The picture with no side above WORKING_SIDE."""
    share = WORKING_SIDE / max(image.size)
    if share >= 1:
        return image
    size = [max(1, round(side * share)) for side in image.size]
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _scaled_grey(levels: np.ndarray) -> np.ndarray:
    """Deep grey (H, W) -> uint8. Floats and 32-bit integers do not say their range: it is taken to be 1, 255,
    65535, or else their own maximum."""
    sixteen, floats = levels.dtype.itemsize == 2, levels.dtype.kind == "f"
    levels = np.nan_to_num(levels.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    highest = float(levels.max())
    if sixteen:
        top = 65535.0
    else:
        guesses = (1.0, 255.0, 65535.0) if floats else (255.0, 65535.0)
        top = next((limit for limit in guesses if highest <= limit), highest)
    return np.rint(levels.clip(0.0, top) * (255.0 / top)).astype(np.uint8)


def _from_array(array: np.ndarray) -> Image.Image:
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise PhotoError(f"Pass an array of shape (H, W), (H, W, 3) or (H, W, 4), not {array.shape}.")
    _check_size(array.shape[1], array.shape[0])
    if array.dtype == np.uint16:
        array = np.rint(array * np.float32(255 / 65535))
    elif array.dtype == bool:
        array = array * np.uint8(255)
    elif array.dtype.kind == "f":
        if not (np.isfinite(array).all() and array.min() >= 0 and array.max() <= 1):
            raise PhotoError("Arrays of floats must hold finite values from 0 to 1: divide by the maximum.")
        array = np.rint(array * 255)
    elif array.dtype != np.uint8:
        raise PhotoError(f"Arrays must be uint8, uint16 or float, not {array.dtype}.")
    return Image.fromarray(np.ascontiguousarray(array.astype(np.uint8)))


def _over_ground(image: Image.Image, ground: tuple[int, int, int]) -> Image.Image:
    if image.mode != "RGBA":
        return image.convert("RGB")
    return Image.alpha_composite(Image.new("RGBA", image.size, (*ground, 255)), image).convert("RGB")
