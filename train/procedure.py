"""One step of Sec. 3.1 on several one-factor mini-batches, as a module: pictures in, the loss out.

Shape legend: B mini-batches, K pictures in each, N = B K, L latents, C channels, S pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from dcign.graphics_code import CodeLayout
from dcign.refinement import Refinement, descend
from train import likelihood, objective
from train.clamp import active_latents, clamp_by_both, clamp_by_swap, clamp_to_mean
from train.decorrelation import Decorrelation
from train.distributed import processes
from train.draws import Draws
from train.features import feature_error

if TYPE_CHECKING:
    from train.presets import TrainConfig

RATE = 0.4  # of the refinement within training, whose step sizes are a mini-batch's own


def decorrelation_of(config: TrainConfig, device: torch.device) -> Decorrelation | None:
    """The running moments that the configuration's term needs; None without one."""
    if config.procedure == "sgvb" or not config.decorrelation:
        return None
    return Decorrelation(CodeLayout(config.layout)).to(device)


class Procedure(nn.Module):
    """The network with its objective; what DistributedDataParallel wraps."""

    def __init__(self, network: nn.Module, config: TrainConfig, decorrelation: Decorrelation | None):
        super().__init__()
        self.network, self.config, self.layout = network, config, CodeLayout(config.layout)
        self.decorrelation = decorrelation

    def forward(self, inputs: Tensor, targets: Tensor, factors: list[str], draws: Draws, kl: float,
                refined: int = 0, features: float = 0.0) -> tuple[Tensor, dict[str, Tensor], Tensor]:  # (N, C, S, S) twice, B names
        """The loss, its named terms without gradient, and the reconstruction (N, C, S, S).

        ``refined``: steps of descent that the codes take towards the targets before they are sampled. ``features``: the
        weight of what the encoder itself sees of the error.
        """
        config = self.config
        if config.procedure == "sgvb":
            return objective.sgvb(self.network, inputs, targets, factors, config, draws, kl)
        mean, log_variance = self.network.encode(inputs)  # step 3, (N, L) each
        active = active_latents(self.layout, factors).to(mean.device)  # (B, 1, L)

        def clamp(latents: Tensor, which: Tensor | slice = slice(None)) -> Tensor:  # of some mini-batches: (N, L)
            grouped = latents.unflatten(0, (-1, len(targets) // len(factors)))  # (B, K, L)
            return self._clamp(grouped, active[which], draws.shifts[which], draws.coins[which]).flatten(0, 1)

        divergences = objective.divergences(mean, log_variance)  # (L,)
        apart = objective.disagreement(mean, log_variance, active)  # (L,)
        terms = {"kl": divergences.sum(), "disagreement": apart.sum()}
        nats = objective.beyond(divergences + config.agreement * apart, self.layout, config.free)
        centre = mean
        if refined:
            centre, terms["gap"] = self._refined(targets, mean, log_variance, draws.refine, clamp, refined)
            nats = nats + terms["gap"]
        codes = objective.sample(centre, log_variance, draws.noise)  # (N, L)
        reconstruction = self.network.decode(clamp(codes))  # step 6, (N, C, S, S)
        if config.likelihood == "bernoulli":
            terms["bernoulli"] = likelihood.bernoulli(reconstruction, targets)
            loss = (terms["bernoulli"] + kl * nats) / targets[0].numel()
        else:
            drawn, meant = reconstruction.contiguous(), targets.contiguous()  # (N, C, S, S)
            error = drawn - meant  # (N, C, S, S)
            terms[config.likelihood] = getattr(likelihood, config.likelihood)(error)
            terms["edges"] = likelihood.laplace_gradients(error)
            loss = terms[config.likelihood] + config.edges * terms["edges"] + kl * nats / config.values
            if config.variation:
                terms["variation"] = likelihood.variation(error, len(factors))
                loss = loss + config.variation * terms["variation"]
            if config.structure:
                terms["structure"] = likelihood.structure(drawn, meant)
                loss = loss + config.structure * terms["structure"]
            if features:
                terms["features"] = feature_error(self.network.encoder, reconstruction, targets, draws.corners)
                loss = loss + features * terms["features"]
        if self.decorrelation is not None:
            terms["explained"] = self.decorrelation(codes)
            loss = loss + config.decorrelation * terms["explained"]
        terms["mse"] = (reconstruction - targets).square().mean()
        return loss, {name: value.detach() for name, value in terms.items()}, reconstruction

    def _refined(self, targets: Tensor, mean: Tensor, log_variance: Tensor, chosen: Tensor, clamp: Callable,
                 steps: int) -> tuple[Tensor, Tensor]:
        """The means (N, L), those of the ``chosen`` (B,) mini-batches where a few steps of descent bring them, with the
        gradient of where they were; and the nats by which the encoder missed that, a picture (semi-amortised inference:
        Kim and others 2018).

        The descent sees the clamped codes: it looks for what draws the other pictures of the mini-batch too.
        """
        each = len(targets) // len(chosen)
        where = chosen.repeat_interleave(each)  # (N,)
        start, deviation = mean.detach(), (0.5 * log_variance.detach()).exp()  # (N, L) each
        away = torch.zeros_like(start)  # (N, L)
        if chosen.any():
            plan = Refinement(steps, RATE, drafts=1.0, together=each)
            away[where] = descend(self.network, targets[where], start[where], deviation[where], plan,
                                  lambda latents: clamp(latents, chosen))[:, 0]
        goal = start + deviation * away  # (N, L)
        gap = 0.5 * (torch.where(where[:, None], mean - goal, 0.0) / deviation).square().sum(1).mean()
        return mean + (goal - start), gap

    def _clamp(self, latents: Tensor, active: Tensor, shifts: Tensor, coins: Tensor) -> Tensor:  # (B, K, L), (B, 1, L)
        if self.config.clamp == "mean":
            # steps 4, 5, 7. Each picture's own, whatever their number: gradients are averaged over processes
            return clamp_to_mean(latents, active, self.config.invariance * processes())
        if self.config.clamp == "both":
            return clamp_by_both(latents, active, self.layout, shifts, coins)
        return clamp_by_swap(latents, active, self.layout, shifts)
