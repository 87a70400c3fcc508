"""Objects off their ground: mattes put on another, where they lie, and what the bundled weights find."""

import numpy as np
import pytest
import torch
from PIL import Image

from dcign import cut_out
from dcign.cut_out import Cutter, Matte
from dcign.matting import MattingConfig, MattingNetwork
from dcign.photos import PictureSpec, prepare
from dcign.square_part import square_part

SMALL = MattingConfig(64, (8, 8, 8, 8))
CHAIR = PictureSpec(160, (255, 255, 255), "object")
needs_weights = pytest.mark.skipif(not cut_out.usable(), reason="needs weights/chairs/matting")


def matte(alpha: torch.Tensor, picture: torch.Tensor | None = None, light: torch.Tensor | None = None) -> Matte:
    picture = torch.full((3, *alpha.shape), 0.5) if picture is None else picture
    return Matte((32.0, 32.0, 64.0), picture, alpha, torch.ones_like(alpha) if light is None else light)


def tensor(image: Image.Image) -> torch.Tensor:
    return torch.from_numpy(np.array(image)).permute(2, 0, 1).float().div(255)


def a_square() -> torch.Tensor:
    alpha = torch.zeros(64, 64)
    alpha[20:40, 10:50] = 1.0
    return alpha


def test_the_object_keeps_its_colours_and_the_ground_goes():
    alpha, picture = a_square(), torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(0))
    shown = tensor(matte(alpha, picture).on((255, 204, 0)))
    assert torch.allclose(shown[:, alpha == 1], picture[:, alpha == 1], atol=0.003)
    assert torch.allclose(shown[:, alpha == 0], torch.tensor((1.0, 0.8, 0.0))[:, None].expand(3, int((alpha == 0).sum())))


def test_at_its_outline_it_brings_nothing_of_the_old_ground():
    alpha = a_square()
    alpha[20:40, 9] = alpha[20:40, 50] = 0.2
    red, green = (torch.tensor(colour)[:, None, None] for colour in ((0.8, 0.1, 0.1), (0.1, 0.8, 0.1)))
    shown = tensor(matte(alpha, red * alpha + green * (1 - alpha)).on((255, 255, 255)))
    assert torch.allclose(shown[:, 30, 9], 0.2 * red[:, 0, 0] + 0.8, atol=0.02)


def test_a_shadow_falls_on_the_new_ground():
    light = torch.ones(64, 64)
    light[40:50, 20:40] = 0.7
    shown = tensor(matte(a_square(), light=light).on((255, 255, 255)))
    assert torch.allclose(shown[:, 45, 30], torch.full((3,), 0.7), atol=0.003) and torch.allclose(shown[:, 60, 60], torch.ones(3))


def test_where_it_lies_and_how_sure_it_is():
    assert matte(a_square()).box == (10, 20, 50, 40) and matte(a_square()).sure == pytest.approx(1)
    assert matte(torch.zeros(64, 64)).box is None and matte(torch.zeros(64, 64)).sure == 0
    assert matte(0.6 * a_square()).sure == pytest.approx(0.6)


class Red(MattingNetwork):
    """Takes what is red for the object."""

    def forward(self, pictures):
        red = 80.0 * (pictures[:, 0] - pictures[:, 2] - 0.5)
        return torch.stack([red, torch.full_like(red, 9.0)], 1)


def test_it_is_framed_as_in_training_and_put_on_white():
    photo = Image.fromarray(np.random.default_rng(0).integers(90, 110, (500, 900, 3), dtype=np.uint8))
    photo.paste((220, 20, 20), (600, 100, 750, 400))  # 150 x 300
    found = Cutter(Red(SMALL)).find(photo)
    left, top, right, bottom = found.box
    assert bottom - top == pytest.approx(0.8 * 64, abs=1.5) and right - left == pytest.approx(0.4 * 64, abs=1.5)
    assert (left + right) / 2 == pytest.approx(32, abs=1) and (top + bottom) / 2 == pytest.approx(0.53 * 64, abs=1)
    assert Cutter(Red(SMALL)).find(Image.new("RGB", (500, 300), (120, 120, 120))) is None


