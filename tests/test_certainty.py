"""Which estimates carry a mark."""

from dataclasses import replace

import demo_weights
import numpy as np
import pytest

import dcign
from dcign.certainty import doubts
from dcign.graphics_code import GraphicsCode
from dcign.ui.estimate import estimate_html


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    return dcign.load(str(demo_weights.write(tmp_path_factory.mktemp("w"), ("faces",)) / "faces"), device="cpu")


def a_code(studio, off: float = 0.0, **degrees) -> GraphicsCode:
    """A code on the curves at these degrees, or off them by so many standard deviations of light."""
    degrees = {"azimuth": 0.0, "elevation": 0.0, "light": 0.0, **degrees}
    latents = np.zeros(studio.layout.size)
    for name, value in degrees.items():
        latents[studio.layout.slice(name)] = studio.calibrations[name].latents(value)
    latents[studio.layout.slice("light")] += off * np.sqrt(np.diag(studio.calibrations["light"].spread(0.0)))
    return GraphicsCode(latents, studio.layout, model="faces", **degrees)


def test_what_looks_like_training_has_no_mark(studio):
    assert doubts(studio, a_code(studio, azimuth=60.0)) == {}


def test_the_end_of_a_range_and_what_is_off_every_curve_are_marked(studio):
    code = a_code(studio, off=6, azimuth=-89.0)
    assert doubts(studio, code) == {"azimuth": "edge", "light": "strange"}
    marked = estimate_html(code, (), doubts(studio, code))
    assert marked.count("⚠") == 2 and "beyond the trained range" in marked
    assert "⚠" not in estimate_html(code)


def test_either_end_is_one_and_a_circle_has_none(studio, tmp_path):
    for azimuth, found in ((89.0, {"azimuth": "edge"}), (80.0, {}), (-80.0, {})):
        assert doubts(studio, a_code(studio, azimuth=azimuth)) == found
    chairs = dcign.load(str(demo_weights.write(tmp_path, ("chairs",)) / "chairs"), device="cpu")
    for azimuth in (-179.0, 179.0):
        assert doubts(chairs, replace(a_code(chairs, azimuth=azimuth, elevation=15.0), model="chairs")) == {}


def test_refined_codes_are_expected_nearer_to_the_curve(studio):
    """As dcign.pose_prior draws them there: what is left of a strange picture's distance is smaller too."""
    code = a_code(studio, off=3)
    refined = replace(code, offsets=np.ones((studio._network.places, studio.layout.size)))
    assert doubts(studio, code) == {} and doubts(studio, refined) == {"light": "strange"}
    assert doubts(studio, replace(a_code(studio, off=1), offsets=refined.offsets)) == {}


def test_refinement_draws_nothing_towards_a_curve_that_was_not_learned(tmp_path):
    folder = demo_weights.write(tmp_path, ("faces",)) / "faces"
    studio = dcign.load(str(folder), device="cpu")
    studio.unlearned = frozenset({"light"})
    refined = replace(a_code(studio, off=3), offsets=np.ones((studio._network.places, studio.layout.size)))
    assert doubts(studio, refined) == {}
