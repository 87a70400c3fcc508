"""A likelihood of what the encoder itself sees of a picture, level by level (Hou and others 2017, of a network of ours).

A leg that is drawn a pixel away, and sharp, is as wrong as none to the pixels that it misses; to a level that sees
patches it is nearly right, and a smear in its place is not.

Shape legend: N pictures, H = W pixels, C channels of a level, h = w its pixels.
"""

from __future__ import annotations

from contextlib import contextmanager

import torch
from torch import Tensor, nn

from dcign.networks import Encoder
from train import likelihood

COARSEST = 8  # the last level looked at has an eighth of the picture's pixels a side


@contextmanager
def _held(module: nn.Module):
    """The module's parameters get no gradient from what is computed here."""
    parameters = [parameter for parameter in module.parameters() if parameter.requires_grad]
    try:
        for parameter in parameters:
            parameter.requires_grad_(False)
        yield
    finally:
        for parameter in parameters:
            parameter.requires_grad_(True)


def features(encoder: Encoder, reconstruction: Tensor, targets: Tensor) -> Tensor:
    """Half the log of the mean squared error of each level's values, the mean over levels: (N, 3, H, W) twice to a scalar.

    The encoder is taken as it is: it learns nothing from this, or it would learn to see nothing.
    """
    until = targets.shape[2] // COARSEST
    with _held(encoder):
        with torch.no_grad():
            meant = [x.float() for _, x in encoder.levels(targets, until)]  # (N, C, h, w) each
        seen = [x.float() for _, x in encoder.levels(reconstruction, until)]  # (N, C, h, w) each
    return torch.stack([likelihood.gaussian(a - b) for a, b in zip(seen, meant)]).mean()
