"""The SGVB terms (Kingma and Welling 2014; Sec. 3.1, step 6), summed over pixels or latents, averaged over pictures.

Each function returns a scalar to be minimised; ``sgvb`` is the paper's procedure as a whole.
Shape legend: N pictures, H = W pixels, L latents, B mini-batches, K pictures in each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from dcign.graphics_code import CodeLayout
from train.clamp import active_latents, clamp_to_mean
from train.distributed import mean_over_processes
from train.draws import Draws

if TYPE_CHECKING:
    from train.presets import TrainConfig

MMD_SCALES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)  # of the kernel's width, as in Tolstikhin and others 2018


def sample(mean: Tensor, log_variance: Tensor, noise: Tensor) -> Tensor:
    """A draw from the posterior by the reparametrisation trick: all (N, L)."""
    return mean + noise * (0.5 * log_variance).exp()


def kl_divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(Q || N(0, I)) in nats, summed over latents."""
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1).mean()


def bernoulli(reconstruction: Tensor, target: Tensor) -> Tensor:
    """Binary cross-entropy summed over pixels: the authors' likelihood."""
    # no clamp: a pixel that is surely wrong would get no gradient. Each logarithm is cut at -100 by PyTorch
    return F.binary_cross_entropy(reconstruction, target, reduction="sum") / len(target)


class _MeanDifferences(torch.autograd.Function):
    """The mean absolute difference of neighbours, across plus down, of (N, C, H, W) values.

    Its gradient is written into one tensor: autograd would fill a new one for every slice.
    """

    @staticmethod
    def forward(context, values: Tensor) -> Tensor:
        across, down = values[..., 1:] - values[..., :-1], values[..., 1:, :] - values[..., :-1, :]
        context.save_for_backward(across, down)
        return across.abs().mean() + down.abs().mean()

    @staticmethod
    def backward(context, gradient: Tensor) -> Tensor:
        across, down = context.saved_tensors
        across, down = across.sign() * (gradient / across.numel()), down.sign() * (gradient / down.numel())
        total = F.pad(across, (1, 0))
        total[..., :-1] -= across
        total[..., 1:, :] += down
        total[..., :-1, :] -= down
        return total


def _log(error: Tensor, least: float) -> Tensor:
    """The logarithm of a mean error over the pictures of all processes; each sends its own part of the gradient."""
    everywhere = mean_over_processes(error).clamp_min(least)
    return everywhere.log() + (error - error.detach()) / everywhere


def laplace(reconstruction: Tensor, target: Tensor) -> Tensor:
    """log of the mean absolute error: a Laplace likelihood per value whose scale is fitted to the mini-batches."""
    return _log((reconstruction - target).abs().mean(), 1e-4)


def gaussian(reconstruction: Tensor, target: Tensor) -> Tensor:
    """Half the log of the mean squared error: a Gaussian likelihood per value, its variance fitted likewise."""
    return 0.5 * _log((reconstruction - target).square().mean(), 1e-8)


def variation(reconstruction: Tensor, target: Tensor, mini_batches: int) -> Tensor:
    """Half the log of the squared error of how each one-factor mini-batch varies, averaged over mini-batches.

    The error that all pictures of a mini-batch share is taken away: what is left is the active factor's own, however
    little it changes the picture beside an identity that is not drawn right yet.
    """
    error = (reconstruction - target).unflatten(0, (mini_batches, -1))  # (B, K, 3, H, W)
    error = error - error.mean(1, keepdim=True)
    return 0.5 * error.square().mean((1, 2, 3, 4)).clamp_min(1e-8).log().mean()


def laplace_gradients(reconstruction: Tensor, target: Tensor) -> Tensor:
    """The same for differences of neighbours, at full and half resolution: edges count as much as areas."""
    error = reconstruction - target  # whose differences are the difference of differences
    full, half = (_MeanDifferences.apply(scaled) for scaled in (error, F.avg_pool2d(error, 2)))
    return 0.5 * (_log(full, 1e-4) + _log(half, 1e-4))


def _windows(size: int, stride: int, device: torch.device) -> Tensor:
    """(size, w): each column a Gaussian window of 11 pixels, standard deviation 1.5, as in Wang and others 2004."""
    centres = torch.arange(5, size - 5, stride, device=device)
    away = (torch.arange(size, device=device)[:, None] - centres).float()  # (size, w)
    weights = (-away.square() / (2 * 1.5**2)).exp() * (away.abs() <= 5)
    return weights / weights.sum(0)


def disagreement(mean: Tensor, log_variance: Tensor, active: Tensor) -> Tensor:
    """How far apart the inactive posteriors of a mini-batch lie, in nats: KL from one at their mean, summed over latents.

    The invariance that step 7 asks for, measured in the noise of each latent: what is left after the noise is what the
    decoder, or a regression, could still read there. (N, L) twice, and (B, 1, L) for the latents of each factor.
    """
    mean, variance = (x.unflatten(0, (len(active), -1)) for x in (mean, log_variance.exp()))  # (B, K, L)
    apart = (mean - mean.mean(1, keepdim=True)).square() / variance.mean(1, keepdim=True)
    return 0.5 * torch.where(active, 0.0, apart).sum(2).mean()


LUMA = (0.299, 0.587, 0.114)


def _luma(pictures: Tensor) -> Tensor:  # (N, 3, H, W) to (N, H, W)
    return (pictures.float() * torch.tensor(LUMA, device=pictures.device).view(1, 3, 1, 1)).sum(1)


def structural_similarity(reconstruction: Tensor, target: Tensor, stride: int = 1) -> Tensor:
    """Mean SSIM (Wang and others 2004) of (N, 3, H, W) pictures' luma; every ``stride``-th window both ways."""
    with torch.autocast(target.device.type, enabled=False):  # variances are differences of nearly equal numbers
        a, b = _luma(reconstruction), _luma(target)
        moments = torch.cat([a, b, a * a, b * b, a * b])  # (5 N, H, W)
        # as matrix products: convolutions of one channel are several times slower
        moments = moments @ _windows(moments.shape[2], stride, moments.device)  # (5 N, H, w)
        moments = _windows(moments.shape[1], stride, moments.device).mT @ moments  # (5 N, h, w)
        ma, mb, aa, bb, ab = moments.split(len(a))
        shared, spread = ab - ma * mb, aa - ma * ma + bb - mb * mb
        return ((2 * ma * mb + 1e-4) * (2 * shared + 9e-4) / ((ma * ma + mb * mb + 1e-4) * (spread + 9e-4))).mean()


def structure(reconstruction: Tensor, target: Tensor) -> Tensor:
    """log of 1 - SSIM: contrast that a blurred picture lacks counts as much as the colour of areas."""
    return _log(1 - structural_similarity(reconstruction, target, stride=2), 1e-3)


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
    terms["bernoulli"] = bernoulli(reconstruction, targets)  # -log P(x | z)
    terms["kl"] = kl_divergence(kl_mean, kl_log_variance)
    loss = terms["bernoulli"] + kl * terms["kl"]
    if config.mmd:
        terms["mmd"] = mmd(latents, draws.prior)
        loss = loss + config.mmd * terms["mmd"]
    terms["mse"] = (reconstruction - targets).square().mean()
    return len(targets) * loss, {name: value.detach() for name, value in terms.items()}, reconstruction.detach()
