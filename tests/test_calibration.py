import json
import time

import numpy as np
import pytest

from dcign.calibration import Calibration


def circle(degrees):
    """A closed curve in four dimensions; its overtones make its speed uneven."""
    r = np.deg2rad(degrees)
    return np.stack([2 * np.cos(r), 2 * np.sin(r), 0.5 * np.cos(2 * r), 0.3 * np.sin(3 * r)], -1)


def arc(degrees):
    """An open curve in four dimensions; the last one is idle."""
    u = np.asarray(degrees) / 90
    return np.stack([2 * u, u**2 - 0.3, np.sin(3 * u), 0 * u], -1)


def fitted(circular: bool, noise: float = 0.02, count: int = 2000) -> Calibration:
    random = np.random.default_rng(0)
    degrees = random.uniform(*((-180, 180) if circular else (-90, 90)), count)
    points = (circle if circular else arc)(degrees)
    return Calibration.fit(
        points + noise * random.normal(size=points.shape), degrees, "azimuth",
        circular=circular, limits=(-90, 90),
    )


def circular_difference(a, b):
    return (np.asarray(a) - b + 180) % 360 - 180


@pytest.fixture(scope="module")
def closed() -> Calibration:
    return fitted(circular=True)


@pytest.fixture(scope="module")
def opened() -> Calibration:
    return fitted(circular=False)


def test_a_point_of_an_open_curve_gives_its_degree_back(opened):
    degrees = np.linspace(-90, 90, 181)
    assert np.abs(opened.estimate(opened.latents(degrees)) - degrees).max() < 0.5


def test_a_point_of_a_closed_curve_gives_its_degree_back_across_the_wrap(closed):
    degrees = np.concatenate([np.linspace(-180, 180, 361), [179.9, -179.9, 180.0]])
    assert np.abs(circular_difference(closed.estimate(closed.latents(degrees)), degrees)).max() < 0.5


def test_estimates_follow_scenes_that_were_not_fitted(opened, closed):
    random = np.random.default_rng(1)
    degrees = random.uniform(-80, 80, 500)
    for calibration, curve in ((opened, arc), (closed, circle)):
        latents = curve(degrees) + 0.02 * random.normal(size=(500, 4))
        assert np.abs(circular_difference(calibration.estimate(latents), degrees)).mean() < 1.0


def test_the_posterior_mean_draws_a_vague_latent_towards_the_middle():
    vague = fitted(circular=False, noise=1.0)
    end = vague.latents([90.0])
    assert 20 < vague.estimate(end)[0] < 85


def test_the_curve_wraps_or_clamps(opened, closed):
    np.testing.assert_allclose(closed.latents(190.0), closed.latents(-170.0), atol=1e-9)
    np.testing.assert_allclose(closed.latents(180.0), closed.latents(-180.0), atol=1e-9)
    np.testing.assert_array_equal(opened.latents(200.0), opened.latents(90.0))
    assert opened.latents(0.0).shape == (4,)
    assert opened.latents(np.zeros((2, 3))).shape == (2, 3, 4)


def test_a_gap_in_the_scenes_is_bridged_smoothly():
    degrees = np.concatenate([np.linspace(-90, -20, 300), np.linspace(20, 90, 300)])
    calibration = Calibration.fit(arc(degrees), degrees, "light", limits=(-90, 90))
    assert np.abs(calibration.latents([0.0]) - arc([0.0])).max() < 0.1


def test_estimate_is_fast(closed):
    latents = circle(np.linspace(-180, 180, 2000))
    closed.estimate(latents[:1])
    start = time.perf_counter()
    closed.estimate(latents)
    assert time.perf_counter() - start < 0.1


def test_estimate_of_many_is_that_of_each(closed):
    latents = circle(np.linspace(-170, 170, 3000))
    alone = [closed.estimate(latents[i : i + 1])[0] for i in (0, 1500, 2999)]
    np.testing.assert_allclose(closed.estimate(latents)[[0, 1500, 2999]], alone, atol=1e-3)
    assert closed.estimate(latents[:0]).shape == (0,)


def test_one_covariance_for_the_whole_curve_works_too(opened):
    plain = Calibration("azimuth", opened.degrees, opened.curve, 0.001 * np.eye(4))
    assert abs(plain.estimate(plain.latents([33.0]))[0] - 33) < 0.5


def test_json_brings_the_calibration_back(opened, closed):
    for calibration in (opened, closed):
        again = Calibration.from_dict(json.loads(json.dumps(calibration.to_dict())))
        assert again == calibration
        latents = calibration.latents([-50.0, 10.0])
        np.testing.assert_allclose(again.estimate(latents), calibration.estimate(latents), atol=0.01)


@pytest.mark.parametrize(
    "changes",
    [
        {"degrees": [0, 0]},
        {"degrees": [0, float("nan")]},
        {"curve": [[0.0]]},
        {"covariance": [[0.0]]},
        {"covariance": [[1.0, 0.0]]},
        {"circular": True},
        {"curve": None},
    ],
)
def test_from_dict_refuses_what_is_no_calibration(changes):
    record = {"factor": "light", "degrees": [0, 1], "curve": [[0.0], [1.0]], "covariance": [[1.0]]}
    record["circular"] = False
    assert Calibration.from_dict(record).size == 1
    with pytest.raises(ValueError):
        Calibration.from_dict({**record, **changes})


def test_bad_input_is_refused(opened):
    with pytest.raises(ValueError, match=r"\(N, 4\)"):
        opened.estimate(np.zeros((2, 3)))
    with pytest.raises(ValueError, match="finite"):
        opened.estimate(np.full((1, 4), np.nan))
    with pytest.raises(ValueError, match="at least 32"):
        Calibration.fit(np.zeros((5, 2)), np.zeros(5))


def test_beyond_its_range_an_open_curve_goes_on_straight_and_a_circle_closes():
    line = Calibration("light", [-90, 0, 90], [[-9, 1], [0, 1], [9, 1]], np.eye(2))
    np.testing.assert_allclose(line.beyond([-110, -90, 30, 90, 100]), [[-11, 1], [-9, 1], [3, 1], [9, 1], [10, 1]])
    np.testing.assert_allclose(line.latents([100]), [[9, 1]])
    degrees = np.linspace(-180, 180, 73)
    points = np.stack([np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))], 1)
    circle = Calibration("azimuth", degrees, points, np.eye(2), circular=True)
    np.testing.assert_allclose(circle.beyond(190.0), circle.latents(-170.0))
