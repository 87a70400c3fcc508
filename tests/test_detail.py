"""What a photograph shows beyond the network's pixels: from the upload to the picture that is shown."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import a_model
from PIL import Image

from dcign import CodeLayout, GraphicsCode
from dcign.detail import Part, beyond, carried_over, finer, shown_finely
from dcign.graphics_code import MAX_DETAIL_BYTES, MAX_PICTURE_BYTES
from dcign.jpeg import jpeg
from dcign.live.frames import frame
from dcign.live.limits import Limits
from dcign.photos import PictureSpec, prepare
from dcign.relighting import with_picture
from dcign.square_part import square_part
from dcign.studio import Studio

GROUND = (204, 204, 204)


def _checked(size: int, square: int) -> np.ndarray:
    """uint8 (size, size, 3): squares of so many pixels, dark and bright."""
    rows, columns = np.indices((size, size)) // square
    return np.where((rows + columns)[..., None] % 2, 150, 90).astype(np.uint8).repeat(3, 2)


def _photograph(size: int = 160) -> Image.Image:
    """A square with a pattern that pixels of half its size cannot show, on even ground."""
    pixels = np.full((size, size, 3), GROUND, np.uint8)
    middle = slice(size // 4, size - size // 4)
    pixels[middle, middle] = _checked(size // 2, 1)
    return Image.fromarray(pixels)


@pytest.fixture
def objects(studio) -> Studio:
    """A small random model of 40 px, of objects on that ground."""
    parts = a_model("chairs")
    return Studio(parts["network"], parts["layout"], parts["calibrations"], parts["ranges"], ground=GROUND, name="chairs", device="cpu")


def contrast(picture: np.ndarray) -> float:
    """Between pixels next to each other in the middle."""
    some = picture[len(picture) * 2 // 5:len(picture) * 3 // 5, len(picture) * 2 // 5:len(picture) * 3 // 5].astype(float)
    return float(np.abs(np.diff(some, axis=1)).mean())


def test_an_upload_of_more_pixels_has_detail_and_a_small_one_none():
    spec = PictureSpec(40, GROUND)
    large, small = (prepare(_photograph(size), spec) for size in (80, 44))
    assert large.picture.size == (40, 40) and large.detail.size == (80, 80) and small.detail is None
    assert contrast(np.asarray(large.detail)) > 4 * contrast(np.asarray(large.detail.resize((40, 40)).resize((80, 80))))
    assert finer(_photograph(80), (40.0, 40.0, 51.0), 40) is None and finer(_photograph(80), (40.0, 40.0, 53.0), 40).size == (80, 80)


def test_faces_and_objects_on_other_grounds_have_it_too():
    pixels = np.array(_photograph(400))
    pixels[(pixels == GROUND).all(2)] = (90, 140, 90)
    for subject in ("object", "face"):
        prepared = prepare(Image.fromarray(pixels), PictureSpec(40, (255, 255, 255), subject))
        assert prepared.detail.size == (80, 80)
        off = np.asarray(prepared.detail.resize((40, 40), Image.Resampling.BOX), float) - np.asarray(prepared.picture)
        assert np.abs(off).mean() < 3, subject  # it is of the same square


@pytest.mark.parametrize("off", [-30.0, -0.4, 0.0, 0.6, 17.0])
def test_where_a_square_leaves_the_photograph_both_are_of_the_same_pixels(off):
    """Of whole pixels of the network's, however far beyond its border the square lies."""
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (25, 25, 3)).astype(np.uint8)).resize((400, 400), Image.Resampling.BICUBIC)
    square = (200.0 + off, 200.0 - off, 410.0)
    coarse, fine = square_part(image, *square, 80), finer(image, square, 80)
    assert fine.size == (160, 160)
    away = np.abs(np.asarray(fine.resize((80, 80), Image.Resampling.BOX), int) - np.asarray(coarse)).mean()
    assert away < 1.5


def test_where_a_picture_was_changed_its_detail_is_gone():
    detail = Image.fromarray(_checked(80, 1))
    before = detail.resize((40, 40), Image.Resampling.BOX)
    changed = np.array(before)
    changed[:, 20:] = 255
    found = np.asarray(carried_over(detail, before, Image.fromarray(changed)))
    assert np.array_equal(found[:, :30], np.asarray(detail)[:, :30]) and (found[:, 50:] == 255).all()
    assert carried_over(None, before, before) is None


def test_a_code_carries_it_and_json_keeps_it(objects):
    code = objects.encode(_photograph(80))
    assert code.detail_pixels.shape == (80, 80, 3) and code.pixels.shape == (40, 40, 3)
    again = GraphicsCode.from_json(code.to_json())
    assert again == code and again.detail == code.detail and again != replace(code, detail=None)
    assert code.without_picture().detail is None and objects.encode(_photograph(44)).detail is None


@pytest.mark.parametrize("detail", [jpeg(np.zeros((40, 40, 3), np.uint8)), b"nonsense",
                                    jpeg(np.zeros((80, 80, 3), np.uint8)) + bytes(MAX_DETAIL_BYTES)])
def test_other_files_are_no_detail(objects, detail):
    code = objects.encode(_photograph(44))
    with pytest.raises(ValueError, match="detail"):
        replace(code, detail=detail)
    with pytest.raises(ValueError, match="detail is damaged"):
        GraphicsCode.from_json(code.to_json().replace('"format"', '"detail": 7, "format"', 1))


