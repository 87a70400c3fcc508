"""The networks of DC-IGN: an encoder (convolution, max-pool) and a decoder (unpool, convolution).

    network = DCIGN(NetworkConfig())
    mean, log_variance = network.encode(pictures)
    pictures = network.decode(latents)

Shape legend: N pictures, H = W = config.size pixels, L latents, C channels of a level, h = w its pixels, K places in the
decoder that hear the latents: its start and every level.
Pictures are float in [0, 1]. A level is named by its pixels, so that a network of 160 px contains the one of 80 px
under the same names: training may start small and grow (`grow_from`).
"""

from __future__ import annotations

import copy
from collections.abc import Container, Iterator
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dcign.appearance_flow import COARSE, AppearanceFlow
from dcign.block import Block, activate, convolution
from dcign.colour_attention import ColourAttention
from dcign.enlargement import enlarged
from dcign.network_config import NetworkConfig
from dcign.palette import Palette
from dcign.place_attention import PlaceAttention
from dcign.place_modulation import PlaceModulation

__all__ = ["DCIGN", "Block", "Decoder", "Encoder", "NetworkConfig"]


class Encoder(nn.Module):
    """Q(z | x): convolutions and max-pools, then the mean and log-variance of every latent (eq. 1, 2)."""

    def __init__(self, config: NetworkConfig):
        super().__init__()
        self.sizes = config.encoder_sizes[::-1]  # from the picture down
        widths = dict(zip(config.encoder_sizes, config.encoder_widths))
        # the level below the picture's own reads the picture itself: a smaller network's first layer stays valid
        self.entry = self.sizes[1]
        self.read = nn.ModuleDict({str(self.sizes[0]): convolution(3, widths[self.sizes[0]])})
        self.join = nn.ModuleDict()
        for larger, smaller in zip(self.sizes, self.sizes[1:]):
            self.join[str(smaller)] = convolution(widths[larger], widths[smaller])
        self.blocks, self.more_blocks = (nn.ModuleDict({
            str(size): Block(widths[size], config.norm_groups if size <= config.norm_limit else None)
            for size in sizes}) for sizes in (self.sizes[config.plain_levels:-1], config.more_blocks))
        self.posterior = nn.Linear(widths[config.base] * config.base**2, 2 * config.latents)
        # the third level from below: fine enough to tell a seat from the floor, deep enough to know which is which
        self.coloured = self.sizes[max(1, len(self.sizes) - 3)]
        self.colours = None
        if config.colour_heads:
            self.colours = ColourAttention(widths[self.coloured], config.colour_heads, config.latents)
        self.placed = self.sizes[-2]
        self.places = None
        if config.place_heads:
            self.places = PlaceAttention(widths[self.placed], config.place_heads, config.latents)
        nn.init.normal_(self.posterior.weight, 0.0, 0.01)
        nn.init.zeros_(self.posterior.bias)
        with torch.no_grad():  # log-variances start at -4: the decoder hears the mean first
            self.posterior.bias[config.latents:] = -4.0

    def start_as_identities(self, known: Container[str]) -> None:
        """Make every block whose weights are not among those ``known`` hand on what it gets."""
        for name, module in self.named_modules():
            if isinstance(module, Block) and f"{name}.second.weight" not in known:
                nn.init.zeros_(module.second.weight)

    def levels(self, pictures: Tensor, until: int = 0) -> Iterator[tuple[int, Tensor]]:  # (N, 3, H, W)
        """What the levels below the picture's own see, the finest first: their pixels and (N, C, h, w) each.

        ``until``: pixels of the last level that is computed; without it all are.
        """
        x = self.read[str(self.sizes[0])](pictures - 0.5)  # (N, C, H, W)
        for size in self.sizes[1:]:
            if size < until:
                return
            # the activation rises everywhere: after the pool it gives the same values for a quarter of the work
            x = self.join[str(size)](activate(F.max_pool2d(x, 2)))  # (N, C, h, w)
            if str(size) in self.blocks:
                x = self.blocks[str(size)](x)  # (N, C, h, w)
            if str(size) in self.more_blocks:
                x = self.more_blocks[str(size)](x)  # (N, C, h, w)
            yield size, x

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:  # (N, 3, H, W)
        seen = []
        for size, x in self.levels(pictures):  # (N, C, h, w)
            if self.colours is not None and size == self.coloured:
                seen.append(self.colours(pictures, x))  # (N, 2 L)
            if self.places is not None and size == self.placed:
                seen.append(self.places(activate(x)))  # (N, 2 L)
        # contiguous: the order of the flattened values must not depend on the memory format
        posterior = self.posterior(activate(x).contiguous().flatten(1)).float()  # (N, 2 L)
        for shortcut in seen:
            posterior = posterior + shortcut.float()
        mean, log_variance = posterior.chunk(2, 1)  # (N, L) each
        return mean, log_variance.clamp(-12.0, 6.0)


