"""Measures whose answer is known beforehand: who is nearer to the truth, by how much, and which way a chair looks."""

from types import SimpleNamespace

import numpy as np
import pytest

from train.measures.mesh_files import VIEWS, mesh_files
from train.measures.novel_views import Drawn, compared, scores
from train.scenes import STAGES


def ramps(*levels: int) -> np.ndarray:
    """A picture (16, 16, 3) from each level on, brighter from left to right."""
    return np.stack([np.broadcast_to(np.arange(level, level + 32, 2, np.uint8)[None, :, None], (16, 16, 3)) for level in levels])


def drawn(error: int, own: int, copied: int) -> Drawn:
    """Two true pictures, and what is shown, drawn and given, each off by so many levels."""
    truth = ramps(100, 140)
    return Drawn(truth + np.uint8(copied), truth, truth + np.uint8(error), truth + np.uint8(own), truth[..., 0], [])


def test_half_the_error_of_a_copy_is_six_decibels_more():
    found = scores(drawn(10, 40, 20))
    assert found["psnr"] == pytest.approx(20 * np.log10(255 / 10)) and found["gain"] == pytest.approx(20 * np.log10(2))
    assert found["ssim"] > found["copy_ssim"] and found["gradient_share"] == pytest.approx(1.0)
    assert scores(drawn(20, 40, 10))["gain"] == pytest.approx(-20 * np.log10(2))


def test_networks_are_compared_by_what_each_draws_itself():
    network = SimpleNamespace(size=16, grey=False, scenery=SimpleNamespace(setting="stage"))
    found = compared(network, network, drawn(1, 10, 20), drawn(1, 40, 20))
    assert found["gain"] == pytest.approx(20 * np.log10(4)) and found["same_pictures"]
    assert found["copy_psnr"] == found["beside_copy_psnr"] == pytest.approx(20 * np.log10(255 / 20))
    elsewhere = SimpleNamespace(size=16, grey=True, scenery=SimpleNamespace(setting="paper-chairs"))
    assert not compared(network, elsewhere, drawn(1, 10, 20), drawn(1, 40, 20))["same_pictures"]


def test_meshes_are_read_around_the_circle_and_some_the_other_way_round():
    """A network that reads every azimuth 5 degrees too far."""
    subject = SimpleNamespace(
        size=8, layout=SimpleNamespace(slice=lambda name: slice(0, 1)),
        weights=SimpleNamespace(calibrations={"azimuth": SimpleNamespace(
            estimate=lambda latents: (latents[:, 0] + 180) % 360 - 180)}),
        scenery=SimpleNamespace(stage=STAGES["chairs"], picture=lambda thing, view, size: np.array([view.azimuth + 5])),
        posterior=lambda pictures: SimpleNamespace(means=pictures))
    things = [SimpleNamespace(style="a", has_front=True), SimpleNamespace(style="stool", has_front=False),
              SimpleNamespace(style="b", has_front=True)]
    source = SimpleNamespace(files=["a.ply", "stool.ply", "b.ply"], identity=things.__getitem__)
    found = mesh_files(subject, source, np.random.default_rng(0))
    assert found["meshes"] == 2 and found["views"] == VIEWS and found["each"].keys() == {"a", "b"}
    for kind in ("stage", "paper"):
        assert found[kind] == pytest.approx({"median": 5.0, "mean": 5.0, "opposite": 0.0})
    turned = mesh_files(subject, source, np.random.default_rng(0), backwards=("b",))
    assert turned["each"] == pytest.approx({"a": 5.0, "b": 175.0}) and turned["stage"]["opposite"] == 0.5
