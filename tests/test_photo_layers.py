"""A photograph's subject and what lies behind: what is taken for either, and what of both is seen when the view turns."""

from dataclasses import replace

import pytest
import torch
from test_mirror_image import code, studio  # noqa: F401

from dcign import photo_layers
from dcign.appearance_flow import Moved
from dcign.photo_layers import Layers


def test_what_turns_with_the_view_is_the_subject_but_for_a_rim_of_ground(code):
    """A square on an uneven ground that lies elsewhere when the view is turned, seen from either side, with some ground around it."""
    picture = torch.linspace(0.2, 0.4, 80).expand(3, 80, 80).clone()
    picture[:, 20:60, 24:56] = 0.9

    def look(degrees):
        assert abs(degrees["azimuth"] - code.azimuth) == photo_layers.ASIDE
        step = 6 if degrees["azimuth"] < code.azimuth else -6
        flow = torch.zeros(1, 2, 80, 80)
        flow[0, 0, 16:64, 20 + step:60 + step] = -step  # it lies so far to the right of where it was
        flow[0, 0, 30:32, 30:32] = 0.0  # and some of it seems to stay
        return flow

    inside = picture[0] > 0.5
    found = photo_layers.subject(code, picture, torch.zeros(1, 80, 80), look)[0]
    assert found.shape == (80, 80) and 0 <= found.min() and found.max() <= 1
    assert found[inside].min() > 0.75 and found[inside].mean() > 0.95 and found[~inside].max() < 0.3 and found[~inside].mean() < 0.02


def test_what_does_not_seem_to_turn_is_the_subjects_where_it_is_drawn_and_unlike_the_ground(code):
    """Thin legs, and what lies on the axis of the turn; not a drawn shadow, or what a similar thing has more."""
    picture, drawn = torch.full((3, 80, 80), 0.3), torch.zeros(1, 80, 80)
    picture[:, 20:60, 38:41] = 0.9
    drawn[:, 20:60, 36:60] = 1.0
    found = photo_layers.subject(code, picture, drawn, lambda degrees: torch.zeros(1, 2, 80, 80))[0]
    leg = picture[0] > 0.5
    assert found[leg].min() > 0.99 and found[~leg].max() < 0.01


def test_ground_beside_a_jaw_is_not_the_subjects_though_it_seems_to_turn_and_is_drawn(code):
    """A dark jacket below, so that all around is half as dark there; what is drawn of the jaw is as wide as the shoulders."""
    picture, drawn = torch.full((3, 80, 80), 0.1), torch.zeros(1, 80, 80)
    picture[2, :62] = 0.9  # blue
    picture[:, 8:62, 30:50] = 0.6
    drawn[:, 8:, 26:54] = 1.0

    def look(degrees):
        step = 6 if degrees["azimuth"] < code.azimuth else -6
        flow = torch.zeros(1, 2, 80, 80)
        flow[0, 0, 8:62, 22 + step:58 + step] = -step
        return flow

    found = photo_layers.subject(code, picture, drawn, look, solid=True)[0]
    assert found[12:58, 31:49].min() > 0.9 and found[12:60, 20:29].max() < 0.1 and found[12:60, 51:60].max() < 0.1


def test_hair_beyond_what_is_found_is_no_ground_for_the_rest(code):
    """What is drawn of dark hair ends some pixels within it, before an uneven ground; and nothing seems to turn."""
    picture, drawn = torch.linspace(0.5, 0.9, 80).expand(3, 80, 80).clone(), torch.zeros(1, 80, 80)
    picture[:, 20:60, 20:60] = 0.1
    drawn[:, 28:52, 28:52] = 1.0
    found = photo_layers.subject(code, picture, drawn, lambda degrees: torch.zeros(1, 2, 80, 80), solid=True)[0]
    assert found[30:50, 30:50].min() > 0.9


def test_what_lies_behind_goes_on_as_it_is_around():
    """Whatever the subject's colour; where that is not, the picture stays."""
    picture = torch.linspace(0.2, 0.6, 80).expand(3, 80, 80).clone()
    shown = torch.zeros(1, 80, 80)
    shown[:, 30:50, 40:60] = 1.0
    given = torch.where(shown > 0, torch.rand(3, 80, 80), picture)
    behind = photo_layers.ground(given, shown)
    far = torch.nn.functional.max_pool2d(shown, 2 * photo_layers.EDGE + 1, 1, photo_layers.EDGE) == 0
    assert torch.allclose(behind[:, far[0]], picture[:, far[0]], atol=1e-5)
    assert (behind - picture).abs().max() < 0.06
    assert photo_layers.ground(given, torch.ones(1, 80, 80)).isfinite().all()  # nothing else is in the picture


