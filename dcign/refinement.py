"""Posterior means moved nearer to their picture by descent on what the decoder draws of them.

    mean = refine(network, pictures, mean, log_variance)

One pass of an encoder leaves an amortisation gap (Cremer, Li and Duvenaud 2018): the decoder could draw the picture
better than it is asked to. A few steps of gradient descent on the code itself close most of it (semi-amortised
inference: Kim, Wiseman, Miller, Sontag and Rush 2018). Weights are not touched. The picture must show the subject
on the ground that the network draws: all else in it would be explained as part of the subject.

Shape legend: N pictures, H = W pixels, L latents.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from .devices import matrix_units

if TYPE_CHECKING:
    from .networks import DCIGN

BETAS = (0.8, 0.95)  # of Adam: so few steps have no time for longer memories


@dataclass(frozen=True)
class Refinement:
    """How codes are refined. Rates and distances are in standard deviations of the posterior."""

    steps: int = 32
    rate: float = 0.8  # of Adam at the first step, falling to nearly nothing by half a cosine
    values: float = 8000.0  # how many values the likelihood counts for, as in training
    nearness: float = 2.0  # weight of the squared distance from the encoder's answer
    drafts: float = 0.75  # share of the steps that look at the decoder's draft alone, at half the size
    together: int = 1  # neighbours in the batch that share their step sizes: few steps go further so

    def __post_init__(self) -> None:
        if (min(self.steps, self.nearness) < 0 or min(self.rate, self.values, self.together) <= 0
                or not 0 <= self.drafts <= 1):
            raise ValueError(f"refinement: numbers out of range in {self}")


def can_refine(network: torch.nn.Module) -> bool:
    """Whether the network has a draft to look at; the paper's has none."""
    return hasattr(network, "draft")


def refine(network: DCIGN, pictures: Tensor, mean: Tensor, log_variance: Tensor,
           refinement: Refinement = Refinement()) -> Tensor:
    """Means (N, L) nearer to (N, 3, H, W) ``pictures`` in [0, 1] than the posterior's (N, L) own; no gradient flows.

    Minimises, of each picture by itself, the negative log-likelihood with a fitted variance (half the logarithm of
    the squared error for each of ``values``), that of the prior N(0, I), and ``nearness`` times that of the posterior.
    A mean that came out no better stays as it was. Computed in 16 bits where a CPU has units for them: a descent
    corrects itself, and reaches as good a code in half the time.
    """
    quick = pictures.device.type == "cpu" and matrix_units()
    # a caller may be in inference mode, whose tensors autograd refuses
    with torch.inference_mode(False), torch.autocast(pictures.device.type, torch.bfloat16, enabled=quick):
        pictures, start = pictures.detach().clone(), mean.detach().clone().float()  # (N, 3, H, W), (N, L)
        deviation = log_variance.detach().clone().float().mul(0.5).exp()  # (N, L)
        away = descend(network, pictures, start, deviation, refinement)  # (N, L)
        with torch.no_grad():
            before, after = (_energy(network, pictures, start, deviation, x, refinement, False)
                             for x in (torch.zeros_like(away), away))
        return torch.where((after < before)[:, None], start + deviation * away, start)


def descend(network: DCIGN, pictures: Tensor, start: Tensor, deviation: Tensor, refinement: Refinement,
            clamp: Callable[[Tensor], Tensor] | None = None) -> Tensor:
    """How far the codes (N, L) should go from ``start``, in units of ``deviation``: refine() without its last look.

    With ``clamp``, (N, L) to (N, L), what is drawn of the codes is drawn of the clamped ones. No gradient flows.
    """
    with torch.enable_grad():
        away = torch.zeros_like(start)  # (N, L)
        first, second = torch.zeros_like(away), torch.zeros_like(away)
        targets: dict[int, Tensor] = {}  # by size: pooled once
        for step in range(refinement.steps):
            away.requires_grad_()
            draft = step < refinement.drafts * refinement.steps
            energy = _energy(network, pictures, start, deviation, away, refinement, draft, clamp, targets).sum()
            gradient, = torch.autograd.grad(energy, away)
            away = away.detach()
            first.lerp_(gradient, 1 - BETAS[0])
            square = gradient.square().unflatten(0, (-1, refinement.together))  # (N / together, together, L)
            second.lerp_(square.mean(1, keepdim=True).expand_as(square).flatten(0, 1), 1 - BETAS[1])
            size = (second / (1 - BETAS[1] ** (step + 1))).sqrt_().add_(1e-8)
            rate = refinement.rate * 0.5 * (1 + math.cos(math.pi * step / refinement.steps))
            away = away - rate / (1 - BETAS[0] ** (step + 1)) * first / size
    return away


def _energy(network: DCIGN, pictures: Tensor, start: Tensor, deviation: Tensor, away: Tensor, refinement: Refinement,
            draft: bool, clamp: Callable[[Tensor], Tensor] | None = None,
            targets: dict[int, Tensor] | None = None) -> Tensor:
    """What refine() minimises, in nats (N,). The draft tells less, and in a third of the time."""
    latents = start + deviation * away  # (N, L)
    shown = latents if clamp is None else clamp(latents)  # (N, L)
    drawn = network.draft(shown) if draft else network.decode(shown)  # (N, 3, h, w)
    targets, size = {} if targets is None else targets, drawn.shape[-1]
    if size not in targets:
        targets[size] = F.adaptive_avg_pool2d(pictures, size)  # (N, 3, h, w)
    error = (drawn.float() - targets[size]).square().mean((1, 2, 3)).clamp_min(1e-8)  # (N,)
    nats = refinement.values * error.log() + latents.square().sum(1) + refinement.nearness * away.square().sum(1)
    return 0.5 * nats
