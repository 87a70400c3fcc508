"""The measure of colours on pictures whose answer is known."""

from dataclasses import replace

import numpy as np
import pytest

from train.measures.colours import along, colours, mean_colours
from train.measures.novel_views import Drawn


def _pictures(levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N, 3) levels to pictures of a square of that colour on white, and its masks."""
    mask = np.zeros((len(levels), 16, 16), np.uint8)
    mask[:, 4:12, 4:12] = 255
    pictures = np.full((len(levels), 16, 16, 3), 255, np.uint8)
    pictures[:, 4:12, 4:12] = levels[:, None, None].astype(np.uint8)
    return pictures, mask


def _drawn(true: np.ndarray, drawn: np.ndarray) -> dict[str, Drawn]:
    (target, mask), (mine, _) = _pictures(true), _pictures(drawn)
    return {"azimuth": Drawn(target, target, mine, mine, mask, [])}


def test_the_ground_does_not_count():
    levels = np.array([[20, 120, 60], [200, 10, 90]])
    assert np.allclose(mean_colours(*_pictures(levels)), levels)


def test_a_network_without_green():
    """Grey in place of green, all else as it is: nothing of green is drawn, all of red."""
    true = np.array([[60, 120, 60], [90, 90, 90], [150, 90, 90], [90, 90, 150], [120, 60, 120]])
    grey = true.copy()
    grey[[0, 4]] = [[80, 80, 80], [100, 100, 100]]
    found = colours(_drawn(true, grey))
    assert found["axes"]["red to blue"]["slope"] == pytest.approx(1.0)
    assert found["axes"]["green to magenta"]["slope"] == pytest.approx(1080 / 8280)  # red alone
    assert colours(_drawn(true, true))["error"] == 0
    assert colours(_drawn(true, true))["axes"]["green to magenta"]["correlation"] == pytest.approx(1.0)
    assert found["error"] == pytest.approx(np.abs(true - grey).mean())


def test_a_seam_is_seen_though_the_mean_colour_is_right():
    true = np.full((3, 3), 120)
    pictures = _drawn(true, true)
    seam = pictures["azimuth"].own.copy()
    seam[:, 4, 4:12, 1] += 20  # a green row of the square, and one as magenta
    seam[:, 11, 4:12, 1] -= 20
    found = colours({"azimuth": replace(pictures["azimuth"], own=seam)})
    assert found["error"] == 0
    assert found["pixels"]["green to magenta"] == pytest.approx(20 * np.sqrt(16 / 256))
    assert found["pixels"]["red to blue"] == 0


def test_half_a_difference_and_no_difference():
    values = np.array([0.0, 10.0, 20.0, 50.0])
    half = along(0.5 * values + 3, values)
    assert half["slope"] == pytest.approx(0.5) and half["correlation"] == pytest.approx(1.0)
    assert along(np.ones(4), values)["slope"] == 0 == along(values, np.ones(4))["correlation"]
