"""Posterior means moved nearer to their picture by descent on what the decoder draws of them.

    mean, offsets = refine(network, pictures, mean, log_variance, layout.intrinsic)

One pass of an encoder leaves an amortisation gap (Cremer, Li and Duvenaud 2018): the decoder could draw the picture
better than it is asked to. A few steps of gradient descent on the code itself close most of it (semi-amortised
inference: Kim, Wiseman, Miller, Sontag and Rush 2018), and more if every place in the decoder that hears the latents may
hear something of its own (dcign.offsets). A prior may hold latents where they belong (dcign.pose_prior). Weights are not
touched. The picture must show the subject on the ground that the network draws: all else in it would be explained as part
of the subject. Of a photograph, where_drawn() leaves what lies where the encoder's code is drawn.

Of a subject whose left is like its right, the mirror image is a second view: the same identity, with azimuth and light of
the other sign. ``mirrored`` refines both at once as the paper's mini-batch of two (Sec. 3.1, steps 4 to 6): pose and
light are each picture's own, the identity is clamped to the mean.

Shape legend: N pictures, H = W pixels, L latents, K places in the decoder that hear them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .devices import matrix_units
from .likeness import solid_outline
from .masks import shrunk, softened

if TYPE_CHECKING:
    from .networks import DCIGN

BETAS = (0.8, 0.95)  # of Adam: so few steps have no time for longer memories


@dataclass(frozen=True)
class Refinement:
    """How codes are refined. Rates and distances are in standard deviations of the posterior."""

    steps: int = 40
    rate: float = 0.8  # of Adam at the first step, falling to nearly nothing by half a cosine
    values: float = 8000.0  # how many values the likelihood counts for, as in training
    nearness: float = 2.0  # weight of the squared distance from the encoder's answer
    apart: float = 0.7  # the same of each place's offsets
    drafts: float = 0.75  # share of the steps that look at the decoder's draft alone, at half the size
    together: int = 1  # neighbours in the batch that share their step sizes: few steps go further so

    def __post_init__(self) -> None:
        if (min(self.steps, self.nearness, self.apart) < 0 or min(self.rate, self.values, self.together) <= 0
                or not 0 <= self.drafts <= 1):
            raise ValueError(f"refinement: numbers out of range in {self}")


#: For photographs, which are never drawn as exactly, and read less exactly: held to their pixels half as much, further from the encoder's
#: answer, and with smaller offsets, which hardly count when they are turned far.
PHOTOGRAPHS = Refinement(values=4000.0, nearness=1.5, apart=2.0)
#: Pixels within the outline of what is drawn of a photograph, which may be off by some.
INSIDE = 1


def can_refine(network: torch.nn.Module) -> bool:
    """Whether the network has a draft to look at; the paper's has none."""
    return hasattr(network, "draft")


def refine(network: DCIGN, pictures: Tensor, mean: Tensor, log_variance: Tensor, free: np.ndarray,
           refinement: Refinement = Refinement(), mirrored: bool = False,
           prior: Callable[[Tensor], Tensor] | None = None) -> tuple[Tensor, Tensor]:
    """Means (N, L) nearer to (N, 3, H, W) ``pictures`` in [0, 1] than the posterior's (N, L) own, and offsets (N, K, L).

    ``free``: booleans (L,), the latents of the identity, which may have offsets. ``mirrored``: the mirror image of each
    picture has the same identity; twice the time. Minimises, of each picture by itself, the sum of the negative
    log-likelihood with a fitted variance (half the logarithm of the squared error for each of ``values``), that of the
    prior N(0, I), what a ``prior`` of latents (N, L) adds in nats (N,), such as dcign.pose_prior's, ``nearness`` times the
    posterior's and ``apart`` times the same of the offsets. A code that came out no better by this sum than where it started
    (mirrored: where both encoders' answers together put it) stays the encoder's, without offsets. Computed in 16 bits where a
    CPU has units for them: a descent corrects itself, and reaches as good a code in half the time. No gradient flows.
    """
    quick = pictures.device.type == "cpu" and matrix_units()
    # a caller may be in inference mode, whose tensors autograd refuses
    with torch.inference_mode(False), torch.autocast(pictures.device.type, torch.bfloat16, enabled=quick):
        pictures, start = pictures.detach().clone(), mean.detach().clone().float()  # (N, 3, H, W), (N, L)
        deviation = log_variance.detach().clone().float().mul(0.5).exp()  # (N, L)
        own = torch.from_numpy(free).to(start).expand(network.places, -1)  # (K, L)
        first, clamp, plan = start, None, refinement
        if mirrored:
            pictures, start, deviation = _pairs(network, pictures, start, deviation, own[0] > 0)  # N is 2 N from here on
            clamp, plan = lambda latents: _alike_in_pairs(latents, own[0] > 0), replace(refinement, together=2)
        away = descend(network, pictures, start, deviation, plan, clamp, own, prior)  # (N, 1 + K, L)
        energy = _Energy(network, pictures, start, deviation, plan, clamp, own, prior)
        with torch.no_grad():
            gained = energy(torch.zeros_like(away), False) - energy(away, False)  # (N,)
        reached, offsets = start + deviation * away[:, 0], deviation[:, None] * away[:, 1:] * own  # (N, L), (N, K, L)
        if mirrored:
            gained, reached, offsets = gained.unflatten(0, (-1, 2)).sum(1), clamp(reached)[::2], offsets[::2]
        better = gained > 0
        return torch.where(better[:, None], reached, first), torch.where(better[:, None, None], offsets, 0.0)


