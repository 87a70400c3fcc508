"""A likelihood of what the encoder itself sees of a picture, level by level (Hou and others 2017, of a network of ours).

A leg that is drawn a pixel away, and sharp, is as wrong as none to the pixels that it misses; to a level that sees
patches it is nearly right, and a smear in its place is not.

Shape legend: B mini-batches, K pictures in each, N = B K, H = W pixels, C channels of a level, h = w its pixels.
"""

from __future__ import annotations

from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dcign.networks import Encoder
from train import likelihood

COARSEST = 8  # the last level looked at has an eighth of the picture's pixels a side; what is seen is 8 pixels smaller


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


def feature_error(encoder: Encoder, reconstruction: Tensor, targets: Tensor, corners: Tensor) -> Tensor:
    """Half the log of the mean squared error of each level's values, the mean over levels: (N, 3, H, W) twice to a scalar."""
    errors = level_errors(encoder, reconstruction, targets, corners)
    return torch.stack([likelihood.gaussian(error) for error in errors]).mean()


def level_errors(encoder: Encoder, reconstruction: Tensor, targets: Tensor, corners: Tensor) -> list[Tensor]:
    """How far what each level sees of (N, 3, H, W) is from what it sees of the targets, (N, C, h, w) each.

    The encoder is taken as it is: it learns nothing from this, or it would learn to see nothing. ``corners`` (B, 2) in
    0..6, a row for each mini-batch: where the part of the pictures begins that is seen. They are seen a little blurred: a
    max-pool is content with a checkerboard where dark and light are both possible.
    """
    until, side = targets.shape[2] // COARSEST, targets.shape[2] - COARSEST

    def part(pictures: Tensor) -> Tensor:  # (N, 3, H, W) to (N, 3, H - 8, W - 8)
        pictures = torch.cat([some[..., down:down + side + 2, across:across + side + 2] for some, (down, across) in zip(
            pictures.tensor_split(len(corners)), corners.tolist())])  # (N, 3, H - 6, W - 6)
        return F.avg_pool2d(F.avg_pool2d(pictures, 2, 1), 2, 1)

    with _held(encoder):
        with torch.no_grad():
            meant = [x.float() for _, x in encoder.levels(part(targets), until)]  # (N, C, h, w) each
        seen = [x.float() for _, x in encoder.levels(part(reconstruction), until)]  # (N, C, h, w) each
    return [a - b for a, b in zip(seen, meant)]
