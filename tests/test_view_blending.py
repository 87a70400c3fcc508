"""From which of a picture and its mirror image the pixels of a view are taken: where both are looked at, and what is trusted."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from test_appearance_flow import with_flow

from dcign import mirror_image
from dcign.checkpoints import load_weights, save_weights
from dcign.moved_shares import Shares, shares
from dcign.networks import DCIGN, NetworkConfig
from dcign.own_picture import blended
from dcign.studio import Studio
from dcign.view_blending import Side, ViewBlending
from dcign.weights_folder import BLENDING, CONFIG, FLOW


def with_blending(rather: float) -> dict:
    """A small model that everywhere takes the mirror image's pixels with these logarithmic odds."""
    model = with_flow()
    bare = model["network"]
    model["network"] = DCIGN(replace(bare.config, blend_width=8))
    model["network"].load_state_dict(bare.state_dict(), strict=False)
    torch.nn.init.constant_(model["network"].flow.blending.out.bias, rather)
    return model


@pytest.fixture
def code(picture):
    """Of a photograph."""
    return replace(Studio(**with_flow(), device="cpu").encode(picture, refine=False), azimuth=30.0, light=-30.0)


def refined(code):
    return replace(code, offsets=np.zeros((4, code.layout.size), np.float32))


def side(value: float) -> Side:
    return Side(torch.full((1, 3, 8, 8), value), torch.zeros(1, 4, 2, 2), torch.zeros(1, 4))


def test_both_are_looked_at_between_their_views_and_one_of_them_everywhere(code):
    steps = np.arange(0, 181)
    windows = np.array([mirror_image.window(code, {"azimuth": -float(step)}) for step in steps])
    assert windows[:120].max(1).min() == 1.0 and np.abs(np.diff(windows, axis=0)).max() < 0.3
    assert (windows[0] == (1, 0)).all() and (windows[30] == (1, 1)).all() and (windows[60] == (0, 1)).all()  # 60: as the mirror image is seen
    assert np.all(np.diff(windows[:61, 1]) >= 0) and np.all(np.diff(windows[:61, 0]) <= 0)
    for away in ({"azimuth": 20.0}, {"elevation": 20.0}, {"light": 60.0}, {}):
        assert mirror_image.window(code, away) == (1.0, 0.0)
    assert mirror_image.window(replace(code, azimuth=2.0), {"azimuth": -4.0}) == (1.0, 0.0)  # it shows nothing new


def test_the_other_way_round_the_farther_one_is_not_looked_at(code):
    """A profile that is turned a little further is its own; so is a chair from behind whose front is asked for."""
    for azimuth, away in ((90.0, 20.0), (85.0, 25.0), (75.0, 45.0), (160.0, -160.0)):
        assert mirror_image.window(replace(code, azimuth=azimuth), {"azimuth": away}) == (1.0, 0.0)
    assert mirror_image.window(replace(code, azimuth=90.0), {"azimuth": 160.0})[1] == 1.0  # as the mirror image is seen


def test_near_the_front_they_fade_within_some_degrees(code):
    """Where both views lie near each other, a share of what lies between them is a jump."""
    near = replace(code, azimuth=5.5)
    windows = np.array([mirror_image.window(near, {"azimuth": -step / 10}) for step in range(1, 200)])
    assert np.abs(np.diff(windows, axis=0)).max() < 0.06


@pytest.mark.parametrize("blends", [True, False])
def test_what_is_shown_changes_evenly_where_one_of_them_begins_to_count(code, blends):
    """Whatever is preferred: trust and windows fade, and none of them may jump; neither where renders fade by angle alone."""
    flat = {"own": side(0.2), "mirrored": side(0.8)}
    code = code if blends else refined(code)
    for azimuth in (30.0, 45.0, 80.0, 150.0):
        for rather in (-4.0, 0.0, 4.0):
            values = []
            for tenth in range(0, 1801):
                found = shares(replace(code, azimuth=azimuth), {"azimuth": -tenth / 10}, blends=blends)
                first, second = (flat[name] if getattr(found, name) >= 0.01 and window >= 0.01 else None
                                 for name, window in zip(("own", "mirrored"), found.window))
                odds = torch.full((1, 1, 8, 8), rather) if first and second and blends else None
                values.append(float(blended(torch.zeros(1, 3, 8, 8), found, first, second, odds)[0, 0, 0, 0]))
            assert np.abs(np.diff(values)).max() < 0.025, (azimuth, rather)


