import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from dcign import photos
from dcign.photos import PhotoError, PictureSpec, decode, prepare

RED, GREEN, BLUE = (220, 30, 30), (30, 200, 30), (30, 30, 220)
FACE = PictureSpec(160, (208, 208, 208), "face")
CHAIR = PictureSpec(160, (255, 255, 255), "object")


def quadrants() -> Image.Image:
    """80 x 60: red, green / blue, white."""
    pixels = np.full((60, 80, 3), 255, np.uint8)
    pixels[:30, :40], pixels[:30, 40:], pixels[30:, :40] = RED, GREEN, BLUE
    return Image.fromarray(pixels)


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def near(pixel, colour, tolerance: int = 12) -> bool:
    return max(abs(int(a) - b) for a, b in zip(pixel, colour, strict=True)) <= tolerance


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


def test_a_tiny_picture_is_refused():
    for image in (quadrants().resize((1, 1)), quadrants().resize((15, 100))):
        for source in (image, encoded(image, "PNG"), np.asarray(image)):
            with pytest.raises(PhotoError, match="at least 16 pixels"):
                decode(source)


def test_a_huge_file_is_refused_unread(monkeypatch, tmp_path):
    monkeypatch.setattr(photos, "MAX_BYTES", 100)
    (tmp_path / "huge.png").write_bytes(bytes(101))
    for source in (bytes(101), tmp_path / "huge.png"):
        with pytest.raises(PhotoError, match="smaller"):
            decode(source)


def test_a_large_jpeg_is_read_reduced():
    image = decode(encoded(Image.new("RGB", (9000, 4500), RED), "JPEG"))
    assert image.size == (4500, 2250)
    assert near(image.getpixel((5, 5)), RED)


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


# -------------------------------------------------------------------------------------------- framing


def blob(size: int, ground, box, colour=RED) -> Image.Image:
    image = Image.new("RGB", (size, size), ground)
    image.paste(colour, box)
    return image


def test_our_own_renders_are_only_resized():
    for spec in (FACE, CHAIR):
        for size in (160, 240, 320):
            image = blob(size, spec.ground, (size // 4, size // 4, size // 2, size // 2))
            prepared = prepare(image, spec)
            assert prepared.found and not prepared.warnings
            assert near(prepared.picture.getpixel((60, 60)), RED)
            assert near(prepared.picture.getpixel((100, 100)), spec.ground)
    same = blob(160, (255, 255, 255), (40, 40, 80, 80))
    np.testing.assert_array_equal(np.asarray(prepare(same, CHAIR).picture), np.asarray(same))


def test_a_chair_on_a_plain_ground_is_framed_and_put_on_white():
    photo = Image.new("RGB", (900, 500), (236, 231, 228))
    photo.paste((90, 50, 20), (600, 100, 750, 400))     # 150 x 300
    prepared = prepare(photo, CHAIR)
    assert prepared.found and not prepared.warnings
    pixels = np.asarray(prepared.picture).astype(int)
    assert (pixels[0] == 255).all() and (pixels[:, 0] == 255).all()
    rows, columns = np.nonzero(pixels.sum(2) < 500)
    assert abs(np.ptp(rows) + 1 - 0.8 * 160) <= 2
    assert abs(np.ptp(columns) + 1 - 0.4 * 160) <= 2
    assert abs(rows.mean() - 0.53 * 160) < 1.5 and abs(columns.mean() - 79.5) < 1.5


def test_specks_do_not_widen_the_box():
    photo = blob(600, (255, 255, 255), (200, 200, 400, 400))
    photo.putpixel((20, 20), (0, 0, 0))
    framed = np.asarray(prepare(photo, CHAIR).picture).astype(int).sum(2) < 500
    assert framed.any(0).sum() == pytest.approx(128, abs=2)


def test_a_chair_in_a_room_is_shown_whole_with_a_warning():
    prepared = prepare(quadrants(), CHAIR)
    assert not prepared.found
    assert "white or even background" in prepared.warnings[0]
    picture = prepared.picture
    assert picture.size == (160, 160)
    # 80 x 60 fills the width; above and below, the edge is drawn out.
    for place, colour in (((5, 0), RED), ((155, 0), GREEN), ((5, 159), BLUE), ((5, 75), RED), ((5, 85), BLUE)):
        assert near(picture.getpixel(place), colour)


def test_an_empty_picture_is_not_found():
    assert not prepare(Image.new("RGB", (500, 400), (250, 250, 250)), CHAIR).found


def test_a_face_without_a_detector_is_cropped_with_a_warning(monkeypatch, tmp_path):
    for setting in ("", str(tmp_path / "nothing.onnx")):
        monkeypatch.setenv("DCIGN_DETECTOR", setting)
        prepared = prepare(quadrants(), FACE)
        assert not prepared.found
        assert "crop the picture to a square around the head yourself" in prepared.warnings[0]
        assert near(prepared.picture.getpixel((20, 20)), RED)
        assert near(prepared.picture.getpixel((140, 140)), (255, 255, 255))


@pytest.mark.parametrize("face", [(300, 200, 90, 120), (10, 5, 60, 80)])
def test_a_found_face_lands_where_training_faces_are(monkeypatch, face):
    photo = Image.new("RGB", (640, 480), (200, 180, 160))
    x, y, width, height = face
    photo.paste(RED, (x, y, x + width, y + height))
    monkeypatch.setattr(photos, "detector_path", lambda: "a detector")
    monkeypatch.setattr(photos, "find_face", lambda image: face)
    prepared = prepare(photo, PictureSpec(160, (208, 208, 208), "face", (0.25, 0.3, 0.375, 0.5)))
    assert prepared.found and not prepared.warnings
    pixels = np.asarray(prepared.picture).astype(int)
    rows, columns = np.nonzero(pixels[..., 1] < 105)
    # What lies outside the photo continues its edge.
    assert columns.min() == pytest.approx(40, abs=1) and columns.max() == pytest.approx(99, abs=1)
    assert rows.min() == pytest.approx(48, abs=1) and rows.max() == pytest.approx(127, abs=1)
    assert near(pixels[0, 0], (200, 180, 160))


def test_no_face_is_said(monkeypatch):
    monkeypatch.setattr(photos, "detector_path", lambda: "a detector")
    monkeypatch.setattr(photos, "find_face", lambda image: None)
    prepared = prepare(quadrants(), FACE)
    assert not prepared.found and "No face was found" in prepared.warnings[0]


@pytest.mark.skipif(photos.detector_path() is None, reason="needs DCIGN_DETECTOR and OpenCV")
def test_the_real_detector_sees_no_face_in_noise():
    noise = np.random.default_rng(0).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    assert photos.find_face(Image.fromarray(noise)) is None
