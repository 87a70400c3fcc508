"""An object in front of a wall or paper that is lit unevenly is shown on the model's own ground."""

import time
from pathlib import Path

import numpy as np
import pytest
from bad_pictures import quadrants
from PIL import Image

import dcign
from dcign.even_ground import TOLERANCE, even_ground, on_ground
from dcign.photos import PictureSpec, prepare
from train.batches import with_mask
from train.camera import View
from train.raster import render
from train.scenes import STAGES, open_source

CHAIRS = Path(__file__).parents[1] / "weights" / "chairs"
CHAIR = PictureSpec(160, (255, 255, 255), "object")
WHITE = (255, 255, 255)


def lit_paper(height: int, width: int, colour=(200, 190, 180), dark: float = 0.45) -> np.ndarray:
    """Brightest above the middle, darker by that share in the lower corners; a little grain."""
    down, across = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    light = 1 - dark * (0.5 * across**2 + 0.25 * (down + 0.4) ** 2)
    grain = np.random.default_rng(0).normal(0, 2, (height, width, 1))
    return (light[..., None] * np.array(colour) + grain).clip(0, 255)


def photo(size=(500, 400), box=(120, 90, 300, 220), colour=(120, 40, 20), **paper) -> np.ndarray:
    """top, left, bottom and right of an object in front of it."""
    pixels = lit_paper(*size, **paper)
    top, left, bottom, right = box
    pixels[top:bottom, left:right] = colour
    return np.rint(pixels).astype(np.uint8)


def test_the_ground_goes_on_behind_the_object():
    found = even_ground(photo())
    assert found is not None and found.noise < TOLERANCE / 2
    assert np.abs(found.levels - lit_paper(500, 400)).max(2).mean() < 4
    behind = np.s_[120:300, 90:220]
    assert np.abs(found.levels - lit_paper(500, 400))[behind].mean() < 6


def test_the_object_keeps_its_colours_and_the_rest_is_the_new_ground():
    pixels = photo()
    shown, mask = on_ground(pixels, even_ground(pixels), WHITE)
    inside = np.zeros(mask.shape, bool)
    inside[120:300, 90:220] = True
    assert (mask == inside).mean() > 0.999
    assert (shown[inside] == pixels[inside]).all()
    away = np.abs(shown[~inside].astype(int) - 255).max(1)
    assert (away <= 8).mean() > 0.99 and (away == 0).mean() > 0.9  # but for a faint rim


def test_a_shadow_lies_on_the_new_ground_as_it_lay_on_the_old():
    """As much darker, without the old ground's colour; and the object's box is the object's."""
    pixels = photo().astype(np.float32)
    pixels[270:318, 60:330] *= 0.7
    pixels[120:300, 90:220] = (30, 40, 90)
    pixels = np.rint(pixels).astype(np.uint8)
    shown, mask = on_ground(pixels, even_ground(pixels), WHITE)
    shade = shown[280:310, 240:320].astype(int)
    assert np.abs(shade - 0.7 * 255).mean() < 8 and np.ptp(shade.mean((0, 1))) < 3
    assert not mask[280:310, 240:320].any() and mask[150:290, 100:210].all()


def test_a_shadow_that_the_border_cuts_fades_before_it():
    pixels = photo(colour=(30, 40, 90)).astype(np.float32)
    pixels[280:330, 200:] *= 0.7
    pixels = np.rint(pixels).astype(np.uint8)
    shown = on_ground(pixels, even_ground(pixels), WHITE)[0][290:320].astype(int).mean((0, 2))
    assert abs(shown[300] - 0.7 * 255) < 12 and shown[398] > 245 and np.diff(shown[355:]).min() > -3


@pytest.mark.parametrize("level", [60, 110, 250])
def test_a_grey_object_is_no_shadow(level):
    pixels = photo(colour=(level,) * 3, dark=0.1)
    shown, mask = on_ground(pixels, even_ground(pixels), WHITE)
    inside = np.s_[130:290, 100:210]
    assert mask[inside].all() and (shown[inside] == level).all()
    assert prepare(Image.fromarray(pixels), CHAIR).found


@pytest.mark.parametrize("paper, seat, legs", [((255, 255, 255), (90, 50, 20), (170, 170, 170)), ((255, 255, 255), (90, 50, 20), (125, 125, 125)),
                                                ((220, 200, 170), (30, 40, 90), (160, 140, 112))])
def test_legs_that_might_be_shadows_are_the_objects(paper, seat, legs):
    """Of chrome, or of light wood on cream: kept in their colour, framed, and not faded before the border."""
    pixels = lit_paper(500, 400, paper, dark=0.0)
    pixels[120:280, 120:280] = seat
    for left in (120, 264):
        pixels[280:490, left:left + 16] = legs
    pixels = np.rint(pixels).astype(np.uint8)
    shown, mask = on_ground(pixels, even_ground(pixels), WHITE)
    assert (shown[300:489, 122:134] == legs).all() and mask[300:489, 122:134].all()
    framed = np.asarray(prepare(Image.fromarray(pixels), CHAIR).picture).astype(int)
    rows = np.flatnonzero((np.abs(framed - legs).max(2) < 12).any(1))
    assert len(rows) and rows[-1] < 157 and (framed[-1] == 255).all()


