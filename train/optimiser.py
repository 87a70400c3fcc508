"""Muon for most kernels, Adam for the rest, as one torch optimiser whose state is plain tensors.

Muon (K. Jordan and others, 2024) replaces a matrix's momentum by the nearest orthogonal matrix, found by five
Newton-Schulz steps, so that every direction of the matrix moves at the same speed. A kernel (out, in, k, k) counts as
a matrix (out, k k in): in the order in which channels-last memory holds it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from train.presets import TrainConfig

COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # of the quintic iteration, from the authors' write-up
LARGEST = 400_000  # weights of a kernel; beyond, five Newton-Schulz steps cost more than they bring
MUON_PER_ADAM = 15.0  # a rate of 1e-3 for Adam is 0.015 for Muon


def orthogonalise(matrix: Tensor, steps: int = 5) -> Tensor:
    """Bring the singular values of (rows, columns) near 1 without an SVD."""
    a, b, c = COEFFICIENTS
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.mT if tall else matrix
    x = x / (x.norm() + 1e-7)
    for _ in range(steps):
        gram = x @ x.mT
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.mT if tall else x


class MuonAdam(torch.optim.Optimizer):
    """``lr`` is Adam's rate. Both kinds keep exp_avg, exp_avg_sq (Adam only) and step in their state."""

    def __init__(self, network: torch.nn.Module, lr: float, betas=(0.9, 0.99), momentum=0.95, weight_decay=0.0):
        kernels = {id(p) for p in network.parameters()
                   if p.ndim == 4 and min(p.shape[:2]) >= 16 and p.numel() <= LARGEST}
        groups = [{"params": [p for p in network.parameters() if (id(p) in kernels) == muon], "muon": muon}
                  for muon in (True, False)]
        super().__init__([g for g in groups if g["params"]],
                         dict(lr=lr, betas=betas, momentum=momentum, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            parameters = [p for p in group["params"] if p.grad is not None]
            for p in parameters:
                state = self.state[p]
                if not state:
                    state["step"] = torch.zeros((), device=p.device)  # where the fused kernel wants it
                    state["exp_avg"] = torch.zeros_like(p)
                    if not group["muon"]:
                        state["exp_avg_sq"] = torch.zeros_like(p)
                state["step"] += 1
            if group["muon"]:
                for p in parameters:
                    self._muon(p, group)
            else:
                self._adam(parameters, group)

    def _muon(self, p: Tensor, group: dict) -> None:
        average, momentum = self.state[p]["exp_avg"], group["momentum"]
        average.lerp_(p.grad, 1 - momentum)
        direction = p.grad.lerp(average, momentum).permute(0, 2, 3, 1)  # Nesterov
        update = orthogonalise(direction.flatten(1).bfloat16()).to(p.dtype)
        update = update.view(direction.shape).permute(0, 3, 1, 2)
        rate = group["lr"] * MUON_PER_ADAM
        p.mul_(1 - rate * group["weight_decay"])
        p.add_(update, alpha=-rate * max(1.0, p.shape[0] / p[0].numel()) ** 0.5)

    def _adam(self, parameters: list[Tensor], group: dict) -> None:
        states = [self.state[p] for p in parameters]
        torch._fused_adamw_(
            parameters, [p.grad for p in parameters], [s["exp_avg"] for s in states],
            [s["exp_avg_sq"] for s in states], [], [s["step"] for s in states], lr=group["lr"],
            beta1=group["betas"][0], beta2=group["betas"][1], weight_decay=group["weight_decay"], eps=1e-8,
            amsgrad=False, maximize=False)


class RMSprop(torch.optim.Optimizer):
    """RMSprop (Tieleman and Hinton 2012; alpha 0.99), its mean square corrected for its start from zero.

    The authors' own rmsprop corrects it too; without, the first step is ten times too large and the paper's network
    never recovers from it. The state has the names that train/state.py keeps.
    """

    def __init__(self, parameters, lr: float, momentum: float, weight_decay: float):
        super().__init__(parameters, dict(lr=lr, momentum=momentum, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for p in (p for p in group["params"] if p.grad is not None):
                state = self.state[p]
                if not state:
                    state |= {"step": torch.zeros((), device=p.device),
                              "exp_avg": torch.zeros_like(p), "exp_avg_sq": torch.zeros_like(p)}
                state["step"] += 1
                gradient = p.grad.add(p, alpha=group["weight_decay"])
                state["exp_avg_sq"].mul_(0.99).addcmul_(gradient, gradient, value=0.01)
                size = (state["exp_avg_sq"] / (1 - 0.99 ** float(state["step"]))).sqrt_().add_(1e-8)
                state["exp_avg"].mul_(group["momentum"]).addcdiv_(gradient, size)
                p.add_(state["exp_avg"], alpha=-group["lr"])


def optimiser_for(network: torch.nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    """The preset's optimiser; its rate is set before every step."""
    if config.optimiser == "muon":
        return MuonAdam(network, lr=1.0, weight_decay=config.weight_decay)
    if config.optimiser == "rmsprop":
        return RMSprop(network.parameters(), lr=1.0, momentum=config.momentum, weight_decay=config.weight_decay)
    return torch.optim.AdamW(network.parameters(), lr=1.0, betas=(0.9, 0.99), weight_decay=config.weight_decay,
                             fused=True)
