"""Places that flow tells, and what is taken from them: between pixels, and where a view squeezes many into one."""

import pytest
import torch
from test_appearance_flow import flow_of, source_of

from dcign.appearance_flow import binomial, sample, stepped
from dcign.enlargement import enlarged


def test_a_cubic_keeps_more_of_what_lies_between_pixels():
    stripes = (torch.arange(24) % 4 < 2).float().expand(1, 1, 24, 24)
    flow = torch.zeros(1, 2, 24, 24)
    assert torch.allclose(sample(stripes, flow, 1.0), stripes, atol=1e-5)  # at its places nothing is blurred
    flow[:, 0] = 0.5
    line, half, cubic = (sample(stripes, flow, share)[..., 4:-4, 4:-4] for share in (0.0, 0.5, 1.0))
    assert line.std() < half.std() < cubic.std()
    assert torch.allclose(half, (line + cubic) / 2, atol=1e-6)
    first = sample(stripes.expand(1, 2, 24, 24), flow, 0.5, 1)[..., 4:-4, 4:-4]
    assert torch.equal(first[:, :1], half) and torch.equal(first[:, 1:], line)


def test_what_a_view_squeezes_is_smoothed_and_nothing_else_is(monkeypatch):
    """Stripes, of which every other one would be taken, are grey where the view squeezes them, and stay where it does not."""
    flow = flow_of(1.0, 0.0)
    stripes = (torch.arange(40) % 2).float().expand(1, 3, 40, 40).clone()
    begun = flow.begin(source_of(stripes, torch.zeros(1, 3, 40, 40)))
    places = torch.zeros(1, 2, 40, 40)
    places[:, 0] = torch.arange(40) - 10.0  # twice as fast from the left to the right
    steps = stepped(places)
    assert torch.allclose(steps, torch.full_like(steps, 2.0))
    assert torch.equal(stepped(torch.full((1, 2, 40, 40), 3.0)), torch.ones(1, 1, 40, 40))
    down = places.mT.flip(1)
    assert torch.allclose(stepped(down), steps)
    once, twice = begun.here[:, 6:9], begun.here[:, 9:]
    assert torch.equal(begun.here[:, :3], stripes)
    assert (once[..., 8:-8] - 0.5).abs().max() < 0.01 and (twice[..., 8:-8] - 0.5).abs().max() < 0.01
    assert torch.allclose(binomial(torch.ones(1, 2, 7, 9), 3), torch.ones(1, 2, 7, 9))

    new = torch.zeros(1, 3, 40, 40), torch.randn(1, 16, 5, 5), torch.randn(1, 4)
    assert torch.allclose(flow(begun, *new).carried, stripes, atol=1e-5)
    monkeypatch.setattr("dcign.appearance_flow.enlarged", lambda flow, fine: places)

    def contrast(wide: int, times: float) -> float:
        """Of stripes so wide, where the view squeezes them so many times."""
        stripes = (torch.arange(40) // wide % 2).float().expand(1, 3, 40, 40).clone()
        places[:, 0] = (times - 1) * (torch.arange(40) - 19.5)
        return flow(flow.begin(source_of(stripes, torch.zeros(1, 3, 40, 40))), *new).carried[..., 17:23].std().item()

    assert contrast(1, 1.5) > 0.1 and contrast(1, 2.5) < 0.01
    assert contrast(3, 2.5) > 0.15 and contrast(3, 5.0) < 0.5 * contrast(3, 2.5)


@pytest.mark.parametrize("turned", [False, True])
def test_what_is_drawn_counts_more_where_a_view_stretches_the_picture(monkeypatch, turned):
    flow, places = flow_of(0.6, 0.2), torch.zeros(1, 2, 40, 40)
    source = source_of(torch.rand(1, 3, 40, 40), torch.zeros(1, 3, 40, 40))
    new = torch.zeros(1, 3, 40, 40), torch.randn(1, 16, 5, 5), torch.randn(1, 4)
    monkeypatch.setattr("dcign.appearance_flow.enlarged", lambda flow, fine: places.mT.flip(1) if turned else places)
    odds = []
    for step in (1.0, 0.9, 0.55, 0.3, 2.0):  # pixels of the picture from one of the view to the next
        places[:, 0] = (step - 1) * (torch.arange(40) - 19.5)
        plain, told = (flow(source, *new, smears=smears) for smears in (0.0, 1.5))
        assert torch.equal(plain.carried, told.carried)
        odds.append([float((share / (1 - share))[0, 0, 20, 20].log()) for share in (plain.drawn_share, told.drawn_share)])
    more = [after - before for before, after in odds]
    assert more[0] == more[1] == more[4] == 0 and more[2] == pytest.approx(1.5 * 0.2 / 0.35, abs=0.02) and more[3] == pytest.approx(1.5, abs=1e-3)


def test_pixels_of_a_square_come_from_places_next_to_each_other():
    """Each is told by itself: what one of them is off is shared with those around."""
    flow = flow_of(1.0, 0.0)
    with torch.no_grad():
        flow.out.bias[0] = 4.0  # the first of every square lies so far to the right
    source = source_of(torch.rand(1, 3, 40, 40), torch.zeros(1, 3, 40, 40))
    found = flow(source, torch.zeros(1, 3, 40, 40), torch.randn(1, 16, 5, 5), torch.randn(1, 4)).flow[0, 0, 4:-4, 4:-4]
    assert abs(found.mean().item() - 4 / 16) < 0.05 and found.max() < 1.01 and (found[::4, ::4] > 0.99).all()


def test_steps_teach_flow_nothing_and_none_spoils_a_lesson(monkeypatch):
    """Where two pixels come from the same place the length of a step has no slope."""
    flow = flow_of(1.0, 0.0).requires_grad_(True)
    places = torch.zeros(1, 2, 40, 40)
    places[:, 0] = -torch.arange(40.0)  # all of the first column
    monkeypatch.setattr("dcign.appearance_flow.enlarged", lambda flow, fine: places)
    source = source_of(torch.rand(1, 3, 40, 40), torch.zeros(1, 3, 40, 40))
    flow(source, torch.zeros(1, 3, 40, 40), torch.randn(1, 16, 5, 5), torch.randn(1, 4)).carried.square().mean().backward()
    assert all(part.grad is None or part.grad.isfinite().all() for part in flow.parameters())


@pytest.mark.parametrize("times", [2, 4])
def test_enlargement_is_bilinear(times):
    with torch.inference_mode():  # what is kept of it can be learned through
        enlarged(torch.rand(1, 1, 10, 14), times)
        sample(torch.rand(1, 1, 10, 14), torch.zeros(1, 2, 10, 14))
    flow = torch.zeros(1, 2, 10, 14, requires_grad=True)
    sample(torch.rand(1, 1, 10, 14), flow).sum().backward()
    assert flow.grad.abs().sum() > 0
    pictures = torch.rand(2, 3, 10, 14, requires_grad=True)
    usual = torch.nn.functional.interpolate(pictures, scale_factor=times, mode="bilinear")
    assert torch.allclose(enlarged(pictures, times), usual, atol=1e-6)
    enlarged(pictures, times).sum().backward()
    assert pictures.grad.sum().item() == pytest.approx(pictures.numel() * times**2)
