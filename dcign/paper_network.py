"""The network of the DC-IGN paper as published, layer by layer: grey pictures of 150 px, 200 latents.

    network = PaperNetwork(PaperConfig())              # 4,131,137 parameters
    mean, log_variance = network.encode(pictures)
    pictures = network.decode(latents)

It has the interface of dcign.networks.DCIGN; `network_from_dict` reads the configuration of either. All convolutions
have stride 1 and no padding. Shape legend: N pictures, H = W = 150 pixels, L latents, M = config.maps.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .networks import DCIGN, NetworkConfig

LUMA = (0.299, 0.587, 0.114)  # Rec. 601, the weights of most "convert to grey" functions
OFF = 1e-6  # what a unit that is off puts out, instead of 0
LARGEST = 1024  # of latents and maps: a downloaded configuration must not ask for more memory than there is
SMALLEST = 15  # pixels of the encoder's last and the decoder's first maps


@dataclass(frozen=True)
class PaperConfig:
    """The published values are the defaults; fewer ``maps`` make a small network for tests."""

    latents: int = 200
    maps: int = 96
    # compute "nearest x2, then 7x7 convolution" as four 4x4 convolutions: the same numbers, 3 times fewer operations
    four_phase: bool = True

    def __post_init__(self):
        if not all(type(n) is int and n <= LARGEST for n in (self.latents, self.maps)):
            raise ValueError(f"latents and maps must be whole numbers up to {LARGEST}")
        if self.latents < 1 or self.maps < 4 or self.maps % 4:
            raise ValueError("the paper's network needs at least one latent and a multiple of four maps")

    @property
    def size(self) -> int:
        """Pixels along a side of the pictures."""
        return 150

    def to_dict(self) -> dict:
        return {"kind": "paper"} | asdict(self)

    @staticmethod
    def from_dict(values: dict) -> "PaperConfig":
        """Raises ValueError for an unknown or missing field."""
        names = {field.name for field in fields(PaperConfig)} | {"kind"}
        if set(values) != names or values["kind"] != "paper":
            raise ValueError(f"paper network: fields {sorted(set(values) ^ names)} are unknown or missing")
        return PaperConfig(**{name: value for name, value in values.items() if name != "kind"})


def grey(pictures: Tensor) -> Tensor:
    """(N, 3, H, W) or (N, 1, H, W) to (N, 1, H, W)."""
    if pictures.shape[1] == 1:
        return pictures
    return (pictures * pictures.new_tensor(LUMA)[:, None, None]).sum(1, keepdim=True)


def _threshold(x: Tensor) -> Tensor:
    return F.threshold(x, 0.0, OFF)


class Encoder(nn.Module):
    """Three times convolution 5x5, max-pool 2, threshold; then two linear layers (eq. 1): mean and log-variance."""

    def __init__(self, config: PaperConfig):
        super().__init__()
        maps = config.maps
        self.convolutions = nn.ModuleList(
            nn.Conv2d(inputs, outputs, 5) for inputs, outputs in ((1, maps), (maps, maps // 2), (maps // 2, maps // 4)))
        self.mean = nn.Linear(maps // 4 * SMALLEST**2, config.latents)
        self.log_variance = nn.Linear(maps // 4 * SMALLEST**2, config.latents)
        for layer in (self.mean, self.log_variance):
            nn.init.normal_(layer.weight, 0.0, 0.01)
            nn.init.normal_(layer.bias, 0.0, 0.01)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:  # (N, 1, 150, 150)
        x = pictures
        for convolution in self.convolutions:
            x = _threshold(F.max_pool2d(convolution(x), 2))  # (N, M, 73, 73), (N, M/2, 34, 34), (N, M/4, 15, 15)
        # contiguous: the order of the flattened values must not depend on the memory format
        x = x.contiguous().flatten(1)  # (N, 5400)
        return self.mean(x).float(), self.log_variance(x).float()  # (N, L) each


class UnpoolConvolution(nn.Conv2d):
    """Nearest x2, then a 7x7 convolution: (N, C, h, h) to (N, C', 2h - 6, 2h - 6).

    Output pixel 2i + p reads the unpooled pixels 2i + p .. 2i + p + 6, which are copies of four small ones, i .. i + 3.
    So each of the 2 x 2 phases p is a 4x4 convolution of the small picture whose weights are sums of the 7x7 ones:
    16 instead of 49 multiplications per output.
    """

    def __init__(self, inputs: int, outputs: int, four_phase: bool):
        super().__init__(inputs, outputs, 7)
        self.four_phase = four_phase

    def phase_weights(self) -> Tensor:
        """(C', C, 7, 7) to (4 C', C, 4, 4): all outputs of phase (0, 0), then of (0, 1), (1, 0) and (1, 1)."""
        phases = []
        for top in (0, 1):
            rows = F.pad(self.weight, (0, 0, top, 1 - top)).unflatten(2, (4, 2)).sum(3)  # (C', C, 4, 7)
            phases += [F.pad(rows, (left, 1 - left)).unflatten(3, (4, 2)).sum(4) for left in (0, 1)]  # (C', C, 4, 4)
        return torch.cat(phases)

    def forward(self, x: Tensor) -> Tensor:
        if not self.four_phase:
            return super().forward(F.interpolate(x, scale_factor=2))
        phases = F.conv2d(x, self.phase_weights(), self.bias.repeat(4))  # (N, 4 C', g, g), g = h - 3
        # a pixel shuffle that moves whole runs of channels, as they lie in memory
        apart = phases.permute(0, 2, 3, 1).unflatten(3, (2, 2, -1))  # (N, g, g, 2, 2, C')
        together = apart.transpose(2, 3).flatten(3, 4).flatten(1, 2)  # (N, 2g, 2g, C')
        return together.permute(0, 3, 1, 2)


class Decoder(nn.Module):
    """A linear layer, then four times nearest x2 and convolution 7x7; thresholds between, a sigmoid at the end."""

    def __init__(self, config: PaperConfig):
        super().__init__()
        maps = config.maps
        self.start = nn.Linear(config.latents, maps // 4 * SMALLEST**2)
        self.convolutions = nn.ModuleList(
            UnpoolConvolution(inputs, outputs, config.four_phase)
            for inputs, outputs in ((maps // 4, maps // 2), (maps // 2, maps), (maps, maps), (maps, 1)))

    def forward(self, latents: Tensor) -> Tensor:  # (N, L)
        x = self.start(latents.to(self.start.weight.dtype)).unflatten(1, (-1, SMALLEST, SMALLEST))  # (N, M/4, 15, 15)
        x = x.contiguous(memory_format=torch.channels_last)
        for convolution in self.convolutions:
            x = convolution(_threshold(x))  # (N, M/2, 24, 24), (N, M, 42, 42), (N, M, 78, 78), (N, 1, 150, 150)
        return torch.sigmoid(x if x.dtype == torch.float64 else x.float())  # (N, 1, 150, 150)


class PaperNetwork(nn.Module):
    """Encoder and decoder of the paper. It reads colour as grey and draws grey in three equal channels."""

    flow = None  # nothing of the picture itself is in what it shows

    def __init__(self, config: PaperConfig):
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)

    def encode(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Posterior means and log-variances, (N, L) each, of (N, 3 or 1, 150, 150) pictures in [0, 1]."""
        return self.encoder(grey(pictures))

    def decode(self, latents: Tensor) -> Tensor:
        """Pictures (N, 3, 150, 150) in [0, 1], their channels equal, of (N, L) latents."""
        return self.decoder(latents).expand(-1, 3, -1, -1)


def new_network(config: NetworkConfig | PaperConfig) -> DCIGN | PaperNetwork:
    """A network with fresh weights."""
    return PaperNetwork(config) if isinstance(config, PaperConfig) else DCIGN(config)


def network_from_dict(values: dict) -> DCIGN | PaperNetwork:
    """A network with fresh weights from a stored configuration. Raises ValueError for one that does not fit."""
    return new_network((PaperConfig if "kind" in values else NetworkConfig).from_dict(values))
