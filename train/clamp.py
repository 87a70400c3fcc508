"""Sec. 3.1, steps 4-8, and Sec. 3.2: what happens between encoder and decoder in a one-factor mini-batch.

Three ways, chosen by the preset:
  mean   the paper's: an inactive latent becomes its mean over the mini-batch; its gradient is replaced by
         (z - mean) x strength, so that a descent step draws the mini-batch together
  swap   an inactive latent is taken from another sample of the mini-batch and keeps its gradient: the
         reconstruction itself then asks for invariance
  both   each mini-batch at random one of: swap, or the mean with its gradient. With the mean, nothing but the active
         factor differs between the reconstructions, which leaves one of small effect (light on chairs) alone

Shape legend: B mini-batches, K pictures in each, L latents, G groups of them.
"""

from __future__ import annotations

import torch
from torch import Tensor

from dcign.graphics_code import CodeLayout


class _ClampToMean(torch.autograd.Function):
    @staticmethod
    def forward(ctx, latents: Tensor, active: Tensor, strength: float) -> Tensor:  # (B, K, L), (B, 1, L)
        mean = latents.mean(1, keepdim=True)  # step 4
        ctx.save_for_backward(latents - mean, active)
        ctx.strength = strength
        return torch.where(active, latents, mean)  # step 5

    @staticmethod
    def backward(ctx, gradient: Tensor):
        difference, active = ctx.saved_tensors
        # step 7: an optimiser subtracts the gradient, so (z - mean) must enter with a plus to shrink the spread
        return torch.where(active, gradient, difference * ctx.strength), None, None


def active_latents(layout: CodeLayout, factors: list[str]) -> Tensor:
    """(B, 1, L) booleans: the latents of each mini-batch's own factor.

    ``factors`` names a group of the layout for every mini-batch.
    """
    mask = torch.zeros(len(factors), 1, layout.size, dtype=torch.bool)
    for row, factor in enumerate(factors):
        mask[row, 0, layout.slice(factor)] = True
    return mask


def clamp_to_mean(latents: Tensor, active: Tensor, strength: float = 0.01) -> Tensor:
    """The paper's clamp: (B, K, L) latents and (B, 1, L) active mask to (B, K, L)."""
    return _ClampToMean.apply(latents, active, strength)


def clamp_by_swap(latents: Tensor, active: Tensor, layout: CodeLayout, shifts: Tensor) -> Tensor:
    """Inactive groups from another sample of the same mini-batch, each group from one of its own choosing.

    ``shifts`` (B, G) says how many samples on, for every mini-batch and group of the layout.
    """
    batches, count, _ = latents.shape
    sizes = torch.tensor([size for _, size in layout.groups], device=latents.device)
    each = shifts.repeat_interleave(sizes, 1, output_size=layout.size)[:, None]  # (B, 1, L)
    place = torch.arange(count, device=latents.device).view(1, -1, 1)  # (1, K, 1)
    moved = latents.gather(1, (place + each) % count)  # (B, K, L)
    return torch.where(active, latents, moved)


def clamp_by_both(latents: Tensor, active: Tensor, layout: CodeLayout, shifts: Tensor, coins: Tensor) -> Tensor:
    """By the coins (B,): the mean over the mini-batch with the gradient flowing through, or clamp_by_swap."""
    swapped = clamp_by_swap(latents, active, layout, shifts)
    averaged = torch.where(active, latents, latents.mean(1, keepdim=True))
    return torch.where(coins[:, None, None], averaged, swapped)