def test_a_subjects_colours_go_on_beyond_it():
    """Not those at its outline, which are half the ground's; and the picture's, where no subject was found."""
    picture, shown = torch.zeros(3, 80, 80), torch.zeros(1, 80, 80)
    picture[2] = 1.0
    picture[:, 30:50, 30:50] = torch.tensor([0.6, 0.4, 0.5]).view(3, 1, 1)
    shown[:, 29:51, 29:51] = 1.0
    assert (photo_layers.colours(picture, shown) - picture[:, 40:41, 40:41]).abs().max() < 1e-5
    assert torch.equal(photo_layers.colours(picture, torch.zeros(1, 80, 80)), picture)
    faint = shown.clone()
    faint[:, :, 51:70] = 0.3  # a rim that is hardly of the subject
    assert (photo_layers.colours(picture, faint) - picture[:, 40:41, 40:41]).abs().max() < 1e-5


def test_hair_that_stands_off_what_is_drawn_is_the_heads_and_neither_ground_nor_clothes_are():
    picture, shown = torch.zeros(3, 160, 160), torch.zeros(1, 160, 160)
    picture[2] = 0.8  # blue
    picture[:, 40:, 50:110] = torch.tensor([0.3, 0.2, 0.1]).view(3, 1, 1)  # brown hair, and brown clothes
    picture[:, 60:110, 65:95] = 0.8
    picture[:, 40:60, 115:125] = torch.tensor([0.3, 0.2, 0.1]).view(3, 1, 1)  # something brown beside it
    shown[:, 50:110, 60:100] = 1.0
    found = photo_layers.with_hair(picture, shown)[0]
    lowest = round(photo_layers.HAIR[1] * 160)
    assert (found[40:100, 50:110] == 1).all() and (found[:40] == 0).all() and (found[lowest:] == 0).all()
    assert (found[:, 113:] == 0).all() and (found[:, :47] == 0).all()
    for other in (torch.zeros(1, 160, 160), torch.ones(1, 160, 160)):
        assert torch.equal(photo_layers.with_hair(picture, other), other)
    uneven = picture.clone()
    uneven[:, :, 140:] = torch.rand(3, 160, 20)
    assert torch.equal(photo_layers.with_hair(uneven, shown), shown)


def test_what_is_drawn_alone_stands_before_what_lies_behind():
    """However soft its outline; in the tone that is asked for, which the ground is not of."""
    down, across = torch.meshgrid(*[torch.arange(40.0) - 19.5] * 2, indexing="ij")
    alpha = ((14 - down.hypot(across)) / 4).clamp(0, 1)[None]  # (1, H, W)
    even, dark, tone = torch.tensor([208 / 255]), torch.tensor([0.3, 0.2, 0.1]).view(3, 1, 1), torch.tensor([1.2, 1.0, 0.9]).view(3, 1, 1)
    sharp = even.lerp(dark, alpha)
    shown = layers().before(sharp, (alpha > 0.05).float(), (208, 208, 208), tone)
    assert torch.allclose(shown, layers().behind.lerp(dark * tone, alpha), atol=1e-4)
    textured = torch.where(alpha == 1, torch.rand(3, 40, 40), sharp)
    shown, plain = (layers().before(textured, (alpha > 0.05).float(), (208, 208, 208), one) for one in (tone, None))
    assert torch.allclose(plain[:, 16:24, 16:24], textured[:, 16:24, 16:24], atol=1e-6)
    assert torch.allclose(shown[:, 16:24, 16:24], (textured * tone).clamp(max=1.0)[:, 16:24, 16:24], atol=1e-6)


def test_white_hair_before_pale_grey_ends_where_it_is_said_to():
    """Its colour tells nothing."""
    drawn = torch.zeros(1, 40, 40)
    drawn[:, 10:30, 10:30] = 1.0
    shown = layers().before(torch.full((3, 40, 40), 208 / 255).lerp(torch.tensor(0.83), drawn), drawn, (208, 208, 208))
    assert torch.allclose(shown[:, 12:28, 12:28], torch.tensor(0.83), atol=1e-6)
    assert torch.equal(shown[:, drawn[0] == 0], layers().behind[:, drawn[0] == 0])


