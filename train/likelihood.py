"""What a reconstruction misses, as the terms of -log P(x | z) (Sec. 3.1, step 6).

Each function returns a scalar to be minimised. All but `bernoulli` and `structure` take the error, reconstruction minus
target, contiguous (NCHW): passes over channels-last pictures took a quarter of a training step.

Shape legend: N pictures, H = W pixels, B mini-batches, K pictures in each.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from dcign.paper_network import LUMA
from train.distributed import mean_over_processes

EVEN = (1 / 3, 1 / 3, 1 / 3)


def bernoulli(reconstruction: Tensor, target: Tensor) -> Tensor:
    """Binary cross-entropy summed over pixels: the authors' likelihood."""
    # no clamp: a pixel that is surely wrong would get no gradient. Each logarithm is cut at -100 by PyTorch
    with torch.autocast(reconstruction.device.type, enabled=False):  # CUDA refuses it under autocast, in any precision
        return F.binary_cross_entropy(reconstruction.float(), target.float(), reduction="sum") / len(target)


class _Squares(torch.autograd.Function):
    """The mean square of values of any shape."""

    @staticmethod
    def forward(context, values: Tensor) -> Tensor:
        context.save_for_backward(values)
        return torch.linalg.vector_norm(values).square() / values.numel()

    @staticmethod
    def backward(context, gradient: Tensor) -> Tensor:
        values, = context.saved_tensors
        return values * (gradient * (2 / values.numel()))


class _Spread(torch.autograd.Function):
    """The mean square about the mean over K of (B, K, P) values: (B,)."""

    @staticmethod
    def forward(context, values: Tensor) -> Tensor:
        away = values - values.mean(1, keepdim=True)
        context.save_for_backward(away)
        return torch.linalg.vector_norm(away.flatten(1), dim=1).square() / away[0].numel()

    @staticmethod
    def backward(context, gradient: Tensor) -> Tensor:
        away, = context.saved_tensors  # whose own mean is 0: centring the gradient changes nothing
        return away * (gradient * (2 / away[0].numel()))[:, None, None]


class _MeanDifferences(torch.autograd.Function):
    """The mean absolute difference of neighbours, across plus down, of (N, C, H, W) values.

    Pictures are taken as one row of pixels each: neighbours across the border are struck out afterwards.
    """

    @staticmethod
    def forward(context, values: Tensor) -> Tensor:
        height, width = values.shape[2:]
        rows = values.contiguous().view(-1, height * width)
        across, flat = torch.empty_like(rows), rows.view(-1)
        torch.sub(flat[1:], flat[:-1], out=across.view(-1)[:-1])
        across[:, width - 1::width] = 0
        down = rows[:, width:] - rows[:, :-width]
        # in all rows and columns but the last
        context.counts = values.numel() // width * (width - 1), values.numel() // height * (height - 1)
        total = across.abs().sum() / context.counts[0] + down.abs().sum() / context.counts[1]
        context.save_for_backward(across.sign_(), down.sign_())
        context.shape = values.shape
        return total

    @staticmethod
    def backward(context, gradient: Tensor) -> Tensor:
        across, down = (signs * (gradient / count) for signs, count in zip(context.saved_tensors, context.counts))
        width = context.shape[3]
        total = -across
        total[:, 1:] += across[:, :-1]
        total[:, width:] += down
        total[:, :-width] -= down
        return total.view(context.shape)


class _Halved(torch.autograd.Function):
    """The means of squares of 2 x 2 pixels, (N, C, H, W) to (N, C, H/2, W/2): `avg_pool2d` takes twice as long."""

    @staticmethod
    def forward(context, values: Tensor) -> Tensor:
        rows = values[..., ::2, :] + values[..., 1::2, :]
        return 0.25 * (rows[..., ::2] + rows[..., 1::2])

    @staticmethod
    def backward(context, gradient: Tensor) -> Tensor:
        count, channels, height, width = gradient.shape
        rows = (0.25 * gradient)[..., None].expand(-1, -1, -1, -1, 2).reshape(count, channels, height, 1, 2 * width)
        return rows.expand(-1, -1, -1, 2, -1).reshape(count, channels, 2 * height, 2 * width)