def test_each_pixel_is_taken_from_where_the_odds_are_and_by_what_is_trusted():
    first, second, sharp = side(0.2), side(0.8), torch.full((1, 3, 8, 8), 0.5)
    odds = torch.full((1, 1, 8, 8), -20.0)
    odds[..., 4:] = 20.0
    shown = blended(sharp, Shares(1.0, 1.0, (1.0, 1.0)), first, second, odds)
    assert torch.allclose(shown[..., :4], first.shown[..., :4]) and torch.allclose(shown[..., 4:], second.shown[..., 4:])
    even = torch.zeros(1, 1, 8, 8)
    near = blended(sharp, Shares(1.0, 1.0, (1.0, 0.02)), first, second, even)  # what is hardly looked at is hardly taken
    assert torch.allclose(near, first.shown, atol=0.02)
    assert torch.allclose(blended(sharp, Shares(0.5, 0.0, (1.0, 0.0)), first, None), torch.full_like(sharp, 0.35))
    assert torch.equal(blended(sharp, Shares(), None, None), sharp)


def test_a_network_that_has_learned_it_shows_what_it_prefers(code):
    """At the front view, which lies as near to both: one or the other, and neither as if there were no mirror image."""
    shown = {rather: Studio(**with_blending(rather), device="cpu").render(code, azimuth=0.0) for rather in (-30.0, 0.0, 30.0)}
    alone = Studio(**with_flow(), device="cpu", symmetric=False).render(code, azimuth=0.0)
    assert np.abs(shown[-30.0].astype(int) - alone).max() <= 1
    assert not np.array_equal(shown[30.0], alone)
    mean = (shown[-30.0].astype(float) + shown[30.0]) / 2
    assert np.abs(shown[0.0] - mean).max() <= 2
    render = Studio(**with_flow(), device="cpu").encode(code.pixels, refine=True)  # by angle alone
    by_odds = [Studio(**with_blending(rather), device="cpu").render(replace(render, azimuth=30.0), azimuth=0.0) for rather in (-30.0, 30.0)]
    assert np.array_equal(*by_odds)


def test_a_quick_studio_shows_nearly_the_same(code):
    model = with_blending(0.0)
    torch.nn.init.normal_(model["network"].flow.blending.out.weight, 0.0, 0.3)
    exact, half = (Studio(**model, device="cpu", precision=precision).render(code, azimuth=0.0) for precision in ("float32", "bfloat16"))
    assert np.abs(exact.astype(int) - half).mean() < 3


def test_before_it_has_learned_anything_both_count_alike():
    torch.manual_seed(0)
    blending, sides = ViewBlending(4, 6, 8, 4), [Side(torch.rand(2, 3, 40, 40), torch.rand(2, 4, 10, 10), torch.rand(2, 6)) for _ in range(2)]
    rather = blending(*sides, torch.rand(2, 3, 40, 40), torch.rand(2, 6))
    assert rather.shape == (2, 1, 40, 40) and not rather.any()
    torch.nn.init.normal_(blending.out.weight)
    batch = blending(*sides, torch.zeros(2, 3, 40, 40), torch.zeros(2, 6))
    alone = blending(*(Side(one.shown[:1], one.known[:1], one.latents[:1]) for one in sides), torch.zeros(1, 3, 40, 40), torch.zeros(1, 6))
    assert torch.allclose(batch[:1], alone, atol=1e-4) and batch.std() > 0


def test_it_is_stored_and_older_versions_are_told_to_update(tmp_path):
    for model, number in ((with_flow(), FLOW), (with_blending(1.0), BLENDING)):
        save_weights(tmp_path, **model | {"name": "chairs"})
        config = json.loads((tmp_path / CONFIG).read_text())
        assert config["format"] == number and ("blend_width" in config["network"]) == (number == BLENDING)  # older ones do not know it
    weights = load_weights(tmp_path)
    assert torch.equal(weights.network.flow.blending.out.bias, torch.ones(16))
    bare = weights.network.without_flow()
    assert bare.flow is None and bare.config.blend_width == 0


def test_it_needs_flow():
    with pytest.raises(ValueError, match="blend_width"):
        replace(NetworkConfig.tiny(), blend_width=8)
    with pytest.raises(ValueError, match="blend_width"):
        replace(NetworkConfig.tiny(), flow_width=8, blend_width=-1)
