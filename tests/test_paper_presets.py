"""The paper's training and its baselines: what each choice changes, and that runs of them learn and resume exactly."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from dcign.graphics_code import CodeLayout
from dcign.paper_network import PaperConfig, PaperNetwork, grey
from train import objective
from train.batches import (
    Recipe,
    Rendering,
    draw_mini_batch,
    draw_paper_chairs,
    shard_factors,
    shard_path,
)
from train.draws import draw
from train.feeder import Feeder, Preparation
from train.journal import Limits
from train.loop import fit
from train.optimiser import RMSprop
from train.pool import MIXED, Pool
from train.presets import Phase, as_coded, paper, preset
from train.scenes import STAGES, open_source, paper_chairs

GROUND = (208, 208, 208)
PRESETS = ("paper", "paper-as-coded", "entangled", "beta", "info")
LAYOUT = (("azimuth", 1), ("elevation", 1), ("light", 1), ("intrinsic", 3))
RECIPE = Recipe(per_mini_batch=5, mini_batches=13, photographs=0, grey=True,
                shares=(("azimuth", 1 / 13), ("elevation", 1 / 13), ("light", 1 / 13), ("intrinsic", 10 / 13)))


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    """Two shards of grey 150-px discs whose place varies."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:150, :150]
    folder, paths = tmp_path_factory.mktemp("pool"), []
    for number in range(2):
        pictures = np.full((13, 5, 150, 150, 1), 208, np.uint8)
        for picture in pictures.reshape(-1, 150, 150, 1):
            place = rng.uniform(50, 100, 2)
            picture[(rows - place[0]) ** 2 + (columns - place[1]) ** 2 < 900] = 40
        paths.append(folder / f"shard-{number:04d}.npy")
        np.save(paths[-1], pictures)
    return paths


def _config(name: str, steps: int, **changes):
    return replace(preset(name, "faces"), network=PaperConfig(latents=6, maps=8), layout=LAYOUT, recipe=RECIPE,
                   phases=(Phase(150, 5 * steps, 1, 5e-4, 5e-4),), **changes)


def _feeder(paths, config) -> Feeder:
    plan = Preparation(tuple(paths), config.recipe, config.mixed, config.seed, GROUND, "face", config.augment)
    return Feeder(plan, workers=0)


def _records(folder) -> list[dict]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


# ------------------------------------------------------------------------------------------------ the presets


