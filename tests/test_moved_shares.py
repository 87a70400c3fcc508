"""How far pixels that move along with the view are trusted."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import a_model
from test_appearance_flow import code, studio, with_flow  # noqa: F401

from dcign.appearance_flow import AppearanceFlow, Begun, Moved
from dcign.moved_shares import DISTRUST, DOUBT, PROFILE, SMEARS, TURN, UNSEEN, distrust, moved_share, unseen_share
from dcign.studio import Studio


def test_how_far_it_is_trusted(code):
    """Of a render, until what is drawn is sharper; of a photograph, whose ground is nowhere else, all round."""
    assert moved_share(code, {}) == moved_share(code, {"elevation": 40.0, "light": 90.0, "azimuth": TURN[0]}) == 1.0
    assert moved_share(code, {"azimuth": TURN[1]}) == moved_share(code, {"azimuth": 180.0}) == 0.0
    shares = [moved_share(code, {"azimuth": float(degrees)}) for degrees in range(-180, 181)]
    assert shares == shares[::-1] and np.abs(np.diff(shares)).max() < 0.1
    assert moved_share(code, {"azimuth": 350.0}) == 1.0 and moved_share(replace(code, offsets=None), {"azimuth": 180.0}) == 1.0


def test_a_photographed_face_is_drawn_alone_in_profile():
    assert unseen_share({"azimuth": PROFILE[0], "elevation": 40.0, "light": 90.0}) == unseen_share({}) == 0.0
    assert unseen_share({"azimuth": PROFILE[1]}) == unseen_share({"azimuth": -180.0}) == 1.0
    assert 0.3 < unseen_share({"azimuth": -sum(PROFILE) / 2}) < 0.7


@pytest.mark.parametrize("side", [0.0, 40.0], ids=["the picture", "its mirror image"])
@pytest.mark.parametrize("quick", [False, True])
def test_in_profile_it_stands_on_the_photographs_ground_in_its_tone(picture, monkeypatch, side, quick):
    """Whichever of both is nearer; the picture itself stays."""
    monkeypatch.setattr("dcign.memory.tone", lambda *parts: torch.full((3, 1, 1), 0.8))
    monkeypatch.setattr("dcign.photo_layers.ground", lambda picture, shown: torch.full_like(picture, 0.25))
    drawn = torch.zeros(1, 40, 40)
    drawn[:, 10:30, 10:30] = 1.0
    monkeypatch.setattr("dcign.own_picture.solid_outline", lambda *parts: drawn)
    monkeypatch.setattr("dcign.photo_layers.TELLING", torch.inf)  # an untrained network draws whatever beside the subject
    studio = Studio(**with_flow() | {"framing": {"subject": "face"}}, device="cpu")
    studio = studio.quick() if quick else studio
    code = replace(studio.encode(picture, refine=False), azimuth=side)
    shown, alone = (studio.render(one, azimuth=-side - 90.0 if side else 85.0).astype(float) for one in (code, code.without_picture()))
    assert (np.abs(shown - 255 * 0.25)[drawn[0] == 0] <= 1).all()
    assert (np.abs(shown - 0.8 * alone)[15:25, 15:25] <= 1.5).all()
    near = studio.render(code)
    assert np.abs(near - code.pixels.astype(float)).mean() < 3


def test_a_place_gives_its_tone_to_what_was_drawn_alike_there(picture):
    """Shoulders that come into view where flow looks at dark hair would be blown out by the tone of that."""
    studio = Studio(**with_flow() | {"framing": {"subject": "face"}}, device="cpu")
    code = replace(studio.encode(picture, refine=False), azimuth=0.0)
    asked = studio.views([code], [studio.heard(code, {"azimuth": 20.0})])[0]
    size, bright = studio.size, torch.full((3, studio.size, studio.size), 0.5)
    asked = replace(asked, new=replace(asked.new, picture=bright), sharp=bright, untoned=(bright, torch.full((3, 1, 1), 0.9)))
    asked.__dict__["outlined"] = torch.ones(1, size, size)
    still = torch.zeros(1, 3, size, size)
    found = Moved(still + 0.5, torch.ones(1, 1, size, size), still, still, torch.zeros(1, 2, size, size), torch.zeros(1, 2, size, size))
    shown = []
    for there in (0.5, 0.4, 0.1):
        here = torch.cat([still, still + there, still.repeat(1, 2, 1, 1)], 1)
        shown.append(float(asked._shown(found, Begun(here, still, still), torch.full((3, size, size), 1.4)).mean()))
    assert shown == pytest.approx([0.5 * 1.4, 0.5 * 1.15, 0.5 * 0.9], abs=1e-3)


def test_without_flow_nothing_is_toned(picture):
    """Else what is drawn would change its brightness where the picture has faded."""
    studio = Studio(**a_model(), device="cpu")
    code = replace(studio.encode(picture), azimuth=0.0)
    assert code.photograph
    shown = studio.render_many(code, azimuth=[6.3, 6.5]).astype(float)
    assert np.abs(shown[0] - shown[1]).max() < 12


def test_what_is_drawn_is_trusted_again_where_the_picture_shows_nothing():
    assert distrust(1.0, {"azimuth": -UNSEEN[0], "elevation": 40.0}) == DISTRUST == 2 * distrust(0.5, {})
    assert distrust(1.0, {"azimuth": UNSEEN[1]}) == distrust(1.0, {"azimuth": 180.0}) == distrust(0.0, {}) == 0.0


@pytest.mark.parametrize("kind", ["like", "strange", "photograph"])
@pytest.mark.parametrize("subject", ["face", "object"])
def test_of_photographs_and_what_is_strange_the_drawn_is_distrusted_and_of_like_faces_the_moved(picture, monkeypatch, kind, subject):
    studio = Studio(**with_flow() | {"framing": {"subject": subject}}, device="cpu")
    code, seen = studio.encode(picture, refine=kind != "photograph"), []
    forward = AppearanceFlow.forward
    monkeypatch.setattr(AppearanceFlow, "forward", lambda self, *parts: seen.append(parts[4:]) or forward(self, *parts))
    monkeypatch.setattr("dcign.memory.strangeness", lambda *parts: float(kind == "strange"))
    studio.render(code, azimuth=code.azimuth + 20)
    assert set(seen) == {(0.0, DOUBT[subject], 0.0) if kind == "like" else (DISTRUST, 0.0, SMEARS[subject])}
    assert SMEARS["face"] > 0 == SMEARS["object"]
    assert len(seen) == (3 if (kind, subject) == ("photograph", "face") else 1)  # its ground is sought from aside as well
