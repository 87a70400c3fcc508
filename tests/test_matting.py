"""The network that tells which pixels are an object's: what it is taught, and whether it learns."""

import numpy as np
import pytest
import torch
from rendered_shards import stand_in, two_shards

from dcign.matting import MattingConfig, MattingNetwork
from train.augmentation.surroundings import noise, surroundings
from train.augmentation.wide import placed_object
from train.matting import MattingPlan, PlacedObjects, errors, loss_of, split
from train.photographs import HELD_OUT, learn

SIZE = 64
SMALL = MattingConfig(SIZE, (8, 16, 16, 16))
WHITE = (255, 255, 255)


def a_stool(rng: np.random.Generator, size: int = SIZE) -> np.ndarray:
    """A seat on two legs (S, S, 4), and to the right a shadow on its ground."""
    picture = np.full((size, size, 4), 255, np.uint8)
    picture[..., 3] = 0
    unit = size // 16
    picture[13 * unit:14 * unit, 10 * unit:14 * unit, :3] = 190
    colour = (*rng.integers(20, 200, 3), 255)
    for rows, columns in ((slice(5, 8), slice(4, 12)), (slice(8, 14), slice(4, 6)), (slice(8, 14), slice(10, 12))):
        picture[rows.start * unit:rows.stop * unit, columns.start * unit:columns.stop * unit] = colour
    return picture


def test_what_is_told_lies_on_the_object():
    darker, beside = [], []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        picture, told = placed_object(a_stool(rng), a_stool(rng), WHITE, rng)
        alpha, light = told[..., 0] / 255, told[..., 1] / 255
        assert picture.shape == (SIZE, SIZE, 3) and told.shape == (SIZE, SIZE, 2) and picture.dtype == told.dtype == np.uint8
        assert 0.02 < alpha.mean() < 0.6
        ground = alpha < 0.02
        darker.append(light[ground].min())
        beside.append(np.abs(picture[alpha > 0.98].mean(0) - picture[ground].mean(0)).max())
    assert np.median(darker) < 0.7 and np.median(beside) > 10  # a shadow falls; objects are told from most grounds


def test_some_photographs_have_no_object():
    picture, told = placed_object(None, a_stool(np.random.default_rng(0)), WHITE, np.random.default_rng(3))
    assert picture.shape == (SIZE, SIZE, 3) and (told[..., 0] == 0).all() and (told[..., 1] == 255).all()


def test_photographs_are_the_same_again():
    one, other = (a_stool(np.random.default_rng(seed)) for seed in (0, 1))
    first, again = (placed_object(one, other, WHITE, np.random.default_rng(3)) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again))


def test_grounds_are_light_of_many_kinds():
    mask = np.zeros((SIZE, SIZE), np.float32)
    mask[20:50, 20:40] = 1
    found = [surroundings(mask, np.random.default_rng(seed)) for seed in range(40)]
    assert all(ground.shape == (SIZE, SIZE, 3) and ground.dtype == np.float32 and np.isfinite(ground).all() and ground.min() >= 0 for ground in found)
    spread = [float(ground.std((0, 1)).mean()) for ground in found]
    assert min(spread) < 0.02 < 0.1 < max(spread)
    assert noise(SIZE, 0.8, np.random.default_rng(0)).std() == pytest.approx(1, abs=1e-3)


def test_a_sure_right_answer_costs_least():
    told = torch.zeros(1, SIZE, SIZE, 2, dtype=torch.uint8)
    told[..., 1] = 255
    told[:, 20:40, 20:40, 0] = 255
    told[:, 40:50, 20:40, 1] = 150
    alpha, light = split(told)
    right = torch.stack([torch.where(alpha > 0.5, 9.0, -9.0), torch.logit(light.clamp(1e-4, 1 - 1e-4))], 1)
    wrong = right.clone()
    wrong[:, 0, 20:40, 20:24] = -9.0
    shadowless = right.clone()
    shadowless[:, 1] = 9.0
    unseen = right.clone()
    unseen[:, 1, 20:40, 20:40] = -9.0  # under the object nobody sees the ground
    cost = [float(loss_of(said, told)) for said in (right, wrong, shadowless, unseen)]
    assert cost[3] == pytest.approx(cost[0]) and cost[1] > cost[0] + 0.1 and cost[2] > cost[0] + 0.02


def test_a_network_says_what_it_cannot_be():
    for wrong in ({"size": 100}, {"widths": (8, 10, 16, 16)}, {"widths": (8, 8, 8)}):
        with pytest.raises(ValueError):
            MattingConfig(**wrong)


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    """Two shards of six stools, each (mini-batches, pictures, S, S, 4)."""
    return two_shards(tmp_path_factory.mktemp("shards"), a_stool, SIZE)


def test_it_learns_what_is_the_objects(shards):
    plan = MattingPlan(pictures=4_800, first_steps=10, rate=3e-3, average=0.95)
    others = PlacedObjects(shards[1:], WHITE, plan, SIZE, HELD_OUT)
    torch.manual_seed(plan.seed)
    network = learn(MattingNetwork(SMALL), PlacedObjects(shards[:1], WHITE, plan, SIZE), loss_of, "matting")
    after = errors(network, others, 96)
    assert after.overlap > 0.5 and after.alpha < 0.1 and 0 <= after.worst <= after.overlap


def test_what_is_seen_of_nothing_is_counted(shards):
    """Of a network that sees an object everywhere."""
    class Everywhere(MattingNetwork):
        def forward(self, pictures):
            return torch.full((len(pictures), 2, SIZE, SIZE), 9.0)

    plan = MattingPlan(pictures=96, empty=0.5)
    found = errors(Everywhere(SMALL), PlacedObjects(shards, WHITE, plan, SIZE), 48)
    assert found.imagined == 1 and found.overlap < 0.7
    assert errors(Everywhere(SMALL), PlacedObjects(shards, WHITE, MattingPlan(empty=0.0), SIZE), 24).imagined == 0


def test_the_command_writes_weights_with_their_card(tmp_path, monkeypatch, capsys):
    from dcign import cut_out
    from train.__main__ import main

    stand_in(monkeypatch, tmp_path, a_stool)
    assert main(["matting", "chairs", "--pictures", "48", "--shards", "2", "-o", str(tmp_path / "matting")]) == 0
    assert "a network for matting" in capsys.readouterr().out
    assert cut_out.load(tmp_path / "matting").network.config == MattingConfig()
    card = (tmp_path / "matting" / "README.md").read_text()
    assert "**Pictures seen**: 48" in card and "procedural chairs" in card
    again = ["matting", "chairs", "--from", str(tmp_path / "matting"), "--rate", "1e-4", "--pictures", "24", "--shards", "2"]
    assert main([*again, "-o", str(tmp_path / "again")]) == 0
    assert "**Pictures seen**: 72" in (tmp_path / "again" / "README.md").read_text()
    capsys.readouterr()
    assert main(["matting", "chairs", "--shards", "1", "-o", str(tmp_path / "no")]) != 0
    assert "--shards must be 2" in capsys.readouterr().err
