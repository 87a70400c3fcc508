"""The parts of the demo that need no server: studios on demand, live frames, examples, words, address."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

import demo_weights
import numpy as np
import pytest
from PIL import Image

import app
import dcign
from dcign.ui import Studios, examples, live, presets
from dcign.ui.estimate import NOT_LEARNED, estimate_html, in_words
from dcign.ui.links import Link, read_link


def decoded(address: str) -> np.ndarray:
    data = base64.b64decode(address.partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(data))).astype(int)


def test_studios_load_when_asked_and_only_once(weights, monkeypatch):
    loaded = []
    load = dcign.load
    monkeypatch.setattr("dcign.load", lambda path, **options: loaded.append(path) or load(path, **options))
    studios = Studios(weights, device="cpu")
    assert list(studios) == ["faces", "chairs"] and "cars" not in studios and loaded == []
    assert studios["chairs"] is studios["chairs"]
    assert loaded == [str(weights / "chairs")]


def test_studios_take_one_folder_and_refuse_an_empty_one(weights, tmp_path):
    assert list(Studios(weights / "chairs")) == ["chairs"]
    with pytest.raises(FileNotFoundError, match="python -m train"):
        Studios(tmp_path)


def test_the_viewers_value_has_the_code_its_start_and_the_reconstruction(studios):
    studio = studios["chairs"]
    code = studio.encode(demo_weights.picture(2))
    value = json.loads(live.scene(studio, code))
    assert dcign.GraphicsCode.from_json(value["code"]) == code
    assert value["start"] == live.start_degrees(code, studio)
    assert value["circular"] == ["azimuth"] and value["link"] is None and value["angles"] == {}
    assert json.loads(live.scene(studio, code, 3, {"light": 5}))["link"] == {"class": "chairs", "example": 3}
    assert np.array_equal(decoded(value["frame"]), decoded(live.data_url(studio.quick().render(code))))


def test_examples_stay_inside_their_folder(tmp_path):
    folder = tmp_path / "examples"
    folder.mkdir()
    for name in ("01.png", "02.png"):
        demo_weights.picture(0).save(folder / name)
    demo_weights.picture(0).save(tmp_path / "secret.png")
    listed = [{"file": "02.png"}, {"file": "../secret.png"}, {"file": "01.png"}, {"file": "missing.png"}]
    (folder / "examples.json").write_text(json.dumps(listed))
    assert examples.find(tmp_path) == [folder / "02.png", folder / "01.png"]
    (folder / "examples.json").unlink()
    assert examples.find(tmp_path) == [folder / "01.png", folder / "02.png"]
    assert examples.find(tmp_path / "nowhere") == []


def test_presets_stay_inside_the_trained_range(studios):
    def angles(name: str) -> list[str]:
        studio = studios[name]
        return [label for label, factor, value in presets.PRESETS if presets.offered(studio, factor, value)]

    assert "Back" in angles("chairs") and "Back" not in angles("faces")
    assert {"Front", "Profile left", "Light right"} <= set(angles("faces"))


PICTURES = {"faces": [Path("a"), Path("b")], "chairs": [Path("c")], "empty": []}


@pytest.mark.parametrize(("search", "link"), [
    ("?class=faces&example=1&azimuth=30&light=-45", Link("faces", 1, {"azimuth": 30, "light": -45})),
    ("?class=chairs&example=7", Link("chairs")),
    ("?class=faces&example=-1&azimuth=nan&elevation=1e9&light=left", Link("faces")),
    ("?class=faces&class=chairs&__theme=dark", Link("chairs")),
    ("", None), ("?example=1", None), ("?class=cars", None), ("?class=empty", None), (None, None),
    ("?class=faces&" + "x" * 600, None),
])
def test_a_link_is_read_as_far_as_it_makes_sense(search, link):
    assert read_link(search, PICTURES) == link


@pytest.mark.parametrize(
    ("name", "degrees", "words"),
    [
        ("azimuth", 30, "turned right"), ("azimuth", -30, "turned left"), ("azimuth", 2, "from the front"),
        ("azimuth", -175, "from behind"), ("elevation", 12, "seen from above"),
        ("light", -60, "from the left"),
    ],
)
def test_angles_in_words(name, degrees, words):
    assert in_words(name, degrees) == words


def test_address_at_home_and_on_a_space(monkeypatch):
    for name in ("SPACE_ID", "PORT", "GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PORT", "9000")
    assert (app.arguments([]).host, app.arguments([]).port) == ("127.0.0.1", 7860)
    monkeypatch.setenv("SPACE_ID", "owner/demo")
    assert (app.arguments([]).host, app.arguments([]).port) == ("0.0.0.0", 9000)
    assert app.arguments(["--port", "8000"]).port == 8000


def test_a_factor_that_was_not_learned_is_said_to_be_so(studios):
    code = studios["faces"].encode(demo_weights.picture(2))
    honest = estimate_html(code, {"light"})
    assert honest.count(NOT_LEARNED) == 1 and honest.index(NOT_LEARNED) > honest.index("Light")
    assert NOT_LEARNED not in estimate_html(code)
