"""The network that finds heads: what it is taught, what is read from it, and whether it learns."""

from functools import partial

import numpy as np
import pytest
import torch
from rendered_shards import stand_in, two_shards

from dcign.framing import CELL, Found, FramingConfig, FramingNetwork, read
from train.augmentation.photograph import cropped_planes
from train.augmentation.wide import SIDES, wide_crop, wide_photograph
from train.framing import Errors, FramingPlan, WidePictures, card, errors, expected, loss_of
from train.photographs import HELD_OUT, learn

SIZE = 64
SMALL = FramingConfig(SIZE, (8, 16, 16, 16))
GROUND = (208, 208, 208)


def a_head(rng: np.random.Generator, size: int = SIZE) -> np.ndarray:
    """A pale disc with two dark eyes, off the middle as heads are not, (S, S, 4)."""
    y, x = (np.mgrid[:size, :size] + 0.5) / size
    picture = np.full((size, size, 4), 208, np.uint8)
    inside = np.hypot(x - 0.5, y - 0.5) < 0.35
    picture[..., 3] = 255 * inside
    picture[inside, :3] = rng.integers(120, 250, 3)
    for middle in (0.38, 0.62):
        picture[np.hypot(x - middle, y - 0.45) < 0.06, :3] = 20
    return picture


def test_the_square_is_where_the_crop_puts_the_render():
    for seed in range(12):
        rng = np.random.default_rng(seed)
        matrix, (x, y, side) = wide_crop(rng)
        assert SIDES[0] <= side <= SIDES[1]
        mask = cropped_planes(a_head(rng, 160), GROUND, matrix)[..., 3]
        rows, columns = np.nonzero(mask > 0.5)
        if min(rows.min(), columns.min()) > 0 and max(rows.max(), columns.max()) < 159:  # all of it is seen
            assert (columns.mean() + 0.5) / 160 == pytest.approx(x, abs=0.01) and (rows.mean() + 0.5) / 160 == pytest.approx(y, abs=0.01)
            assert np.sqrt(mask.sum() / np.pi) / 160 == pytest.approx(0.35 * side, rel=0.04)


