"""Recipes: what moves where, the same bytes again from JSON, what is refused, what a cancelled export leaves."""

import io
import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image, ImageSequence

from dcign.export import MAX_FRAMES, MAX_SIZE, Recipe, Settings, draw, make
from dcign.export.frames import Dressed, contact_sheet
from dcign.export.recipe import png
from dcign.jpeg import jpeg
from dcign.sweeps import angles

RANGES = {"azimuth": (-90.0, 90.0), "elevation": (-30.0, 30.0), "light": (-85.0, 85.0)}
CIRCLE = {**RANGES, "azimuth": (-180.0, 180.0)}


@pytest.fixture
def recipe(studio, picture):
    prepared = studio.prepare(picture)
    settings = Settings(motion="light", frames=8, size=50, azimuth=20.0, side_by_side=True)
    return Recipe(studio.encode(prepared), settings, png(prepared.picture))


def test_large_exports_show_a_pictures_detail_and_are_the_same_again(studio, recipe):
    """Whatever was shown of the code before; at the network's own size and below they are what they were."""
    code, side = recipe.code, studio.size
    stripes = np.where(np.arange(2 * side)[:, None, None] % 2, 90, 160).astype(np.uint8)
    detailed = replace(code, detail=jpeg(np.broadcast_to(stripes, (2 * side, 2 * side, 3)).copy()))
    settings = Settings(motion="light", frames=4, size=2 * side)
    large = [np.stack(list(draw(studio, Recipe(one, settings)))) for one in (code, detailed)]
    assert large[1].shape == (4, 2 * side, 2 * side, 3)
    rough = [np.abs(np.diff(frames.astype(int), axis=1)).mean() for frames in large]
    assert rough[1] > 3 * rough[0]
    studio.finely().render(detailed, light=40.0, azimuth=10.0)
    assert np.array_equal(np.stack(list(draw(studio, Recipe(detailed, settings)))), large[1])
    small = [np.stack(list(draw(studio, Recipe(one, replace(settings, size=0))))) for one in (code, detailed)]
    assert np.array_equal(*small)


# ---- where the frames look


def test_there_and_back_closes_within_the_frames_and_repeats_its_angles():
    rows = angles(RANGES, "light", 8, there_and_back=True, held={"azimuth": 20.0})
    light = [row[2] for row in rows]
    assert {row[:2] for row in rows} == {(20.0, None)}
    assert light[0] == -85 and light[4] == 85
    assert light[1:4] == light[:4:-1]
    steps = np.diff([row[2] for row in angles(RANGES, "light", 8, there_and_back=True, smooth=False)])
    np.testing.assert_allclose(np.abs(steps), 42.5)


def test_one_way_ends_at_the_other_end_and_a_full_turn_closes():
    straight = [row[0] for row in angles(RANGES, "azimuth", 5, smooth=False)]
    np.testing.assert_allclose(straight, [-90, -45, 0, 45, 90])
    turn = [row[0] for row in angles(CIRCLE, "azimuth", 4)]
    np.testing.assert_allclose(turn, [-180, -90, 0, 90])


@pytest.mark.parametrize("ranges", [RANGES, CIRCLE])
def test_all_three_close_and_stay_inside(ranges):
    rows = np.array(angles(ranges, "all", 72))
    for column, (low, high) in zip(rows.T, ranges.values(), strict=True):
        assert low <= column.min() and column.max() <= high
        step = np.diff(np.append(column, column[0]))
        assert np.abs((step + 180) % 360 - 180).max() < 16      # no jump, not even where it closes
        assert np.ptp(column) > 0.5 * (high - low)


def test_a_path_is_followed_at_its_pace_and_the_short_way_round():
    rows = angles(CIRCLE, "path", 5, smooth=False, points=[(170, 0, None), (-170, 10, None)])
    np.testing.assert_allclose([row[0] % 360 for row in rows], [170, 175, 180, 185, 190])
    np.testing.assert_allclose([row[1] for row in rows], [0, 2.5, 5, 7.5, 10])
    assert {row[2] for row in rows} == {None}
    with pytest.raises(ValueError, match="at least 2 points"):
        angles(RANGES, "path", 5, points=[(0, 0, 0)])


def test_a_motion_that_the_model_lacks_is_refused():
    with pytest.raises(ValueError, match="choose azimuth"):
        angles({"azimuth": (-180, 180)}, "light", 5)


# ---- the same again


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".zip", ".png", ".mp4"])
def test_its_json_makes_the_same_bytes(studio, recipe, tmp_path, suffix):
    if suffix == ".mp4":
        pytest.importorskip("imageio_ffmpeg")
    first = make(studio, recipe, tmp_path / f"a{suffix}")
    again = make(studio, Recipe.from_json(recipe.to_json()), tmp_path / f"b{suffix}")
    assert first.read_bytes() == again.read_bytes()
    other = replace(recipe, settings=replace(recipe.settings, azimuth=-20.0))
    assert make(studio, other, tmp_path / f"c{suffix}").read_bytes() != first.read_bytes()


def test_the_number_of_threads_changes_no_pixel(studio, recipe):
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        two = draw(studio, recipe)
        assert torch.get_num_threads() == 2
        torch.set_num_threads(1)
        one = draw(studio, recipe)
    finally:
        torch.set_num_threads(before)
    for first, second in zip(one, two, strict=True):
        np.testing.assert_array_equal(first, second)


def test_json_brings_back_an_equal_recipe(recipe):
    path = replace(recipe, settings=Settings("path", path=((0, 1, None), (2.5, -1, None)), beyond=True), picture=None)
    for one in (recipe, path):
        assert Recipe.from_json(one.to_json()) == one
    assert recipe.with_format(".MP4").settings.format == "mp4"
    assert recipe.name == f"{recipe.code.model}-light"


