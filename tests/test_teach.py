"""The first lesson: labels are those of the pictures, the encoder tells them and nothing else changes, the decoder draws them."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from dcign.graphics_code import CodeLayout
from dcign.networks import DCIGN, NetworkConfig
from train import labels, teach
from train.__main__ import main
from train.batches import Recipe, draw_shard, part_seeds, random_view, shard_factors
from train.camera import View
from train.raster import render
from train.scenes import HELD_OUT, STAGES, open_source

PART, SIZE, SHARD = "hair", 40, 3
RECIPE = Recipe(per_mini_batch=4, mini_batches=10, photographs=4, shares=(("azimuth", 0.5), (PART, 0.5)))
LAYOUT = CodeLayout((("azimuth", 4), (PART, 6), ("shape", 6)))
LESSON = teach.Lesson(part=PART, components=3, readings=150, drawings=80, of_part=3)


@pytest.fixture(scope="module")
def material(tmp_path_factory) -> teach.Material:
    path = draw_shard(tmp_path_factory.mktemp("shards"), "heads", SIZE, SHARD, None, RECIPE)
    seeds = teach.seeds_needed([path], RECIPE, SHARD, PART)
    source = open_source("heads", None)
    basis = labels.Components.fit(labels.shown(source, PART, seeds), LESSON.components)
    return teach.Material((path,), RECIPE, SHARD, PART, dict(zip(seeds, basis.of(labels.shown(source, PART, seeds)))))


def network() -> DCIGN:
    torch.manual_seed(0)
    return DCIGN(replace(NetworkConfig.tiny(LAYOUT.size, SIZE), place_heads=4, place_entries=4))


def test_the_seeds_of_a_mini_batch_are_those_it_was_drawn_from(material):
    source, stage = open_source("heads", None), STAGES["heads"]
    pool = material.pool()
    for index, factor in enumerate(shard_factors(SHARD, RECIPE)[:4]):
        factor = RECIPE.factors[factor]
        pictures, _ = pool.mini_batch(index)
        seeds = material.seeds(pool, index)
        assert len(set(seeds)) == (4 if factor == PART else 1) and min(seeds) >= HELD_OUT
        if factor == PART:  # seen alike: the first draw of the mini-batch's own stream
            view = View(**random_view(stage, np.random.default_rng([11, SHARD, index]), RECIPE))
            for picture, seed in zip(pictures, seeds):
                drawn = render(source.identity(seeds[0], **{PART: seed}).mesh, view, stage.rig, SIZE)
                assert np.array_equal(picture[..., :3], drawn.colour)
    assert part_seeds(SHARD, 0, "intrinsic", PART, RECIPE) == part_seeds(SHARD, 0, PART, PART, RECIPE)


def test_labels_are_components_of_pictures():
    rng = np.random.default_rng(0)
    causes = rng.normal(size=(200, 2)) * (3.0, 1.0)
    pictures = 0.5 + causes @ rng.normal(size=(2, 30))
    told = labels.Components.fit(pictures, 2).of(pictures)
    assert np.allclose(told.std(0), 1.0, atol=0.05) and np.allclose(np.corrcoef(told.T), np.eye(2), atol=0.02)
    with pytest.raises(ValueError, match="components"):
        labels.Components.fit(pictures[:2], 2)


def test_labels_by_seed_do_not_depend_on_the_company():
    alone, together = (labels.labels("heads", None, PART, seeds, 3, workers=1, fitted=8)
                       for seeds in ([7], [5, 6, 7]))
    assert np.allclose(alone[7], together[7], atol=1e-4) and not np.allclose(together[5], together[7], atol=1e-2)


def test_the_encoder_tells_the_labels_and_all_else_as_before(material):
    taught, latents = network(), LAYOUT.slice(PART)
    pool = material.pool()
    targets, _, _, told = material.take(pool, np.random.default_rng(0), 10, 8)
    pictures, told = teach._pictures(targets[..., :3]), torch.from_numpy(told)
    levels = teach.read_levels(taught, pictures)
    attention = teach.fit_attention(levels, told, 4, LESSON)
    read = attention(levels.float())[:, :3].detach()
    assert (read - told).square().mean() < 0.5 * told.square().mean()
    before = taught.encode(pictures)
    with torch.no_grad():
        for rest in (taught.encoder.places.read.weight, taught.encoder.places.read.bias):
            rest.zero_()  # what was read there before is not kept
        plain = taught.encode(pictures)
    teach.give_attention(taught, latents, attention)
    with torch.autocast("cpu", torch.bfloat16), torch.no_grad():
        after = taught.encode(pictures)
    assert torch.allclose(after[0][:, latents.start:latents.start + 3], read, atol=0.1)
    assert torch.equal(after[0][:, latents.start + 3:latents.stop], torch.zeros(len(pictures), 3))  # the prior's
    others = torch.ones(LAYOUT.size, dtype=torch.bool)
    others[latents] = False
    assert torch.allclose(after[0][:, others], plain[0][:, others], atol=0.02)
    assert before[0].shape == after[0].shape


def test_the_decoder_draws_what_it_is_told(material):
    taught = network()
    pool = material.pool()
    targets, _, factors, told = material.take(pool, np.random.default_rng(1), 5, 5)
    latents = LAYOUT.slice(PART)
    true = torch.nn.functional.adaptive_avg_pool2d(teach._pictures(targets[..., :3]), 20).unflatten(0, (5, 4))
    true = (true - true.mean(1, keepdim=True)).flatten()

    def correlation() -> float:
        with torch.no_grad():
            codes = taught.encode(teach._pictures(targets[..., :3]))[0].unflatten(0, (5, 4)).mean(1, keepdim=True)
            codes = codes.repeat(1, 4, 1).flatten(0, 1)
            codes[:, latents] = 0.0
            codes[:, latents.start:latents.start + 3] = torch.from_numpy(told)
            drawn = taught.draft(codes).unflatten(0, (5, 4))
        drawn = (drawn - drawn.mean(1, keepdim=True)).flatten()
        return float(drawn @ true / (drawn.norm() * true.norm() + 1e-9))

    assert set(factors) == {PART} and abs(correlation()) < 0.2
    teach.fit_decoder(taught, material, LAYOUT, LESSON)
    assert correlation() > 0.4


def test_a_network_without_short_ways_says_so(material):
    plain = DCIGN(NetworkConfig.tiny(LAYOUT.size, SIZE))
    with pytest.raises(ValueError, match="place_heads"):
        teach.teach(plain, material, LAYOUT, None, (255, 255, 255), "face", LESSON)
    with pytest.raises(ValueError, match="too few"):
        teach.teach(network(), material, LAYOUT, None, (255, 255, 255), "face", replace(LESSON, components=7))


def test_the_command_names_what_it_cannot_teach(capsys):
    assert main(["teach", "chairs", "--from", "weights/chairs", "--part", "hair", "-o", "nowhere"]) == 2
    assert "no part 'hair'" in capsys.readouterr().err
