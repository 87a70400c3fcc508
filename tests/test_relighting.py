"""Light that moves on the picture itself: what stays, what changes, when it fades, and what may come in."""

from __future__ import annotations

import copy
import gc
import io
from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import a_model
from PIL import Image

from dcign import GraphicsCode, mixing
from dcign.jpeg import jpeg
from dcign.memory import Memory
from dcign.own_picture import unlit
from dcign.paper_network import PaperConfig, PaperNetwork
from dcign.relighting import Seen, relit, with_picture
from dcign.studio import Studio


@pytest.fixture
def code(studio, picture) -> GraphicsCode:
    return studio.encode(picture)


def away(studio: Studio, code: GraphicsCode, factor: str, degrees: float) -> float:
    """So many degrees from the code's own, inside the range."""
    low, high = studio.ranges[factor]
    own = getattr(code, factor)
    return own + degrees if own + degrees <= high else own - degrees


def unlike(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a.astype(float) - b).mean())


def test_where_nothing_moves_the_picture_itself_is_shown(studio, code, picture):
    assert np.array_equal(studio.render(code), code.pixels)
    assert unlike(code.pixels, picture) < 8  # as near as a JPEG file of it
    assert np.array_equal(studio.quick().render(code), code.pixels)


def test_the_light_moves_on_it(studio, code):
    light = away(studio, code, "light", 60)
    shown, drawn = studio.render(code, light=light), studio.render(code.without_picture(), light=light)
    assert not np.array_equal(shown, code.pixels)
    assert unlike(shown, code.pixels) < unlike(drawn, code.pixels)


@pytest.mark.parametrize("factor", ["azimuth", "elevation"])
def test_once_the_view_turns_the_decoder_draws(studio, code, factor):
    plain = code.without_picture()
    near, some, far = (away(studio, code, factor, degrees) for degrees in (0.5, 3, 12))
    gap = [unlike(studio.render(code, **{factor: value}), studio.render(plain, **{factor: value}))
           for value in (near, some, far)]
    assert gap[0] > gap[1] > gap[2] == 0
    assert unlike(studio.render(code, **{factor: near}), code.pixels) < 0.2 * unlike(
        studio.render(plain, **{factor: near}), code.pixels)


def test_a_turn_is_drawn_throughout_and_a_sweep_of_the_light_is_not(studio, code):
    plain = code.without_picture()
    assert np.array_equal(studio.sweep(code, "azimuth", frames=5), studio.sweep(plain, "azimuth", frames=5))
    assert not np.array_equal(studio.sweep(code, "light", frames=5), studio.sweep(plain, "light", frames=5))


def test_many_are_drawn_as_each(studio, code):
    codes = [code, code.without_picture(), replace(code, azimuth=code.azimuth)]
    together = studio.render_many(codes, light=10.0)
    for drawn, one in zip(together, codes):
        assert np.abs(drawn.astype(int) - studio.render(one, light=10.0)).max() <= 1


def test_it_can_be_left_out(picture):
    model = a_model()
    without = Studio(**model, device="cpu", relighting=False)
    assert without.encode(picture).picture is None
    studio = Studio(**model, device="cpu")
    code = studio.encode(picture)
    assert np.array_equal(without.render(code), studio.render(code.without_picture()))
    own = model["network"].decode(torch.tensor(code.latents)[None])[0].mul(255).round().byte().permute(1, 2, 0)
    assert np.array_equal(studio.bare().render(code), own.numpy())


def test_the_papers_network_is_shown_as_it_was_published():
    model = a_model() | {"network": PaperNetwork(PaperConfig(16, 8))}
    assert not Studio(**model, device="cpu").relighting


def test_a_code_keeps_its_picture_in_json_and_drops_it_when_it_is_changed(studio, code):
    again = GraphicsCode.from_json(code.to_json())
    assert again == code and np.array_equal(again.pixels, code.pixels) and again != code.without_picture()
    assert "picture" not in code.without_picture().to_json() and code.without_picture().pixels is None
    with pytest.raises(ValueError):
        code.pixels[0, 0] = 0
    assert mixing.morph(code, code, 0.5).picture is None and mixing.swap(code, light=code).picture is None
    assert mixing.vary(code, studio.directions, {}) is mixing.swap(code) is mixing.morph(code, code, 0) is code


def test_a_picture_that_no_code_may_carry_is_left_out(code):
    for side in (10, 640):
        assert with_picture(code.without_picture(), np.zeros((side, side, 3), np.uint8)).picture is None


def test_a_picture_of_another_size_is_not_used(studio, code):
    small = replace(code, picture=jpeg(np.zeros((20, 20, 3), np.uint8)))
    assert np.array_equal(studio.render(small), studio.render(code.without_picture()))


def bad_jpegs():
    def file(size, format_="JPEG", **options):
        buffer = io.BytesIO()
        Image.new("RGB", size).save(buffer, format_, **options)
        return buffer.getvalue()
    return {"no file": b"", "text": b"<svg/>", "png": file((40, 40), "PNG"), "oblong": file((40, 30)),
            "too large": file((513, 513)), "many scans": file((40, 40), progressive=True), "cut off": jpeg(np.random.default_rng(0).integers(
                0, 255, (64, 64, 3), dtype=np.uint8))[:900]}


@pytest.mark.parametrize("name", bad_jpegs())
def test_a_hostile_picture_is_refused(code, name):
    with pytest.raises(ValueError, match="damaged"):
        replace(code, picture=bad_jpegs()[name])