def layers() -> Layers:
    """A subject on the left that is shown in part; all else lies behind."""
    shown = torch.zeros(1, 40, 40)
    shown[:, 10:30, 5:15] = 1.0
    return Layers(*(torch.rand(channels, 40, 40, generator=torch.Generator().manual_seed(seed)) if seed else shown
                    for seed, channels in ((1, 3), (0, 1), (2, 3))))


def moved_along(picture: torch.Tensor, right: float, share: torch.Tensor) -> Moved:
    """Pixels of which each shows this ``picture``, and comes from so far to the right."""
    flow = torch.zeros(1, 2, 40, 40)
    flow[:, 0] = right
    return Moved(picture[None], share[None], picture[None], picture[None], flow, flow)


@pytest.mark.parametrize("solid", [True, False])
def test_a_photograph_keeps_its_own_ground(solid):
    """What of the mirror image is the subject's is shown before what lies behind."""
    some, moved = layers(), torch.rand(3, 40, 40)  # mirrored, it is on the right, and seen so much further to the left now
    drawn = torch.zeros(1, 40, 40)
    drawn[:, 2:4, 2:4] = 1.0  # what it does not show
    mirrored = some.mirrored(torch.rand(3, 40, 40))
    pictured = mirrored.placed(moved, moved_along(moved, 4.0, torch.ones(1, 40, 40)), drawn, solid)
    subject = torch.zeros(40, 40, dtype=torch.bool)
    subject[10:30, 21:31] = subject[2:4, 2:4] = True
    assert torch.allclose(pictured[:, subject], moved[:, subject], atol=1e-6)
    assert torch.allclose(pictured[:, ~subject], some.behind[:, ~subject], atol=1e-6)


def test_the_models_ground_does_not_show_around_a_photograph():
    """Where what is drawn is shown, and nothing is drawn there, the photograph's ground is."""
    some, drawn, share = layers(), torch.zeros(1, 40, 40), torch.zeros(1, 40, 40)
    drawn[:, :, 20:] = 1.0
    share[:, :20] = 1.0
    moved = torch.ones(3, 40, 40)  # as white as what is drawn around
    pictured = some.kept(moved, moved_along(moved, 0.0, share), drawn, (255, 255, 255))
    assert torch.allclose(pictured[:, :20, :20], some.behind[:, :20, :20], atol=1e-6)
    assert torch.allclose(pictured[:, 20:, :20], moved[:, 20:, :20])  # the photograph's pixels stay, as white as they are
    assert torch.allclose(pictured[:, :20, 22:], moved[:, :20, 22:])  # and so does what is drawn of the subject


def holed() -> Layers:
    """A subject with a hole, through which some ground is seen."""
    shown = torch.zeros(1, 40, 40)
    shown[:, 4:36, 4:22] = 1.0
    shown[:, 14:26, 10:16] = 0.0
    return replace(layers(), shown=shown)


@pytest.mark.parametrize("own", [True, False])
def test_no_ground_shows_within_a_solid_subject(own):
    """Where pixels come from a hole in the subject, well within what is drawn, its nearest colours are seen; where what is drawn is shown, that.
    Beside it ground stays, whatever is drawn there: a plait that the photograph does not have."""
    some, moved, share = holed(), torch.rand(3, 40, 40), torch.zeros(1, 40, 40)
    drawn = torch.ones(1, 40, 40)
    share[:, 20:] = 1.0
    along = moved_along(moved, -4.0, share)
    pictured = some.kept(moved, along, drawn, (255, 255, 255)) if own else some.placed(moved, along, drawn, True)
    shown, beside = torch.zeros(2, 40, 40, dtype=torch.bool)
    hole = slice(14, 20), slice(14, 20)  # so far to the right
    assert torch.allclose(pictured[:, hole[0], hole[1]], some.colours.roll(4, 2)[:, hole[0], hole[1]], atol=1e-5)
    assert torch.allclose(pictured[:, 20:], moved[:, 20:], atol=1e-5)
    shown[6:12, 10:24] = beside[6:20, 37:] = True
    assert torch.allclose(pictured[:, shown], moved[:, shown], atol=1e-5)
    assert torch.allclose(pictured[:, beside], (moved if own else some.behind)[:, beside], atol=1e-5)  # a mirror image's own is on the wrong side


