import dataclasses
import json

import numpy as np
import pytest
from PIL import Image, ImageSequence

import dcign
from dcign import GraphicsCode
from dcign.__main__ import main
from dcign.studio import Studio


@pytest.fixture
def photo(tmp_path, picture):
    path = tmp_path / "photo.png"
    Image.fromarray(picture).save(path)
    return str(path)


def test_estimate_prints_degrees(bundled, photo, capsys):
    assert main(["estimate", photo]) == 0
    line = capsys.readouterr().out
    assert line.startswith(f"{photo}: azimuth ")
    assert "elevation " in line and "light " in line


def test_estimate_leaves_out_what_a_code_does_not_know(bundled, photo, tmp_path, capsys):
    assert main(["estimate", photo, "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    (tmp_path / "code.json").write_text(json.dumps(record | {"light": None}))
    assert main(["estimate", str(tmp_path / "code.json")]) == 0
    line = capsys.readouterr().out
    assert "elevation " in line and "light" not in line.removeprefix(str(tmp_path))


def test_estimate_prints_codes_that_render_takes(weights_folder, photo, tmp_path, capsys):
    weights = ["--weights", str(weights_folder)]
    assert main(["estimate", photo, "--json", *weights]) == 0
    text = capsys.readouterr().out
    assert GraphicsCode.from_json(text).model == "faces"
    (tmp_path / "code.json").write_text(text)
    for source, name in ((photo, "a.png"), (str(tmp_path / "code.json"), "b.png")):
        assert main(["render", source, "--light", "-45", "-o", str(tmp_path / name), *weights]) == 0
    a, b = (np.asarray(Image.open(tmp_path / name)) for name in ("a.png", "b.png"))
    assert a.shape == (40, 40, 3)
    np.testing.assert_array_equal(a, b)


def test_a_render_can_be_drawn_by_the_network_alone(bundled, photo, tmp_path):
    studio = dcign.load("faces", device="cpu")
    code = studio.encode(photo)
    for options, expected in ([], code), (["--drawn"], code.without_picture()):
        assert main(["render", photo, "--light", "20", "--device", "cpu", *options, "-o", str(tmp_path / "a.png")]) == 0
        assert np.array_equal(np.asarray(Image.open(tmp_path / "a.png")), studio.render(expected, light=20))


def test_sweep_writes_an_animation(bundled, photo, tmp_path, monkeypatch):
    out, calls, sweep = tmp_path / "light.gif", [], Studio.sweep

    def watched(self, code, *asked, **held):
        calls.append((asked, held))
        return sweep(self, code, *asked, **held)

    monkeypatch.setattr(Studio, "sweep", watched)
    arguments = ["sweep", photo, "--factor", "light", "--frames", "6", "--fps", "10", "--there-and-back"]
    assert main([*arguments, "--azimuth", "-20", "-o", str(out)]) == 0
    with Image.open(out) as image:
        assert image.size == (40, 40)
        lasted = [frame.info["duration"] for frame in ImageSequence.Iterator(image)]
    (asked, held), = calls
    assert asked == ("light", 6, True) and held["azimuth"] == -20 and held.get("elevation") is None
    assert sum(lasted) == pytest.approx(100 * 10, abs=20)   # ten frames a second


def test_export_makes_the_file_that_a_recipe_describes(bundled, photo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    studio = dcign.load("faces", device="cpu")
    settings = dcign.export.Settings(motion="light", frames=6, format="webp")
    recipe = dcign.export.Recipe(studio.encode(photo), settings)
    (tmp_path / "recipe.json").write_text(recipe.to_json())
    expected = dcign.export.make(studio, recipe, tmp_path / "expected.webp").read_bytes()
    assert main(["export", "recipe.json", "--device", "cpu"]) == 0
    assert (tmp_path / "faces-light.webp").read_bytes() == expected
    assert main(["export", "recipe.json", "-o", "turn.gif"]) == 0
    with Image.open(tmp_path / "turn.gif") as image:
        assert image.format == "GIF"


def test_a_recipe_names_no_weights_to_fetch(bundled, photo, tmp_path, monkeypatch, capsys):
    """A stranger's file must not make this machine download or open anything."""
    monkeypatch.chdir(tmp_path)
    code = dataclasses.replace(dcign.load("faces", device="cpu").encode(photo), model="someone/huge")
    (tmp_path / "recipe.json").write_text(dcign.export.Recipe(code, dcign.export.Settings()).to_json())
    monkeypatch.setattr("dcign.__main__.load", lambda *_, **__: pytest.fail("loaded"))
    assert main(["export", "recipe.json"]) == 2
    assert "--weights" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["estimate", "nothing.jpg"],
        ["estimate", "PHOTO", "--weights", "teapots"],
        ["estimate", "PHOTO", "--device", "gpu7"],
        ["estimate", "TEXT"],
        ["render", "PHOTO", "-o", "picture.doc"],
        ["render", "PHOTO", "--azimuth", "nan", "-o", "OUT.png"],
        ["render", "CODE", "-o", "OUT.png"],
        ["sweep", "PHOTO", "-o", "OUT.avi"],
        ["sweep", "PHOTO", "-o", "nowhere/OUT.gif"],
        ["sweep", "PHOTO", "--frames", "1", "-o", "OUT.gif"],
        ["sweep", "PHOTO", "--fps", "0", "-o", "OUT.gif"],
        ["sweep", "PHOTO", "--factor", "light", "--light", "3", "-o", "OUT.gif"],
        ["export", "nothing.json"],
        ["export", "CODE"],
        ["export", "PHOTO"],
    ],
)
def test_bad_input_ends_with_status_2_and_one_line(bundled, photo, tmp_path, capsys, arguments, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.png").write_text("I am no picture")
    (tmp_path / "code.json").write_text(json.dumps({"format": 1}))
    names = {"PHOTO": photo, "TEXT": "text.png", "CODE": "code.json"}
    assert main([names.get(argument, argument) for argument in arguments]) == 2
    output = capsys.readouterr()
    *warnings, error = output.err.splitlines()
    assert error.startswith("dcign: error: ")
    assert all(line.startswith(photo) for line in warnings)     # what the picture itself gave rise to
    assert not output.out


def test_wrong_usage_ends_with_status_2(capsys):
    smile = ["sweep", "a.png", "--factor", "smile"]
    for arguments in ([], ["paint"], ["render"], smile, ["render", "a.png", "--light", "x"]):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 2
        assert "error" in capsys.readouterr().err
