"""Latents brought to mean 0 and variance 1 over training scenes, as the prior N(0, I) has them; nothing else changes.

The decoder takes latents in by linear layers alone and the encoder gives them out by such: what these are multiplied by,
the others can be divided by. Training may leave a latent far from unit variance where the decoder hears it loudly enough;
draws from the prior, principal directions and the KL term all want the unit. L latents.
"""

from __future__ import annotations

import torch
from torch import Tensor

from dcign.networks import DCIGN

LEAST = 1e-3  # a latent that never varies is left to its noise


@torch.no_grad()
def standardise(network: DCIGN, mean: Tensor, deviation: Tensor) -> None:
    """Replace every latent z of ``network`` by (z - mean) / deviation, (L,) each; it draws what it drew before."""
    latents, deviation = network.config.latents, deviation.clamp_min(LEAST)
    posterior, decoder = network.encoder.posterior, network.decoder
    posterior.weight[:latents] /= deviation[:, None]
    posterior.bias[:latents] = (posterior.bias[:latents] - mean) / deviation
    posterior.bias[latents:] -= 2 * deviation.log()  # of the log-variances
    for shortcut in (network.encoder.colours, network.encoder.places):
        if shortcut is not None:  # is added to the posterior's
            shortcut.read.weight[:latents] /= deviation[:, None]
            shortcut.read.bias[:latents] /= deviation
    for layer in (decoder.start, *(block.modulation for block in decoder.blocks.values()),
                  *(palette.colours for palette in decoder.palettes.values()),
                  *(modulation.hear for modulation in decoder.modulations.values())):
        layer.bias += layer.weight @ mean
        layer.weight *= deviation


@torch.inference_mode()
def moments(network: DCIGN, pictures: Tensor, batch: int = 64) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation (L,) of codes sampled for (N, 3, H, W) uint8 pictures."""
    means, log_variances = zip(*(network.encode(part.float() / 255) for part in pictures.split(batch)))
    mean, log_variance = torch.cat(means), torch.cat(log_variances)
    return mean.mean(0), (mean.var(0) + log_variance.exp().mean(0)).sqrt()
