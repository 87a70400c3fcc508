"""One step of Sec. 3.1 on several one-factor mini-batches, as a module: pictures in, the loss out.

Shape legend: B mini-batches, K pictures in each, N = B K, L latents, C channels, S pixels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from dcign.graphics_code import CodeLayout
from train import objective
from train.clamp import active_latents, clamp_by_both, clamp_by_swap, clamp_to_mean
from train.decorrelation import Decorrelation
from train.draws import Draws

if TYPE_CHECKING:
    from train.presets import TrainConfig


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

    def forward(self, inputs: Tensor, targets: Tensor, factors: list[str], draws: Draws,
                kl: float) -> tuple[Tensor, dict[str, Tensor], Tensor]:  # (N, C, S, S) twice, B names
        """The loss, its named terms without gradient, and the reconstruction (N, C, S, S)."""
        config = self.config
        if config.procedure == "sgvb":
            return objective.sgvb(self.network, inputs, targets, factors, config, draws, kl)
        mean, log_variance = self.network.encode(inputs)  # step 3, (N, L) each
        codes = objective.sample(mean, log_variance, draws.noise)  # (N, L)
        latents = codes.unflatten(0, (len(factors), -1))  # (B, K, L)
        active = active_latents(self.layout, factors).to(latents.device)  # (B, 1, L)
        latents = self._clamp(latents, active, draws)
        reconstruction = self.network.decode(latents.flatten(0, 1))  # step 6, (N, C, S, S)
        divergence = objective.kl_divergence(mean, log_variance)
        terms = {"kl": divergence, "disagreement": objective.disagreement(mean, log_variance, active)}
        nats = divergence + config.agreement * terms["disagreement"]
        if config.likelihood == "bernoulli":
            terms["bernoulli"] = objective.bernoulli(reconstruction, targets)
            loss = (terms["bernoulli"] + kl * nats) / targets[0].numel()
        else:
            terms[config.likelihood] = getattr(objective, config.likelihood)(reconstruction, targets)
            terms["edges"] = objective.laplace_gradients(reconstruction, targets)
            loss = terms[config.likelihood] + config.edges * terms["edges"] + kl * nats / config.values
            if config.variation:
                terms["variation"] = objective.variation(reconstruction, targets, len(factors))
                loss = loss + config.variation * terms["variation"]
            if config.structure:
                terms["structure"] = objective.structure(reconstruction, targets)
                loss = loss + config.structure * terms["structure"]
        if self.decorrelation is not None:
            terms["explained"] = self.decorrelation(codes)
            loss = loss + config.decorrelation * terms["explained"]
        terms["mse"] = (reconstruction - targets).square().mean()
        return loss, {name: value.detach() for name, value in terms.items()}, reconstruction

    def _clamp(self, latents: Tensor, active: Tensor, draws: Draws) -> Tensor:  # (B, K, L), (B, 1, L)
        if self.config.clamp == "mean":
            return clamp_to_mean(latents, active, self.config.invariance)  # steps 4, 5, 7
        if self.config.clamp == "both":
            return clamp_by_both(latents, active, self.layout, draws.shifts, draws.coins)
        return clamp_by_swap(latents, active, self.layout, draws.shifts)
