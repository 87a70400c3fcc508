"""What a linear regression reads of a factor in the latents that should not know it, and a term that removes it.

Clamping asks that the decoder does without a factor in the inactive latents; nothing in it takes away what they still
hold. Here a ridge regression predicts each extrinsic group from all other latents of the sampled codes, solved anew at
every step from running moments; the encoder is asked to break its predictions. No label comes in: what is predicted is
the group's own latents, and their products with those of another extrinsic group: what the others know of the
elevation of a face from the left may be the opposite of what they know of one from the right, so that it cancels out in
a regression on both, and is there for whoever looks at one side alone.

Shape legend: N pictures, L latents, A of a group, O the others, P products of latents of two groups.
"""

from __future__ import annotations

from itertools import combinations

import torch
from torch import Tensor, nn

from dcign.graphics_code import FACTORS, CodeLayout
from train.distributed import differentiable_mean, mean_over_processes

DECAY = 0.99  # of the moments: at 48 pictures a step they stand on 4,800
RIDGE = 0.01  # of each latent's variance


class Decorrelation(nn.Module):
    """Running moments of the codes; ``forward`` takes (N, L) sampled latents and returns a scalar to be minimised."""

    def __init__(self, layout: CodeLayout):
        super().__init__()
        groups = [layout.index(name) for name in layout.names if name in FACTORS]
        self.groups = [(own, [i for i in range(layout.size) if i not in own]) for own in groups]
        self.pairs, products = [], []  # of groups: the places of their products, and the other latents
        for one, two in combinations(groups, 2):
            places = range(len(products), len(products) + len(one) * len(two))
            self.pairs.append((list(places), [i for i in range(layout.size) if i not in one + two]))
            products += [(i, j) for i in one for j in two]
        self.products = torch.tensor(products, dtype=torch.int64).reshape(-1, 2)
        self.register_buffer("steps", torch.zeros(()))
        self.register_buffer("first", torch.zeros(layout.size))
        self.register_buffer("second", torch.zeros(layout.size, layout.size))
        self.register_buffer("product_first", torch.zeros(len(products)))
        self.register_buffer("product_second", torch.zeros(len(products)))
        self.register_buffer("cross", torch.zeros(layout.size, len(products)))

    def _running(self, moment: Tensor, batch: Tensor) -> Tensor:
        """Take in a batch's moment; the running one, corrected for its start from zero as Adam's is."""
        moment.lerp_(mean_over_processes(batch), 1 - DECAY)
        return moment / (1 - DECAY**self.steps)

    @torch.no_grad()
    def _observe(self, latents: Tensor) -> tuple[Tensor, Tensor]:
        """Take in a batch: the running mean (L,) and covariance (L, L)."""
        self.steps += 1
        mean = self._running(self.first, latents.mean(0))
        second = self._running(self.second, latents.mT @ latents / len(latents))
        return mean, second - mean.outer(mean)

    @torch.no_grad()
    def _observe_products(self, centred: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Of latents of unit variance: their centred products (N, P), the variance (P,), the covariance with all (L, P)."""
        products = centred[:, self.products[:, 0]] * centred[:, self.products[:, 1]]
        mean = self._running(self.product_first, products.mean(0))
        second = self._running(self.product_second, products.square().mean(0))
        products = products - mean
        return products, second - mean.square(), self._running(self.cross, centred.mT @ products / len(centred))

    def forward(self, latents: Tensor) -> Tensor:  # (N, L)
        """The share of each group's variance that the other latents explain, averaged over groups, and the same of the
        products of each two groups."""
        with torch.autocast(latents.device.type, enabled=False):
            latents = latents.float()
            mean, covariance = self._observe(latents.detach())
            deviation = covariance.diagonal().clamp_min(1e-12).sqrt()
            correlation = covariance / deviation.outer(deviation)
            centred = latents - mean
            # by the batch's own scale: else every latent shrinks for ever, one step ahead of the regression
            centred = centred / differentiable_mean(centred.square().mean(0)).clamp_min(1e-12).sqrt()
            products, spread, cross = self._observe_products((latents.detach() - mean) / deviation)

            def explained(others: list[int], told: Tensor, targets: Tensor) -> Tensor:  # O, (O, A), (N, A)
                among = correlation[others][:, others]  # (O, O)
                weights = torch.linalg.solve(among + RIDGE * torch.eye(len(others), device=among.device), told)
                return ((centred[:, others] @ weights) * targets).mean(0).sum()

            shares = [explained(others, correlation[others][:, own], centred[:, own].detach()) / len(own)
                      for own, others in self.groups]
            of_products = [explained(others, cross[others][:, places], products[:, places])
                           / spread[places].sum().clamp_min(1e-6) for places, others in self.pairs]
            total = torch.stack(shares).mean()
            if of_products:
                total = total + torch.stack(of_products).mean()
            # few batches are fitted too well: the gradient gets its weight as the moments do
            return total.detach() + (1 - DECAY**self.steps) * (total - total.detach())
