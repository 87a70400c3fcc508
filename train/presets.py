"""Frozen configurations, one per named preset; the defaults of a part of training (Recipe, AugmentConfig, NetworkConfig) stand beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace

from dcign.networks import NetworkConfig
from dcign.paper_network import PaperConfig
from train.augmentation import AugmentConfig
from train.batches import INTRINSIC, Recipe
from train.scenes import STAGES


@dataclass(frozen=True)
class Phase:
    """A stretch of training at one picture size; the network of the next phase grows from this one's."""

    size: int  # pixels
    pictures: int  # to be seen in this phase
    mini_batches: int  # per step
    rate: float  # learning rate at its peak
    last_rate: float
    refined: int = 0  # steps of refinement that every other mini-batch takes before it is sampled (not with "sgvb")
    features: float = 0.0  # weight of the error that the encoder's own levels see (train/features.py; nor with bernoulli)


@dataclass(frozen=True)
class TrainConfig:
    source: str
    preset: str
    network: NetworkConfig | PaperConfig = NetworkConfig()
    layout: tuple[tuple[str, int], ...] = (("azimuth", 4), ("elevation", 4), ("light", 4), (INTRINSIC, 116))
    procedure: str = "studio"  # or "sgvb", the paper's: objective.sgvb
    clamp: str = "swap"  # or "both", or "mean", the paper's (train/clamp.py); with "sgvb" also "first", the authors'
    # code's: the value of the mini-batch's first picture; or "none"
    clamped: str = "latents"  # the paper's: z, noise and all; or "posterior", the code's: mean and log-variance, with
    # noise drawn afterwards (only with "sgvb")
    invariance: float = 0.01  # factor of (z - mean); only with clamp = "mean" or "first". The code's default is 0; when
    # asked for, it is applied twice, and as it climbs a lower bound with the same sign, it pushes apart
    agreement: float = 4.0  # weight of objective.disagreement() beside the KL term (not with "sgvb")
    free: float = 0.0  # nats of KL and weighted disagreement that a group of latents does not pay for (not with "sgvb")
    kl_reaches: str = "all"  # latents, the paper's (Fig. 1: "for every z_i"); or "active" ones only, the code's
    likelihood: str = "laplace"  # or "gaussian", or "bernoulli", the authors'
    edges: float = 0.5  # weight of the gradient terms beside the pixel term (not with bernoulli)
    variation: float = 0.4  # weight of the error of what varies in a mini-batch (not with bernoulli)
    structure: float = 1.5  # weight of the structural similarity (not with bernoulli)
    decorrelation: float = 3.0  # weight of what the other latents tell of each extrinsic factor (not with "sgvb")
    values: float = 8000.0  # how many values the likelihood counts for, whatever the size (not with bernoulli)
    kl: float = 1.0  # beta of a beta-VAE; 1 - alpha of InfoVAE
    mmd: float = 0.0  # alpha + lambda - 1 of InfoVAE (only with "sgvb")
    kl_warm_up: int = 1000  # steps until the KL term has its full weight
    phases: tuple[Phase, ...] = (Phase(80, 640_000, 6, 5e-4, 1e-4), Phase(160, 150_000, 4, 2.5e-4, 3e-5),
                                 Phase(160, 210_000, 4, 1.5e-4, 1e-5), Phase(160, 200_000, 4, 1.5e-4, 5e-6, refined=2))
    shards: int = 48  # of 2,048 pictures each (or the recipe's number), at the last phase's size
    first_shard: int = 0  # a run that goes on from weights may want others than those have seen
    recipe: Recipe = Recipe()
    mixed: bool = False  # mini-batches of pictures from everywhere instead of one-factor ones
    warm_up: int = 150  # steps at the start of a phase
    optimiser: str = "muon"  # or "rmsprop", as the paper is written, or "adam" (beta 0.9, 0.99), as it was coded
    momentum: float = 0.1  # of rmsprop: the paper's "momentum decay", taken literally. The code's 0.1 is 1 - beta_1
    weight_decay: float = 1e-4  # the paper's is 0.01; the code has none, its 0.01 is 1 - beta_2
    clip: float | None = 10.0  # largest norm of the gradient of the loss, which is divided by ``values``
    ema: float = 0.998
    augment: AugmentConfig | None = AugmentConfig()
    seed: int = 1

    def __post_init__(self) -> None:
        if self.mixed != (self.clamp == "none"):
            raise ValueError("mixed mini-batches go with clamp = none, and only they: choose --preset entangled for both.")
        choices = ("mean", "first", "none") if self.procedure == "sgvb" else ("mean", "swap", "both")
        if self.clamp not in choices:
            raise ValueError(f"{self.clamp!r} is no clamp of the {self.preset} preset: choose {', '.join(choices)}.")

    @property
    def pictures(self) -> int:
        return sum(phase.pictures for phase in self.phases)

    def to_dict(self) -> dict:
        return asdict(self) | {"network": self.network.to_dict()}


