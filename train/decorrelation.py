"""What a linear regression reads of a factor in the latents that should not know it, and a term that removes it.

Clamping asks that the decoder does without a factor in the inactive latents; nothing in it takes away what they still
hold. Here a ridge regression predicts each extrinsic group from all other latents of the sampled codes, solved anew at
every step from running moments; the encoder is asked to break its predictions. No label comes in: what is predicted are
the first three powers of each of the group's own latents, made orthogonal, and the products of two latents of two
extrinsic groups. What others know of the elevation may rise and fall along it like a wave, so that over the whole range
nothing is left of it for a regression, and over a part of the range half of the elevation; and it may be one thing for a
face from the left and the opposite for one from the right.

Shape legend: N pictures, L latents, O the others, T targets of the regression: powers of extrinsic latents and
products of two; B blocks of P of these that are made orthogonal.
"""

from __future__ import annotations

from itertools import combinations

import torch
from torch import Tensor, nn

from dcign.graphics_code import FACTORS, CodeLayout
from train.distributed import mean_over_processes

DECAY = 0.99  # of the moments: at 48 pictures a step they stand on 4,800
RIDGE = 0.01  # of each latent's variance
POWERS = 3
FAR = 4.0  # standard deviations: codes beyond them are left to the KL term


class _Contrast(torch.autograd.Function):
    """Centred latents (N, L) of unit variance as they are, whose gradient neither moves nor scales any as a whole, and passes
    by what lies far outside.

    The regression lags behind the codes. Each of these would lower its share for a moment, and so be asked for for ever: codes
    that shrink, codes that move together, so far that beside it what varies hardly counts, and a few that go far out.
    """

    @staticmethod
    def forward(ctx, centred: Tensor) -> Tensor:
        ctx.save_for_backward(centred)
        return centred.clone()

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:
        centred, = ctx.saved_tensors
        inside = (centred.abs() <= FAR).to(centred)  # (N, L)
        share = mean_over_processes(inside.mean(0)).clamp_min(1e-6)  # (L,), as all that follow
        centred = (centred - mean_over_processes((centred * inside).mean(0)) / share) * inside
        gradient = gradient * inside
        gradient = gradient - inside * mean_over_processes(gradient.mean(0)) / share
        outwards = mean_over_processes((gradient * centred).mean(0))
        return gradient - centred * outwards / mean_over_processes(centred.square().mean(0)).clamp_min(1e-12)


class Decorrelation(nn.Module):
    """Running moments of the codes; ``forward`` takes (N, L) sampled latents and returns a scalar to be minimised."""

    def __init__(self, layout: CodeLayout):
        super().__init__()
        groups = [layout.index(name) for name in layout.names if name in FACTORS]
        targets: list[tuple[int, ...]] = []  # the latents that are multiplied

        def part(own: list[int], blocks: list[list[tuple[int, ...]]]) -> tuple[Tensor, list[int]]:
            """Places among all targets, (B, P), and the other latents."""
            targets.extend(product for block in blocks for product in block)
            places = torch.arange(len(targets) - sum(map(len, blocks)), len(targets)).reshape(len(blocks), -1)
            return places, [i for i in range(layout.size) if i not in own]

        self.groups = [part(own, [[(i,) * power for power in range(1, POWERS + 1)] for i in own]) for own in groups]
        self.pairs = [part(one + two, [[(i, j)] for i in one for j in two]) for one, two in combinations(groups, 2)]
        ones = (layout.size,)  # the place of a 1, after all latents
        self.factors = torch.tensor([(product + ones * POWERS)[:POWERS] for product in targets]).reshape(-1, POWERS)
        self.register_buffer("steps", torch.zeros(()))
        self.register_buffer("mean", torch.zeros(layout.size))
        self.register_buffer("second", torch.zeros(layout.size, layout.size))
        self.register_buffer("target_mean", torch.zeros(len(targets)))
        self.register_buffer("target_second", torch.zeros(len(targets), len(targets)))
        self.register_buffer("cross", torch.zeros(layout.size, len(targets)))

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
    def _observe_targets(self, latents: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Of centred latents of unit variance: targets, centred (N, T), their covariance (T, T), that with all (L, T)."""
        targets = torch.cat([latents, torch.ones_like(latents[:, :1])], 1)[:, self.factors].prod(2)
        mean = self._running(self.target_mean, targets.mean(0))
        second = self._running(self.target_second, targets.mT @ targets / len(targets))
        targets = targets - mean
        return targets, second - mean.outer(mean), self._running(self.cross, latents.mT @ targets / len(targets))

    def forward(self, latents: Tensor) -> Tensor:  # (N, L)
        """The share of the targets of each group that the other latents explain, averaged over groups, and the same of
        each two groups."""
        with torch.autocast(latents.device.type, enabled=False):
            latents = latents.float()
            mean, covariance = self._observe(latents.detach())
            deviation = covariance.diagonal().clamp_min(1e-12).sqrt()
            correlation = covariance / deviation.outer(deviation)
            centred = _Contrast.apply((latents - mean) / deviation)  # (N, L)
            targets, spread, cross = self._observe_targets((latents.detach() - mean) / deviation)

            def explained(places: Tensor, others: list[int]) -> Tensor:
                among = correlation[others][:, others]  # (O, O)
                ridge = RIDGE * torch.eye(len(others), device=among.device)
                weights = torch.linalg.solve(among + ridge, cross[others][:, places.flatten()])  # (O, B P)
                block = spread[places[:, :, None], places[:, None, :]]  # (B, P, P)
                block = block + 1e-3 * torch.diag_embed(block.diagonal(dim1=1, dim2=2).clamp_min(1e-2))
                upright = torch.linalg.inv(torch.linalg.cholesky(block)).mT  # (B, P, P): Gram-Schmidt, powers in turn
                weights = torch.einsum("obp,bpq->obq", weights.unflatten(1, places.shape), upright)  # (O, B, P)
                goals = torch.einsum("nbp,bpq->nbq", targets[:, places], upright)  # (N, B, P)
                predictions = torch.einsum("no,obp->nbp", centred[:, others], weights)  # (N, B, P)
                return (predictions * goals).mean(0).sum() / places.numel()

            total = torch.stack([explained(*part) for part in self.groups]).mean()
            if self.pairs:
                total = total + torch.stack([explained(*part) for part in self.pairs]).mean()
            # few batches are fitted too well: the gradient gets its weight as the moments do
            return total.detach() + (1 - DECAY**self.steps) * (total - total.detach())
