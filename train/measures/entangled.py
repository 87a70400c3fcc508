"""Networks that were trained without clamping: which of their latents come nearest to a factor (Fig. 7 of the paper).

The paper turns its entangled network by "the latent of largest variance in an azimuth batch". Here that latent is found
for every factor in one-factor mini-batches of training identities and brought to the front of the code, so that such a
network has a layout and a calibration like any other.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from dcign import checkpoints
from dcign.calibration import Calibration
from dcign.graphics_code import CodeLayout
from train.measures.scenery import identities
from train.measures.subject import Subject
from train.scenes import HELD_OUT

MINI_BATCHES, PICTURES = 16, 6  # one-factor mini-batches for each factor, and pictures in each
SCENES = 500  # for the calibration


def permuted(network: nn.Module, order: np.ndarray) -> nn.Module:
    """A network that does the same with its latents in another order: ``order`` (L,) says where each is taken from."""
    network, count = copy.deepcopy(network), len(order)
    with torch.no_grad():
        for layer in network.encoder.modules():
            if isinstance(layer, nn.Linear) and layer.out_features in (count, 2 * count):  # mean, log-variance or both
                rows = np.concatenate([order + part * count for part in range(layer.out_features // count)])
                layer.weight.copy_(layer.weight[rows])
                layer.bias.copy_(layer.bias[rows])
        for layer in network.decoder.modules():
            if isinstance(layer, nn.Linear) and layer.in_features == count:
                layer.weight.copy_(layer.weight[:, order])
    return network


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
    weights = replace(subject.weights, network=permuted(subject.weights.network, order),
                      layout=CodeLayout(tuple(groups)), calibrations=calibrations, ranges=dict(scenery.ranges))
    found = Subject.of(weights, subject.source)
    return replace(found, scenery=scenery)


def write_beside(folder: str | Path, target: Path, data=None) -> Path:
    """Write the entangled network of ``folder`` with these latents in front, for the page to show beside another.

    Raises ValueError for a network that was trained with clamping.
    """
    subject = Subject.open(folder, data)
    if not subject.entangled:
        raise ValueError(f"{folder} was trained with clamping (preset {subject.preset!r}): train `entangled`.")
    weights = by_variance(subject).weights
    checkpoints.save_weights(
        target, weights.network, weights.layout, weights.calibrations, weights.ranges, name=weights.name,
        circular=weights.circular, ground=weights.ground, framing=weights.framing, training=weights.training)
    root = checkpoints.weights_root().resolve()
    if root in target.resolve().parents:
        checkpoints.update_index(root, target.resolve().relative_to(root).as_posix())
    return target