def _log(error: Tensor, least: float) -> Tensor:
    """The logarithm of a mean error over the pictures of all processes; each sends its own part of the gradient."""
    everywhere = mean_over_processes(error).clamp_min(least)
    return everywhere.log() + (error - error.detach()) / everywhere


def laplace(error: Tensor) -> Tensor:
    """log of the mean absolute error: a Laplace likelihood per value whose scale is fitted to the mini-batches."""
    return _log(error.abs().mean(), 1e-4)


def gaussian(error: Tensor) -> Tensor:
    """Half the log of the mean squared error: a Gaussian likelihood per value, its variance fitted likewise."""
    return 0.5 * _log(_Squares.apply(error), 1e-8)


def variation(error: Tensor, mini_batches: int) -> Tensor:
    """Half the log of the squared error of how each one-factor mini-batch varies, averaged over mini-batches.

    The error that all pictures of a mini-batch share is taken away: what is left is the active factor's own, however
    little it changes the picture beside an identity that is not drawn right yet.
    """
    grouped = error.reshape(mini_batches, len(error) // mini_batches, -1)  # (B, K, 3 H W)
    return 0.5 * _Spread.apply(grouped).clamp_min(1e-8).log().mean()


def laplace_gradients(error: Tensor) -> Tensor:
    """laplace() of the differences of neighbours, at full and half resolution: edges count as much as areas.

    The differences of the error are the error of the differences.
    """
    full, half = (_MeanDifferences.apply(scaled) for scaled in (error, _Halved.apply(error)))
    return 0.5 * (_log(full, 1e-4) + _log(half, 1e-4))


def _windows(size: int, stride: int, device: torch.device) -> Tensor:
    """(size, w): each column a Gaussian window of 11 pixels, standard deviation 1.5, as in Wang and others 2004."""
    centres = torch.arange(5, size - 5, stride, device=device)
    away = (torch.arange(size, device=device)[:, None] - centres).float()  # (size, w)
    weights = (-away.square() / (2 * 1.5**2)).exp() * (away.abs() <= 5)
    return weights / weights.sum(0)


def _grey(pictures: Tensor, weights: Sequence[float]) -> Tensor:  # (N, 3, H, W) to (N, H, W)
    weights = torch.tensor([weights], device=pictures.device)
    return (weights @ pictures.float().flatten(2)).view(len(pictures), *pictures.shape[2:])


def structural_similarity(reconstruction: Tensor, target: Tensor, stride: int = 1,
                          weights: Sequence[float] = LUMA) -> Tensor:
    """Mean SSIM (Wang and others 2004) of (N, 3, H, W) pictures' luma, or of channels weighted otherwise; every
    ``stride``-th window both ways."""
    with torch.autocast(target.device.type, enabled=False):  # variances are differences of nearly equal numbers
        a, b = (_grey(pictures, weights) for pictures in (reconstruction, target))
        across, down = (_windows(size, stride, a.device) for size in (a.shape[2], a.shape[1]))
        # as matrix products: convolutions of one channel are several times slower
        ma, mb, aa, bb, ab = (down.mT @ (moment @ across) for moment in (a, b, a * a, b * b, a * b))  # (N, h, w) each
        shared, spread = ab - ma * mb, aa - ma * ma + bb - mb * mb
        return ((2 * ma * mb + 1e-4) * (2 * shared + 9e-4) / ((ma * ma + mb * mb + 1e-4) * (spread + 9e-4))).mean()


def structure(reconstruction: Tensor, target: Tensor) -> Tensor:
    """log of 1 - SSIM: contrast that a blurred picture lacks counts as much as the colour of areas.

    Of the mean of the channels: luma's contrast is had at least squared error by twice as much of it in green as in red and
    five times as much as in blue, which draws thin dark parts purple and a green seam around them.
    """
    return _log(1 - structural_similarity(reconstruction, target, stride=2, weights=EVEN), 1e-3)
