"""The whole of `measure` on untrained networks: every layout and size goes through, and the bars are told apart."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from dcign.checkpoints import load_studio
from dcign.paper_network import PaperConfig, new_network
from train.__main__ import main
from train.figures import beside_figure
from train.finish import finish
from train.measures.bars import Bar, bars
from train.measures.entangled import by_variance, most_varied
from train.measures.report import measure
from train.measures.scenery import identities
from train.measures.subject import Subject
from train.measures.tables import cameras, speed_line
from train.presets import preset


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Small networks of two presets of chairs, calibrated on a few."""
    torch.manual_seed(0)
    root, made = tmp_path_factory.mktemp("weights"), {}
    for name in ("paper", "entangled"):
        config = replace(preset(name, "chairs"), network=PaperConfig(maps=4))
        made[name] = root / name
        finish(new_network(config.network), config, made[name], 0, None, scenes=40)
    return made


def test_the_papers_chairs_are_measured_beside_the_entangled_network(folders, tmp_path, monkeypatch):
    monkeypatch.setattr("train.measures.entangled.SCENES", 40)
    monkeypatch.setattr("train.measures.entangled.MINI_BATCHES", 3)
    monkeypatch.setattr("train.measures.turn.TRUE_TURNS", 1)
    monkeypatch.setattr("train.measures.turn.FRAMES", 6)
    result = measure(folders["paper"], None, identities=3, beside=folders["entangled"], plots=tmp_path, write=True)
    card = (folders["paper"] / "README.md").read_text()
    assert "150 × 150" in card and "re-rendered\nat any azimuth." in card and "a stock of 105,600 distinct" in card
    assert set(result["equivariance"]) == {"azimuth"} == set(result["beside"]["leakage"])
    assert result["beside"]["novel_views"]["azimuth"]["same_pictures"] and result["beside"]["grey"]
    assert result["grey"] and "random views each, all in grey" in card
    assert result["paper_setting"]["paper_camera"] and result["paper_setting"]["pictures"] == 12
    assert {path.name for path in tmp_path.iterdir()} == {
        "chairs-azimuth.png", "chairs-new-azimuth.png", "chairs-samples.png",
        "chairs-samples-posed.png"}
    assert any("2.77" in f"{bar.bar * 1e4:.3g}" for bar in bars(result))


def test_weights_say_the_ranges_of_their_own_recipe(tmp_path):
    torch.manual_seed(0)
    config = replace(preset("paper", "heads"), network=PaperConfig(maps=4))
    finish(new_network(config.network), config, tmp_path, 0, None, scenes=40)
    studio = load_studio(tmp_path)
    assert studio.ranges == {"azimuth": (-86.0, 86.0), "elevation": (-23.0, 23.0), "light": (-80.0, 80.0)}
    assert Subject.open(tmp_path).grey


def test_networks_with_other_cameras_are_held_against_their_own_copies():
    row = {"psnr": 18.25, "copy_psnr": 12.875, "beside_psnr": 10.75, "beside_copy_psnr": 10.25, "same_pictures": False}
    beside = {"preset": "entangled", "novel_views": {"azimuth": row}}
    assert "above a copy of these, azimuth +5.4 dB against +0.5 dB." in cameras(beside)[1]
    assert cameras({"preset": "entangled", "novel_views": {"azimuth": row | {"same_pictures": True}}}) == []


def test_an_entangled_networks_most_varied_latents_stand_first(folders):
    plain = Subject.open(folders["entangled"])
    found = by_variance(plain, scenes=40)
    assert plain.entangled and found.layout.groups == (("azimuth", 1), ("intrinsic", 199))
    pictures = np.stack([plain.scenery.picture(thing, plain.scenery.random_view(np.random.default_rng(k)), plain.size)
                         for k, thing in enumerate(identities(plain.source, 2))])
    before, after = plain.posterior(pictures).means, found.posterior(pictures).means
    assert np.allclose(np.sort(before, 1), np.sort(after, 1), atol=1e-5) and not np.allclose(before, after)
    assert np.abs(plain.decode(before).astype(int) - found.decode(after)).max() <= 1