def test_what_is_not_sure_is_left(monkeypatch):
    unsure = Red(SMALL)
    monkeypatch.setattr(unsure, "forward", lambda pictures: torch.full((len(pictures), 2, 64, 64), 0.3))
    assert Cutter(unsure).find(Image.new("RGB", (300, 300), (220, 20, 20))) is None


def test_crumbs_of_another_way_go():
    other = torch.full((3, 64, 64), 1.0)
    other[:, 20:40, 10:50] = 0.3
    other[:, 2:6, 2:20] = 0.6  # a label
    other[:, 20:40, 52] = 0.4  # a thin part beside what the network saw
    shown = tensor(matte(a_square()).cleared(Image.fromarray(other.mul(255).byte().permute(1, 2, 0).numpy()), (255, 255, 255)))
    assert (shown[:, 0:8, 0:24] > 0.99).all()
    assert torch.allclose(shown[:, 22:38, 12:48], torch.full((1,), 0.3), atol=0.01) and torch.allclose(shown[:, 30, 52], torch.full((3,), 0.4), atol=0.01)


def busy() -> Image.Image:
    """Stripes of many colours with a dark block: no even ground."""
    rng = np.random.default_rng(0)
    photo = Image.fromarray(rng.integers(0, 256, (1, 40, 3), dtype=np.uint8)).resize((400, 300), Image.Resampling.NEAREST)
    photo.paste((20, 20, 20), (150, 100, 250, 220))
    return photo


def test_a_photograph_is_cut_out_where_its_ground_is_not_even(monkeypatch):
    monkeypatch.setattr(cut_out, "find_object", lambda image: matte(a_square(), torch.zeros(3, 64, 64)))
    prepared = prepare(busy(), CHAIR)
    assert prepared.found and prepared.clean and not prepared.warnings and prepared.picture.size == (160, 160)
    pixels = np.asarray(prepared.picture)
    assert (pixels[60:90, 40:110] < 10).all() and (pixels[:40] == 255).all()
    monkeypatch.setattr(cut_out, "find_object", lambda image: None)
    prepared = prepare(busy(), CHAIR)
    assert not prepared.found and not prepared.clean and prepared.warnings


def test_before_an_even_ground_it_tells_where_the_object_lies(monkeypatch):
    """A label would be taken for a part of the chair."""
    photo = Image.new("RGB", (600, 600), (236, 231, 228))
    photo.paste((90, 50, 20), (200, 200, 400, 400))
    photo.paste((30, 30, 30), (20, 560, 120, 580))
    red = Red(SMALL)
    monkeypatch.setattr(red, "forward", lambda pictures: torch.stack(
        [80.0 * (pictures[:, 0] - pictures[:, 2] - 0.15), torch.full_like(pictures[:, 0], 9.0)], 1))
    monkeypatch.setattr(cut_out, "find_object", Cutter(red).find)
    prepared = prepare(photo, CHAIR)
    rows, columns = np.nonzero(np.asarray(prepared.picture).astype(int).sum(2) < 500)
    assert prepared.clean and np.ptp(rows) + 1 == pytest.approx(0.8 * 160, abs=3) and np.ptp(columns) + 1 == pytest.approx(0.8 * 160, abs=3)


def test_what_only_the_network_sees_is_shown_by_it(monkeypatch):
    """A pale chair before pale paper: nothing stands out from the ground by its colour."""
    photo = Image.new("RGB", (300, 300), (240, 240, 238))
    photo.paste((236, 236, 233), (100, 100, 200, 200))
    monkeypatch.setattr(cut_out, "find_object", lambda image: None)
    assert "Nothing stands out" in prepare(photo, CHAIR).warnings[0]
    picture = torch.full((3, 64, 64), 0.9)
    monkeypatch.setattr(cut_out, "find_object", lambda image: matte(a_square(), picture))
    prepared = prepare(photo, CHAIR)
    assert prepared.clean and (np.abs(np.asarray(prepared.picture)[60:90, 40:110] - 0.9 * 255) < 2).all()


