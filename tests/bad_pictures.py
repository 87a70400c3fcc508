"""Pictures that break careless decoders: some must be refused with a remedy, some must be read correctly.

Each writer makes one file: REFUSED lists the first kind, READ those that show the same scene as straight().
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image


def straight(size: int = 160) -> Image.Image:
    """A dark left half and a bright subject at the top right, so that turns and tones can be told apart."""
    pixels = np.full((size, size, 3), 200, np.uint8)
    pixels[:, : size // 2] = (60, 80, 100)
    pixels[: size // 2, size // 2 :] = (220, 60, 40)
    return Image.fromarray(pixels)


RED, GREEN, BLUE = (220, 30, 30), (30, 200, 30), (30, 30, 220)


def quadrants() -> Image.Image:
    """80 x 60: red, green / blue, white."""
    pixels = np.full((60, 80, 3), 255, np.uint8)
    pixels[:30, :40], pixels[:30, 40:], pixels[30:, :40] = RED, GREEN, BLUE
    return Image.fromarray(pixels)


def near(pixel, colour, tolerance: int = 12) -> bool:
    """Whether two colours differ by at most tolerance levels in every channel."""
    return max(abs(int(a) - b) for a, b in zip(pixel, colour, strict=True)) <= tolerance


def text(path: Path) -> None:
    path.write_text("This is no picture.\n" * 50)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def truncated(path: Path) -> None:
    straight(400).save(path, "JPEG", quality=95)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def one_pixel(path: Path) -> None:
    Image.new("RGB", (1, 1)).save(path)


def huge(path: Path) -> None:
    """20,000 x 20,000 grey pixels of one bit in about 50 kB: 400 megapixels once decoded."""
    side = 20_000

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(b"\0" * (side // 8 + 1) * side, 9)
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)


def svg(path: Path) -> None:
    path.write_text('<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"><script>1</script></svg>')


def cmyk(path: Path) -> None:
    straight().convert("CMYK").save(path, "JPEG", quality=95)


def deep_grey(path: Path) -> None:
    grey = np.asarray(straight().convert("L")).astype(np.uint16) * 257
    Image.fromarray(grey).save(path)


def palette_with_alpha(path: Path) -> None:
    image = straight().quantize(16)
    image.save(path, transparency=bytes([128] * 16))


def animated(path: Path) -> None:
    straight().save(path, save_all=True, append_images=[Image.new("RGB", (160, 160))] * 3, duration=100)


def turned_by_exif(path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6   # stored lying on its side: show it turned clockwise by 90 degrees
    straight().transpose(Image.Transpose.ROTATE_90).save(path, "JPEG", quality=95, exif=exif)


#: file name -> writer, and a word that the message must contain
REFUSED: dict[str, tuple[Callable[[Path], None], str]] = {
    "text.png": (text, "not a picture"),
    "empty.jpg": (empty, "not a picture"),
    "truncated.jpg": (truncated, "damaged"),
    "one-pixel.png": (one_pixel, "pixels"),
    "huge.png": (huge, "too large"),
    "drawing.svg": (svg, "not a picture"),
}
READ: dict[str, Callable[[Path], None]] = {
    "cmyk.jpg": cmyk,
    "deep-grey.png": deep_grey,
    "palette-alpha.png": palette_with_alpha,
    "animated.gif": animated,
    "turned.jpg": turned_by_exif,
}
