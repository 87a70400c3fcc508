"""The first lesson: labels are those of the pictures; the encoder tells them, the decoder draws them, all else stays."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from dcign.checkpoints import save_weights
from dcign.graphics_code import CodeLayout
from dcign.networks import DCIGN, NetworkConfig
from train import labels, teach
from train.__main__ import main
from train.batches import Recipe, draw_shard, part_seeds, random_view, shard_factors
from train.camera import View
from train.presets import preset
from train.raster import render
from train.scenes import HELD_OUT, STAGES, open_source

PART, SIZE, SHARD = "hair", 40, 3
RECIPE = Recipe(per_mini_batch=4, mini_batches=10, photographs=4, shares=(("azimuth", 0.5), (PART, 0.5)))
LAYOUT = CodeLayout((("azimuth", 4), (PART, 6), ("shape", 6)))
LESSON = teach.Lesson(part=PART, components=3, readings=150, drawings=80, of_part=3)


@pytest.fixture(scope="module")
def material(tmp_path_factory) -> teach.Material:
    path = draw_shard(tmp_path_factory.mktemp("shards"), "heads", SIZE, SHARD, None, RECIPE)
    return teach.Material((path,), RECIPE, PART)


@pytest.fixture(scope="module")
def told(material) -> dict[int, np.ndarray]:
    seeds = material.every_seed()
    pictures = labels.shown(open_source("heads", None), PART, seeds)
    return dict(zip(seeds, labels.Components.fit(pictures, LESSON.components).of(pictures)))


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


def test_photographs_come_with_the_seeds_of_what_they_show(material):
    config = preset("studio", "heads")
    pictures, seeds = teach._photographed(material, LESSON, config.augment, (255, 255, 255), "face", 0)
    assert pictures.shape == (16, SIZE, SIZE, 3) and pictures.dtype == np.uint8
    assert len(seeds) == 16 and set(seeds) <= set(material.every_seed())


def test_the_encoder_tells_the_labels_and_all_else_as_before(material, told):
    taught, latents = network(), LAYOUT.slice(PART)
    targets, _, _, seeds = material.take(material.pool(), np.random.default_rng(0), 10, 8)
    pictures, wanted = teach._pictures(targets[..., :3]), torch.from_numpy(np.stack([told[seed] for seed in seeds]))
    levels = teach.read_levels(taught, pictures)
    attention = teach.fit_attention(levels, wanted, 4, LESSON)
    read = attention(levels.float())[:, :3].detach()
    assert (read - wanted).square().mean() < 0.5 * wanted.square().mean()
    without = copy.deepcopy(taught)
    for parameter in without.encoder.places.read.parameters():
        parameter.data.zero_()  # what was read there before is not kept
    teach.give_attention(taught, latents, attention)
    with torch.autocast("cpu", torch.bfloat16), torch.no_grad():
        mean, log_variance = taught.encode(pictures)
        plain = without.encode(pictures)
    assert torch.allclose(mean[:, latents.start:latents.start + 3], read, atol=0.1)
    left = slice(latents.start + 3, latents.stop)  # the prior's
    assert mean[:, left].abs().max() == 0 and log_variance[:, left].abs().max() == 0
    others = torch.ones(LAYOUT.size, dtype=torch.bool)
    others[latents] = False
    assert torch.equal(mean[:, others], plain[0][:, others]) and torch.equal(log_variance[:, others], plain[1][:, others])


def test_the_decoder_draws_what_it_is_told(material, told):
    taught, latents = network(), LAYOUT.slice(PART)
    targets, _, factors, seeds = material.take(material.pool(), np.random.default_rng(1), 5, 5)
    clean = teach._pictures(targets[..., :3])
    true = torch.nn.functional.adaptive_avg_pool2d(clean, 20).unflatten(0, (5, 4))
    true = (true - true.mean(1, keepdim=True)).flatten()

    def correlation() -> float:
        with torch.no_grad():
            codes = taught.encode(clean)[0].unflatten(0, (5, 4)).mean(1, keepdim=True).repeat(1, 4, 1).flatten(0, 1)
            codes[:, latents] = 0.0
            codes[:, latents.start:latents.start + 3] = torch.from_numpy(np.stack([told[seed] for seed in seeds]))
            drawn = taught.draft(codes).unflatten(0, (5, 4))
        drawn = (drawn - drawn.mean(1, keepdim=True)).flatten()
        return float(drawn @ true / (drawn.norm() * true.norm() + 1e-9))

    before = correlation()
    teach.fit_decoder(taught, material, told, LAYOUT, LESSON)
    assert set(factors) == {PART} and correlation() > before + 0.3


def test_a_whole_lesson_changes_both_ends(material, told):
    taught, before = network(), network()
    short = replace(LESSON, inputs=2, readings=3, drawings=2)
    teach.teach(taught, material, told, LAYOUT, preset("studio", "heads").augment, (255, 255, 255), "face", short, workers=1)
    changed = {name for (name, a), b in zip(taught.named_parameters(), before.parameters()) if not torch.equal(a, b)}
    assert any(name.startswith("decoder.modulations") for name in changed) and "encoder.places.read.weight" in changed
    assert {name for name in changed if name.startswith("encoder.")} <= {
        "encoder.posterior.weight", "encoder.posterior.bias", *(
            f"encoder.places.{layer}.{kind}" for layer in ("attention", "value", "read") for kind in ("weight", "bias"))}


def test_what_cannot_be_taught_is_said_first(material, told):
    plain = NetworkConfig.tiny(LAYOUT.size, SIZE)
    with pytest.raises(ValueError, match="place_heads"):
        teach.check(plain, LAYOUT, LESSON)
    with pytest.raises(ValueError, match="too few"):
        teach.teach(network(), material, told, LAYOUT, None, (255, 255, 255), "face", replace(LESSON, components=7))


@pytest.mark.parametrize("source, part, said", [("chairs", "hair", "no part 'hair'"), ("chairs", "shape", "place_heads"),
                                                ("meshes", "intrinsic", "no part 'intrinsic'")])
def test_the_command_names_what_it_cannot_teach(source, part, said, capsys):
    assert main(["teach", source, "--from", "nowhere", "--part", part, "-o", "nowhere"]) == 2
    assert said in capsys.readouterr().err


def test_weights_that_had_a_lesson_get_no_other(tmp_path, capsys):
    config = preset("studio", "heads")
    network = DCIGN(config.network)
    save_weights(tmp_path, network, CodeLayout(config.layout), {}, {}, name="heads")
    assert main(["teach", "heads", "--from", str(tmp_path), "--part", "shape", "-o", "nowhere"]) == 2
    assert "place attention already" in capsys.readouterr().err
