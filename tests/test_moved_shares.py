"""How far pixels that move along with the view are trusted."""

from dataclasses import replace

import numpy as np
import pytest
from test_appearance_flow import code, studio, with_flow  # noqa: F401

from dcign.appearance_flow import AppearanceFlow
from dcign.moved_shares import DISTRUST, DOUBT, TURN, UNSEEN, distrust, moved_share
from dcign.studio import Studio


def test_how_far_it_is_trusted(code):
    """Of a render, until what is drawn is sharper; of a photograph, whose ground is nowhere else, all round."""
    assert moved_share(code, {}) == moved_share(code, {"elevation": 40.0, "light": 90.0, "azimuth": TURN[0]}) == 1.0
    assert moved_share(code, {"azimuth": TURN[1]}) == moved_share(code, {"azimuth": 180.0}) == 0.0
    shares = [moved_share(code, {"azimuth": float(degrees)}) for degrees in range(-180, 181)]
    assert shares == shares[::-1] and np.abs(np.diff(shares)).max() < 0.1
    assert moved_share(code, {"azimuth": 350.0}) == 1.0 and moved_share(replace(code, offsets=None), {"azimuth": 180.0}) == 1.0


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
    monkeypatch.setattr("dcign.own_picture.strangeness", lambda *parts: float(kind == "strange"))
    studio.render(code, azimuth=code.azimuth + 20)
    assert set(seen) == {(0.0, DOUBT[subject]) if kind == "like" else (DISTRUST, 0.0)}
    assert len(seen) == (3 if (kind, subject) == ("photograph", "face") else 1)  # its ground is sought from aside as well
