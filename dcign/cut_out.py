"""An object off whatever ground it stands before, by a network of our own (matting.py).

    matte = find_object(image)               # framed as in a training render; None where no object is surely seen
    picture = matte.on((255, 255, 255))      # the object before an even ground

It looks at the whole picture, and then more closely at what it found, framed as a training render frames it.

Shape legend: S pixels.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from . import photo_networks
from .masks import evened, grown, softened, spread
from .matting import MattingConfig, MattingNetwork
from .square_part import object_square, square_part

NAME = "chairs/matting"  # of the bundled weights
KIND = "matting"
CLOSER = 2  # looks at what was found
LEAST = 0.01  # of the picture: a smaller object is none
SURE = 0.77  # how sure of its pixels one must be
SPECK = 0.01  # of the picture's width: rows and columns with less of it do not count for where it lies
OWN = (0.2, 0.8)  # alpha from where on a pixel's colour is partly, and all, the object's
FADE = 0.1  # of its width: before a border a shadow fades
MOST = 0.8  # of its pixels that another way must have found, for that to show them
NEAR = 4  # pixels around an object where what else tells it from its ground is believed


def sureness(alpha: Tensor) -> float:
    """From 0 to 1, how much of what may be the object's (S, S) is so; 0 where there is hardly any."""
    return float(alpha.square().sum() / alpha.sum()) if alpha.mean() >= LEAST else 0.0


@dataclass(frozen=True, eq=False)
class Matte:
    """A square part of an image, its middle and side in pixels there, as a picture (3, S, S) in [0, 1]; what of it is the object's, and how
    much of its light the ground keeps (S, S) each."""

    square: tuple[float, float, float]
    picture: Tensor
    alpha: Tensor
    light: Tensor

    @property
    def sure(self) -> float:
        """As sureness() of its alpha."""
        return sureness(self.alpha)

    @property
    def box(self) -> tuple[float, float, float, float] | None:
        """Left, top, right and bottom of the object in pixels, None where there is none."""
        most = SPECK * self.alpha.shape[0]
        taken = (self.alpha > 0.5).float()
        rows, columns = (torch.nonzero(taken.sum(axis) >= most).flatten().tolist() for axis in (1, 0))
        return (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1) if len(rows) > 1 and len(columns) > 1 else None

    def on(self, ground: Sequence[int]) -> Image.Image:
        """The object, with its shadow, before an even ground of that colour (0 to 255), S x S."""
        alpha = self.alpha[None]  # (1, S, S)
        known = (alpha > OWN[1]).float()
        beside = spread(self.picture, known) if known.amax() > 0 else self.picture  # colours of what is surely the object's
        own = ((alpha - OWN[0]) / (OWN[1] - OWN[0])).clamp(0.0, 1.0)  # elsewhere a pixel is partly the old ground's
        return _image(torch.lerp(self._bare(ground), beside.lerp(self.picture, own), alpha))

    def agrees(self, mask: Image.Image) -> bool:
        """Whether another way has found most of it, too: its square of that mask, of any size."""
        other = F.interpolate(_tensor(mask.convert("RGB"))[None, :1], self.alpha.shape, mode="area")[0, 0] > 0.5
        taken = self.alpha > 0.5
        return bool((other & taken).sum() >= MOST * taken.sum())

    def cleared(self, image: Image.Image, ground: Sequence[int]) -> Image.Image:
        """The object as another way has put it before that ground, of any size, without what lies further from it."""
        near = softened(grown((self.alpha[None] > 0.5).float(), NEAR))  # (1, S, S)
        parts = near, self.alpha[None], self._bare(ground)
        near, alpha, bare = (F.interpolate(part[None], image.size[::-1], mode="bilinear")[0] for part in parts)
        picture = _tensor(image)
        shaded = torch.minimum(picture, bare).lerp(picture, alpha)  # the other way may have taken the shadow away beside a leg
        return _image(torch.lerp(bare, shaded, near))

    def _bare(self, ground: Sequence[int]) -> Tensor:
        """The ground with the object's shadow, which fades before the border (3, S, S)."""
        size = self.light.shape[0]
        within = _within(size / 2, size, size, size)
        darker = evened((1 - self.light)[None, None])[0] * torch.outer(within, within)  # (1, S, S); a shadow is soft
        return self.picture.new_tensor(ground).div(255).view(3, 1, 1) * (1 - darker)


def _tensor(image: Image.Image) -> Tensor:
    """(3, H, W) in [0, 1]."""
    return torch.from_numpy(np.array(image)).permute(2, 0, 1).float().div(255)


def _image(picture: Tensor) -> Image.Image:
    return Image.fromarray(picture.clamp(0.0, 1.0).mul(255).round().to(torch.uint8).permute(1, 2, 0).numpy())


def _within(middle: float, side: float, length: int, size: int) -> Tensor:
    """Which pixels of a part of so many lie on an image of that ``length``, (S,), from 0 beyond it to 1 where a tenth of the part lies between."""
    places = middle + ((torch.arange(size) + 0.5) / size - 0.5) * side
    return (torch.minimum(places, length - places) / (FADE * side)).clamp(0.0, 1.0)


class Cutter:
    """Looks at the whole picture, and then more closely at what it found."""

    def __init__(self, network: MattingNetwork):
        self.network = network.eval()

    def matte(self, image: Image.Image, square: tuple[float, float, float]) -> Matte:
        """Of a square part of an RGB image, its middle and side in pixels."""
        size = self.network.config.size
        picture = _tensor(square_part(image, *square, size))  # (3, S, S)
        with torch.inference_mode():
            alpha, light = self.network(picture[None]).sigmoid()[0]  # (S, S) each
        there = torch.outer(*(_within(middle, square[2], length, size) for middle, length in ((square[1], image.height), (square[0], image.width))))
        return Matte(square, picture, alpha * (there > 0), 1 - (1 - light) * there)  # beyond the image there is nothing

    def find(self, image: Image.Image) -> Matte | None:
        """That of the object in an RGB image, framed as in a training render. None where none is seen, or not surely."""
        matte = self.matte(image, (image.width / 2, image.height / 2, float(max(image.size))))
        for _ in range(CLOSER):
            if matte.box is None:
                return None
            x, y, side = matte.square
            pixel = side / self.network.config.size
            box = (start + pixel * place for start, place in zip(2 * (x - side / 2, y - side / 2), matte.box))
            matte = self.matte(image, object_square(*box))
        return matte if matte.sure >= SURE else None


def load(folder: str | os.PathLike) -> Cutter:
    """One with these weights. WeightsError, which names the remedy, if they cannot be used."""
    return Cutter(photo_networks.load(folder, KIND, _make))


def usable() -> bool:
    """Whether its weights are on this machine, and whole."""
    return _bundled.network() is not None


def find_object(image: Image.Image) -> Matte | None:
    """As Cutter.find(), of an image of any mode, by the bundled weights; None where there are none."""
    network = _bundled.network()
    return None if network is None else Cutter(network).find(image.convert("RGB"))


def _make(config: dict) -> MattingNetwork:
    return MattingNetwork(MattingConfig(**config))


_bundled = photo_networks.Bundled(NAME, KIND, _make)