class Decoder(nn.Module):
    """P(x | z): each level unpools (nearest x2) and convolves; the latents steer every level."""

    def __init__(self, config: NetworkConfig):
        super().__init__()
        self.base, self.sizes, self.places = config.base, config.decoder_sizes, 1 + len(config.decoder_sizes)
        widths = dict(zip(self.sizes, config.decoder_widths))
        self.start = nn.Linear(config.latents, widths[config.base] * config.base**2)
        self.blocks = nn.ModuleDict({
            str(s): Block(widths[s], config.norm_groups if s <= config.norm_limit else None, config.latents)
            for s in self.sizes})
        self.narrow = nn.ModuleDict({str(s): convolution(widths[s], widths[2 * s]) for s in self.sizes[:-1]})
        # a head is an unpool and a convolution in phase form: 3 channels x 4 phases on the small grid
        self.heads = nn.ModuleDict({str(s): convolution(widths[s], 12) for s in self.sizes[-config.heads:]})
        self.palettes = nn.ModuleDict({
            size: Palette(widths[int(size)], config.palette, config.latents) for size in self.heads if config.palette})
        # above the start, whose places are too large
        self.modulations = nn.ModuleDict({
            str(s): PlaceModulation(widths[s], config.place_entries, config.latents)
            for s in self.sizes[1:4] if config.place_entries})
        for index, head in enumerate(self.heads.values()):
            head.weight.data.mul_(0.1 if index == 0 else 0.0)

    def forward(self, latents: Tensor, draft: bool = False,
                level: int = 0) -> Tensor | tuple[Tensor, Tensor]:  # (N, L) or (N, K, L)
        first, *others = latents.unbind(1) if latents.ndim == 3 else [latents] * self.places  # (N, L) each
        x = self.start(first.to(self.start.weight.dtype)).unflatten(1, (-1, self.base, self.base))  # (N, C, base, base)
        x = x.contiguous(memory_format=torch.channels_last)
        logits = kept = None
        for size, row in zip(self.sizes, others, strict=True):
            x = self.blocks[str(size)](x, row)  # (N, C, h, w)
            if str(size) in self.modulations:
                x = self.modulations[str(size)](x, row, activate(x))  # (N, C, h, w)
            active = activate(x)  # (N, C, h, w)
            if size == level:
                kept = active
            if str(size) in self.heads:
                fine = self.heads[str(size)](active).contiguous()  # (N, 12, h, w)
                fine = F.pixel_shuffle(fine, 2)  # (N, 3, 2h, 2w)
                if str(size) in self.palettes:
                    fine = fine + enlarged(self.palettes[str(size)](active, row), 2)  # (N, 3, 2h, 2w)
                if draft:
                    return torch.sigmoid(fine.float())  # (N, 3, 2h, 2w)
                if logits is not None:
                    fine = fine + enlarged(logits, 2)  # (N, 3, 2h, 2w)
                logits = fine
            if size != self.sizes[-1]:
                x = F.interpolate(self.narrow[str(size)](active), scale_factor=2)  # (N, C', 2h, 2w)
        pictures = torch.sigmoid(logits.float())  # (N, 3, H, W)
        return (pictures, kept) if level else pictures