def test_the_frames_are_the_models_beside_the_input_at_the_size_asked_for(studio, recipe):
    frames = draw(studio, recipe)
    assert len(frames) == 8 and frames[0].shape == (50, 101, 3)
    plain = draw(studio, replace(recipe, settings=replace(recipe.settings, size=0, side_by_side=False)))
    expected = studio.render(recipe.code, azimuth=20.0, light=studio.ranges["light"][0])
    np.testing.assert_array_equal(plain[0], expected)
    enlarged = np.asarray(Image.fromarray(expected).resize((50, 50), Image.Resampling.LANCZOS))
    np.testing.assert_array_equal(frames[0][:, 51:], enlarged)
    shown = np.asarray(Image.open(io.BytesIO(recipe.picture)).resize((50, 50), Image.Resampling.LANCZOS))
    np.testing.assert_array_equal(frames[5][:, :50], shown)


def test_light_moves_on_the_picture_and_a_turning_view_is_drawn(studio, recipe):
    plain = replace(recipe, code=recipe.code.without_picture())
    same = {}
    for motion in ("azimuth", "elevation", "light", "all"):
        both = [replace(one, settings=Settings(motion, frames=4)) for one in (recipe, plain)]
        same[motion] = all(np.array_equal(a, b) for a, b in zip(*(draw(studio, one) for one in both), strict=True))
    assert same == {"azimuth": True, "elevation": True, "light": False, "all": True}


def test_each_angle_is_drawn_once(studio, recipe):
    seen = []
    draw(studio, recipe, lambda done, total: seen.append(total))
    assert set(seen) == {5}     # of 8 frames there and back


def test_a_zip_holds_every_frame(studio, recipe, tmp_path):
    frames = draw(studio, recipe)
    with zipfile.ZipFile(make(studio, recipe, tmp_path / "a.zip")) as archive:
        assert archive.namelist() == [f"{number:03d}.png" for number in range(8)]
        for number in (0, 7):
            shown = np.asarray(Image.open(io.BytesIO(archive.read(f"{number:03d}.png"))))
            np.testing.assert_array_equal(shown, frames[number])


def test_a_gif_plays_as_long_as_its_recipe_says(studio, recipe, tmp_path):
    with Image.open(make(studio, recipe, tmp_path / "a.gif")) as image:
        assert sum(frame.info["duration"] for frame in ImageSequence.Iterator(image)) == 330   # 8 at 24 fps


def test_a_large_sheet_is_reduced():
    frames = Dressed(np.zeros((81, 20, 20, 3), np.uint8), 480)
    assert 4000 < max(contact_sheet(frames).size) <= 4096


# ---- the end of an export


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".mp4", ".zip", ".png"])
@pytest.mark.parametrize("stage", ["drawing", "writing"])
def test_a_cancelled_export_leaves_nothing(studio, recipe, tmp_path, suffix, stage):
    if suffix == ".mp4":
        pytest.importorskip("imageio_ffmpeg")

    class Stop(Exception):
        pass

    seen = []

    def cancel(now: str, done: int, total: int) -> None:
        seen.append((now, done))
        if now == stage and done >= 2:
            raise Stop

    with pytest.raises(Stop):
        make(studio, recipe, tmp_path / f"a{suffix}", cancel)
    assert not list(tmp_path.iterdir())
    assert seen[-1][1] < 8      # it ended at once and did not finish first


# ---- what is refused


@pytest.mark.parametrize(
    "settings",
    [
        {"motion": "zoom"}, {"motion": ["light"]}, {"frames": 1}, {"frames": MAX_FRAMES + 1}, {"frames": 7.5},
        {"frames": True}, {"fps": 0}, {"fps": float("nan")}, {"fps": "20"}, {"size": 10}, {"size": MAX_SIZE + 1},
        {"size": False}, {"format": "exe"}, {"format": "../gif"}, {"loop": 1}, {"azimuth": "left"},
        {"light": float("inf")}, {"motion": "path"}, {"path": [[0, 0]]}, {"path": [[0, 0, float("nan")]] * 2},
        {"path": [[0, 0, 0]] * 5000}, {"path": "abc"}, {"folder": "/etc"},
    ],
)
def test_settings_that_make_no_sense_are_refused(settings):
    with pytest.raises(ValueError):
        Settings.from_dict(settings)


@pytest.mark.parametrize(
    "damage",
    [
        lambda record: "no JSON {",
        lambda record: "[" * 100_000,
        lambda record: " " * 3_000_000,
        lambda record: json.dumps([]),
        lambda record: json.dumps({**record, "kind": "other"}),
        lambda record: json.dumps({**record, "settings": None}),
        lambda record: json.dumps({**record, "code": {}}),
        lambda record: json.dumps({**record, "picture": "%%%"}),
        lambda record: json.dumps({**record, "picture": "YWJj"}),
        lambda record: json.dumps({**record, "picture": 7}),
        lambda record: json.dumps({**record, "picture": None}),     # but side by side
    ],
)
def test_damaged_recipes_are_refused(recipe, damage):
    with pytest.raises(ValueError):
        Recipe.from_json(damage(json.loads(recipe.to_json())))


def test_a_recipe_of_another_model_is_refused(studio, recipe):
    record = json.loads(recipe.to_json())
    record["code"]["model"] = "cars"
    with pytest.raises(ValueError, match="cars"):
        draw(studio, Recipe.from_json(json.dumps(record)))