@pytest.mark.parametrize("own", [True, False])
def test_no_ground_shines_through_where_half_of_what_is_drawn_is_shown(own):
    """As much of what is drawn as is shown stays; the rest has the subject's colours, not the ground's."""
    some, drawn, ground, colour = holed(), torch.ones(1, 40, 40), torch.zeros(3, 40, 40), torch.rand(3, 40, 40)
    half = Moved(*(one[None] for one in (0.5 * colour, torch.full((1, 40, 40), 0.5), ground, ground)), *torch.zeros(2, 1, 2, 40, 40))
    pictured = some.kept(0.5 * colour, half, drawn, (255, 255, 255)) if own else some.placed(0.5 * colour, half, drawn, True)
    hole = some.shown[0] == 0
    hole[:, 22:] = hole[:4] = hole[36:] = hole[:, :4] = False
    assert torch.allclose(pictured[:, hole], (0.5 * colour + 0.5 * some.colours)[:, hole], atol=1e-5)


def test_wide_gaps_and_what_lies_between_a_subject_and_the_border_stay_ground():
    moved = torch.rand(3, 40, 40)
    along = moved_along(moved, 0.0, torch.zeros(1, 40, 40))
    wide = holed()
    wide.shown[:] = 0.0
    wide.shown[:, 14:26, 2:8] = wide.shown[:, 14:26, 26:32] = 1.0  # two parts, further from each other than gaps are wide
    assert torch.allclose(wide.kept(moved, along, torch.ones(1, 40, 40), (255, 255, 255))[:, 16:24, 14:20], moved[:, 16:24, 14:20], atol=1e-5)
    beside = holed()
    beside.shown[:] = 0.0
    beside.shown[:, 4:36, 4:35] = 1.0  # five pixels from the border
    assert torch.allclose(beside.kept(moved, along, torch.ones(1, 40, 40), (255, 255, 255))[:, 8:32, 37:], moved[:, 8:32, 37:], atol=1e-5)


def test_the_layers_of_a_mirror_image_are_of_the_picture_that_it_is_lit_as():
    """Its subject's colours on its own side, before the photograph's ground."""
    some, picture = layers(), torch.rand(3, 40, 40)
    found = some.mirrored(picture)
    assert torch.equal(found.shown, some.shown.flip(-1)) and torch.equal(found.behind, some.behind)
    assert torch.equal(found.colours, photo_layers.colours(picture, some.shown.flip(-1)))


def test_a_photographs_ground_is_sought_once(studio, code, monkeypatch):
    photograph, found = replace(code, offsets=None), []
    subject = photo_layers.subject
    monkeypatch.setattr(photo_layers, "subject", lambda *parts: found.append(subject(*parts)) or found[-1])
    for azimuth in (-20.0, -35.0, -50.0):
        studio.render(photograph, azimuth=azimuth)
    studio.render(code, azimuth=-40.0)  # a render has none
    assert len(found) == 1


@pytest.mark.parametrize("kind, calls", [("face", 1), ("object", 0)])
def test_only_a_photograph_of_a_solid_subject_is_mended_where_it_is_moved(studio, code, monkeypatch, kind, calls):
    """Not a render, whose ground is the model's, nor an object, which has gaps."""
    found, kept = [], Layers.kept
    monkeypatch.setattr(Layers, "kept", lambda *parts: found.append(parts) or kept(*parts))
    monkeypatch.setattr(studio, "spec", replace(studio.spec, subject=kind))
    studio.render(code, azimuth=35.0)
    assert not found
    studio.render(replace(code, offsets=None), azimuth=35.0)
    assert len(found) == calls


def test_a_photograph_whose_azimuth_is_not_known_is_shown(studio, code):
    """Codes may come without, as JSON; nothing is known of what turns then."""
    photograph = replace(code, offsets=None, azimuth=None)
    assert studio.render(photograph, azimuth=35.0).shape == studio.render(photograph, elevation=code.elevation + 5).shape


def test_layers_are_made_once_for_each_light(studio, code, monkeypatch):
    """Also where another was asked for before; those of the mirror image as well."""
    photograph, made, of, mirrored = replace(code, offsets=None), [], Layers.of, Layers.mirrored
    monkeypatch.setattr(Layers, "of", staticmethod(lambda *parts: made.append(("own", parts[0])) or of(*parts)))
    monkeypatch.setattr(Layers, "mirrored", lambda *parts: made.append(("mirrored", parts[1])) or mirrored(*parts))
    for light in (-50.0, 50.0):
        for azimuth in (-38.0, -42.0):
            studio.render(photograph, azimuth=azimuth, light=light)
    assert [kind for kind, _ in made] == ["own", "mirrored"] * 2
    assert not torch.equal(made[0][1], made[2][1]) and not torch.equal(made[1][1], made[3][1])
