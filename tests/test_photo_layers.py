"""A photograph's subject and what lies behind: what is taken for either, and what of both is seen when the view turns."""

from dataclasses import replace

import pytest
import torch
from test_mirror_image import code, studio  # noqa: F401

from dcign import photo_layers
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


def layers() -> Layers:
    """A subject on the left, of one colour, that is shown in part; all else lies behind."""
    shown = torch.zeros(1, 40, 40)
    shown[:, 10:30, 5:15] = 1.0
    return Layers(torch.full((3, 40, 40), 0.7), shown, torch.rand(3, 40, 40, generator=torch.Generator().manual_seed(1)))


def flow_to_the_left() -> torch.Tensor:
    flow = torch.zeros(1, 2, 40, 40)
    flow[:, 0] = 4.0
    return flow


@pytest.mark.parametrize("solid", [True, False])
def test_a_photograph_keeps_its_own_ground(solid):
    """What of the mirror image is the subject's is shown before what lies behind."""
    some, moved = layers(), torch.rand(3, 40, 40)  # mirrored, it is on the right, and seen so much further to the left now
    drawn = torch.zeros(1, 40, 40)
    drawn[:, 2:4, 2:4] = 1.0  # what it does not show
    pictured = some.mirrored(moved, flow_to_the_left(), drawn, torch.ones(1, 40, 40), solid)
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
    pictured = some.kept(moved, torch.zeros(1, 2, 40, 40), drawn, share, (255, 255, 255))
    assert torch.allclose(pictured[:, :20, :20], some.behind[:, :20, :20], atol=1e-6)
    assert torch.allclose(pictured[:, 20:, :20], moved[:, 20:, :20])  # the photograph's pixels stay, as white as they are
    assert torch.allclose(pictured[:, :20, 22:], moved[:, :20, 22:])  # and so does what is drawn of the subject


@pytest.mark.parametrize("mirrored", [False, True])
def test_no_ground_shows_within_a_solid_subject(mirrored):
    """Where pixels come from beside the subject, well within what is drawn, its nearest colours are seen; where what is drawn is shown,
    that."""
    some, moved, share = layers(), torch.rand(3, 40, 40), torch.zeros(1, 40, 40)
    drawn = torch.zeros(1, 40, 40)
    drawn[:, 5:35, 5:35] = 1.0
    share[:, 20:] = 1.0
    if mirrored:
        pictured = some.mirrored(moved, flow_to_the_left(), drawn, share, True)
    else:
        pictured = some.kept(moved, -flow_to_the_left(), drawn, share, (255, 255, 255))
    shown = torch.zeros(40, 40, dtype=torch.bool)
    shown[10:30, 21:31] = True  # it is seen so far to the right, or mirrored
    if not mirrored:
        shown = shown.roll(-12, 1)  # from 9 on
    within = torch.zeros(40, 40, dtype=torch.bool)
    within[9:20, 9:31] = True
    assert torch.allclose(pictured[:, within & ~shown], some.colours[:, within & ~shown], atol=1e-6)
    assert torch.allclose(pictured[:, within & shown], moved[:, within & shown], atol=1e-6)
    drawn_there = within.roll(12, 0)
    assert torch.allclose(pictured[:, drawn_there], moved[:, drawn_there], atol=1e-6)


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
