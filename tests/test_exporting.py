"""An export of the page shows what the sliders show: what was moved is held, what was not is the code's own."""

import json
import sys

import gradio as gr
import numpy as np
import pytest

from dcign.export.recipe import draw
from dcign.ui import checks, live
from dcign.ui.exporting import make_bytes, recipe_from_page

SETTINGS = {"motion": "light", "frames": 3, "fps": 10, "size": 0, "format": "sheet", "there_and_back": False, "smooth": False,
            "loop": True, "side_by_side": False}


def recipe(studios, code, settings=SETTINGS, **angles):
    start = live.start_degrees(code, studios["faces"])
    return recipe_from_page(studios, code.to_json(), list((start | angles).values()), settings)


def test_untouched_sliders_hold_nothing(studios, code):
    settings = recipe(studios, code).settings
    assert (settings.azimuth, settings.elevation, settings.light, settings.beyond) == (None, None, None, False)


def test_a_turned_head_stays_turned_while_the_light_moves(studios, code):
    studio = studios["faces"]
    there = 60 if live.start_degrees(code, studio)["azimuth"] < 0 else -60
    turned = recipe(studios, code, azimuth=there)
    assert (turned.settings.azimuth, turned.settings.elevation, turned.settings.beyond) == (there, None, False)
    frames = draw(studio, turned)
    lights = np.linspace(*studio.ranges["light"], 3)
    for frame, light in zip(frames, lights, strict=True):
        wanted = studio.render(code.without_picture(), azimuth=there, light=float(light))
        np.testing.assert_allclose(frame.astype(int), wanted.astype(int), atol=1)


def test_a_video_without_ffmpeg_and_an_emptied_field_name_the_remedy(studios, code, monkeypatch):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(gr.Error, match="pip install"):
        make_bytes(studios, recipe(studios, code, {**SETTINGS, "format": "mp4"}))
    with pytest.raises(gr.Error, match="from 2 to 240 for frames"):
        checks.whole(None, "frames", checks.FRAMES)


def test_what_lies_beyond_the_ranges_is_drawn_there(studios, code):
    assert recipe(studios, code, azimuth=105).settings.beyond
    path = [[0, 0, 0], [100, 0, 0]]
    settings = {**SETTINGS, "motion": "path"}
    start = live.start_degrees(code, studios["faces"])
    asked = recipe_from_page(studios, code.to_json(), list(start.values()), settings, json.dumps(path))
    assert asked.settings.beyond and asked.settings.path == ((0, 0, 0), (100, 0, 0))
