"""How flow is learned: from which pictures, towards what, and that nothing else learns with it."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import a_model

from dcign.appearance_flow import Moved
from dcign.checkpoints import load_weights, save_weights
from dcign.networks import DCIGN
from dcign.paper_network import PaperConfig, PaperNetwork
from dcign.relighting import Seen, relit
from dcign.studio import Studio
from train import flow, flow_examples
from train.__main__ import main
from train.batches import Recipe, draw_shard
from train.pool import Pool
from train.presets import preset
from train.schedule import take_over

SIZE = 40
RECIPE = Recipe(per_mini_batch=4, mini_batches=8, photographs=0, shares=(("azimuth", 0.5), ("elevation", 0.5)))
PLAN = flow_examples.FlowPlan(width=8, pairs=320, sources_a_step=4, views=2, rate=4e-3, first_steps=3, average=0.9)


@pytest.fixture(scope="module")
def pool(tmp_path_factory) -> Pool:
    path = draw_shard(tmp_path_factory.mktemp("shards"), "chairs", SIZE, 3, None, RECIPE)
    return Pool([path], 0, RECIPE)


def a_reader() -> dict:
    """The parts of a small model that sees differences between views."""
    model = a_model("chairs")
    with torch.no_grad():
        model["network"].encoder.posterior.weight.mul_(60.0)
    return model


@pytest.fixture(scope="module")
def network() -> DCIGN:
    return flow.with_flow(a_reader()["network"], PLAN.width, 1)


@pytest.fixture(scope="module")
def studio(network) -> Studio:
    return Studio(**a_reader() | {"network": network}, device="cpu")


@pytest.fixture(scope="module")
def examples(studio, pool) -> list[flow_examples.Example]:
    return flow_examples.collect(studio, pool, PLAN)


@pytest.fixture(scope="module")
def scenes(pool) -> flow_examples.Scenes:
    return flow_examples.Scenes.of("chairs", None, pool, range(len(pool)), SIZE, 1)


def test_steps_are_the_same_again_and_a_source_lies_beside_each_of_its_views(studio, network, pool, examples, scenes):
    first, again = (list(flow.steps(studio, network, pool, examples, scenes, PLAN, 3)) for _ in range(2))
    for a, b in zip(first, again):
        assert torch.equal(a.targets, b.targets) and torch.equal(a.drawn, b.drawn)
        assert a.targets.shape == a.source.picture.shape == (8, 3, SIZE, SIZE)
        assert torch.equal(a.source.picture[0], a.source.picture[1]) and not torch.equal(a.targets[0], a.source.picture[0])
    assert not torch.equal(first[0].targets, first[1].targets)


def test_a_photographs_identity_is_partly_anothers(studio, network, pool, examples, scenes):
    """Same numbers with and without: pose and what is aimed at stay; a render's codes have a share of their own."""
    for photographed in (0.0, 1.0):
        kinds = [list(flow.steps(studio, network, pool, examples, scenes, replace(PLAN, mirrored=0.0, photographed=photographed, strange=strange), 2))
                 for strange in (0.0, 0.5)]
        for plain, strange in zip(*kinds):
            known = ~studio.layout.intrinsic
            assert torch.equal(plain.targets, strange.targets) and torch.equal(plain.source.picture, strange.source.picture)
            assert torch.allclose(plain.latents[:, known], strange.latents[:, known], atol=1e-5)
            assert torch.equal(plain.latents, strange.latents) == (photographed == 0.0)
            moved = (strange.latents - plain.latents, strange.source.latents - plain.source.latents)
            assert torch.allclose(*moved, atol=1e-5)  # both sides are of one identity


