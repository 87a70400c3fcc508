"""Networks that were trained without clamping: which of their latents come nearest to a factor (Fig. 7 of the paper).

The paper turns its entangled network by "the latent of largest variance in an azimuth batch". Here that latent is found
for every factor in one-factor mini-batches of training identities and brought to the front of the code, so that such a
network has a layout and a calibration like any other.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from dcign.calibration import Calibration
from dcign.graphics_code import CodeLayout
from train.measures.scenery import identities
from train.measures.subject import Subject
from train.scenes import HELD_OUT

MINI_BATCHES, PICTURES = 16, 6  # one-factor mini-batches for each factor, and pictures in each
SCENES = 500  # for the calibration


class Reordered(nn.Module):
    """A network with its latents in another order: ``order`` (L,) says where each is taken from."""

    def __init__(self, network: nn.Module, order: np.ndarray):
        super().__init__()
        self.network, self.config = network, network.config
        self.register_buffer("order", torch.from_numpy(order), persistent=False)
        self.register_buffer("back", torch.from_numpy(np.argsort(order)), persistent=False)

    def encode(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        mean, log_variance = self.network.encode(pictures)
        return mean[:, self.order], log_variance[:, self.order]

    def decode(self, latents: Tensor) -> Tensor:
        return self.network.decode(latents[:, self.back])


def most_varied(spreads: np.ndarray) -> np.ndarray:
    """Of (F, L) variances within the mini-batches of each factor: F different latents, the clearest choice first."""
    chosen = np.full(len(spreads), -1)
    left = spreads.astype(np.float64).copy()
    for _ in range(len(spreads)):
        factor, latent = np.unravel_index(left.argmax(), left.shape)
        chosen[factor] = latent
        left[factor], left[:, latent] = -1.0, -1.0
    return chosen


def _spread(subject: Subject, factor: str, rng: np.random.Generator) -> np.ndarray:
    """Mean variance (L,) of the posterior means in mini-batches in which one factor varies."""
    pictures, things = [], identities(subject.source, MINI_BATCHES, HELD_OUT)
    for identity in things:
        view = subject.scenery.random_view(rng)
        for degrees in rng.uniform(*subject.scenery.ranges[factor], PICTURES):
            pictures.append(subject.scenery.picture(identity, subject.scenery.moved(view, factor, degrees),
                                                    subject.size))
    means = subject.posterior(np.stack(pictures)).means
    return means.reshape(len(things), PICTURES, -1).var(1).mean(0)


def by_variance(subject: Subject, scenes: int | None = None) -> Subject:
    """The same network with one latent for each factor, the rest intrinsic, and a calibration of these."""
    rng = np.random.default_rng(21)
    factors, scenery = subject.factors, subject.scenery
    first = most_varied(np.stack([_spread(subject, factor, rng) for factor in factors]))
    order = np.concatenate([first, np.setdiff1d(np.arange(subject.layout.size), first)])
    views, pictures = [], []
    for identity in identities(subject.source, scenes or SCENES, HELD_OUT):
        views.append(scenery.random_view(rng))
        pictures.append(scenery.picture(identity, views[-1], subject.size))
    means = subject.posterior(np.stack(pictures)).means[:, order]
    calibrations = {
        factor: Calibration.fit(means[:, [place]], np.array([getattr(view, factor) for view in views]), factor,
                                circular=scenery.circular(factor), limits=scenery.ranges[factor])
        for place, factor in enumerate(factors)}
    groups = [(factor, 1) for factor in factors] + [("intrinsic", subject.layout.size - len(factors))]
    weights = replace(subject.weights, network=Reordered(subject.weights.network, order),
                      layout=CodeLayout(tuple(groups)), calibrations=calibrations, ranges=dict(scenery.ranges))
    found = Subject.of(weights, subject.source)
    return replace(found, scenery=scenery)
