"""A picture's mirror image as a second one from the other side: when it is shown, in which light, and on whose ground."""

import gc
import weakref
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter
from test_appearance_flow import with_flow

import dcign
from dcign import mirror_image
from dcign.moved_shares import TURN, shares
from dcign.photos import Prepared
from dcign.relighting import with_picture
from dcign.studio import Studio

WEIGHTS = Path(__file__).parents[1] / "weights"


@pytest.fixture(scope="module")
def studio() -> Studio:
    """A small model whose flow takes all pixels, from where they are."""
    model = with_flow()
    flow = model["network"].flow
    with torch.no_grad():
        for parameter in (*flow.out.parameters(), *flow.flow.parameters()):
            parameter.zero_()
        flow.out.bias[48:64] = 20.0
    return Studio(**model, device="cpu")


@pytest.fixture
def code(studio, picture):
    """Seen from 40 degrees to the one side, lit from 30 degrees to the other."""
    return replace(studio.encode(picture, refine=True), azimuth=40.0, light=-30.0)


def moved_shares(code, away, symmetric=True) -> tuple[float, float]:
    """How much of the picture and of its mirror image is seen."""
    found = shares(code, away, symmetric)
    return found.own * found.window[0], found.mirrored * found.window[1]


@pytest.mark.parametrize("refined", [True, False])
def test_it_is_shown_where_its_view_is_nearer(code, refined):
    """Not at all near the picture's own view or halfway, alone near that of the mirror image; in between ever more."""
    code = code if refined else replace(code, offsets=None)
    own, mirrored = zip(*(moved_shares(code, {"azimuth": -float(step)}) for step in range(0, 181)))
    assert own[0] == own[40] == 1.0 and mirrored[0] == mirrored[40] == 0.0  # 40: seen from the front
    assert own[75] == own[80] == 0.0 and mirrored[75] == mirrored[80] == 1.0  # 80: as the mirror image is seen
    assert np.all(np.diff(mirrored[40:80]) >= 0) and np.abs(np.diff(mirrored)).max() < (0.1 if refined else 0.6)
    assert mirrored[100] == 1.0 and mirrored[80 + int(TURN[1])] == (0.0 if refined else 1.0)  # what is drawn of a render is sharper then
    assert moved_shares(code, {"azimuth": 100.0}) == ((0.0, 0.0) if refined else (1.0, 0.0))  # the other way round


def test_a_photographs_gives_way_to_it_within_fewer_degrees(code):
    widths = [sum(0.0 < mirror_image.share(one, {"azimuth": -float(step)}) < 1.0 for step in range(0, 81))
              for one in (code, replace(code, offsets=None))]
    assert widths[0] > 2 * widths[1] > 0


def test_from_behind_it_lies_the_other_way_round(code):
    behind = replace(code, azimuth=150.0)
    assert mirror_image.away_from_mirrored(behind, {"azimuth": 60.0})["azimuth"] == 0.0
    assert moved_shares(behind, {"azimuth": 60.0}) == (0.0, 1.0) and moved_shares(behind, {"azimuth": 30.0})[1] == 0.0


def test_from_the_front_it_shows_nothing_new(code):
    for azimuth in (0.0, -4.9, 176.0):
        frontal = replace(code, azimuth=azimuth, offsets=None)
        assert all(moved_shares(frontal, {"azimuth": float(step)}) == (1.0, 0.0) for step in range(-180, 181, 5))


def test_only_a_turn_leads_to_it_and_only_of_what_is_symmetric(code):
    assert moved_shares(code, {"elevation": 30.0, "light": -90.0}) == (1.0, 0.0)
    assert moved_shares(code, {"azimuth": -80.0}, symmetric=False) == (0.0, 0.0)
    assert moved_shares(replace(code, azimuth=None), {"azimuth": -80.0}) == (0.0, 0.0)


def test_seen_from_its_side_and_in_its_light_it_is_the_picture_mirrored(studio, code):
    shown = studio.render(code, azimuth=-40.0, light=30.0)
    assert np.abs(shown.astype(int) - code.pixels[:, ::-1]).max() <= 1
    in_own_light = studio.render(code, azimuth=-40.0)
    assert not np.array_equal(in_own_light, shown)  # its light is that of the other side, and is changed
    again = studio.render(code, azimuth=-40.0, light=30.0)
    assert np.array_equal(again, shown)