def test_wide_photographs_are_the_same_again_and_may_be_empty():
    picture = a_head(np.random.default_rng(0))
    first, again = (wide_photograph(picture, GROUND, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(first[0], again[0]) and first[1] == again[1] and first[0].shape == (SIZE, SIZE, 3)
    empty, place = wide_photograph(None, GROUND, np.random.default_rng(3), SIZE)
    assert place is None and empty.shape == (SIZE, SIZE, 3) and empty.dtype == np.uint8


def test_what_is_expected_of_the_cells():
    squares = torch.tensor([[20.0, 44.0, 30.0], [float("nan")] * 3, [-30.0, 20.0, 60.0]])
    wanted = expected(squares, 0.6, SIZE // CELL)
    assert torch.allclose(wanted.sum(1), torch.ones(3)) and wanted[1, -1] == 1 and wanted[0, -1] == wanted[2, -1] == 0
    assert wanted[0].argmax() == 44 // CELL * (SIZE // CELL) + 20 // CELL
    assert wanted[2].argmax() == 20 // CELL * (SIZE // CELL)  # beyond the border: the cell next to it


def found_at(square: tuple[float, float, float]) -> Found:
    """A sure answer."""
    across = SIZE // CELL
    cells = torch.full((1, across * across + 1), -20.0)
    cells[0, int(square[1] // CELL) * across + int(square[0] // CELL)] = 5.0
    told = torch.tensor([square[0], square[1], np.log(square[2])]).float().view(1, 3, 1, 1).expand(1, 3, across, across)
    return Found(cells, told)


def test_a_sure_answer_is_read_and_costs_least():
    square, plan = (20.0, 44.0, 30.0), FramingPlan(spread=0.05)
    sure, told = read(found_at(square))
    assert sure.item() > 0.99 and told[0].tolist() == pytest.approx(square, rel=1e-4)
    losses = [float(loss_of(found_at(square), torch.tensor([other]), plan)) for other in (square, (23.0, 44.0, 30.0), (20.0, 44.0, 40.0))]
    assert losses[0] < 0.01 and min(losses[1:]) > losses[0] + 0.1


def test_nothing_found_is_read_as_such():
    found = found_at((20.0, 20.0, 30.0))
    cells = found.cells.clone()
    cells[0, -1] = 30.0
    assert read(Found(cells, found.square))[0].item() < 0.01


def test_errors_are_in_shares_of_the_side():
    true = np.array([[50, 50, 40], [50, 50, 40], [np.nan] * 3, [np.nan] * 3])
    told = np.array([[54, 50, 40], [50, 50, 40 * np.e**0.1], [9, 9, 9], [9, 9, 9]])
    found = Errors.of(np.array([0.9, 0.9, 0.9, 0.1]), told, true)
    assert found.found == 1.0 and found.imagined == 0.5
    assert found.off[0] == pytest.approx(0.05) and found.side[0] == pytest.approx(0.05)


def test_errors_of_nothing_are_none():
    """A lesson that has found nothing yet can be saved all the same."""
    true = np.array([[50.0, 50, 40]])
    found = Errors.of(np.array([0.1]), true, true)
    assert found.found == found.imagined == 0 and found.off is found.side is None
    assert "not measured" in card("heads", 32, 8, found, "Renders.")


def test_a_network_says_what_it_cannot_be():
    for wrong in ({"size": 100}, {"widths": (8, 10, 16, 16)}, {"widths": (8, 8, 8)}):
        with pytest.raises(ValueError):
            FramingConfig(**wrong)


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    """Two shards of six heads, each (mini-batches, pictures, S, S, 4)."""
    return two_shards(tmp_path_factory.mktemp("shards"), a_head, SIZE)


def lesson(shards, plan: FramingPlan, save=lambda network, seen: None) -> FramingNetwork:
    torch.manual_seed(plan.seed)
    return learn(FramingNetwork(SMALL), WidePictures(shards[:1], GROUND, plan, SIZE), partial(loss_of, plan=plan), "framing", save)


def test_pictures_are_a_function_of_their_number(shards):
    plan = FramingPlan(pictures=64)
    one, other = WidePictures(shards, GROUND, plan, SIZE), WidePictures(shards, GROUND, plan, SIZE, first=5)
    assert np.array_equal(one[7][0], other[2][0]) and np.array_equal(one[7][1], other[2][1], equal_nan=True)
    empty = [np.isnan(one[number][1][0]) for number in range(64)]
    assert 0 < sum(empty) < 24


def test_it_learns_where_heads_are(shards):
    plan, saved = FramingPlan(pictures=6_400, first_steps=10, rate=2e-3, average=0.95), []
    others = WidePictures(shards[1:], GROUND, plan, SIZE, HELD_OUT)
    before = errors(FramingNetwork(SMALL).eval(), others, 96)
    network = lesson(shards, plan, lambda network, seen: saved.append(seen))
    after = errors(network, others, 96)
    assert saved[-1] == 6_400 and not network.training
    assert after.found > 0.9 and after.off[0] < 0.12 < before.off[0] and after.side[0] < 0.15


def test_it_learns_the_same_again(shards):
    first, again = (lesson(shards, FramingPlan(pictures=96)) for _ in range(2))
    assert all(torch.equal(one, other) for one, other in zip(first.state_dict().values(), again.state_dict().values()))


def test_the_command_writes_weights_with_their_card(tmp_path, monkeypatch, capsys):
    from dcign import head_finder
    from train.__main__ import main

    stand_in(monkeypatch, tmp_path, a_head)
    assert main(["framing", "heads", "--pictures", "64", "--shards", "2", "-o", str(tmp_path / "framing")]) == 0
    assert "a network for framing" in capsys.readouterr().out
    assert head_finder.load(tmp_path / "framing").network.config == FramingConfig()
    card = (tmp_path / "framing" / "README.md").read_text()
    assert "**Pictures seen**: 64" in card and "procedural heads" in card and "%" in card
    assert main(["framing", "heads", "--pictures", "3", "-o", str(tmp_path / "no")]) != 0
    assert "--pictures must be" in capsys.readouterr().err and not (tmp_path / "no").exists()
    with pytest.raises(SystemExit):
        main(["framing", "chairs", "-o", str(tmp_path / "no")])
