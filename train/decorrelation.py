"""What a linear regression reads of a factor in the latents that should not know it, and a term that removes it.

Clamping asks that the decoder does without a factor in the inactive latents; nothing in it takes away what they still
hold. Here a ridge regression predicts each extrinsic group from all other latents of the sampled codes, solved anew at
every step from running moments; the encoder is asked to break its predictions. No label comes in: what is predicted is
the group's own latents. Shape legend: N pictures, L latents, A of a group, O the others.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from dcign.graphics_code import FACTORS, CodeLayout
from train.distributed import mean_over_processes

DECAY = 0.99  # of the moments: at 48 pictures a step they stand on 4,800
RIDGE = 0.01  # of each latent's variance


class Decorrelation(nn.Module):
    """Running moments of the codes; ``forward`` takes (N, L) sampled latents and returns a scalar to be minimised."""

    def __init__(self, layout: CodeLayout):
        super().__init__()
        self.groups = {name: (layout.index(name), [i for i in range(layout.size) if i not in layout.index(name)])
                       for name in layout.names if name in FACTORS}
        self.register_buffer("steps", torch.zeros(()))
        self.register_buffer("first", torch.zeros(layout.size))
        self.register_buffer("second", torch.zeros(layout.size, layout.size))

    @torch.no_grad()
    def _observe(self, latents: Tensor) -> tuple[Tensor, Tensor]:
        """Take in a batch: the running mean (L,) and covariance (L, L)."""
        self.steps += 1
        self.first.lerp_(mean_over_processes(latents.mean(0)), 1 - DECAY)
        self.second.lerp_(mean_over_processes(latents.mT @ latents / len(latents)), 1 - DECAY)
        known = 1 - DECAY**self.steps  # as Adam corrects its start from zero
        mean = self.first / known
        return mean, self.second / known - mean.outer(mean)

    def forward(self, latents: Tensor) -> Tensor:  # (N, L)
        """The share of each group's variance that the other latents explain, averaged over groups."""
        with torch.autocast(latents.device.type, enabled=False):
            latents = latents.float()
            mean, covariance = self._observe(latents.detach())
            centred = latents - mean
            # by the batch's own scale: else every latent shrinks for ever, one step ahead of the regression
            scale = centred.square().mean(0).clamp_min(1e-12).sqrt()
            centred = centred * (covariance.diagonal().clamp_min(1e-12).sqrt() / scale)
            shares = []
            for own, others in self.groups.values():
                among = covariance[others][:, others]  # (O, O)
                among = among + torch.diag(RIDGE * among.diagonal() + 1e-6)
                weights = torch.linalg.solve(among, covariance[others][:, own])  # (O, A)
                predicted = centred[:, others] @ weights  # (N, A)
                explained = (predicted * centred[:, own].detach()).mean(0).sum()
                shares.append(explained / covariance.diagonal()[own].sum().clamp_min(1e-6))
            return torch.stack(shares).mean()
