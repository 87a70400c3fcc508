"""The training loop on a few synthetic mini-batches: it learns, resumes exactly, and leaves usable weights."""

import json
import signal
from dataclasses import replace

import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity
from training_run import RECIPE, configuration, feeder_for

from dcign.graphics_code import CodeLayout
from dcign.networks import NetworkConfig
from train import likelihood, objective, state
from train.batches import Recipe, shard_factors
from train.clamp import active_latents
from train.journal import Limits
from train.loop import ALONE, Run, Start, fit
from train.optimiser import MuonAdam, orthogonalise
from train.pool import GROW, Pool, shrink
from train.presets import preset
from train.schedule import initial, networks_for


def test_shares_of_the_factors_in_a_shard():
    recipe = Recipe()
    counts = np.bincount(shard_factors(0, recipe)) / recipe.mini_batches
    assert np.allclose(counts, [share for _, share in recipe.shares], atol=0.02)
    assert (shard_factors(0) == shard_factors(0)).all() and (shard_factors(0) != shard_factors(1)).any()


def test_a_pass_visits_every_mini_batch_once(shard):
    pool = Pool([shard], 1, RECIPE)
    seen = np.concatenate([pool.take(position, 1)[0][:1, ..., :3] for position in range(len(pool))])
    kept = np.load(shard)[:, 0, ..., :3]
    assert sorted(p.tobytes() for p in seen) == sorted(p.tobytes() for p in kept)
    again = pool.take(len(pool), 4)[0]
    assert (again != pool.take(0, 4)[0]).any()  # the next pass has an order of its own


def test_photographs_stand_in_for_some_inputs(shard):
    targets, inputs, factors = Pool([shard], 1, RECIPE).take(3, 2)
    assert targets.shape == (16, 40, 40, 4) and len(factors) == 2
    same = [(a == b).all() for a, b in zip(targets, inputs)]
    assert [k for k in range(8) if not same[k]] == list(RECIPE.photographed())
    assert same[:8] == same[8:]


def test_early_passes_need_the_first_shards_only(shard):
    paths = [shard.with_name(f"shard-{n:04d}.npy") for n in range(3 * GROW)]
    pool = Pool(paths, 1, RECIPE)
    length = GROW * RECIPE.mini_batches
    first = [pool._pass(position) for position in (0, length - 1, length, 3 * length - 1, 3 * length, 6 * length)]
    assert [number for number, _, _ in first] == [0, 0, 1, 1, 2, 3]
    assert [size for _, _, size in first] == [length, length, 2 * length, 2 * length, 3 * length, 3 * length]


def test_shrinking_averages_squares():
    pictures = np.arange(2 * 4 * 4 * 3, dtype=np.uint8).reshape(2, 4, 4, 3)
    small = shrink(pictures, 2)
    assert small[0, 0, 0, 0] == round(float(pictures[0, :2, :2, 0].mean())) and shrink(pictures, 4) is pictures
    with pytest.raises(ValueError, match="does not divide"):
        shrink(pictures, 3)


def test_a_background_process_prepares_the_same_pictures(shard):
    config = configuration("both", 2, 6)
    near, far = feeder_for(shard, config), feeder_for(shard, config, workers=1)
    try:
        for position in (0, 2, 4):
            here, there = near.take(position, 2, 20), far.take(position, 2, 20)
            assert (here.targets == there.targets).all() and (here.inputs == there.inputs).all()
            assert here.factors == there.factors
    finally:
        far.close()


@pytest.mark.parametrize("clamp", ["swap", "mean"])
def test_loss_falls(shard, tmp_path, clamp):
    # with the mean, at twice this rate so small a network stumbles late on some CPUs
    config = configuration(clamp, 2, 60, rate=1e-3 if clamp == "mean" else 2e-3)
    fit(feeder_for(shard, config), config, tmp_path, Limits(log_every=1))
    records = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    errors = [record["mse"] for record in records]  # of two mini-batches each
    assert len(errors) == 120 and np.mean(errors[-20:]) < 0.3 * np.mean(errors[:5])
    assert {"gaussian", "kl", "edges", "per_second", "waiting"} <= set(records[0])
    assert list(tmp_path.glob("preview-*.png"))