class DCIGN(nn.Module):
    """Encoder and decoder of one configuration; all else (sampling, clamping, degrees) lives elsewhere."""

    def __init__(self, config: NetworkConfig):
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)
        self.flow = None
        if config.flow_width:
            channels = dict(zip(config.decoder_sizes, config.decoder_widths))[config.size // COARSE]
            self.flow = AppearanceFlow(channels, config.latents, config.flow_width, config.norm_groups, config.blend_width)

    def encode(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Posterior means and log-variances, (N, L) each, of (N, 3, H, W) pictures in [0, 1]."""
        return self.encoder(pictures)

    @property
    def places(self) -> int:
        """K: how many places in the decoder hear the latents."""
        return self.decoder.places

    def decode(self, latents: Tensor) -> Tensor:
        """Pictures (N, 3, H, W) in [0, 1] of (N, L) latents, or of (N, K, L), a row for every place that hears them."""
        return self.decoder(latents)

    def decode_with_level(self, latents: Tensor) -> tuple[Tensor, Tensor]:
        """What decode() gives, and the decoder's level of an eighth of the pixels (N, C, h, w), which appearance flow reads."""
        return self.decoder(latents, level=self.config.size // COARSE)

    def draft(self, latents: Tensor) -> Tensor:
        """What the coarsest head alone draws of the same: (N, 3, h, w), at half the size where there are two.

        In a third of the time. It starts as the picture of the network that this one has grown from; no term of the
        objective holds it there.
        """
        return self.decoder(latents, draft=True)

    def without_flow(self) -> "DCIGN":
        """The same encoder and decoder alone: to be trained on, after which flow is to be learned anew."""
        bare = copy.deepcopy(self)
        bare.config, bare.flow = replace(self.config, flow_width=0, blend_width=0), None
        return bare

    def grow_from(self, smaller: "DCIGN") -> None:
        """Take over a network of half the pixels (``config.smaller()``): the picture it draws is kept."""
        self.decoder.load_state_dict(smaller.decoder.state_dict(), strict=False)
        old = dict(smaller.encoder.state_dict())
        entry = str(smaller.config.size)
        first = {key: old.pop(f"read.{entry}.{key}") for key in ("weight", "bias")}
        if smaller.encoder.coloured != self.encoder.coloured:  # another level's channels: colours are looked for anew
            old = {key: value for key, value in old.items() if not key.startswith("colours.")}
        self.encoder.load_state_dict(old, strict=False)
        self.encoder.start_as_identities(old)
        _read_through(self.encoder, entry, first["weight"], first["bias"])

    def widen_from(self, narrower: "DCIGN") -> None:
        """Take over a network of the same levels with fewer channels or blocks in its encoder, or without shortcuts:
        every value it computes is kept, but for a trace of what this one reads directly and that one does not. The rest
        starts at random where nobody listens yet. ValueError for one that does not fit.
        """
        if replace(narrower.config, encoder_widths=self.config.encoder_widths, plain_levels=self.config.plain_levels,
                   more_blocks=self.config.more_blocks, **self.config.shortcuts) != self.config:
            raise ValueError("only the encoder's channels and blocks, and the shortcuts, can be widened")
        if any(narrower.config.shortcuts[name] not in (0, self.config.shortcuts[name])
               for name in ("palette", "place_entries")):
            raise ValueError("what pixels choose from cannot be widened: they would choose anew")
        changed = [a != b and size <= self.config.norm_limit for size, a, b in zip(
            self.config.encoder_sizes, self.config.encoder_widths, narrower.config.encoder_widths)]
        old, new = narrower.state_dict(), self.state_dict()
        if any(changed[1:-1]):
            raise ValueError("levels that are normalised cannot be widened: their groups would mix old and new")
        if not set(old) <= set(new) or any(any(a > b for a, b in zip(old[k].shape, new[k].shape)) for k in old):
            raise ValueError("a network can be widened, not narrowed")
        self.encoder.start_as_identities(narrower.encoder.state_dict())
        with torch.no_grad():
            for name, value in old.items():
                whole = new[name]  # shares its memory with the network
                if whole.ndim > 1:
                    whole[:value.shape[0], value.shape[1]:] = 0.0  # old channels do not hear new ones yet
                whole[tuple(slice(length) for length in value.shape)] = value


def _read_through(encoder: Encoder, entry: str, weight: Tensor, bias: Tensor) -> None:
    """Start the new first level so that the old one sees nearly what it saw: the picture, through max-pool."""
    read, join = encoder.read[str(encoder.sizes[0])], encoder.join[entry]
    with torch.no_grad():
        # three channels carry +x and three carry -x (the leaky slope undone), the rest start at random
        read.weight[:6] = 0.0
        read.bias[:6] = 0.0
        for c in range(3):
            read.weight[c, c, 1, 1] = 1.0
            read.weight[c + 3, c, 1, 1] = -1.0
            read.bias[c], read.bias[c + 3] = 0.5, 0.5  # keeps [-0.5, 0.5] on the linear side of the activation
        join.weight.mul_(0.1)
        join.weight[:, :3] = 0.5 * weight
        join.weight[:, 3:6] = -0.5 * weight
        join.bias.copy_(bias)