def test_text_that_is_no_picture_is_refused(code):
    text = code.to_json()
    for bad in ('"***"', "[1]", "7", '"AAAA"'):
        start = text.index('"picture": ') + len('"picture": ')
        with pytest.raises(ValueError, match="damaged"):
            GraphicsCode.from_json(text[:start] + bad + "}")


def test_an_even_change_reaches_every_pixel_and_keeps_all_detail():
    picture = 0.3 + 0.4 * torch.rand(3, 24, 24, generator=torch.Generator().manual_seed(0))
    drawn = torch.full((3, 24, 24), 0.2)
    assert torch.allclose(relit(Seen.of(picture, drawn), drawn), picture, atol=1e-6)
    assert torch.allclose(relit(Seen.of(picture, drawn), drawn + 0.1), picture + 0.1, atol=1e-5)


def test_a_shadow_takes_less_from_a_dark_floor():
    """From white it takes what was drawn; of a floor a quarter as bright, half as much, and it never brightens by more."""
    white, floor = torch.full((3, 24, 24), 1.0), torch.full((3, 24, 24), 0.2125)
    taken = [picture - relit(Seen.of(picture, white), white - 0.2) for picture in (white, floor)]
    assert torch.allclose(taken[0], torch.tensor(0.2), atol=1e-5) and torch.allclose(taken[1], torch.tensor(0.1), atol=1e-5)
    light = relit(Seen.of(white - 0.3, floor), floor + 0.2) - (white - 0.3)
    assert torch.allclose(light, torch.tensor(0.2), atol=1e-5)


def test_a_blurred_change_is_brought_to_the_pictures_edge():
    """The decoder darkens the left half with a soft border; in the picture the border is sharp, two pixels off."""
    place = torch.arange(32.0)
    picture = torch.where(place < 18, 0.3, 0.9).expand(3, 32, 32)
    before = torch.full((3, 32, 32), 0.3)
    after = before - 0.2 * torch.sigmoid((16 - place) / 1.5)
    change = picture - relit(Seen.of(picture, before), after)
    assert change[0, 16, 17] > 0.12 > 0.04 > change[0, 16, 18]
    assert (before - after)[0, 16, 17] < 0.08  # as it was drawn


def test_a_ground_without_light_does_not_glow():
    """A grey disc is lit, in the drawing a wider one: light ends where the picture's own does."""
    down, across = torch.meshgrid(*[torch.arange(48.0) - 24] * 2, indexing="ij")
    own, wider = ((down.hypot(across) < radius).float()[None] for radius in (12, 15))  # (1, H, W) each
    even = torch.full((3, 48, 48), 0.8)
    picture, drawn, lit = (even.lerp(torch.tensor(grey), disc) for disc, grey in ((own, 0.4), (wider, 0.4), (wider, 0.6)))
    spilt, kept = (relit(Seen.of(picture, drawn, unlit), lit) - picture for unlit in (None, (204, 204, 204)))
    outside = (own == 0).expand(3, 48, 48)
    assert spilt[outside].max() > 0.04 and kept[outside].abs().max() == 0.0
    assert torch.equal(kept[~outside], spilt[~outside]) and kept[~outside].min() > 0.04
    pale = torch.where(down.hypot(across) < 3, 0.8, picture)  # a highlight of the ground's colour is lit as all around it
    whole, kept = (relit(Seen.of(pale, drawn, unlit), lit) - pale for unlit in (None, (204, 204, 204)))
    assert torch.equal(kept[~outside], whole[~outside])
    white = torch.where(down.hypot(across) < 9, 0.82, drawn)  # and so is white hair, although it is drawn in nearly that colour too
    whole, kept = (relit(Seen.of(pale, white, unlit), lit) - pale for unlit in (None, (204, 204, 204)))
    assert torch.equal(kept[~outside], whole[~outside])


def test_only_a_renders_face_stands_on_a_ground_without_light(code):
    grey, refined = (9, 9, 9), replace(code, offsets=np.zeros((2, code.layout.size), np.float32), own_ground=False)
    assert unlit(refined, "face", grey) == grey and unlit(replace(refined, own_ground=True), "face", grey) is None
    assert unlit(refined, "object", grey) is None and unlit(replace(code, offsets=None), "face", grey) is None


def test_a_picture_that_is_too_large_for_a_code_stays_out(code):
    noise = np.random.default_rng(0).integers(0, 255, (400, 400, 3), dtype=np.uint8)
    assert with_picture(code.without_picture(), noise).picture is None
    assert with_picture(code.without_picture(), np.zeros((640, 640, 3), np.uint8)).picture is None
    GraphicsCode.from_json(with_picture(code, noise[:160, :160]).to_json())


def test_nothing_is_kept_of_a_code_that_is_gone(studio, picture):
    studio = copy.deepcopy(studio)   # whose memory no other test has filled
    code = studio.encode(picture)
    before = len(studio._memory._kept)
    studio.render(code, light=0.0)
    assert len(studio._memory._kept) == before + 1
    del code
    gc.collect()
    assert len(studio._memory._kept) == before
    assert not copy.deepcopy(studio)._memory._kept


def test_what_was_seen_is_kept_for_the_codes_of_now(code):
    memory, made = Memory(), []

    def make() -> Seen:
        made.append(1)
        return Seen.of(torch.zeros(3, 8, 8), torch.zeros(3, 8, 8))

    assert memory.get(code, make) is memory.get(code, make) and len(made) == 1
    others = [code.without_picture() if k % 2 else replace(code, light=0.0) for k in range(80)]
    for other in others:
        memory.get(other, make)
    assert len(memory._kept) <= 32 and len(made) == 1 + len({id(other) for other in others})
    memory.get(code, make)
    assert len(made) == 2 + len({id(other) for other in others})
