"""How it is learned from which of a picture and its mirror image pixels are taken: from which views, and that nothing else learns."""

import copy
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch
from test_flow import PLAN, RECIPE, SIZE, a_reader, pool  # noqa: F401

from dcign import mirror_image
from dcign.checkpoints import load_weights, save_weights
from dcign.moved_shares import shares
from dcign.networks import DCIGN
from dcign.own_picture import LEAST
from dcign.studio import Studio
from dcign.view_blending import Side
from train import blend, flow_examples
from train.__main__ import main
from train.blend import BlendPlan, Views
from train.flow import with_flow
from train.presets import preset

BLEND = BlendPlan(width=8, pairs=320, flow=replace(PLAN, sources=0))


@pytest.fixture(scope="module")
def network() -> DCIGN:
    """Its flow looks a little aside, so that both sides differ."""
    network = with_flow(a_reader()["network"], PLAN.width, 1)
    torch.nn.init.normal_(network.flow.out.weight, 0.0, 0.1)
    return blend.with_blending(network, BLEND.width, 1)


@pytest.fixture(scope="module")
def studio(network) -> Studio:
    return Studio(**a_reader() | {"network": network}, device="cpu")


@pytest.fixture(scope="module")
def examples(studio, pool) -> list[flow_examples.Example]:  # noqa: F811
    """With degrees that lie apart, whatever a small model reads."""
    found, rng = flow_examples.collect(studio, pool, BLEND.flow, factors=["azimuth"]), np.random.default_rng(0)
    assert {example.factor for example in found} == {"azimuth"}
    return [replace(example, code=replace(example.code, azimuth=40.0), degrees=rng.uniform(-60, 60, len(example.degrees)))
            for example in found]


def test_only_views_between_both_are_learned_from(studio, examples):
    for example in examples[:8]:
        chosen = blend.between(example.code, example.degrees)
        for degrees, one in zip(example.degrees, chosen):
            found = shares(example.code, {"azimuth": float(degrees) - example.code.azimuth}, blends=True)
            assert bool(one) == (min(found.own, found.mirrored, *found.window) >= LEAST and abs(degrees - 40.0) > 5.2)
            assert not one or -40 < degrees < 40
    assert 0 < np.mean([blend.between(example.code, example.degrees).mean() for example in examples]) < 1


def test_the_lessons_picture_is_what_the_app_shows(studio, network, pool, examples):  # noqa: F811
    """With whatever odds, and nothing altered: what is learned from is what is rendered."""
    plan = replace(BLEND, flow=replace(BLEND.flow, strange=0.0, unlike=0.0, misread=0.0, recoloured=0.0))
    network = copy.deepcopy(network)
    torch.nn.init.normal_(network.flow.blending.out.weight, 0.0, 2.0)
    studio, compared = Studio(**a_reader() | {"network": network}, device="cpu"), []
    for example, seed in product(blend.usable(examples), range(3)):
        for asked, trusted, (first, second), target in blend._of_one(studio, pool, [example], plan, np.random.default_rng(seed)):
            assert target.shape == (SIZE, SIZE, 3) and 0 <= target.min() and target.max() <= 1
            degrees = asked.code.azimuth + asked.away["azimuth"]
            if not np.array_equal(asked.new.latents[0].numpy(), studio.heard(asked.code, {"azimuth": degrees}).latents):
                continue  # told exactly
            step = Views(first, second, asked.new.picture[None], asked.sharp[None], asked.new.latents, [trusted], torch.from_numpy(target))
            with torch.no_grad():
                shown = step.shown(network.flow.blending(first, second, step.drawn, step.latents))[0]
            off = np.abs(255 * shown.permute(1, 2, 0).numpy() - studio.render(asked.code, azimuth=degrees))
            compared.append((off.max(), off.mean()))
    largest, mean = zip(*compared)
    assert len(compared) >= 6
    assert max(mean) < 3 and np.median(largest) < 1  # but for what stays of the picture in its place a few degrees away


