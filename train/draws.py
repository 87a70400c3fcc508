"""The random numbers of a step, drawn for each mini-batch from a seed of its own.

So a step takes the same numbers whether its mini-batches are dealt with in one process or in several, and whether the
run was stopped before it or not. Shape legend: B mini-batches, K pictures in each, N = B K, L latents, G groups.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Draws:
    """What the procedure needs of chance."""

    noise: Tensor  # (N, L) normal: the posterior's
    shifts: Tensor  # (B, G) int64 in 1..K-1: how far away the sample is that a group is swapped with
    coins: Tensor  # (B,) booleans: the mean instead of a swap
    prior: Tensor  # (N, L) normal: for the maximum mean discrepancy
    refine: Tensor  # (B,) booleans: in a phase that refines codes, whether those of the mini-batch are
    corners: Tensor  # (B, 2) int64 in 0..6: the pixel where what the term of features sees begins

    def to(self, device: torch.device) -> "Draws":
        return Draws(*(value.to(device) for value in (self.noise, self.shifts, self.coins, self.prior, self.refine,
                                                  self.corners)))


def draw(seed: int, step: int, first: int, mini_batches: int, pictures: int, latents: int, groups: int) -> Draws:
    """The numbers of ``mini_batches`` mini-batches of ``pictures`` each, the first being the ``first`` of the step."""
    parts = []
    for index in range(first, first + mini_batches):
        g = torch.Generator().manual_seed((seed * 1_000_003 + step) * 1_009 + index)
        parts.append((torch.randn(pictures, latents, generator=g),
                      torch.randint(1, max(2, pictures), (1, groups), generator=g),
                      torch.rand(1, generator=g) < 0.5,
                      torch.randn(pictures, latents, generator=g),
                      torch.rand(1, generator=g) < 0.5,
                      torch.randint(0, 7, (1, 2), generator=g)))
    return Draws(*(torch.cat(column) for column in zip(*parts)))
