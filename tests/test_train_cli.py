"""The trainer's command line, from an empty folder, without any data at hand."""

import json
import os
import re
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from train.__main__ import main
from train.camera import View
from train.options import parser
from train.presets import preset, with_settings
from train.raster import render
from train.scenes import HELD_OUT, STAGES, open_source
from train.scenes.assets import VARIABLE, AssetsMissing, find


def test_faces_without_the_asset_pack_say_so_and_train_on_heads(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv(VARIABLE, raising=False)
    command = ["faces", "--preset", "tiny", "--minutes", "0", "--shards", "1", "--runs", str(tmp_path)]
    assert main(command) == 0
    said = capsys.readouterr()
    assert "procedural heads" in said.err and VARIABLE in said.err
    assert "run again to go on" in said.out
    folder = tmp_path / "heads-tiny"
    assert (folder / "state.safetensors").exists()
    assert json.loads((folder / "config.json").read_text())["source"] == "heads"
    shards = list((tmp_path / "pictures").rglob("shard-*.npy"))
    assert len(shards) == 1
    pictures = np.load(shards[0], mmap_mode="r")
    assert pictures[..., 3].max() == 255 and pictures[..., :3].std() > 10  # something is drawn


def test_an_incomplete_asset_pack_is_named_with_what_is_missing(tmp_path, monkeypatch, capsys):
    with pytest.raises(AssetsMissing, match="ict_core.npz"):
        find(tmp_path)
    assert main(["faces", "--assets", str(tmp_path), "--runs", str(tmp_path)]) == 2
    assert "ict_core.npz" in capsys.readouterr().err


def test_unknown_preset_is_an_error_of_one_line(tmp_path, capsys):
    assert main(["chairs", "--preset", "nonesuch", "--runs", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("error: Unknown preset")


def test_numbers_of_a_preset_can_be_set():
    config = with_settings(preset("tiny", "chairs"), ["structure=0", "likelihood=laplace", "kl_warm_up=7"])
    assert (config.structure, config.likelihood, config.kl_warm_up) == (0.0, "laplace", 7)
    for wrong in ("structure", "nonesuch=1", "structure=much", "phases=3", "source=faces"):
        with pytest.raises(ValueError, match="NAME=VALUE|is a number"):
            with_settings(config, [wrong])


def test_settings_may_be_given_one_by_one():
    command = ["chairs", "--set", "structure=0", "values=100", "--shards", "2", "--set", "first_shard=7"]
    assert parser("").parse_args(command).settings == ["structure=0", "values=100", "first_shard=7"]
    assert parser("").parse_args(["chairs"]).settings == []  # the list before was not the default itself


def test_without_renderers_it_is_said_what_is_waited_for(tmp_path, capsys):
    command = ["chairs", "--preset", "tiny", "--shards", "1", "--runs", str(tmp_path)]
    assert main([*command, "--minutes", "0"]) == 0
    assert "waiting for another process" not in capsys.readouterr().err  # the shard is rendered here
    assert main([*command, "--minutes", "0", "--renderers", "0"]) == 0
    said = capsys.readouterr().err
    assert "waiting for another process" not in said
    assert re.search(r"rendering: +100%", said)  # the shard of before counts
    shard, = (tmp_path / "pictures").rglob("shard-*.npy")

    def bring(*_):  # what another process would do: each file put in place whole, the pictures last
        for kind in ("photographs", "shard"):
            partial = shard.with_name("0003.partial")
            partial.write_bytes(next(shard.parent.glob(f"{kind}-*.npy")).read_bytes())
            os.replace(partial, shard.with_name(f"{kind}-0003.npy"))

    timer = threading.Timer(1.0, bring)
    timer.start()
    assert main([*command, "--minutes", "0", "--fresh", "--renderers", "0", "--set", "first_shard=3"]) == 0
    timer.join()
    assert "1 of 1 shards are not there: waiting for another process" in capsys.readouterr().err


@pytest.mark.parametrize("name, settings", [
    ("paper", ["clamp=swap"]), ("paper", ["clamp=none"]), ("entangled", ["clamp=mean"]), ("tiny", ["clamp=first"])])
def test_a_clamp_that_the_procedure_does_not_know_is_refused(name, settings):
    with pytest.raises(ValueError, match="clamp"):
        with_settings(preset(name, "chairs"), settings)


def test_a_run_under_way_can_be_probed(tmp_path, capsys):
    run = ["chairs", "--preset", "tiny", "--shards", "1", "--runs", str(tmp_path), "--set", "structure=0.5"]
    assert main([*run, "--pictures", "64"]) == 0
    assert json.loads((tmp_path / "chairs-tiny" / "config.json").read_text())["structure"] == 0.5
    capsys.readouterr()
    assert main(["probe", str(tmp_path / "chairs-tiny"), "--identities", "8"]) == 0
    line = capsys.readouterr().out.splitlines()[-1]
    assert line.startswith("| chairs-tiny | 64 at 20 px |") and "nan" not in line
    assert main(["probe", str(tmp_path)]) == 2
    assert "state.safetensors" in capsys.readouterr().err


def test_preview_draws_a_labelled_sheet(tmp_path):
    assert main(["preview", "chairs", "--count", "8", "--sweep", "azimuth", "-o", str(tmp_path / "sheet.png")]) == 0
    assert Image.open(tmp_path / "sheet.png").size == (8 * 160, 160)


def _drawn(name, azimuth):
    source, stage = open_source(name), STAGES[name]
    identity = next(i for i in (source.identity(HELD_OUT + k) for k in range(9)) if i.has_front)
    return render(identity.mesh, View(azimuth, 5.0, 0.0), stage.rig, 80)


def test_positive_azimuth_turns_the_nose_of_a_head_to_image_right():
    """The nose is the nearest point of a head that is turned a little."""
    nearest = {a: np.unravel_index(_drawn("heads", a).depth[30:60].argmin(), (30, 80))[1] for a in (-20.0, 20.0)}
    assert nearest[-20.0] < 37 and nearest[20.0] > 42


def test_a_quarter_turn_to_the_right_shows_a_chair_with_its_back_rest_left():
    upper = {a: np.nonzero(_drawn("chairs", a).mask[10:30] > 127)[1].mean() for a in (-90.0, 90.0)}
    assert upper[90.0] < 38 and upper[-90.0] > 41


def test_weights_of_another_class_are_no_beginning(tmp_path, capsys):
    bundled = Path(__file__).parents[1] / "weights" / "chairs"
    run = ["heads", "--minutes", "0", "--shards", "1", "--runs", str(tmp_path), "--from", str(bundled)]
    assert main(run) == 2
    assert "weights of chairs, not of heads" in capsys.readouterr().err