def test_steps_are_the_same_again(studio, pool, examples):  # noqa: F811
    first, again = (list(blend.views(studio, pool, examples, BLEND, 2)) for _ in range(2))
    for one, other in zip(first, again):
        assert torch.equal(one.targets, other.targets) and torch.equal(one.first.shown, other.first.shown)
        assert one.targets.shape == one.first.shown.shape == one.second.shown.shape == one.sharp.shape
        assert len(one.shares) == len(one.targets) and not torch.equal(one.first.shown, one.second.shown)
    assert not torch.equal(first[0].targets, first[1].targets)


def test_where_nothing_lies_between_it_says_so(studio, pool, examples):  # noqa: F811
    frontal = [replace(example, code=replace(example.code, azimuth=0.0)) for example in examples]
    with pytest.raises(ValueError, match="render more"):
        next(blend.views(studio, pool, frontal, BLEND, 1))


def test_only_blending_learns_and_towards_the_truth(studio, network, pool, examples, monkeypatch):  # noqa: F811
    """One side is the truth, the other is not: that one is taken."""
    before = {key: value.clone() for key, value in network.state_dict().items()}
    one_of_them = blend._of_one

    def with_a_true_side(studio, pool, among, plan, rng):
        return [(asked, trusted, (Side(torch.from_numpy(target).permute(2, 0, 1)[None], first.known, first.latents), second), target)
                for asked, trusted, (first, second), target in one_of_them(studio, pool, among, plan, rng)]

    monkeypatch.setattr(blend, "_of_one", with_a_true_side)
    seen = []
    blend.learn(studio, network, pool, examples, preset("studio", "chairs"), BLEND, seen.append)
    after = network.state_dict()
    changed = {key for key in before if not torch.equal(before[key], after[key])}
    assert changed and all(key.startswith("flow.blending.") for key in changed) and seen[-1] > 0
    step = next(blend.views(studio, pool, examples, BLEND, 1))
    with torch.no_grad():
        rather = network.flow.blending(step.first, step.second, step.drawn, step.latents)
    assert rather.mean() < -0.5
    for key in before:
        after[key].copy_(before[key])


def test_by_the_command_line(tmp_path, capsys, monkeypatch):
    """Weights whose pixels do not move are refused; of the others nothing else changes, and the card tells of it."""
    monkeypatch.setattr(mirror_image, "BOTH", (0.6, 0.9))  # of what a small model reads little lies between
    bare, moving = a_reader() | {"name": "chairs"}, with_flow(a_reader()["network"], PLAN.width, 1)
    for name, given in (("bare", bare), ("moving", bare | {"network": moving})):
        save_weights(tmp_path / name, **given, training={"pictures": 7})
    command = ["--shards", "1", "--mini-batches", "16", "--pairs", "32", "--runs", str(tmp_path), "-o", str(tmp_path / "blended")]
    assert main(["blend", "chairs", "--from", str(tmp_path / "bare"), *command]) == 2 and "train flow" in capsys.readouterr().err
    assert main(["blend", "chairs", "--from", str(tmp_path / "moving"), *command]) == 0
    before, weights = load_weights(tmp_path / "moving").network.state_dict(), load_weights(tmp_path / "blended")
    after = weights.network.state_dict()
    assert all(torch.equal(value, after[key]) for key, value in before.items())
    assert all(key.startswith("flow.blending.") for key in set(after) - set(before)) and len(after) > len(before)
    lesson, = weights.training["blending"]
    assert lesson["new_views"] == 32 and lesson["photographs"] > 0 and weights.training["pictures"] == 7
    assert main(["flow", "chairs", "--from", str(tmp_path / "blended"), *command[:-1], str(tmp_path / "moving more")]) == 0
    more = load_weights(tmp_path / "moving more")  # of which that was not learned
    assert more.network.flow.blending is None and "blending" not in more.training and more.training["flow"]
