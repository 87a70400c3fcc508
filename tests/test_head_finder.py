"""Heads in photographs: the weights' folder, and what the bundled ones find."""

import numpy as np
import pytest
import torch
from PIL import Image

from dcign import checkpoints, face_detector, head_finder
from dcign.framing import FramingConfig, FramingNetwork
from dcign.head_finder import HeadFinder
from dcign.photos import PictureSpec, prepare

SMALL = FramingConfig(64, (8, 8, 8, 8))
FACE = PictureSpec(160, (208, 208, 208), "face")
needs_weights = pytest.mark.skipif(not head_finder.usable(), reason="needs weights/faces/framing")


def test_they_are_no_model_of_the_app():
    assert head_finder.NAME not in checkpoints.available()


class Told(FramingNetwork):
    """Finds a head in the middle of any part that is mostly red, as large as half of it."""

    def forward(self, pictures):
        found = super().forward(pictures)
        red = (pictures[:, 0] - pictures[:, 2] > 0.5).float().mean((1, 2))
        cells = torch.zeros_like(found.cells)
        cells[:, 4 * 8 + 4] = torch.where(red > 0.2, 30.0, 0.0)
        cells[:, -1] = torch.where(red > 0.2, 0.0, 30.0)
        square = torch.full_like(found.square, 32.0)
        square[:, 2] = np.log(32.0)
        return type(found)(cells, square)


def test_what_is_too_small_in_the_whole_is_looked_for_in_parts():
    finder, photo = HeadFinder(Told(SMALL)), Image.new("RGB", (1000, 600), (120, 120, 120))
    assert finder.find(photo) is None
    photo.paste((220, 20, 20), (700, 250, 1000, 600))  # a fifth of the lower right part, a tenth of the padded whole
    x, y, side = finder.find(photo)
    assert (x, y) == pytest.approx((700, 300), abs=1) and side == pytest.approx(300 * head_finder.AGAIN / 2, abs=1)  # looked at again


def test_a_photograph_is_framed_by_it_where_there_is_no_detector(monkeypatch):
    monkeypatch.setattr(face_detector, "path", lambda: None)
    photo = Image.new("RGB", (640, 480), (200, 180, 160))
    photo.paste((200, 30, 30), (300, 200, 400, 300))
    monkeypatch.setattr(head_finder, "find_head", lambda image: (350.0, 250.0, 200.0))
    prepared = prepare(photo, FACE)
    rows, columns = np.nonzero(np.asarray(prepared.picture)[..., 1] < 100)
    assert prepared.found and not prepared.warnings
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == pytest.approx((40, 119, 40, 119), abs=1)
    monkeypatch.setattr(head_finder, "find_head", lambda image: None)
    assert "No face was found" in prepare(photo, FACE).warnings[0]


def test_where_the_detector_finds_none_it_is_asked(monkeypatch):
    monkeypatch.setattr(face_detector, "path", lambda: "a detector")
    monkeypatch.setattr(face_detector, "find_face", lambda image: None)
    monkeypatch.setattr(head_finder, "find_head", lambda image: (350.0, 250.0, 200.0))
    assert prepare(Image.new("RGB", (640, 480), (200, 180, 160)), FACE).found


def test_a_face_before_pale_grey_is_not_taken_for_a_render(monkeypatch):
    monkeypatch.setattr(face_detector, "path", lambda: None)
    photo = Image.new("RGB", (300, 300), (222, 212, 200))
    photo.paste((200, 30, 30), (10, 60, 160, 210))
    monkeypatch.setattr(head_finder, "find_head", lambda image: (85.0, 135.0, 200.0))
    middle = np.asarray(prepare(photo, FACE).picture)[80, 80]
    assert (middle == (200, 30, 30)).all()
    for square in (None, (152.0, 146.0, 310.0)):  # nothing is seen, or nearly all of it is the head's
        monkeypatch.setattr(head_finder, "find_head", lambda image: square)
        prepared = prepare(photo, FACE)
        assert prepared.found and not prepared.warnings
        assert np.array_equal(np.asarray(prepared.picture), np.asarray(photo.resize((160, 160), Image.Resampling.LANCZOS)))


def pasted(example: Image.Image, side: int, at: tuple[int, int], size: tuple[int, int]) -> Image.Image:
    """A render in a larger picture, on a ground that goes from one colour to another."""
    across = np.linspace(0, 1, size[0])[None, :, None]
    photo = Image.fromarray(np.uint8(np.broadcast_to((1 - across) * (70, 90, 150) + across * (190, 150, 120), (size[1], size[0], 3))))
    small = example.convert("RGB").resize((side, side), Image.Resampling.LANCZOS)
    mask = Image.fromarray(np.uint8(255 * (np.abs(np.asarray(small).astype(int) - 208).max(-1) > 12)))
    photo.paste(small, at, mask)
    return photo


@needs_weights
@pytest.mark.parametrize("side, at, size", [(400, (50, 60), (500, 640)), (200, (420, 40), (800, 500)), (90, (560, 250), (900, 600))])
def test_the_bundled_weights_find_heads(side, at, size):
    files = sorted((checkpoints.weights_root() / "faces" / "examples").glob("*.*[gp]"))[:4]
    assert files
    for file in files:
        x, y, found = head_finder.find_head(pasted(Image.open(file), side, at, size))
        assert abs(x - at[0] - side / 2) < 0.1 * side and abs(y - at[1] - side / 2) < 0.1 * side
        assert 0.8 < found / side < 1.25


def stripes(size: tuple[int, int]) -> Image.Image:
    colours = np.random.default_rng(0).integers(0, 256, (1, 24, 3), dtype=np.uint8)
    return Image.fromarray(colours).resize(size, Image.Resampling.BICUBIC)


@needs_weights
def test_the_bundled_weights_find_none_where_there_is_none():
    across = np.linspace(60, 220, 700)[None, :, None]
    even = Image.fromarray(np.uint8(np.broadcast_to(across, (500, 700, 3))))
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (400, 600, 3), dtype=np.uint8))
    for photo in (even, noise, stripes((700, 500))):
        assert head_finder.find_head(photo) is None


@needs_weights
@pytest.mark.parametrize("size", [(16, 1024), (900, 60), (17, 17), (1000, 300)], ids=str)
def test_odd_pictures_do_no_harm(monkeypatch, size):
    monkeypatch.setattr(face_detector, "path", lambda: None)
    assert prepare(stripes(size), FACE).picture.size == (160, 160)
