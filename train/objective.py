"""The SGVB terms (Kingma and Welling 2014; Sec. 3.1, step 6), summed over pixels or latents, averaged over pictures.

``divergences`` and ``disagreement`` return a value for each latent (L,), the others a scalar to be minimised; ``sgvb`` is
the paper's procedure as a whole.
The terms of the likelihood are likelihood.py's.

Shape legend: N pictures, L latents, B mini-batches, K pictures in each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from dcign.graphics_code import CodeLayout
from train import likelihood
from train.clamp import active_latents, clamp_to_mean
from train.distributed import mean_over_processes
from train.draws import Draws

if TYPE_CHECKING:
    from train.presets import TrainConfig

MMD_SCALES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)  # of the kernel's width, as in Tolstikhin and others 2018


def sample(mean: Tensor, log_variance: Tensor, noise: Tensor) -> Tensor:
    """A draw from the posterior by the reparametrisation trick: all (N, L)."""
    return mean + noise * (0.5 * log_variance).exp()


def divergences(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(Q || N(0, I)) of each latent in nats, (L,), averaged over pictures."""
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean(0)


def kl_divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(Q || N(0, I)) in nats, summed over latents."""
    return divergences(mean, log_variance).sum()


def disagreement(mean: Tensor, log_variance: Tensor, active: Tensor) -> Tensor:
    """How far apart the inactive posteriors of a mini-batch lie, in nats: KL from one at their mean, of each latent (L,).

    The invariance that step 7 asks for, measured in the noise of each latent: what is left after the noise is what the
    decoder, or a regression, could still read there. (N, L) twice, and (B, 1, L) for the latents of each factor.
    """
    mean, variance = (x.unflatten(0, (len(active), -1)) for x in (mean, log_variance.exp()))  # (B, K, L)
    apart = (mean - mean.mean(1, keepdim=True)).square() / variance.mean(1, keepdim=True)
    return 0.5 * torch.where(active, 0.0, apart).mean((0, 1))


def beyond(nats: Tensor, layout: CodeLayout, free: float) -> Tensor:
    """The sum over groups of latents of what the nats (L,) of a group exceed ``free`` by.

    A part of small effect that is hardly drawn yet would be cheaper not to tell at all (free bits: Kingma and others 2016).
    Whether a group pays is decided on the mean over processes: several take the step that one would.
    """
    totals = torch.stack([group.sum() for group in nats.split([size for _, size in layout.groups])])
    pays = mean_over_processes(totals) > free
    return torch.where(pays, totals - free, 0.0).sum()


def mmd(latents: Tensor, prior: Tensor) -> Tensor:
    """Maximum mean discrepancy of (N, L) latents and draws from the prior: unbiased, inverse multiquadratic kernels."""
    count, width = len(latents), 2.0 * latents.shape[1]  # the expected squared distance of two draws from the prior

    def kernel(a: Tensor, b: Tensor) -> Tensor:
        squares = (a[:, None] - b).square().sum(2)  # (N, N)
        return sum(scale * width / (scale * width + squares) for scale in MMD_SCALES)

    others = 1 - torch.eye(count, device=latents.device)
    within = (kernel(latents, latents) + kernel(prior, prior)) * others
    return within.sum() / (count * (count - 1)) - 2 * kernel(latents, prior).mean()


def _clamp(latents: Tensor, active: Tensor, config: TrainConfig) -> Tensor:
    """Steps 4, 5 and 7: (N, L) latents and (B, 1, L) active mask to (N, L)."""
    grouped = latents.unflatten(0, (len(active), -1))  # (B, K, L)
    clamped = clamp_to_mean(grouped, active, config.invariance)
    if config.clamp == "first":  # another value, the same gradient
        clamped = clamped + torch.where(active, 0.0, grouped[:, :1] - clamped).detach()
    return clamped.flatten(0, 1)


def sgvb(network: torch.nn.Module, inputs: Tensor, targets: Tensor, factors: list[str], config: TrainConfig,
         draws: Draws, kl: float) -> tuple[Tensor, dict[str, Tensor], Tensor]:
    """Sec. 3.1, steps 3 to 7, and eq. 1 and 2: the loss, its named terms per picture, the reconstruction.

    The loss is summed over pictures, as the authors' is: the gradient of step 7 is what it is, (z - mean) / 100 per
    picture, and only beside such a sum does the factor mean what it meant to them.
    """
    mean, log_variance = network.encode(inputs)  # step 3, (N, L) each
    kl_mean, kl_log_variance = mean, log_variance
    terms = {}
    if config.clamp == "none":
        latents = sample(mean, log_variance, draws.noise)
    else:
        active = active_latents(CodeLayout(config.layout), factors).to(mean.device)  # (B, 1, L)
        if config.clamped == "latents":
            latents = _clamp(sample(mean, log_variance, draws.noise), active, config)
        else:
            latents = sample(_clamp(mean, active, config), _clamp(log_variance, active, config), draws.noise)
        grouped = mean.detach().unflatten(0, (len(factors), -1))  # (B, K, L)
        reached = active.expand_as(grouped).flatten(0, 1)  # (N, L)
        if config.kl_reaches == "active":
            kl_mean, kl_log_variance = (torch.where(reached, x, x.detach()) for x in (mean, log_variance))
        # what Sec. 3.2 works against: the variance of the latents that should stay
        terms["spread"] = (grouped - grouped.mean(1, keepdim=True)).flatten(0, 1)[~reached].square().mean()
    reconstruction = network.decode(latents)[:, :targets.shape[1]]  # step 6, (N, C, H, W)
    terms["bernoulli"] = likelihood.bernoulli(reconstruction, targets)  # -log P(x | z)
    terms["kl"] = kl_divergence(kl_mean, kl_log_variance)
    loss = terms["bernoulli"] + kl * terms["kl"]
    if config.mmd:
        terms["mmd"] = mmd(latents, draws.prior)
        loss = loss + config.mmd * terms["mmd"]
    terms["mse"] = (reconstruction - targets).square().mean()
    return len(targets) * loss, {name: value.detach() for name, value in terms.items()}, reconstruction.detach()
