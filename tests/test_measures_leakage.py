"""Ridge regression across identities, leakage and the disentanglement measures, on codes whose answer is known."""

import numpy as np
import pytest

from dcign.graphics_code import CodeLayout
from train.measures.disentanglement import (
    Factor,
    dci,
    disentanglement,
    gap,
    information,
)
from train.measures.leakage import leakage
from train.measures.regression import (
    Ridge,
    degrees_of,
    expanded,
    explained,
    fold_of,
    targets_of,
)
from train.measures.subject import Posterior

LAYOUT = CodeLayout((("azimuth", 2), ("elevation", 1), ("light", 1), ("shape", 6), ("texture", 6)))


@pytest.fixture(scope="module")
def scenes():
    """800 pictures of 100 identities: azimuth around the circle, elevation and light independent of it."""
    rng = np.random.default_rng(0)
    degrees = {"azimuth": rng.uniform(-180, 180, 800), "elevation": rng.uniform(0, 40, 800),
               "light": rng.uniform(-80, 80, 800)}
    return rng, degrees, np.repeat(np.arange(100), 8)


def a_code(degrees, rng):
    """Every group knows its own factor, and the rest is noise."""
    turn = np.deg2rad(degrees["azimuth"])
    own = np.stack([np.sin(turn), np.cos(turn), degrees["elevation"] / 10, np.sin(np.deg2rad(degrees["light"]))], 1)
    return np.concatenate([own + rng.normal(0, 0.05, own.shape), rng.normal(size=(len(own), 12))], 1)


def test_no_identity_is_both_fitted_and_predicted():
    """A feature that only names the identity explains a target of the identity perfectly, unless it is left out."""
    rng = np.random.default_rng(1)
    who = np.repeat(np.arange(20), 10)
    assert all(len(set(fold_of(who)[who == k])) == 1 for k in range(20))
    features, targets = np.eye(20)[who], rng.normal(size=20)[who][:, None]
    assert explained(Ridge(features, targets, who).predict(), targets) < 0.05
    with pytest.raises(ValueError, match="three"):
        fold_of(np.array([0, 0, 1]))


def test_ridge_finds_a_linear_law_and_nothing_in_noise():
    rng = np.random.default_rng(2)
    features, who = rng.normal(size=(400, 20)), np.repeat(np.arange(50), 8)
    targets = features[:, :2] @ np.array([[1.0, 0.0], [2.0, -1.0]]) + 5
    assert explained(Ridge(features, targets, who).predict(), targets) > 0.999
    assert explained(Ridge(rng.normal(size=(400, 20)), targets, who).predict(), targets) < 0.05


def test_random_features_read_what_is_not_linear():
    rng = np.random.default_rng(3)
    latents, who = rng.normal(size=(800, 2)), np.repeat(np.arange(100), 8)
    targets = (latents[:, :1] ** 2 - latents[:, 1:]) * 10
    assert explained(Ridge(latents, targets, who).predict(), targets) < 0.6
    assert explained(Ridge(expanded(latents, rng), targets, who).predict(), targets) > 0.95


def test_degrees_survive_being_targets():
    degrees = np.array([-179.0, -90.0, 0.0, 179.0])
    assert degrees_of(targets_of(degrees, True)) == pytest.approx(degrees)
    assert degrees_of(targets_of(degrees, False)) == pytest.approx(degrees)


@pytest.mark.parametrize("factor, circular", [("azimuth", True), ("elevation", False), ("light", False)])
def test_only_what_other_latents_know_leaks(scenes, factor, circular):
    rng, degrees, who = scenes
    code = a_code(degrees, rng)
    clean = Posterior(code, np.full(code.shape, 0.05))
    assert leakage(clean, LAYOUT, degrees[factor], who, factor, circular, rng)["sampled"] < 0.05
    told = code.copy()
    told[:, 4:6] += 2 * targets_of(degrees[factor], circular) / np.std(targets_of(degrees[factor], circular))
    leaky = leakage(Posterior(told, clean.deviations), LAYOUT, degrees[factor], who, factor, circular, rng)
    assert leaky["sampled"] > 0.7 and leaky["means"] > 0.7


def test_a_residue_below_the_noise_leaks_from_means_but_not_from_samples(scenes):
    rng, degrees, who = scenes
    code = np.zeros((800, LAYOUT.size), np.float32)
    code[:, 10] = degrees["light"] / 1000
    found = leakage(Posterior(code, np.ones_like(code)), LAYOUT, degrees["light"], who, "light", False, rng)
    assert found["means"] > 0.99 and found["sampled"] < 0.05


def test_groups_that_know_one_factor_each_are_disentangled_and_a_rotation_of_them_is_not(scenes):
    rng, degrees, who = scenes
    factors = [Factor(name, degrees[name], name == "azimuth") for name in degrees]
    code = a_code(degrees, rng)
    good = disentanglement(code, LAYOUT, factors, who, rng)
    mixed = disentanglement(code @ np.linalg.qr(rng.normal(size=(16, 16)))[0], LAYOUT, factors, who, rng)
    for factor in degrees:
        assert good["mig"][factor] > 0.5 > mixed["mig"][factor] + 0.2
        assert good["sap"][factor] > 0.9 and mixed["sap"][factor] < 0.5
        assert good["explicitness"][factor] > 0.95
        assert good["r2"][factor][factor] > 0.95 > 0.1 > good["r2"]["texture"][factor]
    assert good["dci"]["disentanglement"] > 0.9 and good["dci"]["completeness"] > 0.9
    assert mixed["dci"]["disentanglement"] < 0.5 and mixed["dci"]["completeness"] < 0.6
    assert min(good["dci"]["informativeness"].values()) > 0.9


def test_one_factor_alone_has_completeness_but_no_disentanglement(scenes):
    """The paper's chairs tell only the azimuth apart."""
    rng, degrees, who = scenes
    layout = CodeLayout((("azimuth", 2), ("intrinsic", 14)))
    found = disentanglement(a_code(degrees, rng), layout, [Factor("azimuth", degrees["azimuth"], True)], who, rng)
    assert found["dci"]["disentanglement"] is None and found["dci"]["completeness"] > 0.9


def test_information_and_gaps():
    rng = np.random.default_rng(5)
    values = rng.normal(size=1000)
    assert information(values, values, rng) == pytest.approx(1.0)
    assert information(-values**3, values, rng) == pytest.approx(1.0)
    assert information(rng.normal(size=1000), values, rng) < 0.03
    assert gap(np.array([0.2, 0.9, 0.5])) == pytest.approx(0.4) and gap(np.array([0.3])) == pytest.approx(0.3)
    assert dci(np.eye(3)) == pytest.approx((1.0, 1.0)) and dci(np.ones((3, 3))) == pytest.approx((0.0, 0.0))