def test_a_stopped_and_resumed_run_equals_an_uninterrupted_one(shard, tmp_path):
    config = configuration("both", 2, 6)
    whole = fit(feeder_for(shard, config), config, tmp_path / "whole")
    part = fit(feeder_for(shard, config), config, tmp_path / "parts", Limits(minutes=0))  # one step each
    starts = 1
    while not part.finished:
        part = fit(feeder_for(shard, config), config, tmp_path / "parts", Limits(minutes=0))
        starts += 1
    assert starts > 5 and part.pictures == whole.pictures
    for name, value in whole.network.state_dict().items():
        assert torch.equal(value, part.network.state_dict()[name]), name
    progress = [state.read_progress(tmp_path / run / "state.safetensors") for run in ("whole", "parts")]
    assert progress[0]["step"] == progress[1]["step"]


def test_what_is_not_finite_never_takes_the_place_of_a_state(shard, tmp_path, monkeypatch):
    config, path = configuration("both", 2, 6), tmp_path / "state.safetensors"
    fit(feeder_for(shard, config), config, tmp_path, Limits(pictures=32, save_every=1e9))
    kept, handlers = path.read_bytes(), [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    monkeypatch.setattr(likelihood, "gaussian", lambda error: error.mean() * float("nan"))
    with pytest.raises(FloatingPointError, match="not finite"):
        fit(feeder_for(shard, config), config, tmp_path, Limits(pictures=48, save_every=1e9))
    assert path.read_bytes() == kept
    matrix = torch.full((2, 2), float("nan"))
    monkeypatch.setattr(likelihood, "gaussian", lambda error: torch.linalg.cholesky(matrix))  # as decorrelation does
    with pytest.raises(FloatingPointError, match="not finite"):
        fit(feeder_for(shard, config), config, tmp_path, Limits(pictures=48, save_every=1e9))
    assert path.read_bytes() == kept
    monkeypatch.setattr(likelihood, "gaussian", lambda error: 1 / 0)  # in the middle of a step
    with pytest.raises(ZeroDivisionError):
        fit(feeder_for(shard, config), config, tmp_path, Limits(pictures=64, save_every=1e9))
    assert path.read_bytes() == kept
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == handlers


def test_a_run_goes_on_from_weights(tmp_path):
    config = configuration("both", 2, 6)
    network, seen = initial(config.network, 3, torch.device("cpu")), config.phases[0].pictures + 48
    run = Run(config, tmp_path / "none.safetensors", ALONE, True, False, Start(network, seen, ({"preset": "tiny"},)))
    assert run.progress["history"] == [{"preset": "tiny"}]
    assert run.seen == seen and run.progress["phase"] == 1 and run.progress["step"] == 6 + 3
    for values in (run.network.state_dict(), run.average.state_dict()):
        assert all(torch.equal(value, values[name]) for name, value in network.state_dict().items())
    smaller = initial(networks_for(config)[0], 3, torch.device("cpu"))
    with pytest.raises(ValueError, match="another network"):
        Run(config, tmp_path / "none.safetensors", ALONE, True, False, Start(smaller, seen))
    with pytest.raises(ValueError, match="nothing is left"):
        Run(config, tmp_path / "none.safetensors", ALONE, True, False, Start(network, config.pictures))


def test_refined_codes_draw_better_and_the_encoder_follows_them(shard, tmp_path):
    """The same step with and without refinement."""
    config = replace(configuration("swap", 2, 1), phases=configuration("swap", 2, 1).phases[:1])
    batch = feeder_for(shard, config).take(0, 2, 20)
    targets, inputs = (torch.from_numpy(p).permute(0, 3, 1, 2).float() / 255 for p in (batch.targets, batch.inputs))
    errors, gaps = {}, []
    for refined in (0, 6):
        run = Run(config, tmp_path / "none", ALONE, resume=False, compiled=False)
        steps = [run.step(inputs, targets, batch.factors, 1e-3, refined)[0] for _ in range(16)]
        errors[refined] = float(np.mean([terms["mse"] for terms in steps[4:]]))
        gaps += [float(terms["gap"]) for terms in steps if "gap" in terms]
    assert errors[6] < errors[0] and len(gaps) == 16
    assert min(gaps) == 0 < np.median(gaps) < 1000  # by the coins, now and then no mini-batch of a step is refined


def test_only_weights_that_fit_are_taken_over(tmp_path):
    config = configuration("swap", 2, 1)
    with pytest.raises(ValueError, match="another network than the preset's"):
        Run(config, tmp_path / "none", ALONE, resume=False, compiled=False,
            start=Start(initial(NetworkConfig.tiny(12, 20), 0, torch.device("cpu")), 0))


def test_phases_end_at_the_presets_network():
    config = configuration("both", 2, 6)
    shapes = networks_for(config)
    assert [shape.size for shape in shapes] == [20, 40] and shapes[-1] == config.network


def test_kl_of_the_prior_is_zero_and_grows_with_the_mean():
    zero = torch.zeros(4, 7)
    assert float(objective.kl_divergence(zero, zero)) == 0
    assert float(objective.kl_divergence(zero + 2, zero)) == pytest.approx(7 * 2.0)


def test_disagreement_counts_what_the_noise_does_not_hide():
    layout = CodeLayout((("azimuth", 1), ("shape", 2)))
    active = active_latents(layout, ["azimuth", "shape"])
    mean = torch.zeros(8, 3)
    mean[:4, 0], mean[4:, 1:] = torch.arange(4.0), torch.arange(4.0)[:, None]  # each in its own latents
    assert float(objective.disagreement(mean, torch.zeros(8, 3), active).sum()) == 0
    mean[:4, 1] = torch.tensor([-1.0, 1.0, -1.0, 1.0])
    assert float(objective.disagreement(mean, torch.zeros(8, 3), active).sum()) == pytest.approx(0.25)  # half of them: 1/2
    hidden = torch.full((8, 3), float(np.log(100.0)))
    assert float(objective.disagreement(mean, hidden, active).sum()) == pytest.approx(0.0025)


def test_a_group_pays_only_beyond_what_it_has_free():
    layout = CodeLayout((("azimuth", 1), ("shape", 2)))
    nats = torch.tensor([5.0, 0.5, 0.75], requires_grad=True)
    assert objective.beyond(nats, layout, 0.0).item() == pytest.approx(6.25)
    cost = objective.beyond(nats, layout, 2.0)
    assert cost.item() == pytest.approx(3.0)
    cost.backward()
    assert nats.grad.tolist() == [1.0, 0.0, 0.0]  # nothing draws the small group to the prior


def test_samples_follow_the_posterior():
    mean, log_variance = torch.full((20_000, 1), 3.0), torch.full((20_000, 1), 2 * float(np.log(0.5)))
    drawn = objective.sample(mean, log_variance, torch.randn(20_000, 1, generator=torch.Generator().manual_seed(0)))
    assert float(drawn.mean()) == pytest.approx(3.0, abs=0.02) and float(drawn.std()) == pytest.approx(0.5, abs=0.02)


def test_mean_differences_are_those_of_slices():
    values = torch.randn(2, 3, 5, 7, dtype=torch.double, requires_grad=True)
    slices = (values.diff(dim=-1).abs().mean() + values.diff(dim=-2).abs().mean()).detach()
    assert torch.allclose(likelihood._MeanDifferences.apply(values), slices)
    assert torch.autograd.gradcheck(likelihood._MeanDifferences.apply, (values,))


def test_gradients_of_the_terms_are_those_of_their_formulas():
    error = torch.randn(4, 3, 6, 8, dtype=torch.double, requires_grad=True)
    assert torch.allclose(likelihood._Halved.apply(error), torch.nn.functional.avg_pool2d(error, 2))
    assert torch.allclose(likelihood._Squares.apply(error), error.square().mean())
    grouped = error.view(2, 2, -1)
    assert torch.allclose(likelihood._Spread.apply(grouped), grouped.var(1, correction=0).mean(1))
    for function in (likelihood._Halved.apply, likelihood._Squares.apply, likelihood._Spread.apply):
        assert torch.autograd.gradcheck(function, (grouped if function == likelihood._Spread.apply else error,))


def test_blur_costs_more_in_the_gradient_term():
    target = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    blurred = torch.nn.functional.avg_pool2d(target, 3, 1, 1)
    near = (target + 0.02).clamp(0, 1)
    assert likelihood.laplace_gradients(blurred - target) > likelihood.laplace_gradients(near - target)


def test_structural_similarity_is_the_measures_own():
    generator = torch.Generator().manual_seed(0)
    a = torch.nn.functional.avg_pool2d(torch.rand(2, 3, 64, 64, generator=generator), 5, 1, 2)
    b = (a + 0.05 * torch.randn(a.shape, generator=generator)).clamp(0, 1)
    luma = [(p[0] * torch.tensor(likelihood.LUMA).view(3, 1, 1)).sum(0).numpy() for p in (a, b)]
    same = structural_similarity(*luma, data_range=1.0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False)
    assert float(likelihood.structural_similarity(a[:1], b[:1])) == pytest.approx(same, abs=1e-3)
    assert float(likelihood.structural_similarity(a[:1], b[:1], 2)) == pytest.approx(same, abs=0.02)
    blurred = torch.nn.functional.avg_pool2d(b, 5, 1, 2)
    assert likelihood.structure(blurred, b) > likelihood.structure(0.9 * b + 0.05, b)


def test_contrast_is_asked_of_all_channels_alike():
    """A blurred grey edge is to be sharpened in grey: more in one channel than in another would be a coloured seam."""
    edge = (torch.arange(32) >= 16).float().expand(1, 3, 32, 32)
    blurred = torch.nn.functional.avg_pool2d(edge, 5, 1, 2, count_include_pad=False).requires_grad_()
    gradient, = torch.autograd.grad(likelihood.structure(blurred, edge), blurred)
    assert gradient.abs().max() > 0
    assert torch.allclose(gradient[:, 0], gradient[:, 1]) and torch.allclose(gradient[:, 1], gradient[:, 2])


def test_variation_ignores_what_a_mini_batch_shares():
    target = torch.rand(8, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    shifted = target.clone()
    shifted[:4] += 0.3  # the same error in all pictures of the first mini-batch
    uneven = target.clone()
    uneven[0] += 0.3
    assert likelihood.variation(shifted - target, 2) < -8
    assert likelihood.variation(uneven - target, 2) > likelihood.variation(shifted - target, 2) + 1


def test_orthogonalised_momentum_has_singular_values_near_one():
    matrix = torch.randn(24, 60, generator=torch.Generator().manual_seed(0))
    values = torch.linalg.svdvals(orthogonalise(matrix))
    assert values.min() > 0.5 and values.max() < 1.3


@pytest.mark.parametrize("shape", [(16, 32, 3, 3), (48, 16, 3, 3), (32, 32, 1, 1)])
def test_a_muon_step_is_the_orthogonalised_gradient_in_either_memory_format(shape):
    generator, steps = torch.Generator().manual_seed(0), []
    weight, gradient = (torch.randn(shape, generator=generator) for _ in range(2))
    for layout in (torch.contiguous_format, torch.channels_last):
        kernel = torch.nn.Parameter(weight.clone(memory_format=layout))
        kernel.grad = gradient.to(memory_format=layout)
        MuonAdam(torch.nn.ParameterList([kernel]), 1e-2).step()
        steps.append((weight - kernel.detach()).flatten())
    expected = orthogonalise(gradient.flatten(1)).flatten()
    for step in steps:
        assert torch.nn.functional.cosine_similarity(step, expected, dim=0) > 0.99
    assert torch.allclose(steps[0], steps[1], atol=1e-6)


def test_muon_takes_kernels_and_adam_the_rest():
    network = torch.nn.Sequential(torch.nn.Conv2d(16, 16, 3), torch.nn.Linear(4, 2))
    groups = {group["muon"]: [tuple(p.shape) for p in group["params"]]
              for group in MuonAdam(network, 1e-3).param_groups}
    assert groups == {True: [(16, 16, 3, 3)], False: [(16,), (2, 4), (2,)]}


def test_layout_of_every_preset_fills_the_code():
    for name in ("studio", "tiny"):
        config = preset(name, "faces")
        assert CodeLayout(config.layout).size == config.network.latents
        assert [group for group, _ in config.layout] == list(config.recipe.factors)
    with pytest.raises(ValueError, match="studio or tiny"):
        preset("nonesuch", "faces")


def test_the_state_of_another_network_is_refused_and_left_alone(shard, tmp_path):
    config = configuration("both", 2, 2)
    fit(feeder_for(shard, config), config, tmp_path, Limits(minutes=0))
    kept = (tmp_path / "config.json").read_text()
    plain = replace(config, network=replace(config.network, palette=0))
    with pytest.raises(ValueError, match="--fresh"):
        fit(feeder_for(shard, plain), plain, tmp_path)
    assert (tmp_path / "config.json").read_text() == kept