def test_a_studio_may_be_told_that_things_are_not_symmetric(code):
    model = with_flow()
    one, other = (Studio(**model, device="cpu", symmetric=symmetric) for symmetric in (True, False))
    assert not np.array_equal(one.render(code, azimuth=-50.0), other.render(code, azimuth=-50.0))
    assert np.array_equal(other.render(code, azimuth=-50.0), other.render(code.without_picture(), azimuth=-50.0))
    assert np.array_equal(one.render(code, azimuth=30.0), other.render(code, azimuth=30.0))


def test_whatever_is_known_of_the_light_and_in_half_precision(studio, code):
    unlit = replace(code, light=None)
    assert studio.render(unlit, azimuth=-40.0).shape == studio.render(unlit, azimuth=-40.0, light=20.0).shape
    for one in (code, replace(code, offsets=None)):
        asked = {"azimuth": -40.0, "light": 20.0}
        half = Studio(**with_flow(), device="cpu", precision="bfloat16").render(one, **asked)
        assert np.abs(half.astype(int) - Studio(**with_flow(), device="cpu").render(one, **asked)).mean() < 4


def test_what_was_made_of_it_goes_with_its_code(studio, code):
    photograph = replace(code, offsets=None)
    studio.render(photograph, azimuth=-40.0)
    (_, own), = [kept for kept in studio._memory._kept.values() if kept[0]() is photograph]
    gone = weakref.ref(own.mirrored)
    del own, photograph
    gc.collect()
    assert gone() is None


def test_its_detail_is_mirrored_too(studio, code):
    """As fine as the picture, and changed with the light; a photograph's without the ground, which is not mirrored."""
    detail = np.asarray(Image.fromarray(code.pixels).resize((80, 80), Image.Resampling.NEAREST)).copy()
    detail[::2] = np.minimum(detail[::2].astype(int) + 30, 255)
    fine, finely = with_picture(code, code.pixels, detail=detail), studio.finely()
    shown, plain = (finely.render(one, azimuth=-40.0, light=30.0).astype(float) for one in (fine, code))
    rows = np.abs(np.diff(shown, axis=0)).mean(), np.abs(np.diff(plain, axis=0)).mean()
    assert rows[0] > 1.5 * rows[1]
    added = shown - plain
    other = finely.render(fine, azimuth=40.0, light=-30.0).astype(float) - finely.render(code, azimuth=40.0, light=-30.0)
    assert np.corrcoef(added.ravel(), other[:, ::-1].ravel())[0, 1] > 0.9
    for one in (fine, replace(fine, offsets=None)):  # whatever was shown before
        fresh = [finely.render(replace(one), azimuth=azimuth) for azimuth in (-40.0, -10.0, 41.0)]
        finely.render(one, azimuth=-70.0, light=80.0)
        finely.render(one, azimuth=25.0)
        again = [finely.render(one, azimuth=azimuth) for azimuth in (-40.0, -10.0, 41.0)]
        assert all(np.array_equal(*pair) and pair[0].shape == (80, 80, 3) for pair in zip(fresh, again))


@pytest.mark.parametrize("name, number", [("faces", 1), ("faces", 4), ("chairs", 0), ("chairs", 1)])
def test_bundled_weights_show_a_photographs_mirror_image_on_its_own_ground(name, number):
    """At the view of the mirror image, under its light: all of the subject, and around it the ground as it was."""
    studio = dcign.load(name)
    picture = np.asarray(Image.open(WEIGHTS / name / "examples" / f"{number:02d}.png").convert("RGB").resize((160, 160))).astype(float)
    across, down = np.meshgrid(np.linspace(0.3, 0.7, 160), np.linspace(0.4, 0.6, 160))
    ground = 255 * np.stack([across, down, 1 - across], -1)
    subject = (np.abs(picture - np.array(studio.spec.ground)).max(-1) > 16)[..., None]
    photograph = np.rint(np.where(subject, picture, ground)).astype(np.uint8)
    code = studio.encode(Prepared(Image.fromarray(photograph), True))
    assert code.photograph and abs(code.azimuth) > 5
    shown = studio.render(code, azimuth=-code.azimuth, light=-code.light).astype(float)
    seen = subject[:, ::-1, 0]
    near, far = np.abs(shown - photograph[:, ::-1]).mean(-1), np.abs(ground - photograph[:, ::-1]).mean(-1)
    assert near[seen].mean() < 0.4 * far[seen].mean()
    around = ~(np.asarray(Image.fromarray(seen.astype(np.uint8) * 255).filter(ImageFilter.MaxFilter(13))) > 0)
    off, mirrored = (np.abs(shown - other).mean(-1)[around].mean() for other in (ground, ground[:, ::-1]))
    assert off < 0.3 * mirrored
