"""The paper's presets and its baselines: what each of them is, and the pictures that it is shown."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from dcign.graphics_code import CodeLayout
from dcign.paper_network import PaperConfig, grey
from train.batches import (
    Recipe,
    Rendering,
    draw_mini_batch,
    draw_paper_chairs,
    shard_factors,
    shard_path,
)
from train.pool import Pool
from train.presets import as_coded, paper, preset
from train.scenes import STAGES, open_source, paper_chairs

PRESETS = ("paper", "paper-as-coded", "entangled", "beta", "info")


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


def test_plain_faces_differ_from_the_paper_preset_in_the_pictures_their_number_and_a_falling_rate_at_the_end_alone():
    plain, config = preset("paper-plain", "faces").to_dict(), preset("paper", "faces").to_dict()
    assert {name for name in config if config[name] != plain[name]} == {"preset", "recipe", "phases"}
    *most, last = plain["phases"]
    assert most == [phase | {"pictures": 2 * phase["pictures"]} for phase in config["phases"]]
    assert last == most[-1] | {"pictures": 30_000, "last_rate": 0.05 * last["rate"]}
    assert {name for name in config["recipe"] if config["recipe"][name] != plain["recipe"][name]} == {"setting"}
    with pytest.raises(ValueError, match="choose paper"):
        preset("paper-plain", "chairs")


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