def test_the_largest_files_fit_into_the_json(objects):
    code = objects.encode(_photograph(44))
    noise = np.random.default_rng(0).integers(0, 256, (320, 320, 3)).astype(np.uint8)
    full = with_picture(code, noise[:160, :160], detail=noise)
    assert full.detail is None and full.picture is not None  # noise is too large even at a lower quality
    smooth = np.asarray(Image.fromarray(noise[:24, :24]).resize((320, 320), Image.Resampling.BICUBIC))
    full = with_picture(code, np.asarray(Image.fromarray(smooth).resize((160, 160))), detail=smooth)
    layout = CodeLayout((*((factor, 4) for factor in ("azimuth", "elevation", "light")), ("intrinsic", 116)))  # as the bundled ones have it
    latents, offsets = -np.exp(np.random.default_rng(1).normal(size=128)), np.random.default_rng(2).normal(size=(6, 128))
    padded = GraphicsCode(latents, layout, -1 / 3, 2 / 3, -1 / 7, "faces", offsets, full.picture + bytes(MAX_PICTURE_BYTES - len(full.picture)), True,
                          full.detail + bytes(MAX_DETAIL_BYTES - len(full.detail)))
    assert GraphicsCode.from_json(padded.to_json()) == padded
    assert len(padded.to_json()) + 1000 < Limits.characters


def test_the_pictures_own_view_is_shown_as_fine_as_it_is(objects):
    code, fine = objects.encode(_photograph(80)), objects.finely()
    assert fine.size == 40 and fine.shown_size == 80 and objects.shown_size == 40
    shown = fine.render(code)
    assert shown.shape == (80, 80, 3) and np.abs(shown.astype(int) - code.detail_pixels).max() <= 2
    assert np.array_equal(objects.render(code), code.pixels)
    assert contrast(shown) > 4 * contrast(fine.render(replace(code, detail=None)))


def test_what_is_drawn_and_codes_without_detail_are_enlarged(objects):
    code, fine = objects.encode(_photograph(80)), objects.finely()
    for other in (code.without_picture(), replace(code, detail=None)):
        large = fine.render(other, azimuth=100.0)
        assert large.shape == (80, 80, 3)
        small = np.asarray(Image.fromarray(large).resize((40, 40), Image.Resampling.BOX), int)
        assert np.abs(small - objects.render(other, azimuth=100.0)).mean() < 2
    assert objects.showing(code).shown_size == 80 and objects.showing(code.without_picture()) is objects
    assert fine.render_many(code, azimuth=[0.0, 40.0]).shape == (2, 80, 80, 3) and fine.bare().render(code).shape == (80, 80, 3)


@pytest.mark.parametrize("size, fine, side", [(80, True, 80), (80, False, 40), (44, True, 40)])
def test_live_frames_are_as_fine_if_asked_to(objects, size, fine, side):
    code = objects.encode(_photograph(size))
    drawn = Image.open(io.BytesIO(frame({"chairs": objects}, code, {"azimuth": 20.0, "elevation": None, "light": None}, fine)))
    assert drawn.size == (side, side)


def test_detail_moves_with_the_pixels_it_belongs_to():
    picture, detail = torch.full((3, 20, 20), 0.5), torch.full((3, 40, 40), 0.5)
    detail[:, 20, 20] = 1.0
    flow = torch.zeros(1, 2, 20, 20)
    flow[:, 0] = 4.0  # from four pixels to the right
    shown = shown_finely(picture, [Part(beyond(detail, picture), torch.ones(1, 1, 20, 20), flow)])
    assert shown.shape == (3, 40, 40) and shown[0].argmax() == 20 * 40 + 12 and shown[0, 20, 12] > 0.95
    half = shown_finely(picture, [Part(beyond(detail, picture), torch.full((1, 1, 20, 20), 0.5), flow)])
    assert half[0, 20, 12] == pytest.approx(0.75, abs=0.02)
    assert shown_finely(picture, [Part(beyond(detail, picture), 1.0)])[0].argmax() == 20 * 40 + 20


def test_squeezed_detail_fades():
    picture, detail = torch.full((3, 20, 20), 0.5), torch.rand(3, 40, 40, generator=torch.Generator().manual_seed(0))
    across = torch.arange(20.0).expand(1, 1, 20, 20)
    spread = []
    for squeezed in (1.0, 1.5, 2.0):
        flow = torch.cat([(squeezed - 1) * across, torch.zeros_like(across)], 1)
        spread.append(float(shown_finely(picture, [Part(beyond(detail, picture), torch.ones(1, 1, 20, 20), flow)]).std()))
    assert spread[0] > 1.5 * spread[1] > 0 and spread[2] < 1e-6


def test_detail_has_the_contrast_of_its_light():
    picture, detail = torch.full((3, 20, 20), 0.5), torch.full((3, 40, 40), 0.5)
    detail[:, ::2] = 0.6
    usual, dark, bright = (beyond(detail, picture, lit).std() for lit in (None, 0.3 * picture, 5 * picture))
    assert dark < 0.5 * usual < usual < bright < 1.6 * usual
    assert torch.allclose(beyond(detail, picture, picture), beyond(detail, picture), atol=1e-6)
