"""How like what is drawn is to the picture that it is of."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import dcign
from dcign.likeness import SOMEWHERE, TONES, outline, solid_outline, strangeness, tone, tones
from dcign.photos import Prepared

WEIGHTS = Path(__file__).parents[1] / "weights"


def test_an_outline_is_where_something_else_than_ground_is_drawn():
    drawn = torch.full((3, 8, 8), 200 / 255)
    drawn[0, 2:5, 3] += 0.2
    drawn[1, 6, 6] += 0.02  # hardly to be seen
    assert torch.nonzero(outline(drawn, (200, 200, 200))[0]).tolist() == [[2, 3], [3, 3], [4, 3]]


def test_a_tone_brings_what_is_drawn_to_its_pictures_mean():
    """Where it is drawn, whatever lies around it; and by a little only."""
    drawn, where = torch.full((3, 40, 40), 208 / 255), torch.zeros(40, 40, dtype=torch.bool)
    where[8:32, 8:32] = True
    drawn[:, where] = 0.5 + 0.1 * torch.rand(3, int(where.sum()))
    picture = torch.where(where, drawn * torch.tensor([1.1, 1.0, 0.9]).view(3, 1, 1), torch.rand(3, 40, 40))
    assert torch.allclose(tone(picture, drawn, (208, 208, 208)).flatten(), torch.tensor([1.1, 1.0, 0.9]), atol=2e-3)
    assert (tone(torch.zeros(3, 40, 40), drawn, (208, 208, 208)) == TONES[0]).all()
    assert torch.allclose(tone(picture, torch.full((3, 40, 40), 208 / 255), (208, 208, 208)), torch.ones(3, 1, 1))  # nothing is drawn


def test_each_part_of_what_is_drawn_has_a_tone_of_its_own():
    """Dark hair that is browner than it was drawn, above skin that is paler; beside them what is nearest, and little by little."""
    ground, drawn = (208, 208, 208), torch.full((3, 120, 120), 208 / 255)
    drawn[:, 10:60, 10:110], drawn[:, 60:110, 10:110] = 0.2, 0.6
    picture, hair, skin = drawn.clone(), torch.tensor([1.4, 1.1, 0.8]), torch.tensor([1.1, 1.2, 1.3])
    picture[:, 10:60, 10:110] *= hair.view(3, 1, 1)
    picture[:, 60:110, 10:110] *= skin.view(3, 1, 1)
    whole = tone(picture, drawn, ground)
    found = tones(picture, drawn, ground, whole)
    assert found.shape == drawn.shape
    assert torch.allclose(found[:, 35, 60], hair, atol=0.06) and torch.allclose(found[:, 95, 60], skin, atol=0.03)
    assert (found[:, 2, 60] - found[:, 15, 60]).abs().max() < 0.1  # it goes on beyond what is drawn
    assert found.diff(dim=1).abs().max() < 0.06
    assert SOMEWHERE[0] - 1e-5 <= tones(torch.zeros_like(drawn), drawn, ground, whole).min() <= SOMEWHERE[0] + 0.01
    nothing = torch.full_like(drawn, 208 / 255)
    assert torch.equal(tones(picture, nothing, ground, whole), whole.expand_as(picture))


def test_what_is_not_drawn_makes_a_picture_strange():
    """A striped square: all of its stripes are drawn, half of their contrast, none."""
    white = torch.ones(3, 40, 40)
    stripes = torch.where(torch.arange(20) % 4 < 2, 0.2, 0.8).expand(3, 20, 20)
    found = []
    for share in (1.0, 0.5, 0.35, 0.0):
        picture, drawn = white.clone(), white.clone()
        picture[:, 10:30, 10:30], drawn[:, 10:30, 10:30] = stripes, 0.5 + share * (stripes - 0.5)
        found.append(strangeness(picture, drawn, (255, 255, 255)))
    assert found[0] == found[1] == 0.0 < found[2] < found[3] == 1.0


def test_ground_does_not_count_and_nothing_at_all_is_not_strange():
    picture = torch.ones(3, 40, 40)
    picture[:, 18:22, 18:22] = torch.rand(3, 4, 4) / 2
    assert strangeness(picture, torch.ones(3, 40, 40), (255, 255, 255)) == 1.0  # small, and not drawn
    assert np.isfinite(strangeness(torch.ones(3, 40, 40), torch.ones(3, 40, 40), (255, 255, 255)))


@pytest.mark.parametrize("number", [1, 3])
def test_a_chair_that_is_not_drawn_as_it_is_keeps_its_pattern_as_it_turns(number):
    """A bundled example, and the same with dark stripes across that no latent tells: both turn, and the stripes with it."""
    studio = dcign.load("chairs")
    plain = np.asarray(Image.open(WEIGHTS / "chairs" / "examples" / f"{number:02d}.png").convert("RGB").resize((160, 160)))
    subject = (np.abs(plain.astype(int) - np.array(studio.spec.ground)).max(-1) > 24)[..., None]
    striped = np.where(subject & (np.arange(160)[:, None, None] // 4 % 2 == 0), plain // 3, plain)
    turned, drawn = [], []
    for picture in (plain, striped):
        code = studio.encode(Prepared(Image.fromarray(picture.astype(np.uint8)), True, clean=True), refine=True)
        shown, alone = (studio.render(one, azimuth=code.azimuth - 20).astype(float) for one in (code, code.without_picture()))
        turned.append(np.abs(np.diff(shown, axis=0)).mean())
        drawn.append(np.abs(np.diff(alone, axis=0)).mean())
    given = [np.abs(np.diff(picture.astype(float), axis=0)).mean() for picture in (plain, striped)]
    more = [(pair[1] - pair[0]) / (given[1] - given[0]) for pair in (turned, drawn)]
    assert more[0] > 0.45 > 0.2 > more[1]  # of what they add to the picture's steps from row to row


def test_what_of_a_solid_subject_is_hardly_of_another_colour_than_the_ground_is_no_hole():
    """White hair before pale grey; between long hair, and between a head and a plait, the ground itself is seen."""
    ground, white = 200 / 255, 206 / 255
    picture, where = torch.full((3, 80, 80), ground), torch.zeros(1, 80, 80)
    picture[:, 20:60, 20:60], where[:, 20:60, 20:60] = 0.4, 1.0
    assert torch.equal(solid_outline(picture, (200, 200, 200)), where)
    picture[:, 30:34, 40:43] = picture[:, 50, 50] = ground
    assert torch.equal(solid_outline(picture, (200, 200, 200)), where)
    picture[:, 25:55, 25:55] = white
    assert torch.equal(solid_outline(picture, (200, 200, 200)), where)
    picture[:, 40, 25:55] = ground  # where white turns to grey
    assert torch.equal(solid_outline(picture, (200, 200, 200)), where)
    picture[:, 25:55, 25:55] = ground
    assert solid_outline(picture, (200, 200, 200))[:, 29:51, 29:51].max() == 0.0
    picture[:, 40:, 25:55] = white  # down to the border
    assert solid_outline(picture, (200, 200, 200))[:, 32:, 32:48].max() == 0.0
