"""What single places of the decoder hear: how it is kept, how it fades, and what mixing does with it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dcign import offsets
from dcign.graphics_code import GraphicsCode
from dcign.mixing import draw_identity, morph, swap


@pytest.fixture
def code(studio) -> GraphicsCode:
    random = np.random.default_rng(4)
    apart = random.normal(size=(studio._network.places, studio.layout.size)) * studio.layout.intrinsic
    return GraphicsCode(random.normal(size=studio.layout.size), studio.layout, azimuth=10.0, elevation=5.0, light=-20.0,
                        model=studio.name, offsets=apart)


def test_json_gives_back_an_equal_code(code):
    again = GraphicsCode.from_json(code.to_json())
    assert again == code and again.offsets.dtype == np.float32
    assert code != replace(code, offsets=None) != replace(code, offsets=2 * code.offsets)
    with pytest.raises(ValueError):
        again.offsets[0, 0] = 1.0


@pytest.mark.parametrize("wrong", [np.zeros((0, 4)), np.zeros(4), np.zeros((99, 4)), "NaN"])
def test_other_shapes_and_numbers_are_refused(code, wrong):
    if isinstance(wrong, str):
        wrong = np.full_like(code.offsets, np.nan)
    with pytest.raises(ValueError, match="offsets"):
        replace(code, offsets=wrong)


@pytest.mark.parametrize("rows", [[], [[]], [[1.0]], 3, [["x"] * 4], [[1e9] * 1000]])
def test_a_sent_code_with_wrong_offsets_is_refused(code, rows):
    record = json.loads(code.to_json()) | {"offsets": rows}
    with pytest.raises(ValueError, match="offsets"):
        GraphicsCode.from_json(json.dumps(record))


def test_a_code_for_another_decoder_is_refused(studio, code):
    with pytest.raises(ValueError, match="encode the picture again"):
        studio.render(replace(code, offsets=code.offsets[:2]))


def test_trust_is_whole_where_it_was_seen_and_fades_both_ways():
    assert offsets.trust({}) == offsets.trust({"light": 90.0}) == 1.0
    assert offsets.trust({"azimuth": 30.0}) == offsets.trust({"azimuth": -30.0}) == offsets.trust({"azimuth": 330.0})
    falling = [offsets.trust({"azimuth": degrees}) for degrees in (0, 15, 45, 90, 180)]
    assert falling == sorted(falling, reverse=True) and falling[-1] < 1e-6
    assert offsets.trust({"azimuth": 30.0, "elevation": 15.0}) < offsets.trust({"azimuth": 30.0})


def test_far_from_where_they_were_seen_nothing_is_left_of_them(studio, code):
    plain = replace(code, offsets=None)
    assert not np.array_equal(studio.render(code), studio.render(plain))
    low, high = studio.ranges["azimuth"]
    code, plain = (replace(one, azimuth=low) for one in (code, plain))
    near, far = (np.abs(studio.render(code, azimuth=angle).astype(int) - studio.render(plain, azimuth=angle)).mean()
                 for angle in (low, high if high - low < 200 else low + 180))
    assert far < 0.1 * near


def test_codes_with_and_without_offsets_are_drawn_together(studio, code):
    codes = [code, replace(code, offsets=None), code]
    together = studio.render_many(codes, light=[0.0, 0.0, 0.0]).astype(int)
    for picture, one in zip(together, codes):
        assert np.abs(picture - studio.render(one, light=0.0)).max() <= 1


def test_morphs_take_the_offsets_along(code):
    other = replace(code, offsets=None)
    assert morph(code, other, 0.0) == code
    assert np.allclose(morph(code, other, 0.25).offsets, 0.75 * code.offsets)
    assert morph(code, other, 1.0).offsets is None


def test_a_swapped_pose_leaves_the_offsets_as_far_as_they_are_trusted_there(code):
    turned = replace(code, azimuth=40.0, offsets=None)
    mixed = swap(code, pose=turned)
    assert mixed.azimuth == 40.0
    assert np.allclose(mixed.offsets, offsets.trust({"azimuth": 30.0}) * code.offsets)
    assert np.array_equal(swap(code, light=turned).offsets, code.offsets)


def test_a_pose_that_comes_as_a_part_counts_the_same(code):
    turned = replace(code, azimuth=40.0, offsets=None)
    assert swap(code, parts={"azimuth": turned}) == swap(code, pose=replace(turned, elevation=code.elevation))


def test_codes_for_two_decoders_are_not_mixed(code):
    other = replace(code, offsets=code.offsets[:1])
    for act in (lambda: morph(code, other, 0.5), lambda: swap(code, parts={code.layout.names[-1]: other})):
        with pytest.raises(ValueError, match="with one model"):
            act()


def test_the_seam_of_a_full_turn_is_no_distance(chairs):
    rows = np.random.default_rng(0).normal(size=(chairs._network.places, chairs.layout.size)) * chairs.layout.intrinsic
    code = GraphicsCode(np.zeros(chairs.layout.size), chairs.layout, azimuth=175.0, elevation=10.0, light=0.0, offsets=rows)
    heard = chairs._controls.heard(code, {"azimuth": -175.0}).rows
    plain = chairs._controls.heard(replace(code, offsets=None), {"azimuth": -175.0}).rows
    assert np.allclose(heard - plain, offsets.trust({"azimuth": 10.0}) * rows, atol=1e-5)


def test_rounded_offsets_are_short_in_json(code):
    short = replace(code, offsets=code.offsets.round(3))
    rows = json.loads(short.to_json())["offsets"]
    assert max(len(str(value)) for row in rows for value in row) <= len("-1.234")
    assert GraphicsCode.from_json(short.to_json()) == short


def test_a_part_brings_its_own_offsets(code):
    part = next(name for name in code.layout.names if code.layout.intrinsic[code.layout.slice(name)].all())
    other = replace(code, offsets=-code.offsets)
    group = code.layout.slice(part)
    mixed = swap(code, parts={part: other})
    assert np.array_equal(mixed.offsets[:, group], -code.offsets[:, group])
    assert np.array_equal(np.delete(mixed.offsets, np.r_[group], 1), np.delete(code.offsets, np.r_[group], 1))
    bare = swap(replace(code, offsets=None), parts={part: replace(code, offsets=None)})
    assert bare.offsets is None


def test_somebody_new_has_none(studio, code):
    from dcign.directions import fit_directions

    directions = fit_directions(np.random.default_rng(1).normal(size=(200, studio.layout.size)), studio.layout)
    assert draw_identity(code, directions, 3).offsets is None


def test_the_page_lets_them_fade_as_we_do():
    script = (Path(offsets.__file__).parent / "ui" / "panels" / "codes.js").read_text()
    numbers = re.search(r"const REACH = \{(.+?)\};", script).group(1)
    assert {name: float(degrees) for name, degrees in re.findall(r"(\w+): ([\d.]+)", numbers)} == offsets.REACH
