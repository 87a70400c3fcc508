"""From a trained network to a weights folder, its examples, its measures and its card, on procedural chairs."""

import io
import json
from contextlib import redirect_stdout
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from dcign import checkpoints
from dcign.networks import DCIGN
from train.__main__ import main
from train.card import card, write_measures
from train.examples import write_examples
from train.finish import finish
from train.measures.report import measure
from train.presets import preset
from train.scenes import STAGES, open_source
from train.standardise import moments, standardise


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An untrained tiny network, calibrated on 60 chairs."""
    torch.manual_seed(0)
    config, target = preset("tiny", "chairs"), tmp_path_factory.mktemp("weights") / "chairs"
    finish(DCIGN(config.network), config, target, 1234, None, scenes=60)
    return target


@pytest.fixture(scope="module")
def measured(folder):
    """Its measures on six identities, and what was printed."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        return measure(folder, None, identities=6), printed.getvalue()


def test_the_folder_loads_and_carries_its_provenance(folder):
    studio = checkpoints.load_studio(folder)
    assert studio.ranges["azimuth"] == (-180.0, 180.0)
    training = json.loads((folder / "config.json").read_text())["training"]
    assert training["pictures"] == 1234 and training["config"]["clamp"] == "both"


def test_latents_have_the_unit_of_their_prior_and_draw_what_they_drew():
    torch.manual_seed(0)
    network = DCIGN(replace(preset("tiny", "chairs").network, place_heads=3, place_entries=3)).eval()
    with torch.no_grad():  # far from the prior, and heard loudly
        network.encoder.places.read.weight *= 10
        network.encoder.places.read.bias[4] = 3.0
        for modulation in network.decoder.modulations.values():
            modulation.give.weight.normal_(0.0, 0.02)
        network.encoder.posterior.weight[:24] *= 30
        network.encoder.posterior.bias[3] = 5.0
        network.decoder.start.weight *= 4
        network.encoder.colours.read.weight *= 10
        network.encoder.colours.read.bias[2] = 3.0
        for palette in network.decoder.palettes.values():
            palette.colours.weight.normal_(0.0, 0.3)
    pictures = (torch.rand(64, 3, 40, 40) * torch.rand(64, 3, 1, 1) * 255).byte()
    given = pictures.float() / 255
    mean, log_variance = network.encode(given)
    noise = torch.randn(mean.shape)
    before = network.decode(mean + noise * log_variance.mul(0.5).exp())
    standardise(network, *moments(network, pictures))
    mean, log_variance = network.encode(given)
    assert torch.allclose(network.decode(mean + noise * log_variance.mul(0.5).exp()), before, atol=1e-4)
    centre, deviation = moments(network, pictures)
    assert centre.abs().max() < 1e-3 and (deviation - 1).abs().max() < 1e-3


def test_measure_prints_tables_and_writes_the_card(folder, measured, capsys):
    result, printed = measured
    assert "calibrated MAE" in printed and "copying the input" in printed
    assert result["equivariance"]["azimuth"]["chance_mae"] > 45
    assert result["novel_views"]["light"]["copy_psnr"] > 10
    once = result["one_pass"]
    assert set(once["novel_views"]) == set(result["novel_views"]) == set(once["error"])
    assert once["reconstruction"]["psnr"] <= result["reconstruction"]["psnr"] + 0.1  # refined towards these pictures
    assert "one pass of the encoder" in printed and "the network alone" in printed
    assert set(result["own"]["novel_views"]) == set(result["novel_views"])
    assert all(row["gradient_share"] > result["own"]["novel_views"][factor]["gradient_share"]
               for factor, row in result["novel_views"].items())
    assert result["sharpness"]["gradient_share"] > result["sharpness"]["own"]["gradient_share"]
    assert set(result["parts"]) == {"shape", "texture"}
    write_measures(folder, result)
    card = (folder / "README.md").read_text()
    assert "1,234" in card and "python -m train chairs" in card and "| azimuth |" in card
    assert json.loads((folder / "config.json").read_text())["measures"] == result
    (folder / "README.md").unlink()
    assert main(["card", str(folder)]) == 0 and (folder / "README.md").read_text() == card
    capsys.readouterr()
    assert main(["card", str(folder), "--summary"]) == 0
    row = next(line for line in capsys.readouterr().out.splitlines() if "above a copy" in line)
    assert [cell.strip() for cell in row.split("|")[2:5]] == [
        f"{part['gain']:+.1f}" for part in result["novel_views"].values()]


def test_measures_that_stand_alone_leave_the_others(folder, measured):
    before = measured[0]
    write_measures(folder, before)
    after = measure(folder, None, 3, only=("parts",))
    assert {key: value for key, value in after.items() if key != "parts"} == {
        key: value for key, value in before.items() if key != "parts"}
    assert after["parts"] != before["parts"]  # of three pairs in place of six
    with pytest.raises(ValueError, match="alone"):
        measure(folder, None, 3, only=("leakage",))
    sharp = measure(folder, None, 3, only=("sharpness",))  # draws its new views by itself
    assert sharp["sharpness"]["thin_parts"].keys() >= {"there", "moved_there", "own_there"} or not sharp["sharpness"]["thin_parts"]["views"]
    assert sharp["equivariance"] == before["equivariance"] and sharp["ranges"]["azimuth"] == [-180.0, 180.0]
    with pytest.raises(ValueError, match="--meshes"):  # nothing would be measured
        measure(folder, None, 3, only=("meshes",))
    with pytest.raises(ValueError, match="nothing to measure of photographs"):  # these weights move no pixels
        measure(folder, None, 3, only=("photographs", "parts"))


def test_a_card_names_what_a_run_went_on_from(folder, measured):
    config, result = json.loads((folder / "config.json").read_text()), measured[0]
    assert "Goes on from" not in card(config, result, 1)
    lessons = [{"part": "expression", "labels": 12}]
    config["training"]["history"] = [{"preset": "studio", "pictures": 1200, "lessons": lessons}, {"preset": "tiny", "pictures": 1300}]
    assert ("- **Goes on from**: `studio` at 1,200 pictures, after a lesson in expression from 12 labels; then `tiny` at 1,300 "
            "pictures.") in card(config, result, 1)


def test_a_card_needs_measures(folder, tmp_path, capsys):
    config = json.loads((folder / "config.json").read_text())
    config.pop("measures", None)
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert main(["card", str(tmp_path)]) == 2 and "measure" in capsys.readouterr().err


def test_examples_are_held_out_chairs_with_a_front(tmp_path):
    entries = write_examples(open_source("chairs"), STAGES["chairs"], tmp_path, size=40)
    assert len(entries) >= 8 and all(entry["seed"] < 1_000_000 for entry in entries)
    assert json.loads((tmp_path / "examples.json").read_text()) == entries
    from PIL import Image

    assert all(np.asarray(Image.open(tmp_path / entry["file"])).shape == (40, 40, 3) for entry in entries)


def test_figures_are_drawn_of_any_weights(folder, tmp_path, capsys):
    assert main(["figures", str(folder), "-o", str(tmp_path)]) == 0
    made = {path.name for path in tmp_path.iterdir()}
    assert made == {"chairs-conventions.png", "chairs-views.png", "chairs-turn.gif", "chairs-uploads.png"}
    printed = capsys.readouterr().out
    assert all(str(tmp_path / name) in printed for name in made)
    with Image.open(tmp_path / "chairs-turn.gif") as turned, Image.open(tmp_path / "chairs-views.png") as views:
        assert 20 < turned.n_frames <= 16 + 24 and turned.width == 4 * turned.height  # equal ones become one
        assert views.width > views.height
