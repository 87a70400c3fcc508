"""Frozen configurations, one per named preset; every default of training stands here or in NetworkConfig."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from dcign.networks import NetworkConfig
from train.augment import AugmentConfig


@dataclass(frozen=True)
class Phase:
    """A stretch of training at one picture size; the network of the next phase grows from this one's."""

    size: int  # pixels
    pictures: int  # to be seen in this phase
    mini_batches: int  # per step
    rate: float  # learning rate at its peak
    last_rate: float


@dataclass(frozen=True)
class TrainConfig:
    source: str
    preset: str
    network: NetworkConfig = NetworkConfig()
    layout: tuple[tuple[str, int], ...] = (("azimuth", 4), ("elevation", 4), ("light", 4), ("intrinsic", 116))
    clamp: str = "swap"  # or "mean", the paper's (train/clamp.py)
    invariance: float = 0.01  # factor of (z - mean); only with clamp = "mean"
    likelihood: str = "laplace"  # or "gaussian", or "bernoulli", the authors'
    edges: float = 0.5  # weight of the gradient terms beside the pixel term (not with bernoulli)
    values: float = 8000.0  # how many values the likelihood counts for, whatever the size (not with bernoulli)
    kl: float = 1.0
    kl_warm_up: int = 1000  # steps until the KL term has its full weight
    phases: tuple[Phase, ...] = (Phase(80, 340_000, 6, 5e-4, 6e-5), Phase(160, 55_000, 4, 2.5e-4, 1e-5))
    shards: int = 24  # of 2,048 pictures each, at the last phase's size
    warm_up: int = 150  # steps at the start of a phase
    optimiser: str = "muon"  # or "adam"
    weight_decay: float = 1e-4
    clip: float = 10.0  # largest norm of the gradient of the loss, which is divided by ``values``
    ema: float = 0.998
    augment: AugmentConfig | None = AugmentConfig()
    seed: int = 1

    @property
    def pictures(self) -> int:
        return sum(phase.pictures for phase in self.phases)

    def to_dict(self) -> dict:
        return asdict(self) | {"network": self.network.to_dict()}


def preset(name: str, source: str) -> TrainConfig:
    """The named configuration for a class of things. Raises ValueError for an unknown name."""
    # chairs cover a fifth of the picture: the median that an absolute error asks for would be an empty one
    config = TrainConfig(source, name)
    if source == "chairs":
        config = replace(config, likelihood="gaussian", augment=AugmentConfig(background=0.15))
    if name == "studio":
        return config
    if name == "tiny":
        return replace(
            config, network=NetworkConfig.tiny(24, 40), shards=2,
            layout=(("azimuth", 4), ("elevation", 2), ("light", 2), ("intrinsic", 16)),
            phases=(Phase(20, 20_000, 8, 2e-3, 1e-3), Phase(40, 20_000, 8, 2e-3, 1e-4)))
    raise ValueError(f"Unknown preset {name!r}: choose studio or tiny.")