def test_what_the_border_cuts_off_is_left_out_and_dust_too(no_photo_networks):
    pixels = photo()
    pixels[200:300, :25] = (20, 20, 20)  # half a neighbour
    pixels[60:62, 350:352] = 0
    shown, mask = on_ground(pixels, even_ground(pixels), WHITE)
    assert not mask[:, :30].any() and not mask[55:67, 345:357].any() and mask[150:290, 100:210].all()
    assert (shown[210:290, :20] == 255).all()
    alone, beside = (np.asarray(prepare(Image.fromarray(some), CHAIR).picture).astype(int) for some in (photo(), pixels))
    assert np.abs(alone - beside).mean() < 1  # framed alike


def test_an_object_that_the_border_cuts_off_stays():
    pixels = photo(box=(200, 140, 500, 260))
    assert on_ground(pixels, even_ground(pixels), WHITE)[1][210:, 150:250].all()


def test_a_room_a_meadow_and_a_pattern_are_not_even():
    rng = np.random.default_rng(1)
    stripes = np.broadcast_to((np.arange(300) // 15 % 2 * 120 + 60)[None, :, None], (200, 300, 3)).astype(np.uint8)
    chequers = ((np.indices((1024, 1024)) // 4).sum(0) % 2 * 200 + 20)[..., None].repeat(3, 2).astype(np.uint8)
    lawn = (rng.integers(30, 210, (1024, 1024, 1)) * np.array([0.6, 1.0, 0.4])).astype(np.uint8)
    for pixels in (np.asarray(quadrants()), rng.integers(0, 256, (200, 300, 3), np.uint8), stripes, chequers, lawn):
        assert even_ground(pixels) is None


def test_a_plain_ground_is_even_at_any_size():
    for size in ((16, 16), (30, 900), (1024, 16), (1500, 1100)):
        pixels = np.full((*size, 3), 231, np.uint8)
        found = even_ground(pixels)
        assert np.abs(found.levels - 231).max() < 1 and found.noise < 1
        assert not on_ground(pixels, found, WHITE)[1].any()


def test_strips_and_labyrinths_are_looked_at_in_time():
    strip = np.full((1024, 3, 3), 255, np.uint8)
    strip[:, 1] = 40
    maze = np.full((128, 128, 3), 255, np.uint8)
    for turn in range(0, 60, 4):  # a way that winds inwards
        maze[turn:128 - turn, turn + 2], maze[turn + 2, turn:124 - turn] = 0, 0
    begin = time.process_time()
    for pixels in (strip, strip.transpose(1, 0, 2).copy(), maze):
        even_ground(pixels)
        assert prepare(Image.fromarray(pixels).resize((max(16, pixels.shape[1]), max(16, pixels.shape[0]))), CHAIR).picture.size == (160, 160)
    assert time.process_time() - begin < 5


def test_a_visitor_is_told_what_is_wrong():
    empty = prepare(Image.new("RGB", (500, 400), (230, 225, 220)), CHAIR)
    assert not empty.found and "stands out" in empty.warnings[0]
    assert "not even" in prepare(quadrants(), CHAIR).warnings[0]


@pytest.mark.skipif(not (CHAIRS / "model.safetensors").is_file(), reason="no bundled chairs")
def test_a_chair_before_lit_paper_is_read_as_before_white():
    """Real shadows and all: those of the render darken the paper."""
    studio, chairs = dcign.load("chairs", device="cpu"), open_source("chairs")
    size, misses = 400, []
    for seed in range(6):
        view = View(azimuth=-50 + 20 * seed, elevation=12.0, light=30.0)
        picture = with_mask(render(chairs.identity(seed).mesh, view, STAGES["chairs"].rig, 160))  # (H, W, 4)
        levels, chair = (np.asarray(Image.fromarray(part).resize((size, size), Image.Resampling.BILINEAR), np.float32)
                         for part in (picture[..., :3].copy(), picture[..., 3]))
        chair = chair[..., None] / 255
        paper = lit_paper(size, size) * levels.clip(1, 255) / 255
        taken = np.rint(levels * chair + paper * (1 - chair)).astype(np.uint8)
        prepared = studio.prepare(taken)
        assert prepared.clean and prepared.found and not prepared.warnings
        codes = studio.encode_many([prepared, Image.fromarray(picture[..., :3])], False)
        misses.append(abs((codes[0].azimuth - codes[1].azimuth + 180) % 360 - 180))
    assert np.median(misses) < 8