POSE = (("azimuth", 4), ("elevation", 4), ("light", 4))
# parts of an identity that a source can vary alone: their latents, and their shares of the mini-batches beside POSE_SHARES
PARTS = {
    "faces": {"shape": (44, 0.13), "texture": (28, 0.10), "expression": (14, 0.16), "hair": (30, 0.09)},
    "heads": {"shape": (50, 0.18), "texture": (30, 0.12), "hair": (36, 0.12)},
    "chairs": {"shape": (84, 0.28), "texture": (32, 0.14)},
}
POSE_SHARES = {"face": (0.22, 0.16, 0.18), "object": (0.22, 0.14, 0.22)}  # azimuth, elevation, light

PAPER_STEPS = 12_000  # "about 12,000 batches", Sec. 4
PAPER_FACES = Recipe(
    per_mini_batch=20, mini_batches=260, photographs=0, grey=True,
    shares=(("azimuth", 1 / 13), ("elevation", 1 / 13), ("light", 1 / 13), (INTRINSIC, 10 / 13)),  # 1:1:1:10 (code:
    # 1:1:1:1, or 1:1:1:16 on request)
    ranges=(("azimuth", (-86.0, 86.0)), ("elevation", (-23.0, 23.0)), ("light", (-80.0, 80.0))))
PLAIN_FACES = replace(PAPER_FACES, setting="paper-faces")  # bald and neutral, as the Basel Face Model's
PAPER_CHAIRS = Recipe(  # 31 azimuths at two elevations under one light; z_1 is azimuth, the rest is not told apart
    per_mini_batch=20, mini_batches=264, photographs=0, grey=True,
    setting="paper-chairs", shares=(("azimuth", 1 / 11), (INTRINSIC, 10 / 11)))


def studio(source: str) -> TrainConfig:
    """What the demo ships: one-factor mini-batches for every part of an identity that the source can vary alone."""
    subject = STAGES[source].subject
    parts = PARTS.get(source, {INTRINSIC: (116, 0.38)})
    shares = dict(zip(("azimuth", "elevation", "light"), POSE_SHARES[subject]))
    config = TrainConfig(
        source, "studio", layout=POSE + tuple((part, latents) for part, (latents, _) in parts.items()),
        recipe=Recipe(shares=tuple((shares | {part: share for part, (_, share) in parts.items()}).items())))
    if subject == "face":
        # small shapes: shortcuts for them, and a phase with the expressions that they brought; then a deeper encoder, and what it
        # sees of the error
        network = replace(config.network, place_heads=24, place_entries=12, more_blocks=(5, 10, 20))
        return replace(config, network=network, free=12.0, decorrelation=0.5,
                       phases=config.phases + (Phase(160, 68_000, 4, 8e-5, 4e-6, refined=2),
                                               Phase(160, 24_000, 4, 1.5e-4, 1e-4, features=2.0),
                                               Phase(160, 44_000, 4, 1e-4, 5e-6, refined=2, features=2.0),
                                               Phase(160, 8_000, 4, 1e-4, 5e-6, refined=2, features=2.0)))
    # chairs cover a fifth of the picture: the median that an absolute error asks for would be an empty one. Theirs are any
    # colours: shortcuts for them, and inputs whose colours hardly differ from their targets'. Little weight for what takes
    # out leakage: there is little, and at 3 the codes' scale grows without need (README.md)
    network = replace(config.network, colour_heads=8, palette=8, place_heads=24, more_blocks=(5, 10, 20))
    return replace(config, network=network, likelihood="gaussian", decorrelation=0.3,
                   phases=config.phases + (Phase(160, 90_000, 4, 1.2e-4, 5e-6, refined=2), Phase(160, 72_000, 4, 2e-4, 1e-4),
                                           Phase(160, 80_000, 4, 1e-4, 5e-6, refined=2),
                                           Phase(160, 24_000, 4, 1e-4, 5e-6, refined=2),
                                           Phase(160, 40_000, 4, 1e-4, 5e-6, refined=2, features=3.0),
                                           Phase(160, 8_000, 4, 1e-4, 5e-6, refined=2, features=2.0),
                                           Phase(160, 44_000, 4, 1.5e-4, 5e-6, refined=2, features=2.0),
                                           Phase(160, 92_000, 4, 2e-4, 4e-6, refined=2, features=2.0)),
                   clamp="both", variation=1.0, augment=replace(config.augment, saturation=0.12, cast=0.03, grey=0.0))


