import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from bad_pictures import BLUE, GREEN, RED, near, quadrants
from PIL import Image

from dcign import decoding
from dcign.decoding import PhotoError, decode


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that only claims its size; a decoder would need width * height * 3 bytes for it."""
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(b"")), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_every_format_is_read_from_bytes_and_from_a_path(kind, tmp_path):
    data = encoded(quadrants(), kind)
    (tmp_path / "upload").write_bytes(data)
    for source in (data, tmp_path / "upload", str(tmp_path / "upload")):
        image = decode(source)
        assert (image.mode, image.size) == ("RGB", (80, 60))
        assert near(image.getpixel((10, 10)), RED)
        assert near(image.getpixel((70, 50)), (255, 255, 255))


def test_formats_outside_the_list_are_refused():
    with pytest.raises(PhotoError, match="PNG"):
        decode(encoded(quadrants(), "PPM"))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "TIFF"])
def test_a_truncated_file_is_refused(kind):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (90, 90, 3), dtype=np.uint8))
    data = encoded(noise, kind)
    with pytest.raises(PhotoError, match="save"):
        decode(data[: len(data) * 2 // 3])


@pytest.mark.filterwarnings("ignore")     # Pillow remarks on broken TIFF tags
def test_no_damage_ends_in_anything_but_a_message():
    random = np.random.default_rng(0)
    sources = [encoded(quadrants(), kind) for kind in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")]
    refused = 0
    for number in range(300):
        data = bytearray(sources[number % len(sources)])
        for place in random.integers(0, min(len(data), 400), 6):
            data[place] = random.integers(256)
        try:
            assert decode(bytes(data)).mode == "RGB"
        except PhotoError:
            refused += 1
    assert refused > 30


@pytest.mark.parametrize(
    "data", [b"", b"I am a text file named portrait.png", b"<svg></svg>", b"\x89PNG\r\n\x1a\n"]
)
def test_what_is_no_picture_is_refused(data, tmp_path):
    (tmp_path / "portrait.png").write_bytes(data)
    for source in (data, tmp_path / "portrait.png"):
        with pytest.raises(PhotoError, match="save it as"):
            decode(source)


def test_a_missing_file_or_a_folder_is_refused(tmp_path):
    for path in (tmp_path, tmp_path / "nothing.png"):
        with pytest.raises(PhotoError, match="check the path"):
            decode(path)


@pytest.mark.parametrize(
    "size", [(20_000, 20_000), (12_001, 100), (100, 12_001), (8000, 8000), (2**31 - 1, 2**31 - 1)]
)
def test_a_large_picture_is_refused_by_its_header(size):
    with pytest.raises(PhotoError, match="reduce it to at most 50 megapixels"):
        decode(png_header(*size))


def test_a_large_jpeg_is_refused_by_its_own_size_and_not_its_drafts():
    with pytest.raises(PhotoError, match="reduce it to at most 50 megapixels"):
        decode(encoded(Image.new("L", (9000, 9000)), "JPEG", quality=5))


def test_a_jpeg_of_very_many_scans_is_refused_undecoded(monkeypatch):
    data = encoded(quadrants(), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    assert near(decode(data).getpixel((5, 5)), RED)
    monkeypatch.setattr(Image.Image, "load", lambda image: pytest.fail("decoded"))
    with pytest.raises(PhotoError, match="too many passes"):
        decode(data[:last] + 500 * data[last:-2] + data[-2:])


def test_a_tiny_picture_is_refused():
    for image in (quadrants().resize((1, 1)), quadrants().resize((15, 100))):
        for source in (image, encoded(image, "PNG"), np.asarray(image)):
            with pytest.raises(PhotoError, match="at least 16 pixels"):
                decode(source)


def test_a_huge_file_is_refused_unread(monkeypatch, tmp_path):
    monkeypatch.setattr(decoding, "MAX_BYTES", 100)
    (tmp_path / "huge.png").write_bytes(bytes(101))
    for source in (bytes(101), tmp_path / "huge.png"):
        with pytest.raises(PhotoError, match="smaller"):
            decode(source)


@pytest.mark.parametrize(("kind", "mode"), [("JPEG", "RGB"), ("PNG", "RGBA"), ("GIF", "P"), ("TIFF", "L")])
def test_a_large_picture_comes_back_reduced(kind, mode):
    large = Image.new("RGB", (4800, 2400), RED)
    large.paste(GREEN, (2400, 0, 4800, 2400))
    large = large.quantize(4) if mode == "P" else large.convert(mode)
    image = decode(encoded(large, kind))
    assert image.size == (2048, 1024)
    for place, original in ((5, 5), (2043, 4795)):
        assert near(image.getpixel((place, 5)), large.convert("RGB").getpixel((original, 5)))


def test_a_large_deep_grey_comes_back_reduced():
    levels = np.tile(np.linspace(0, 65535, 5000).astype(np.uint16), (2500, 1))
    pixels = np.asarray(decode(encoded(Image.fromarray(levels), "PNG")))
    assert pixels.shape == (1024, 2048, 3)
    np.testing.assert_allclose(pixels[0, :, 0], np.linspace(0, 255, 2048), atol=2)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux to know the memory of a process")
def test_a_small_file_of_many_pixels_does_not_take_the_memory(tmp_path):
    """49 megapixels in 210 kB, framed as a chair in a process of its own."""
    large = Image.new("RGBA", (7000, 7000), (250, 250, 250, 255))
    large.paste(RED, (2000, 1000, 5000, 6000))
    large.save(tmp_path / "large.png", compress_level=1)
    script = (  # getrusage() would count what the tests' own process held before
        "import re, sys; from pathlib import Path; from dcign.photos import PictureSpec, prepare\n"
        "assert prepare(sys.argv[1], PictureSpec(160)).found\n"
        "print(re.search(r'VmHWM:\\s*(\\d+) kB', Path('/proc/self/status').read_text())[1])"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "large.png")]
    kilobytes = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert 100_000 < kilobytes < 900_000


def test_cmyk_becomes_rgb():
    image = decode(encoded(quadrants().convert("CMYK"), "JPEG", quality=95))
    assert near(image.getpixel((10, 10)), RED, 30)
    assert near(image.getpixel((70, 50)), (255, 255, 255))


def test_grey_of_16_bits_keeps_its_range():
    levels = np.tile(np.linspace(0, 65535, 64).astype(np.uint16), (32, 1))
    for kind in ("PNG", "TIFF"):
        pixels = np.asarray(decode(encoded(Image.fromarray(levels), kind)))
        np.testing.assert_allclose(pixels[..., 0], levels / 257, atol=1)
    dark = np.full((32, 32), 200, np.uint16)    # nearly black in 16 bits, bright in 8
    assert np.asarray(decode(encoded(Image.fromarray(dark), "PNG"))).max() <= 1


def test_floating_grey_is_scaled():
    ramp = np.tile(np.linspace(0, 1, 64, dtype=np.float32), (32, 1))
    for scale in (1, 255, 65535, 1e6):
        pixels = np.asarray(decode(encoded(Image.fromarray(ramp * np.float32(scale)), "TIFF")))
        np.testing.assert_allclose(pixels[..., 0], ramp * 255, atol=1)


def test_transparency_shows_the_ground():
    grey = (208, 208, 208)
    rgba = quadrants().convert("RGBA")
    rgba.paste((0, 0, 0, 0), (0, 0, 40, 60))
    palette = rgba.convert("P", palette=Image.Palette.ADAPTIVE)
    palette.info["transparency"] = palette.getpixel((10, 10))
    two_channels = quadrants().convert("LA")
    two_channels.putalpha(0)
    files = ((rgba, "PNG"), (rgba, "WEBP"), (palette, "PNG"), (palette, "GIF"), (two_channels, "PNG"))
    for image, kind in files:
        assert near(decode(encoded(image, kind), grey).getpixel((10, 10)), grey, 4), (image.mode, kind)
    assert near(decode(rgba, grey).getpixel((70, 10)), GREEN)
    half = Image.new("RGBA", (32, 32), (0, 0, 0, 128))
    assert near(decode(np.asarray(half), (255, 255, 255)).getpixel((5, 5)), (127, 127, 127), 1)


def test_a_transparent_colour_key_shows_the_ground():
    data = encoded(quadrants(), "PNG", transparency=RED)
    assert decode(data, (1, 2, 3)).getpixel((10, 10)) == (1, 2, 3)


def test_a_palette_with_alpha_per_entry_is_composited():
    image = Image.new("P", (32, 32), 0)
    image.putpalette([0, 0, 0, 255, 255, 255])
    data = encoded(image, "PNG", transparency=bytes([0, 255]))
    assert decode(data, (9, 8, 7)).getpixel((0, 0)) == (9, 8, 7)


def test_an_animation_gives_its_first_frame():
    frames = [Image.new("RGB", (40, 40), colour) for colour in (RED, GREEN, BLUE)]
    for kind in ("GIF", "WEBP", "PNG"):
        data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=50)
        assert near(decode(data).getpixel((20, 20)), RED, 30)


def test_exif_rotation_is_applied():
    exif = Image.Exif()
    exif[0x0112] = 6    # the camera was turned: rotate by 90 degrees clockwise
    image = decode(encoded(quadrants(), "JPEG", exif=exif, quality=95))
    assert image.size == (60, 80)
    assert near(image.getpixel((5, 5)), BLUE, 30)
    assert near(image.getpixel((50, 5)), RED, 30)


def test_arrays_of_every_usual_kind():
    pixels = np.asarray(quadrants())
    expected = pixels.astype(int)
    for array in (pixels, pixels / 255, (pixels / 255).astype(np.float32), pixels.astype(np.uint16) * 257):
        np.testing.assert_array_equal(np.asarray(decode(array)), expected)
    grey = pixels[..., 0]
    for array in (grey, grey[..., None]):
        np.testing.assert_array_equal(np.asarray(decode(array))[..., 2], grey)
    assert np.asarray(decode(grey > 128)).max() == 255


@pytest.mark.parametrize(
    "source",
    [
        np.zeros((40, 40, 2), np.uint8),
        np.zeros(40, np.uint8),
        np.zeros((2, 40, 40, 3), np.uint8),
        np.full((40, 40), np.nan),
        np.full((40, 40), 255.0),
        np.zeros((40, 40), np.int64),
        np.zeros((40, 40), object),
        np.zeros((0, 0, 3), np.uint8),
        42,
        None,
    ],
)
def test_other_arrays_and_objects_are_refused(source):
    with pytest.raises(PhotoError):
        decode(source)


def test_a_callers_image_stays_as_it_was():
    image = Image.open(io.BytesIO(encoded(Image.new("RGB", (5000, 5000), RED), "JPEG")))
    decode(image)
    assert image.size == (5000, 5000)
