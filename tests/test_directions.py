"""Principal directions of a group: found in synthetic latents, kept with the weights, drawn from."""

import demo_weights
import numpy as np
import pytest
from conftest import a_model

from dcign.checkpoints import WeightsError, load_studio, load_weights, save_weights
from dcign.directions import Directions, fit_directions
from dcign.graphics_code import CodeLayout

LAYOUT = CodeLayout((("azimuth", 2), ("shape", 6), ("texture", 3)))


def scenes(count: int = 4000) -> np.ndarray:
    """(N, 11) latents: azimuth wide, shape along two known directions around (1, ..., 1), texture narrow."""
    random = np.random.default_rng(1)
    latents = 0.1 * random.standard_normal((count, 11)) + 1
    latents[:, :2] *= 50
    latents[:, 2] += 3 * random.standard_normal(count)
    latents[:, 3:5] += 2 * random.standard_normal((count, 1)) * [0.6, 0.8]
    return latents


def test_the_known_directions_are_found_group_by_group():
    found = fit_directions(scenes(), LAYOUT, count=2)
    assert list(found) == ["shape", "texture"]
    shape = found["shape"]
    np.testing.assert_allclose(shape.mean, 1, atol=0.15)
    np.testing.assert_allclose(shape.deviations, [3, 2], rtol=0.05)
    np.testing.assert_allclose(shape.vectors, [[1, 0, 0, 0, 0, 0], [0, 0.6, 0.8, 0, 0, 0]], atol=0.02)
    assert shape.rest[3:] == pytest.approx([0.1] * 3, rel=0.1) and shape.rest[0] < 0.05


def test_draws_are_spread_as_the_scenes_were():
    latents = scenes()[:, LAYOUT.slice("shape")]
    found, random = Directions.fit(latents, "shape"), np.random.default_rng(3)
    drawn = np.stack([found.draw(random) for _ in range(4000)])
    np.testing.assert_allclose(drawn.mean(0), latents.mean(0), atol=0.15)
    np.testing.assert_allclose(np.cov(drawn.T), np.cov(latents.T), atol=0.3)
    np.testing.assert_allclose(found.draw(random, temperature=0), found.mean)


def test_a_dictionary_brings_them_back():
    found = fit_directions(scenes(100), LAYOUT)["shape"]
    again = Directions.from_dict("shape", found.to_dict())
    assert again == found
    np.testing.assert_allclose(again.steps, found.steps, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("latents", [np.zeros((7, 3)), np.zeros(30), np.full((30, 3), np.nan)])
def test_too_few_or_broken_scenes_are_refused(latents):
    with pytest.raises(ValueError):
        Directions.fit(latents)


def test_weights_keep_them(tmp_path):
    model = a_model()
    directions = fit_directions(np.random.default_rng(0).normal(size=(40, model["layout"].size)), model["layout"])
    folder = save_weights(tmp_path / "faces", **model, directions=directions)
    assert load_weights(folder).directions == directions == load_studio(folder, device="cpu").directions
    assert load_weights(save_weights(tmp_path / "old", **model)).directions == {}


@pytest.mark.parametrize("group", ["azimuth", "hair"])
def test_weights_refuse_directions_that_do_not_fit(tmp_path, group):
    directions = {group: Directions.fit(np.random.default_rng(0).normal(size=(40, 3)), group)}
    with pytest.raises(WeightsError, match="do not fit"):
        save_weights(tmp_path, **a_model(), directions=directions)


def test_the_demos_weights_have_them(tmp_path):
    folder = demo_weights.write(tmp_path, ("faces",)) / "faces"
    assert list(load_weights(folder).directions) == ["intrinsic"]