def tiny(source: str) -> TrainConfig:
    """Minutes on a CPU, for tests and first steps."""
    config = studio(source)
    latents = {"azimuth": 4, "elevation": 2, "light": 2}
    parts = [name for name, _ in config.layout if name not in latents]
    latents |= {name: 16 // len(parts) for name in parts}
    network = replace(NetworkConfig.tiny(sum(latents.values()), 40), **config.network.shortcuts)
    return replace(
        config, preset="tiny", network=network, shards=2, free=config.free * sum(latents.values()) / config.network.latents,
        layout=tuple(latents.items()), phases=(Phase(20, 20_000, 8, 2e-3, 1e-3), Phase(40, 20_000, 8, 2e-3, 1e-4)))


def paper(source: str) -> TrainConfig:
    """The paper as it is written, Sec. 3 and 4. Where the authors' code differs, see as_coded()."""
    chairs = STAGES[source].subject == "object"
    return TrainConfig(
        source, "paper",
        network=PaperConfig(),
        layout=(("azimuth", 1), (INTRINSIC, 199)) if chairs
        else (("azimuth", 1), ("elevation", 1), ("light", 1), (INTRINSIC, 197)),  # Fig. 2
        procedure="sgvb", clamp="mean", clamped="latents", invariance=0.01,  # Sec. 3.1, 3.2
        kl_reaches="all", kl=1.0, kl_warm_up=1,
        likelihood="bernoulli",  # not in the paper: the code's
        optimiser="rmsprop", momentum=0.1, weight_decay=0.01, clip=None, ema=0.0, augment=None,
        phases=(Phase(150, 20 * PAPER_STEPS, 1, 5e-4, 5e-4),), warm_up=1,
        shards=20,  # as far as the growing order of pool.py reaches in so many steps: the first ones are seen four times
        recipe=PAPER_CHAIRS if chairs else PAPER_FACES)


def as_coded(config: TrainConfig) -> TrainConfig:
    """The same with the choices of the authors' code in place of the paper's, but for its ratio: see PAPER_FACES."""
    return replace(config, clamp="first", clamped="posterior", invariance=0.0, kl_reaches="active",
                   optimiser="adam", weight_decay=0.0)


def preset(name: str, source: str) -> TrainConfig:
    """The named configuration for a class of things. Raises ValueError for an unknown name."""
    if source == "chairs3d" and name in ("studio", "tiny"):
        raise ValueError("The renders of chairs3d have one light and 62 views: choose --preset paper, paper-as-coded, "
                         "entangled, beta or info.")
    if name == "studio":
        return studio(source)
    if name == "tiny":
        return tiny(source)
    if name == "paper":
        return paper(source)
    if name == "paper-plain":  # the paper's faces too, and not only its network and procedure
        if source != "faces":
            raise ValueError(f"paper-plain takes hair and expressions off faces, and {source} are none: choose paper.")
        # for twice as long: elevation, the least change of the three, is learned last; then a rate that falls, as the paper's
        # does not
        config = paper(source)
        phases = tuple(replace(phase, pictures=2 * phase.pictures) for phase in config.phases)
        last = replace(phases[-1], pictures=30_000, last_rate=0.05 * phases[-1].rate)
        return replace(config, preset=name, recipe=PLAIN_FACES, phases=(*phases, last))
    if name == "paper-as-coded":
        return replace(as_coded(paper(source)), preset=name)
    # the baselines: the same network, pictures, optimiser and budget, but SGVB on mixed mini-batches
    entangled = replace(paper(source), preset=name, clamp="none", mixed=True)
    if name == "entangled":
        return entangled
    if name == "beta":  # Higgins and others 2017
        return replace(entangled, kl=4.0)
    if name == "info":  # Zhao, Song and Ermon 2017, with alpha = 0.9 and lambda = 1000
        return replace(entangled, kl=0.1, mmd=999.9)
    raise ValueError(f"Unknown preset {name!r}: choose paper, paper-plain, paper-as-coded, entangled, beta, "
                     "info, studio or tiny.")


def with_settings(config: TrainConfig, settings: Sequence[str]) -> TrainConfig:
    """Fields of the configuration that are numbers or words, by ``name=value``. Raises ValueError for any other."""
    plain = {field.name: getattr(config, field.name) for field in fields(config)
             if type(getattr(config, field.name)) in (int, float, str) and field.name not in ("source", "preset")}
    changes = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if name not in plain or not equals:
            raise ValueError(f"{setting!r} is no setting: write NAME=VALUE with one of {', '.join(plain)}.")
        try:
            changes[name] = type(plain[name])(value)
        except ValueError:
            raise ValueError(f"{name} is a number such as {plain[name]}, not {value!r}.") from None
    return replace(config, **changes)