@pytest.mark.parametrize("photographed", [0.0, 1.0])
def test_flow_learns_from_mirror_images_too(studio, network, pool, examples, scenes, monkeypatch, photographed):
    """In the light of the new view; where pixels belong is not known."""
    monkeypatch.setattr(flow, "nearer_mirrored", lambda example: np.full(len(example.degrees), example.factor == "azimuth"))
    plan = replace(PLAN, turned=1.0, mirrored=1.0, photographed=photographed, recoloured=0.0, strange=0.0, unlike=0.0, misread=0.0)
    for step in flow.steps(studio, network, pool, examples, scenes, plan, 3):
        for place in range(0, len(step.targets), PLAN.views):
            view = step.source.latents[place].numpy()
            found = [code for code in (example.code for example in examples)
                     if np.allclose(view, studio.heard(code, {"azimuth": -code.azimuth}).latents, atol=1e-4)]
            assert step.flow[place].isnan().all()
            code = found[0]
            itself, lit = (studio._at(code, {"azimuth": -code.azimuth, "light": light}).picture for light in (-code.light, code.light))
            given = torch.from_numpy(code.pixels.copy()).permute(2, 0, 1).float().div(255).flip(-1)
            expected = relit(Seen.of(given, itself), lit)
            assert (step.source.picture[place] - expected).abs().mean() < 0.01  # what is drawn is drawn in 16 bits here
            everywhere = bool(step.subject[place].min() == step.asked[place].min() == 1.0)
            assert everywhere == (not photographed)
    if photographed:  # far from the subject no ground is asked for, and where it is seen all is
        corner, middle = np.s_[0, :2, :2], np.s_[0, SIZE // 2, SIZE // 2]
        assert step.asked[0][corner].max() < 0.1 < 0.9 < step.asked[0][middle].min()


def test_a_photographs_mirror_image_is_asked_for_before_the_true_ground(studio):
    """Where flow looks at its ground, and the new view shows ground, all is well; where it looks at the subject, that is seen."""
    size, zero = (1, 1, SIZE, SIZE), torch.zeros(1, 2, SIZE, SIZE)
    subject, asked, targets = torch.zeros(size), torch.zeros(size), torch.rand(1, 3, SIZE, SIZE)
    subject[..., :20], asked[..., 10:30] = 1.0, 1.0
    step = flow.Step(None, None, None, None, targets, None, subject, asked)
    parts = {name: torch.rand(1, 3, SIZE, SIZE) for name in ("picture", "first", "carried")}
    found = step.on_ground(Moved(drawn_share=asked, first_flow=zero, flow=zero, **parts))
    for name, given in parts.items():
        part = getattr(found, name)
        assert torch.allclose(part[..., :30], given[..., :30], atol=1e-6) and torch.allclose(part[..., 30:], targets[..., 30:], atol=1e-6)
    moving = torch.full_like(zero, -12.0).requires_grad_()  # from the subject, where there should be ground
    step.on_ground(Moved(drawn_share=asked, first_flow=zero, flow=moving, **parts)).picture.square().sum().backward()
    assert moving.grad.abs().sum() > 0  # and flow learns of it


def test_every_other_renders_identity_is_partly_anothers(studio, network, pool, examples, scenes):
    """On both sides alike, and its pose stays: it is drawn as what is real is."""
    plain, unlike = (list(flow.steps(studio, network, pool, examples, scenes, replace(PLAN, mirrored=0.0, photographed=0.0, unlike=unlike), 6))
                     for unlike in (0.0, 0.5))
    shares = []
    for one, other in zip(plain, unlike):
        known = ~studio.layout.intrinsic
        assert torch.equal(one.targets, other.targets) and torch.equal(one.latents[:, known], other.latents[:, known])
        moved = other.latents - one.latents
        assert torch.allclose(moved, other.source.latents - one.source.latents, atol=1e-5)
        shares += (moved.abs().amax(1)[::PLAN.views] > 0).tolist()
    assert 0.2 < np.mean(shares) < 0.8


def test_a_photographs_view_is_misread_on_both_sides_and_a_renders_is_not(studio, network, pool, examples, scenes):
    """The pictures, and what else is known of them, stay."""
    rest = np.ones(studio.layout.size, bool)
    for factor in flow_examples.FACTORS:
        rest[studio.layout.slice(factor)] = False
    for photographed in (0.0, 1.0):
        kinds = [list(flow.steps(studio, network, pool, examples, scenes, replace(PLAN, mirrored=0.0, photographed=photographed, misread=degrees), 2))
                 for degrees in (0.0, 6.0)]
        for plain, wrong in zip(*kinds):
            assert torch.equal(plain.targets, wrong.targets) and torch.equal(plain.source.picture, wrong.source.picture)
            for a, b in ((plain.source, wrong.source), (plain, wrong)):
                same = (a.latents == b.latents)
                assert same[:, rest].all() and bool(same.all()) == (photographed == 0.0)
                assert photographed == 0.0 or not same.all(1).any()  # of every single one


def test_the_loss_falls_towards_the_truth_and_asks_flow_itself():
    truth, config = torch.rand(2, 3, SIZE, SIZE), preset("studio", "chairs")
    near, far = (truth + size * torch.randn_like(truth) for size in (0.02, 0.2))
    share = torch.zeros(2, 1, SIZE, SIZE)
    known = torch.zeros(2, 2, SIZE // 2, SIZE // 2)
    known[0, :, 3] = float("nan")
    right, wrong = torch.zeros(2, 2, SIZE, SIZE), torch.zeros(2, 2, SIZE, SIZE)
    wrong[:, :, 20] = 3.0
    best = (near, share, near, near, right, right)

    def loss(*parts) -> torch.Tensor:
        return flow.loss_of(Moved(*parts), truth, known, config, PLAN)

    for place, worse in ((0, far), (2, far), (3, far), (4, wrong), (5, wrong)):
        assert loss(*best) < loss(*best[:place], worse, *best[place + 1:])
    unknown = right.clone()
    unknown[0, :, 6] = 9.0  # row 3 of those that are asked
    assert torch.allclose(loss(*best), loss(*best[:4], unknown, unknown))


def test_what_the_encoder_sees_counts_too_and_teaches_it_nothing(network):
    truth, config, corners = torch.rand(4, 3, SIZE, SIZE), preset("studio", "chairs"), torch.tensor([[0, 3], [6, 2]])
    drawn = (truth + 0.1).requires_grad_()
    still, known = torch.zeros(4, 2, SIZE, SIZE), torch.zeros(4, 2, SIZE // 2, SIZE // 2)

    def gradient(encoder, plan) -> torch.Tensor:
        moved = Moved(drawn, torch.zeros(4, 1, SIZE, SIZE), truth, truth, still, still)
        return torch.autograd.grad(flow.loss_of(moved, truth, known, config, plan, encoder, corners), drawn)[0]

    alone, none, some = gradient(None, PLAN), gradient(network.encoder, replace(PLAN, features=0.0)), gradient(network.encoder, PLAN)
    assert torch.allclose(alone, none) and not torch.allclose(alone, some)
    outside = torch.ones(SIZE, SIZE, dtype=torch.bool)
    outside[:SIZE - 2, 3:SIZE - 3] = False  # what is seen of the first half
    assert torch.allclose(alone[:2, :, outside], some[:2, :, outside])
    assert all(parameter.grad is None for parameter in network.encoder.parameters())


def test_it_learns_and_nothing_else_does(studio, network, pool, examples, scenes):
    before = copy.deepcopy(network.state_dict())
    config, saved = preset("studio", "chairs"), []

    def error() -> float:
        with torch.no_grad():
            return float(np.mean([(network.flow(s.source, s.drawn, s.level, s.latents).picture - s.targets).square().mean()
                                  for s in flow.steps(studio, network, pool, examples, scenes, replace(PLAN, recoloured=0.0), 8)]))

    start = error()
    flow.learn(studio, network, pool, examples, scenes, config, PLAN, saved.append, save_every=0.0)
    assert error() < 0.9 * start and saved == [*range(8, PLAN.pairs + 1, 8), PLAN.pairs]
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name]) == (not name.startswith("flow.")), name


def test_flow_that_is_there_is_gone_on_from(network):
    assert flow.with_flow(network, PLAN.width, 5) is network
    other = flow.with_flow(network, 16, 5)
    assert other.config.flow_width == 16
    assert all(torch.equal(value, network.state_dict()[name]) for name, value in other.state_dict().items()
               if not name.startswith("flow."))


def test_flow_of_a_decoder_before_is_gone_on_from():
    known, trained = (a_reader()["network"] for _ in range(2))
    known = flow.with_flow(known, PLAN.width, 5)
    with torch.no_grad():
        trained.decoder.start.weight.add_(1.0)
    for start in (trained, flow.with_flow(trained, PLAN.width, 6)):
        both = flow.with_flow(start, PLAN.width, 7, known)
        for name, value in both.state_dict().items():
            assert torch.equal(value, (known if name.startswith("flow.") else trained).state_dict()[name]), name
    for other in (trained, flow.with_flow(trained, 16, 5), PaperNetwork(PaperConfig(latents=8, maps=8))):
        with pytest.raises(ValueError, match="--flow"):
            flow.with_flow(trained, PLAN.width, 7, other)


def test_training_goes_on_without_it(network):
    fresh = a_model("chairs")["network"]
    fresh.decoder.start.weight.data.zero_()
    take_over(fresh, network)
    assert torch.equal(fresh.decoder.start.weight, network.decoder.start.weight)


def test_by_the_command_line(tmp_path, capsys):
    given = save_weights(tmp_path / "given", **a_reader(), training={"pictures": 7})
    command = ["flow", "chairs", "--from", str(given), "--shards", "1", "--mini-batches", "12", "--pairs", "32",
               "--runs", str(tmp_path), "-o", str(tmp_path / "flow")]
    assert main(command) == 0
    weights = load_weights(tmp_path / "flow")
    assert weights.network.flow is not None and weights.training["pictures"] == 7
    lesson, = weights.training["flow"]
    assert lesson["new_views"] == 32 and 0 < lesson["photographs"] < lesson["pictures"] <= 144
    assert all(lesson[name] == getattr(flow_examples.FlowPlan(), name) for name in ("strange", "unlike", "features"))
    assert torch.equal(weights.network.decoder.start.weight, load_weights(given).network.decoder.start.weight)
    again = [*command[:-1], str(tmp_path / "again"), "--flow", str(tmp_path / "flow"), "--rate"]
    assert main([*again, "1e-9"]) == 0  # the flow goes on, though not --from it: here it stays
    known, after = weights.network.flow.state_dict(), load_weights(tmp_path / "again")
    assert after.training["flow"] == [lesson, lesson]
    assert all(torch.allclose(value, known[name], atol=1e-6) for name, value in after.network.flow.state_dict().items())
    assert main([*again, "-1"]) == 2 and "rate" in capsys.readouterr().err
    other = save_weights(tmp_path / "other", **(a_reader() | {"name": "faces"}))
    assert main([*command, "--flow", str(other)]) == 2 and "weights of faces" in capsys.readouterr().err
    assert main([*command, "--photographed", "50"]) == 2 and "0 to 1" in capsys.readouterr().err
    assert main(["flow", "faces", *command[2:]]) == 2 and "no weights of faces" in capsys.readouterr().err