def test_an_entangled_network_is_written_for_the_page(folders, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("train.measures.entangled.SCENES", 40)
    monkeypatch.setattr("train.measures.entangled.MINI_BATCHES", 3)
    assert main(["beside", str(folders["entangled"]), "-o", str(tmp_path / "beside")]) == 0
    studio = load_studio(tmp_path / "beside", name="chairs/entangled")
    picture = np.random.default_rng(0).integers(0, 255, (150, 150, 3), np.uint8)
    code = studio.encode(picture)
    assert code.model == "chairs/entangled" and code.layout.groups == (("azimuth", 1), ("intrinsic", 199))
    assert studio.render(code, azimuth=20).shape == (150, 150, 3)
    assert main(["beside", str(folders["paper"]), "-o", str(tmp_path / "none")]) == 2
    assert "with clamping" in capsys.readouterr().err


def test_networks_are_drawn_side_by_side(folders, tmp_path, monkeypatch):
    monkeypatch.setattr("train.measures.entangled.SCENES", 40)
    monkeypatch.setattr("train.measures.entangled.MINI_BATCHES", 3)
    beside_figure([folders["paper"], folders["entangled"]], tmp_path / "beside.png", None, identities=1)
    with Image.open(tmp_path / "beside.png") as sheet:
        assert sheet.size == (16 * 160, 3 * 160)   # the input and five values of each factor; truth and two networks


def test_every_factor_gets_a_latent_of_its_own():
    spreads = np.array([[0.1, 5.0, 0.2, 0.0], [0.1, 4.0, 3.0, 0.0], [0.3, 1.0, 2.0, 0.1]])
    assert most_varied(spreads).tolist() == [1, 2, 0]


def test_bars_say_by_how_much_they_are_missed():
    assert Bar("sharp", 0.8, 0.85, least=True).verdict == Bar("error", 4.0, 3.0).verdict == "met"
    assert Bar("error", 4.0, 5.5, unit="°").verdict == "missed by 1.5°"
    assert Bar("error", 4.0, None).verdict == "not measured"


def test_speed_is_held_against_the_bar_of_one_core_alone():
    def found(speed):
        return {bar.measure: bar.verdict for bar in bars({"subject": "face", "preset": "studio", "equivariance": {}, "speed": speed})
                if bar.unit == " ms"}

    slow = {"decoder_ms": 18.0, "live_decoder_ms": 9.0}
    assert list(found(slow | {"threads": 1}).values()) == ["missed by 6 ms", "met"]
    assert list(found({"decoder_ms": 11.0, "threads": 1}).values()) == ["met"]
    assert not found(slow | {"threads": 2})


def test_speed_of_live_frames_is_told_where_they_are_drawn_otherwise():
    one = {"decoder_ms": 17.0, "render_ms": 18.0, "moved_ms": 28.0, "threads": 1}
    assert speed_line(one) == ("`studio.render`: 18.0 ms median (the decoder alone 17.0, 28.0 where the picture's own pixels move along) "
                               "on 1 thread.")
    assert "on 2 threads; live frames, in bfloat16: 9.0 ms median." in speed_line(one | {"live_render_ms": 9.0, "threads": 2})


def test_too_few_identities_and_another_class_are_errors_of_one_line(folders, tmp_path, capsys):
    assert main(["measure", str(folders["paper"]), "--identities", "2"]) == 2
    assert "three or more" in capsys.readouterr().err
    beside = Path(shutil.copytree(folders["paper"], tmp_path / "heads"))
    config = json.loads((beside / "config.json").read_text())
    (beside / "config.json").write_text(json.dumps(config | {"name": "heads"}))
    assert main(["measure", str(folders["paper"]), "--beside", str(beside)]) == 2
    assert "draws heads, not chairs" in capsys.readouterr().err