def test_two_ways_agree_if_the_other_found_most_of_it():
    mask = Image.new("L", (160, 160))
    mask.paste(255, (25, 50, 125, 100))
    assert matte(a_square()).agrees(mask)
    mask.paste(0, (25, 50, 75, 100))
    assert not matte(a_square()).agrees(mask)


def test_nothing_is_found_beyond_the_picture():
    everywhere = Red(SMALL)
    everywhere.forward = lambda pictures: torch.cat([torch.full((len(pictures), 1, 64, 64), 9.0), torch.full((len(pictures), 1, 64, 64), -9.0)], 1)
    found = Cutter(everywhere).matte(Image.new("RGB", (400, 100), (90, 90, 90)), (200.0, 50.0, 400.0))
    assert found.box == (0, 24, 64, 40) and (found.alpha[:24] == 0).all() and (found.light[:24] == 1).all() and found.alpha[24:40].min() > 0.9
    assert Cutter(everywhere).matte(Image.new("RGB", (400, 100)), (900.0, 50.0, 100.0)).box is None


@pytest.fixture(scope="module")
def wall() -> np.ndarray:
    """A room (500, 700, 3): a striped wall above boards."""
    down, across = np.mgrid[:500, :700] / 500
    paper = np.stack([170 + 40 * across, 150 + 30 * down, 110 + 20 * across], -1) + 15 * ((20 * across).astype(int) % 2)[..., None]
    boards = np.stack([120 + 30 * np.sin(40 * across + 9 * down), 80 + 20 * np.sin(40 * across + 9 * down), 50 + 0 * down], -1)
    return np.uint8(np.where((down < 0.62)[..., None], paper, boards))


@needs_weights
def test_the_bundled_weights_cut_chairs_out_of_rooms(wall):
    from train.camera import View
    from train.raster import render
    from train.scenes import STAGES, open_source

    stage, source, overlaps = STAGES["chairs"], open_source("chairs", None), []
    for number in range(6):
        drawn = render(source.identity(90_000 + number).mesh, View(30.0 - 12 * number, 15.0, 20.0), stage.rig, 320)
        mask = drawn.mask if drawn.mask.ndim == 2 else drawn.mask[..., 0]
        photo, part = wall.copy(), (slice(120, 440), slice(250, 570))
        share = mask[..., None] / mask.max()
        photo[part] = np.rint(share * drawn.colour + (1 - share) * photo[part])
        found = cut_out.find_object(Image.fromarray(photo))
        if found is None:
            overlaps.append(0.0)
            continue
        true = Image.new("L", (700, 500))
        true.paste(Image.fromarray(np.uint8(255 * share[..., 0])), (250, 120))
        true = np.asarray(square_part(true.convert("RGB"), *found.square, 160, (0, 0, 0)))[..., 0] > 127
        taken = found.alpha.numpy() > 0.5
        overlaps.append((taken & true).sum() / (taken | true).sum())
    assert np.median(overlaps) > 0.75, overlaps


@needs_weights
def test_the_bundled_weights_see_no_chair_where_there_is_none(wall):
    rng = np.random.default_rng(0)
    quarters = np.zeros((200, 200, 3), np.uint8)
    quarters[:100, :100], quarters[:100, 100:], quarters[100:, :100] = (220, 0, 0), (0, 220, 0), (0, 0, 220)
    noise = rng.integers(0, 256, (300, 400, 3), dtype=np.uint8)
    for pixels in (wall, quarters, noise, np.full_like(noise, 140), np.asarray(busy())[:90]):
        assert cut_out.find_object(Image.fromarray(pixels)) is None


@needs_weights
@pytest.mark.parametrize("size", [(16, 1024), (900, 60), (17, 17), (1000, 300)], ids=str)
def test_odd_pictures_do_no_harm(size):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8))
    assert prepare(noise, CHAIR).picture.size == (160, 160)
