"""Runs of the paper's presets and its baselines learn, resume exactly, and get the mini-batches that they ask for."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from dcign.paper_network import PaperConfig, PaperNetwork
from train.batches import Recipe
from train.feeder import Feeder, Preparation
from train.journal import Limits
from train.loop import fit
from train.pool import MIXED, Pool
from train.presets import Phase, preset

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
        fit(_feeder(paths, _config("paper", 1)), config, tmp_path)
