"""The training loop on a few synthetic mini-batches: it learns, resumes exactly, and leaves usable weights."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from dcign.graphics_code import CodeLayout
from train import objective, state
from train.augment import AugmentConfig, augment
from train.batches import FACTORS, MINI_BATCHES, PER_MINI_BATCH, SHARES, shard_factors
from train.loop import fit, networks_for
from train.optimiser import MuonAdam, orthogonalise
from train.pool import Pool
from train.presets import Phase, preset

GROUND = (208, 208, 208)


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    """One shard of 40-px discs whose place and colour vary."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:40, :40]
    pictures = np.full((MINI_BATCHES, PER_MINI_BATCH, 40, 40, 4), 208, np.uint8)
    pictures[..., 3] = 0
    for batch in pictures:
        colour, centre = rng.integers(0, 255, 3), rng.uniform(12, 28, 2)
        for picture in batch:
            place = centre + rng.uniform(-6, 6, 2)
            inside = (rows - place[0]) ** 2 + (columns - place[1]) ** 2 < 60
            picture[inside] = [*colour, 255]
    path = tmp_path_factory.mktemp("pool") / "shard-0000.npy"
    np.save(path, pictures)
    return Pool([path], seed=1)


def _config(steps_per_phase=6, **changes):
    count = 2 * PER_MINI_BATCH * steps_per_phase
    phases = (Phase(20, count, 2, 2e-3, 1e-3), Phase(40, count, 2, 2e-3, 1e-3))
    return replace(preset("tiny", "chairs"), phases=phases, warm_up=2, **changes)


def test_shares_of_the_factors_in_a_shard():
    counts = np.bincount(shard_factors(0), minlength=len(FACTORS)) / MINI_BATCHES
    assert np.allclose(counts, SHARES, atol=0.01)
    assert (shard_factors(0) == shard_factors(0)).all() and (shard_factors(0) != shard_factors(1)).any()


def test_the_pool_visits_every_mini_batch_once_an_epoch(pool):
    assert sorted(pool._at(i) for i in range(len(pool))) == list(range(len(pool)))
    pictures, factors = pool.take(3, 2, 20)
    assert pictures.shape == (2 * PER_MINI_BATCH, 4, 20, 20) and len(factors) == 2
    assert 0 <= pictures.min() and pictures.max() <= 1


@pytest.mark.parametrize("clamp", ["swap", "mean"])
def test_loss_falls(pool, tmp_path, clamp):
    fit(pool, GROUND, _config(60, clamp=clamp), tmp_path)
    records = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert records[-1]["mse"] < 0.5 * records[0]["mse"]
    assert {"gaussian", "kl", "edges", "per_second", "waiting"} <= set(records[0])
    assert list(tmp_path.glob("preview-*.png"))


def test_a_stopped_and_resumed_run_equals_an_uninterrupted_one(pool, tmp_path):
    config = _config()
    whole = fit(pool, GROUND, config, tmp_path / "whole")
    part = fit(pool, GROUND, config, tmp_path / "parts", minutes=0)  # one step each
    starts = 1
    while not part.finished:
        part = fit(pool, GROUND, config, tmp_path / "parts", minutes=0)
        starts += 1
    assert starts > 5 and part.pictures == whole.pictures
    for name, value in whole.network.state_dict().items():
        assert torch.equal(value, part.network.state_dict()[name]), name
    progress = [state.read_progress(tmp_path / run / "state.safetensors") for run in ("whole", "parts")]
    assert progress[0]["step"] == progress[1]["step"]


def test_phases_end_at_the_presets_network():
    config = _config()
    shapes = networks_for(config)
    assert [shape.size for shape in shapes] == [20, 40] and shapes[-1] == config.network


def test_kl_of_the_prior_is_zero_and_grows_with_the_mean():
    zero = torch.zeros(4, 7)
    assert float(objective.kl_divergence(zero, zero)) == 0
    assert float(objective.kl_divergence(zero + 2, zero)) == pytest.approx(7 * 2.0)


def test_samples_follow_the_posterior():
    mean, log_variance = torch.full((20_000, 1), 3.0), torch.full((20_000, 1), 2 * float(np.log(0.5)))
    drawn = objective.sample(mean, log_variance, torch.Generator().manual_seed(0))
    assert float(drawn.mean()) == pytest.approx(3.0, abs=0.02) and float(drawn.std()) == pytest.approx(0.5, abs=0.02)


def test_blur_costs_more_in_the_gradient_term():
    target = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    blurred = torch.nn.functional.avg_pool2d(target, 3, 1, 1)
    near = (target + 0.02).clamp(0, 1)
    assert objective.laplace_gradients(blurred, target) > objective.laplace_gradients(near, target)


def test_variation_ignores_what_a_mini_batch_shares():
    target = torch.rand(8, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    shifted = target.clone()
    shifted[:4] += 0.3  # the same error in all pictures of the first mini-batch
    uneven = target.clone()
    uneven[0] += 0.3
    assert objective.variation(shifted, target, 2) < -8
    assert objective.variation(uneven, target, 2) > objective.variation(shifted, target, 2) + 1


def test_augmentation_changes_the_ground_but_not_the_object_much():
    pictures = torch.full((64, 4, 24, 24), 208 / 255)
    pictures[:, 3] = 0
    pictures[:, :3, 8:16, 8:16] = 0.3
    pictures[:, 3, 8:16, 8:16] = 1
    settings = AugmentConfig(background=1.0, lights=0, noise=0, crop=0)
    changed = augment(pictures, torch.tensor(GROUND) / 255, settings, torch.Generator().manual_seed(0))
    assert torch.allclose(changed[:, :, 9:15, 9:15], torch.full((64, 3, 6, 6), 0.3), atol=0.02)
    assert (changed[:, :, :4] - pictures[:, :3, :4]).abs().mean() > 0.1
    again = augment(pictures, torch.tensor(GROUND) / 255, settings, torch.Generator().manual_seed(0))
    assert torch.equal(changed, again)


def test_orthogonalised_momentum_has_singular_values_near_one():
    matrix = torch.randn(24, 60, generator=torch.Generator().manual_seed(0))
    values = torch.linalg.svdvals(orthogonalise(matrix))
    assert values.min() > 0.5 and values.max() < 1.3


def test_muon_takes_kernels_and_adam_the_rest():
    network = torch.nn.Sequential(torch.nn.Conv2d(16, 16, 3), torch.nn.Linear(4, 2))
    groups = {group["muon"]: [tuple(p.shape) for p in group["params"]]
              for group in MuonAdam(network, 1e-3).param_groups}
    assert groups == {True: [(16, 16, 3, 3)], False: [(16,), (2, 4), (2,)]}


def test_layout_of_every_preset_fills_the_code():
    for name in ("studio", "tiny"):
        config = preset(name, "faces")
        assert CodeLayout(config.layout).size == config.network.latents
        assert [group for group, _ in config.layout] == list(FACTORS)
    with pytest.raises(ValueError, match="studio or tiny"):
        preset("nonesuch", "faces")