def test_the_paper_preset_is_the_paper():
    config = preset("paper", "faces")
    assert config.layout == (("azimuth", 1), ("elevation", 1), ("light", 1), ("intrinsic", 197))
    assert config.network == PaperConfig(200, 96) and config.phases[-1].size == config.network.size
    assert config.recipe.per_mini_batch == 20 and config.phases[0].mini_batches == 1
    assert (config.clamp, config.clamped, config.invariance, config.kl, config.kl_reaches) == (
        "mean", "latents", 0.01, 1.0, "all")
    assert (config.optimiser, config.phases[0].rate, config.phases[0].last_rate, config.weight_decay) == (
        "rmsprop", 5e-4, 5e-4, 0.01)
    assert config.pictures == 240_000
    counts = np.bincount(shard_factors(3, config.recipe), minlength=4)
    assert counts.tolist() == [20, 20, 20, 200]
    paths = [Path(f"shard-{n:04d}.npy") for n in range(config.shards)]
    reached = Pool(paths, 1, config.recipe)._pass(config.pictures // config.recipe.per_mini_batch - 1)[2]
    assert reached == config.shards * config.recipe.mini_batches  # all shards, and no more, are needed


def test_chairs_tell_only_the_azimuth_apart():
    config = preset("paper", "chairs")
    assert config.layout == (("azimuth", 1), ("intrinsic", 199))
    assert np.bincount(shard_factors(0, config.recipe), minlength=2).tolist() == [24, 240]
    assert config.recipe.setting == "paper-chairs" and config.recipe.grey and len(paper_chairs.VIEWS) == 62


def test_as_coded_changes_what_the_code_does_differently():
    config, other = paper("faces"), as_coded(paper("faces"))
    assert {name for name in config.to_dict() if config.to_dict()[name] != other.to_dict()[name]} == {
        "clamp", "clamped", "invariance", "kl_reaches", "optimiser", "weight_decay"}


def test_baselines_share_all_but_the_procedure():
    config = paper("faces").to_dict()
    for name, changed in (("entangled", set()), ("beta", {"kl"}), ("info", {"kl", "mmd"})):
        other = preset(name, "faces").to_dict()
        assert {key for key in config if config[key] != other[key]} == {"preset", "clamp", "mixed"} | changed


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("source", ["faces", "chairs"])
def test_layout_fills_the_code_and_the_configuration_is_json(name, source):
    config = preset(name, source)
    assert CodeLayout(config.layout).size == config.network.latents
    assert json.loads(json.dumps(config.to_dict(), allow_nan=False))["network"]["kind"] == "paper"


# ------------------------------------------------------------------------------------------------ the pictures


def test_the_studio_shards_keep_their_place_and_others_have_their_own(tmp_path):
    path = shard_path(tmp_path, "faces", 160, 3)
    assert path.name == "shard-0003.npy" and path.parent.name.startswith("faces-160-x8-")
    folders = {preset(name, source).recipe.folder(source, 150) for name in PRESETS for source in ("faces", "chairs")}
    assert len(folders) == 2 and all("-150-x20-" in folder for folder in folders)
    assert Recipe(per_mini_batch=20).folder("faces", 160) != Recipe(per_mini_batch=20, grey=True).folder("faces", 160)


def test_shards_of_a_recipe_are_rendered(tmp_path):
    recipe = Recipe(per_mini_batch=3, mini_batches=2, grey=True, photographs=0,
                    shares=(("azimuth", 0.5), ("intrinsic", 0.5)))
    path, = Rendering(tmp_path, "heads", 30, 1, workers=1, recipe=recipe).wait()
    pictures = np.load(path)
    assert pictures.shape == (2, 3, 30, 30, 1) and pictures.dtype == np.uint8
    assert sorted(shard_factors(0, recipe)) == [0, 1] and pictures.std() > 5
    taken, inputs, factors = Pool([path], 1, recipe).take(0, 2)
    assert taken.shape == (6, 30, 30, 1) and (taken == inputs).all() and sorted(factors) == ["azimuth", "intrinsic"]


def test_views_of_the_paper_chairs():
    recipe, source = replace(preset("paper", "chairs").recipe, per_mini_batch=6), open_source("chairs")
    turned = draw_paper_chairs(source, "azimuth", 1_000_000, np.random.default_rng(0), 24, recipe)
    assert turned.pictures.shape == (6, 24, 24, 1) and len(set(turned.seeds)) == 1
    assert len({view.azimuth for view in turned.views}) > 2 and len({view.elevation for view in turned.views}) == 1
    others = draw_paper_chairs(source, "intrinsic", 1_000_000, np.random.default_rng(3), 24, recipe)
    assert len({view.azimuth for view in others.views}) == 1 and sorted(others.seeds) == list(range(6))
    assert {view.elevation for view in others.views} == {20.0, 30.0}


def test_ranges_of_the_paper_faces():
    recipe, stage = preset("paper", "faces").recipe, STAGES["faces"]
    rng = np.random.default_rng(0)
    for factor, limit in (("azimuth", 86), ("elevation", 23), ("light", 80)):
        drawn = np.abs([recipe.degrees(factor, stage, rng) for _ in range(400)])
        assert 0.97 * limit < drawn.max() <= limit


def test_grey_pictures_are_those_the_network_sees():
    source, stage, rng = open_source("heads"), STAGES["heads"], np.random.default_rng
    small = Recipe(per_mini_batch=2)
    colour = draw_mini_batch(source, stage, "azimuth", 5, rng(0), 24, small).pictures[..., :3]
    drawn = draw_mini_batch(source, stage, "azimuth", 5, rng(0), 24, replace(small, grey=True)).pictures
    seen = grey(torch.from_numpy(colour).permute(0, 3, 1, 2).float())
    assert np.abs(drawn[..., 0] - seen[:, 0].numpy()).max() < 1


def test_mixed_mini_batches_show_every_picture_once_an_epoch(paths):
    config = preset("entangled", "faces")
    pool = Pool(paths, 1, RECIPE, mixed=config.mixed)
    taken = [pool.take(position, 1) for position in range(len(pool))]
    assert all(factors == [MIXED] for _, _, factors in taken)
    sums = np.concatenate([pictures for pictures, _, _ in taken]).astype(np.int64).sum((1, 2, 3))
    kept = np.concatenate([np.load(path).reshape(65, -1) for path in paths]).astype(np.int64).sum(1)
    assert (np.sort(sums) == np.sort(kept)).all()
    assert (pool.take(7, 1)[0] == taken[7][0]).all()
    assert (pool.take(len(pool), 1)[0] != taken[0][0]).any()  # another epoch, another order


# ------------------------------------------------------------------------------------------------ the procedure


class _Fake(torch.nn.Module):
    """Latents given from outside; the decoder paints each picture in the sum of its latents."""

    def __init__(self, mean, log_variance):
        super().__init__()
        self.mean, self.log_variance = mean, log_variance
        self.decoded = None

    def encode(self, pictures):
        return self.mean, self.log_variance

    def decode(self, latents):
        self.decoded = latents.detach()
        return torch.sigmoid(latents.sum(1))[:, None, None, None].expand(-1, 3, 4, 4)


def _step(config, noise: float = -30.0, factors=("azimuth", "intrinsic")):
    """Gradients of one step on 2 mini-batches of 4 pictures, with little noise."""
    mean = torch.randn(8, 6, generator=torch.Generator().manual_seed(0)).requires_grad_()
    log_variance = torch.full((8, 6), noise).requires_grad_()
    network = _Fake(mean, log_variance)
    targets = torch.full((8, 1, 4, 4), 0.9)
    loss, terms, drawn = objective.sgvb(network, targets, targets, list(factors), config, draw(1, 0, 0, 2, 4, 6, 4), config.kl)
    loss.backward()
    return mean, log_variance, network.decoded, loss.detach(), terms, drawn


def _sgvb(**changes):
    return replace(paper("faces"), layout=LAYOUT, **changes)


def test_inactive_latents_are_the_mean_and_are_drawn_together():
    mean, log_variance, decoded, *_ = _step(_sgvb(kl=0.0))
    value = mean.detach()
    for row in range(4):  # azimuth varies: the rest is the mean of the four
        assert torch.allclose(decoded[row, 1:], value[:4, 1:].mean(0), atol=1e-5)
        assert decoded[row, 0] == pytest.approx(float(value[row, 0]), abs=1e-5)
    for row in range(4, 8):
        assert torch.allclose(decoded[row, :3], value[4:, :3].mean(0), atol=1e-5)
    expected = 0.01 * (value[:4, 1:] - value[:4, 1:].mean(0))
    assert torch.allclose(mean.grad[:4, 1:], expected, atol=1e-6)  # not divided by anything
    assert (mean.grad[:4, 0] != 0).all()


def test_the_loss_is_summed_over_pixels_latents_and_pictures():
    _, _, _, loss, terms, drawn = _step(_sgvb())
    target = torch.full((8, 1, 4, 4), 0.9)
    entropy = -(target * drawn.log() + (1 - target) * (1 - drawn).log()).sum()
    assert float(loss) == pytest.approx(float(entropy + 8 * terms["kl"]), rel=1e-4)
    assert drawn.shape == target.shape


def test_noise_is_clamped_with_the_latents_or_drawn_afterwards():
    before = _step(_sgvb(clamped="latents"), noise=0.0)[2]
    after = _step(_sgvb(clamped="posterior"), noise=0.0)[2]
    assert before[:4, 1:].std(0).max() < 1e-6
    assert after[:4, 1:].std(0).min() > 0.1


def test_the_code_clamps_to_the_first_picture_with_the_same_gradient():
    mean, _, decoded, *_ = _step(_sgvb(clamp="first", kl=0.0))
    assert torch.allclose(decoded[:4, 1:], mean.detach()[0, 1:].expand(4, -1), atol=1e-5)
    assert torch.allclose(decoded[4:, :3], mean.detach()[4, :3].expand(4, -1), atol=1e-5)
    assert torch.allclose(mean.grad[:4, 1:], _step(_sgvb(kl=0.0))[0].grad[:4, 1:], atol=1e-6)


def test_the_kl_gradient_reaches_all_latents_or_the_active_ones():
    plain = _step(_sgvb(kl=0.0, invariance=0.0), noise=-1.0)[0].grad
    everywhere = _step(_sgvb(invariance=0.0), noise=-1.0)
    active = _step(_sgvb(invariance=0.0, kl_reaches="active"), noise=-1.0)
    value = everywhere[0].detach()
    assert torch.allclose(everywhere[0].grad - plain, value, atol=1e-4)  # d KL / d mean = mean
    assert torch.allclose(active[0].grad[:4, 0] - plain[:4, 0], value[:4, 0], atol=1e-4)
    assert (active[0].grad[:4, 1:] == 0).all() and (active[1].grad[:4, 1:] == 0).all()
    assert everywhere[4]["kl"] == active[4]["kl"]


def test_nothing_is_clamped_in_the_baselines():
    for name in ("entangled", "beta", "info"):
        config = replace(preset(name, "faces"), layout=LAYOUT)
        mean, _, decoded, loss, terms, _ = _step(config, factors=(MIXED, MIXED))
        assert torch.allclose(decoded, mean.detach(), atol=1e-5)
        total = terms["bernoulli"] + config.kl * terms["kl"] + config.mmd * terms.get("mmd", 0.0)
        assert float(loss) == pytest.approx(float(8 * total), rel=1e-4)
        assert ("mmd" in terms) == (name == "info")


def test_mmd_is_zero_on_average_for_the_prior_and_grows_away_from_it():
    def average(change):
        values = []
        for seed in range(40):
            numbers = torch.randn(2, 20, 10, generator=torch.Generator().manual_seed(seed))
            values.append(objective.mmd(change(numbers[0]), numbers[1]))
        return float(torch.stack(values).mean())

    same, moved, narrow = average(lambda z: z), average(lambda z: z + 1), average(lambda z: 0.3 * z)
    assert abs(same) < 0.02
    assert moved > 0.3 and narrow > 0.1


def _descend(make_optimiser, steps: int) -> torch.Tensor:
    torch.manual_seed(0)
    layer = torch.nn.Linear(4, 3)
    optimiser = make_optimiser(layer.parameters())
    for _ in range(steps):
        optimiser.zero_grad()
        layer(torch.randn(6, 4)).square().sum().backward()
        optimiser.step()
    return layer.weight.detach()


def test_rmsprop_without_momentum_is_adam_without_momentum():
    mine = _descend(lambda p: RMSprop(p, lr=1e-2, momentum=0.0, weight_decay=0.01), 6)
    theirs = _descend(lambda p: torch.optim.Adam(p, lr=1e-2, betas=(0.0, 0.99), weight_decay=0.01), 6)
    assert torch.allclose(mine, theirs, atol=1e-6)


def test_momentum_repeats_a_tenth_of_the_last_step():
    weight = torch.nn.Parameter(torch.zeros(()))
    optimiser, places = RMSprop([weight], lr=1e-2, momentum=0.1, weight_decay=0.0), [0.0]
    for _ in range(3):
        weight.grad = torch.ones(())
        optimiser.step()
        places.append(float(weight.detach()))
    assert np.allclose(-np.diff(places), [1e-2, 1.1e-2, 1.11e-2], rtol=1e-4)


def test_a_pixel_that_is_surely_wrong_still_gets_a_gradient():
    logits = torch.tensor([-18.0, 14.0, 0.0]).view(1, 1, 1, 3).requires_grad_()
    loss = objective.bernoulli(torch.sigmoid(logits), torch.tensor([1.0, 0.0, 1.0]).view(1, 1, 1, 3))
    loss.backward()
    assert torch.allclose(logits.grad.flatten(), torch.tensor([-1.0, 1.0, -0.5]), atol=0.01)
    assert float(loss.detach()) == pytest.approx(18 + 14 + np.log(2), rel=0.01)


# ------------------------------------------------------------------------------------------------ whole runs


@pytest.mark.parametrize("name", PRESETS)
def test_loss_falls(paths, tmp_path, name):
    config = _config(name, 50)
    outcome = fit(_feeder(paths, config), config, tmp_path)
    records = _records(tmp_path)
    assert outcome.finished and isinstance(outcome.network, PaperNetwork)
    with torch.no_grad():
        shown = _feeder(paths, config).take(0, 1, 150).targets
        picture = torch.from_numpy(shown).permute(0, 3, 1, 2).float() / 255
        torch.manual_seed(config.seed)
        untrained = PaperNetwork(config.network)
        errors = [float((network.decode(network.encode(picture)[0])[:, :1] - picture).square().mean())
                  for network in (untrained, outcome.network)]
    assert records[-1]["bernoulli"] <= 1.05 * records[0]["bernoulli"]
    assert errors[1] < 0.7 * errors[0]
    assert {"bernoulli", "kl", "mse"} <= set(records[0]) and list(tmp_path.glob("preview-*.png"))
    assert ("spread" in records[0]) == name.startswith("paper")


@pytest.mark.parametrize("name", ["paper", "paper-as-coded", "info"])
def test_a_stopped_and_resumed_run_equals_an_uninterrupted_one(paths, tmp_path, name):
    config = _config(name, 6)
    whole = fit(_feeder(paths, config), config, tmp_path / "whole")
    part, starts = None, 0
    while part is None or not part.finished:
        part = fit(_feeder(paths, config), config, tmp_path / "parts", Limits(minutes=0))  # one step each
        starts += 1
    assert starts >= 6
    for key, value in whole.network.state_dict().items():
        assert torch.equal(value, part.network.state_dict()[key]), key


def test_pictures_of_another_preset_are_refused(paths, tmp_path):
    config = _config("entangled", 1)
    with pytest.raises(ValueError, match="open_feeder"):
        fit(_feeder(paths, replace(config, mixed=False)), config, tmp_path)