def where_drawn(network: DCIGN, pictures: Tensor, mean: Tensor, ground: Sequence[int]) -> Tensor:
    """Photographs (N, 3, H, W) of solid subjects where something is drawn of the codes (N, L) before the model's ``ground`` (0 to 255),
    and elsewhere what is drawn: what lies behind, or hides the rest, then asks nothing of a code."""
    with torch.no_grad():
        drawn = network.decode(mean).float()  # (N, 3, H, W)
        shown = torch.stack([softened(shrunk(solid_outline(one, ground), INSIDE)) for one in drawn])  # (N, 1, H, W)
        return drawn.lerp(pictures, shown)


def _pairs(network: DCIGN, pictures: Tensor, mean: Tensor, deviation: Tensor,
           shared: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Pictures and posteriors, each followed by that of its mirror image (2 N, ...). The ``shared`` latents (L,) of both
    start where both encoders' answers put them, each weighed by how sure it is."""
    with torch.no_grad():
        other_mean, other_variance = network.encode(pictures.flip(-1))
    together = [torch.stack(both, 1).flatten(0, 1) for both in (
        (pictures, pictures.flip(-1)), (mean, other_mean.float()), (deviation, other_variance.float().mul(0.5).exp()))]
    pictures, mean, deviation = together
    sure = deviation.square().reciprocal()  # (2 N, L)
    mean = torch.where(shared, _alike_in_pairs(sure * mean, shared) / _alike_in_pairs(sure, shared), mean)
    return pictures, mean, _alike_in_pairs(deviation, shared)


def _alike_in_pairs(latents: Tensor, shared: Tensor) -> Tensor:
    """(2 N, L) whose ``shared`` latents (L,) are the mean over a picture and its mirror image."""
    pairs = latents.unflatten(0, (-1, 2))  # (N, 2, L)
    return torch.where(shared, pairs.mean(1, keepdim=True), pairs).flatten(0, 1)


def descend(network: DCIGN, pictures: Tensor, start: Tensor, deviation: Tensor, refinement: Refinement,
            clamp: Callable[[Tensor], Tensor] | None = None, own: Tensor | None = None,
            prior: Callable[[Tensor], Tensor] | None = None) -> Tensor:
    """How far codes (N, 1, L) should go from ``start`` (N, L), in units of ``deviation`` (N, L): refine() without its last look.

    With ``clamp``, (N, L) to (N, L), what is drawn of the codes is drawn of the clamped ones. With ``own`` (K, L), ones
    where a place may hear something of its own, (N, 1 + K, L): first the code for all, then what each place adds to it.
    No gradient flows.
    """
    energy = _Energy(network, pictures, start, deviation, refinement, clamp, own, prior)
    with torch.enable_grad():
        away = torch.zeros_like(start)[:, None].repeat(1, 1 if own is None else 1 + len(own), 1)  # (N, 1 + K, L)
        first, second = torch.zeros_like(away), torch.zeros_like(away)
        for step in range(refinement.steps):
            away.requires_grad_()
            gradient, = torch.autograd.grad(energy(away, step < refinement.drafts * refinement.steps).sum(), away)
            away = away.detach()
            first.lerp_(gradient, 1 - BETAS[0])
            square = gradient.square().unflatten(0, (-1, refinement.together))  # (N / together, together, 1 + K, L)
            second.lerp_(square.mean(1, keepdim=True).expand_as(square).flatten(0, 1), 1 - BETAS[1])
            size = (second / (1 - BETAS[1] ** (step + 1))).sqrt_().add_(1e-8)
            rate = refinement.rate * 0.5 * (1 + math.cos(math.pi * step / refinement.steps))
            away = away - rate / (1 - BETAS[0] ** (step + 1)) * first / size
    return away


class _Energy:
    """What refine() minimises, in nats (N,), of codes and offsets ``away`` (N, 1 + K, L) from where they start."""

    def __init__(self, network: DCIGN, pictures: Tensor, start: Tensor, deviation: Tensor, refinement: Refinement,
                 clamp: Callable[[Tensor], Tensor] | None = None, own: Tensor | None = None,
                 prior: Callable[[Tensor], Tensor] | None = None):
        self.network, self.pictures, self.refinement = network, pictures, refinement
        self.start, self.deviation, self.clamp, self.own, self.prior = start, deviation, clamp, own, prior
        self.targets: dict[int, Tensor] = {}  # by size: pooled once

    def __call__(self, away: Tensor, draft: bool) -> Tensor:
        """The draft tells less, and in a third of the time."""
        settings, shared = self.refinement, away[:, 0]  # (N, L)
        latents = self.start + self.deviation * shared  # (N, L)
        shown = latents if self.clamp is None else self.clamp(latents)  # (N, L)
        if self.own is not None:
            shown = shown[:, None] + self.deviation[:, None] * away[:, 1:] * self.own  # (N, K, L)
        drawn = self.network.draft(shown) if draft else self.network.decode(shown)  # (N, 3, h, w)
        size = drawn.shape[-1]
        if size not in self.targets:
            self.targets[size] = F.adaptive_avg_pool2d(self.pictures, size)  # (N, 3, h, w)
        error = (drawn.float() - self.targets[size]).square().mean((1, 2, 3)).clamp_min(1e-8)  # (N,)
        nats = 0.5 * (settings.values * error.log() + latents.square().sum(1)
                      + settings.nearness * shared.square().sum(1) + settings.apart * away[:, 1:].square().sum((1, 2)))
        return nats if self.prior is None else nats + self.prior(latents)
