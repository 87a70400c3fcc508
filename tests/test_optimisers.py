"""Steps of the optimisers by their formulas, over several steps: momentum, decay, sizes."""

import pytest
import torch

from train.optimiser import MUON_PER_ADAM, MuonAdam, orthogonalise


@pytest.mark.parametrize("shape", [(16, 32, 3, 3), (64, 16, 1, 1)])
def test_muons_steps_are_those_of_its_formula(shape):
    random, rate, decay = torch.Generator().manual_seed(0), 2e-3, 0.1
    kernel = torch.nn.Parameter(torch.randn(shape, generator=random))
    optimiser = MuonAdam(torch.nn.ParameterList([kernel]), rate, weight_decay=decay)
    average = torch.zeros(shape)
    scale = rate * MUON_PER_ADAM * max(1.0, shape[0] / (shape[1] * shape[2] * shape[3])) ** 0.5
    for _ in range(4):
        gradient, before = torch.randn(shape, generator=random), kernel.detach().clone()
        average = 0.95 * average + 0.05 * gradient
        looked_ahead = 0.05 * gradient + 0.95 * average  # Nesterov
        turned = orthogonalise(looked_ahead.permute(0, 2, 3, 1).flatten(1)).view(shape[0], *shape[2:], shape[1]).permute(0, 3, 1, 2)
        expected = before * (1 - rate * MUON_PER_ADAM * decay) - scale * turned
        kernel.grad = gradient
        optimiser.step()
        moved, wanted = kernel.detach() - before, expected - before
        assert (moved - wanted).norm() < 0.02 * wanted.norm()  # computed in 16 bits


def test_the_rest_takes_the_steps_of_adam():
    random = torch.Generator().manual_seed(1)
    start, gradients = torch.randn(5, 3, generator=random), torch.randn(4, 5, 3, generator=random)
    ours, theirs = (torch.nn.Parameter(start.clone()) for _ in range(2))
    steps = (MuonAdam(torch.nn.ParameterList([ours]), 1e-2, weight_decay=0.3),
             torch.optim.AdamW([theirs], 1e-2, betas=(0.9, 0.99), weight_decay=0.3))
    for gradient in gradients:
        for parameter, optimiser in zip((ours, theirs), steps):
            parameter.grad = gradient.clone()
            optimiser.step()
    assert torch.allclose(ours, theirs, atol=1e-6) and (ours - start).abs().min() > 1e-3
