"""What a linear regression reads of a factor in the latents that should not know it, and a term that removes it.

Clamping asks that the decoder does without a factor in the inactive latents; nothing in it takes away what they still
hold. Here a ridge regression predicts each extrinsic group from all other latents of the sampled codes, solved anew at
every step from running moments; the encoder is asked to break its predictions. No label comes in: what is predicted are
the group's own latents, their squares and products, and their products with those of another extrinsic group. What
others know of the elevation may rise and fall along it, so that over the whole range nothing is left of it for a
regression, and over a part of the range half of the elevation; and it may be one thing for a face from the left and the
opposite for one from the right.

Shape legend: N pictures, L latents, O the others, P the latents of extrinsic groups and the products of any two of them.
"""

from __future__ import annotations

from itertools import combinations, combinations_with_replacement

import torch
from torch import Tensor, nn

from dcign.graphics_code import FACTORS, CodeLayout
from train.distributed import differentiable_mean, mean_over_processes

DECAY = 0.99  # of the moments: at 48 pictures a step they stand on 4,800
RIDGE = 0.01  # of the variance of each latent and product


class Decorrelation(nn.Module):
    """Running moments of the codes; ``forward`` takes (N, L) sampled latents and returns a scalar to be minimised."""

    def __init__(self, layout: CodeLayout):
        super().__init__()
        groups = [layout.index(name) for name in layout.names if name in FACTORS]
        told = [(latent,) for own in groups for latent in own]
        told += combinations_with_replacement((latent for own in groups for latent in own), 2)

        def part(own: list[int], wanted) -> tuple[list[int], list[int]]:  # places among those told, and the other latents
            return ([place for place, latents in enumerate(told) if wanted(latents)],
                    [i for i in range(layout.size) if i not in own])

        self.groups = [part(own, lambda latents: set(latents) <= set(own)) for own in groups]
        self.pairs = [part(one + two, lambda latents: len(latents) == 2 and len(set(latents) & set(one)) == 1
                           and len(set(latents) & set(two)) == 1) for one, two in combinations(groups, 2)]
        self.alone = [latents[0] for latents in told if len(latents) == 1]
        self.products = torch.tensor([latents for latents in told if len(latents) == 2], dtype=torch.int64).reshape(-1, 2)
        self.register_buffer("steps", torch.zeros(()))
        self.register_buffer("mean", torch.zeros(layout.size))
        self.register_buffer("second", torch.zeros(layout.size, layout.size))
        self.register_buffer("told_mean", torch.zeros(len(told)))
        self.register_buffer("told_second", torch.zeros(len(told), len(told)))
        self.register_buffer("cross", torch.zeros(layout.size, len(told)))

    def _running(self, moment: Tensor, batch: Tensor) -> Tensor:
        """Take in a batch's moment; the running one, corrected for its start from zero as Adam's is."""
        moment.lerp_(mean_over_processes(batch), 1 - DECAY)
        return moment / (1 - DECAY**self.steps)

    @torch.no_grad()
    def _observe(self, latents: Tensor) -> tuple[Tensor, Tensor]:
        """Take in a batch: the running mean (L,) and covariance (L, L)."""
        self.steps += 1
        mean = self._running(self.mean, latents.mean(0))
        second = self._running(self.second, latents.mT @ latents / len(latents))
        return mean, second - mean.outer(mean)

    @torch.no_grad()
    def _observe_told(self, latents: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Of centred latents of unit variance: what is told, centred (N, P), its covariance (P, P), that with all (L, P)."""
        told = torch.cat([latents[:, self.alone], latents[:, self.products[:, 0]] * latents[:, self.products[:, 1]]], 1)
        mean = self._running(self.told_mean, told.mean(0))
        second = self._running(self.told_second, told.mT @ told / len(told))
        told = told - mean
        return told, second - mean.outer(mean), self._running(self.cross, latents.mT @ told / len(told))

    def forward(self, latents: Tensor) -> Tensor:  # (N, L)
        """The mean squared canonical correlation of the other latents with what is told of each group, averaged over
        groups, and the same of each two groups."""
        with torch.autocast(latents.device.type, enabled=False):
            latents = latents.float()
            mean, covariance = self._observe(latents.detach())
            deviation = covariance.diagonal().clamp_min(1e-12).sqrt()
            correlation = covariance / deviation.outer(deviation)
            centred = latents - mean
            # by the batch's own scale: else every latent shrinks for ever, one step ahead of the regression
            centred = centred / differentiable_mean(centred.square().mean(0)).clamp_min(1e-12).sqrt()
            told, spread, cross = self._observe_told((latents.detach() - mean) / deviation)

            def explained(places: list[int], others: list[int]) -> Tensor:
                among, own = correlation[others][:, others], spread[places][:, places]  # (O, O), (P, P) of the part
                ridge = RIDGE * torch.eye(len(others), device=among.device)
                weights = torch.linalg.solve(among + ridge, cross[others][:, places])  # (O, P)
                own = own + RIDGE * own.diagonal().clamp_min(1e-6).diag()
                # every direction of what is told counts the same: a leak hides in one of small variance
                weights = torch.linalg.solve(own, weights, left=False)
                return ((centred[:, others] @ weights) * told[:, places]).mean(0).sum() / len(places)

            total = torch.stack([explained(*part) for part in self.groups]).mean()
            if self.pairs:
                total = total + torch.stack([explained(*part) for part in self.pairs]).mean()
            # few batches are fitted too well: the gradient gets its weight as the moments do
            return total.detach() + (1 - DECAY**self.steps) * (total - total.detach())
