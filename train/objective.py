"""The SGVB terms (Kingma and Welling 2014; Sec. 3.1, step 6), summed over pixels or latents, averaged over pictures.

Each function returns a scalar to be minimised. Shape legend: N pictures, H = W pixels, L latents.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def sample(mean: Tensor, log_variance: Tensor, generator: torch.Generator) -> Tensor:
    """A draw from the posterior by the reparametrisation trick: all (N, L)."""
    noise = torch.randn(mean.shape, generator=generator).to(mean.device)
    return mean + noise * (0.5 * log_variance).exp()


def kl_divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(Q || N(0, I)) in nats, summed over latents."""
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1).mean()


def bernoulli(reconstruction: Tensor, target: Tensor) -> Tensor:
    """Binary cross-entropy summed over pixels: the authors' likelihood."""
    return F.binary_cross_entropy(reconstruction.clamp(1e-6, 1 - 1e-6), target, reduction="sum") / len(target)


def _differences(pictures: Tensor) -> tuple[Tensor, Tensor]:
    return pictures[..., 1:] - pictures[..., :-1], pictures[..., 1:, :] - pictures[..., :-1, :]


def laplace(reconstruction: Tensor, target: Tensor) -> Tensor:
    """log of the mean absolute error: a Laplace likelihood per value whose scale is fitted to the mini-batches."""
    return (reconstruction - target).abs().mean().clamp_min(1e-4).log()


def gaussian(reconstruction: Tensor, target: Tensor) -> Tensor:
    """Half the log of the mean squared error: a Gaussian likelihood per value, its variance fitted likewise."""
    return 0.5 * (reconstruction - target).square().mean().clamp_min(1e-8).log()


def laplace_gradients(reconstruction: Tensor, target: Tensor) -> Tensor:
    """The same for differences of neighbours, at full and half resolution: edges count as much as areas."""
    total = reconstruction.new_zeros(())
    for scale in (1, 2):
        if scale > 1:
            reconstruction, target = F.avg_pool2d(reconstruction, 2), F.avg_pool2d(target, 2)
        error = sum((a - b).abs().mean() for a, b in zip(_differences(reconstruction), _differences(target)))
        total = total + error.clamp_min(1e-4).log()
    return total / 2
