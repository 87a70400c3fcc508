"""What flow is learned from (flow.py): encoded pictures, and where others of their mini-batches show the same.

Of the mini-batches in which azimuth or elevation varies some pictures are encoded as the app does it, once: as they are, and
refined; and as photographs (flow_pictures.py), refined too if they are of faces. Where the factor should be moved to, the encoder's reading of the other
picture says; where each pixel was seen in the given one, the depth of the renders (correspondence.py): pictures alone do not tell that
of eyes that are further from where they were than they are large.

Shape legend: K pictures in a mini-batch, V others of a picture, S pixels of which every EVERY-th row and column is asked,
s = S / EVERY; L latents, g of a factor, P places in the decoder.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from dcign import mirror_image
from dcign.controls import Heard
from dcign.fading import wrapped
from dcign.graphics_code import GraphicsCode
from dcign.photos import Prepared
from dcign.studio import Studio
from train.camera import Rig
from train.correspondence import Seen, ground_of, in_crop, own_places, places, scenes_of
from train.flow_pictures import as_photograph, crop_in, mask_in
from train.pool import Pool
from train.scenes import STAGES

FACTORS = ("azimuth", "elevation")  # light moves no pixel


@dataclass(frozen=True)
class FlowPlan:
    """How flow is learned."""

    width: int = 80  # NetworkConfig.flow_width
    pairs: int = 60_000  # new views
    sources: int = 2  # pictures of each mini-batch that others are made of
    photographs: int = 4  # and of these as photographs, which of objects are sooner encoded
    photographed: float = 0.5  # their share in what is learned from
    strange: float = 1.0  # of a photograph's identity, at most, in which its code is another's: real ones, as read by one pass, are drawn no better; refined, as faces are, half as wrong
    unlike: float = 0.5  # the same of a render's, in every other one: what is real is drawn no nearer, on the same ground
    misread: float = 4.0  # degrees, the deviation of what a photograph's view is taken for: of real ones that is less sure too
    sources_a_step: int = 8
    views: int = 4  # of each of them
    turned: float = 0.5  # the share of azimuth
    mirrored: float = 0.5  # and of that, how much is learned from mirror images
    least: float = 2.0  # degrees; of nearer views there is nothing to learn
    near: float = 20.0  # degrees beyond which a view is learned from the less often the further away it lies
    rate: float = 1.5e-3
    first_steps: int = 50  # of a rising rate
    average: float = 0.998  # how slowly the weights that are kept follow
    floor: float = 1e-3  # mean squared error below which a picture is good enough
    alone: float = 0.25  # weight of the picture's pixels alone, first and mended: what flow is held to where shares are small
    features: float = 2.0  # weight of what the encoder sees of the error: to pixels two faint noses are nearer than one beside its place
    geometry: float = 0.5  # weight of how far both flows are from the true one, in pixels
    unsure: float = 0.5  # pixels that flow may be off
    recoloured: float = 0.5  # the share of sources with other colours than were drawn
    colours: float = 0.15  # deviation of the logarithm of each channel's power
    seed: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.photographed <= 1:
            raise ValueError(f"--photographed is a share from 0 to 1, not {self.photographed:g}.")
        if not 0 <= self.strange <= 1:
            raise ValueError(f"--strange is a share from 0 to 1, not {self.strange:g}.")
        if not self.rate > 0:
            raise ValueError(f"the rate of learning is more than 0, not {self.rate:g}.")

    def told(self, seen: int, examples: Sequence[Example]) -> dict[str, int | float | bool]:
        """For the card: what was learned from, after that many new views."""
        count = sum(example.photograph is not None for example in examples)
        renders, photographs = (len(examples) - count) * (self.photographed < 1), count * (self.photographed > 0)
        return {"new_views": seen, "pictures": renders + photographs, "photographs": photographs,
                "strange": self.strange if photographs else 0.0, "unlike": self.unlike if renders else 0.0, "depth": True,
                "features": self.features, "mirrored": self.mirrored}


@dataclass(frozen=True, eq=False)
class Example:
    """A picture that was encoded, its place in its mini-batch, and the other pictures there: their places (V,), the degrees (V,)
    that the encoder reads in them, and the latents of the factor (V, g). ``photograph`` is its number, None for a render."""

    code: GraphicsCode
    factor: str
    mini_batch: int
    place: int
    places: np.ndarray
    degrees: np.ndarray
    latents: np.ndarray
    photograph: int | None


@dataclass(frozen=True, eq=False)
class Scenes:
    """What is seen of mini-batches, by their places in the pool."""

    seen: Mapping[int, Sequence[Seen]]
    rig: Rig

    @classmethod
    def of(cls, name: str, assets_folder, pool: Pool, mini_batches: Collection[int], size: int, workers: int,
           progress: Callable[[int], object] = lambda count: None) -> Scenes:
        """Render what is seen of these mini-batches of a class, in processes of their own."""
        wanted = sorted(set(mini_batches))
        seen = scenes_of(name, assets_folder, [pool.numbers(index) for index in wanted], size, pool.recipe, workers, progress)
        return cls(dict(zip(wanted, seen)), STAGES[name].rig)

    def flow(self, example: Example, which: int) -> np.ndarray:
        """From each asked pixel of one of an example's others to where the example shows the same: (s, s, 2) pixels, right and
        down; NaN where it does not. Ground of a photograph stays where it is, a render's has no places."""
        views = self.seen[example.mini_batch]
        new, given = views[int(example.places[which])], views[example.place]
        found, size = places(new, given, self.rig), len(new.depth)
        if example.photograph is not None:
            found = in_crop(found, ground_of(new) & ground_of(given), crop_in(example.photograph), size)
        return found - own_places(size)


def collect(studio: Studio, pool: Pool, plan: FlowPlan, most: int | None = None, progress: Callable[[int], object] = lambda count: None,
            factors: Sequence[str] = FACTORS) -> list[Example]:
    """Encode pictures of all mini-batches in which one of these factors varies, or of ``most`` of each factor. Raises ValueError if
    there are none of a factor, of photographs or, where the plan has them, of renders."""
    rng, found = np.random.default_rng(plan.seed), []
    for factor in factors:
        chosen = np.flatnonzero(pool.factors == pool.recipe.factors.index(factor))
        chosen = [int(index) for index in rng.permutation(chosen)[:most]]
        before = len(found)
        for start in range(0, len(chosen), 8):
            found += _examples(studio, pool, factor, chosen[start:start + 8], plan, rng)
            progress(len(chosen[start:start + 8]))
        if len({example.photograph is None for example in found[before:]}) < 1 + (plan.sources > 0):  # both are learned from
            raise ValueError(f"These shards have no views to turn {factor} to: render more of them.")
    return found


def _examples(studio: Studio, pool: Pool, factor: str, mini_batches: list[int], plan: FlowPlan,
              rng: np.random.Generator) -> list[Example]:
    shown = [pool.mini_batch(index)[0] for index in mini_batches]  # (K, H, W, 4) each
    group, curve = studio.layout.slice(factor), studio.calibrations[factor]
    means = [np.stack([code.latents for code in studio.encode_many([_prepared(picture) for picture in pictures[..., :3]], False)])
             for pictures in shown]  # (K, L) each
    degrees = [curve.estimate(rows[:, group]) for rows in means]  # (K,) each

    def some(count: int) -> list[tuple[int, int]]:
        return [(place, int(k)) for place, pictures in enumerate(shown)
                for k in rng.choice(len(pictures), min(count, len(pictures)), replace=False)]

    renders = [(place, k, None) for place, k in some(plan.sources)]
    photographs = [(place, k, int(rng.integers(1 << 31))) for place, k in some(plan.photographs)]
    codes = studio.encode_many([_prepared(shown[place][k][..., :3]) for place, k, _ in renders], True)
    codes += studio.encode_many([_prepared(as_photograph(shown[place][k], number, studio.spec.ground, studio.spec.subject), clean=False)
                                 for place, k, number in photographs])
    examples = []
    for code, (place, k, number) in zip(codes, renders + photographs):
        read = degrees[place]
        away = np.abs(wrapped(read - getattr(code, factor)))
        others = np.flatnonzero((away >= plan.least) & (np.arange(len(read)) != k))
        if len(others) and (number is not None or code.offsets is not None):
            examples.append(Example(code, factor, mini_batches[place], k, others, read[others], means[place][others, group], number))
    return examples


def _prepared(picture: np.ndarray, clean: bool = True) -> Prepared:
    return Prepared(Image.fromarray(np.ascontiguousarray(picture)), True, clean=clean)


def heard(studio: Studio, example: Example, which: int, on_curve: bool) -> Heard:
    """What the decoder hears when the code is asked for one of its others: as the app asks, on the factor's curve; or with the latents
    that were read in that picture, which say more exactly where it is."""
    asked = studio.heard(example.code, {example.factor: float(example.degrees[which])})
    if on_curve:
        return asked
    change = np.zeros_like(asked.latents)
    group = studio.layout.slice(example.factor)
    change[group] = example.latents[which] - asked.latents[group]
    return asked._replace(rows=asked.rows + change, latents=asked.latents + change)


@dataclass(frozen=True, eq=False)
class Mistakes:
    """What the latents of an example's views are off by: ``change`` (L,) in all of them, and where they are taken for views that lie ``by``
    so many degrees away."""

    studio: Studio
    change: np.ndarray
    by: Mapping[str, float]

    def __call__(self, degrees: Mapping[str, float], mirrored: bool = False) -> np.ndarray:
        """(L,), of the view at these degrees; a mirror image's is taken for one on the other side of it."""
        by = dict(self.by)
        if mirrored and by:
            by["azimuth"] = -by["azimuth"]
        return self.change + misread(self.studio, degrees, by)

    def example(self, example: Example) -> Example:
        """The example with them: what is read of its picture and of the others."""
        code, factor = example.code, example.factor
        read, group = {name: getattr(code, name) for name in FACTORS}, self.studio.layout.slice(factor)
        return replace(
            example, degrees=example.degrees + self.by.get(factor, 0.0),
            latents=np.stack([latents + self(read | {factor: float(degrees)})[group]
                              for latents, degrees in zip(example.latents, example.degrees)]),
            code=replace(code, latents=code.latents + self(read), **{
                name: self.studio.bounded(name, read[name] + by) for name, by in self.by.items()}))


def mistakes(studio: Studio, example: Example, other: Example, plan: FlowPlan, rng: np.random.Generator) -> Mistakes:
    """Those that are made with what is real: some of the identity is the other's; and of a photograph the view is taken for another."""
    change, intrinsic, by = np.zeros(studio.layout.size, np.float32), studio.layout.intrinsic, {}
    share = plan.unlike * max(0.0, 2 * rng.random() - 1)
    if example.photograph is not None:
        share = plan.strange * rng.random()
        by = {factor: plan.misread * rng.standard_normal() for factor in FACTORS}
    change[intrinsic] = share * (other.code.latents - example.code.latents)[intrinsic]
    return Mistakes(studio, change, by)


def misread(studio: Studio, degrees: Mapping[str, float], by: Mapping[str, float]) -> np.ndarray:
    """What latents (L,) change by when a view at these degrees is taken for one that lies so far away."""
    change = np.zeros(studio.layout.size, np.float32)
    for factor, away in by.items():
        there, here = studio.calibrations[factor].beyond([degrees[factor] + away, degrees[factor]])
        change[studio.layout.slice(factor)] = there - here
    return change


def target(studio: Studio, pool: Pool, example: Example, which: int) -> np.ndarray:
    """One of an example's other pictures, uint8 (H, W, 3), shown as the example is."""
    picture = pool.mini_batch(example.mini_batch, int(example.places[which]))[0][0]
    if example.photograph is None:
        return picture[..., :3]
    given = pool.mini_batch(example.mini_batch, example.place)[0][0]
    return as_photograph(picture, example.photograph, studio.spec.ground, studio.spec.subject, given)


def nearer_mirrored(example: Example) -> np.ndarray:
    """Which of an example's others (V,) lie nearer to its mirror image, so that the app makes them of that, or partly; with blending
    (blend.py) it makes others of both, too."""
    if example.factor != "azimuth":
        return np.zeros(len(example.degrees), bool)
    return np.array([mirror_image.share(example.code, {"azimuth": float(degrees - example.code.azimuth)}) > 0 for degrees in example.degrees])


def subjects(studio: Studio, pool: Pool, example: Example, which: int, mirrored: bool) -> np.ndarray:
    """Where a mirrored example that is a photograph and one of its others show the subject, (2, H, W) float32 from 0 to 1: behind that the app
    shows the photograph's own ground, not the mirrored one. Everywhere if it is none."""
    if not mirrored or example.photograph is None:
        return np.ones((2, studio.size, studio.size), np.float32)
    here, there = (mask_in(pool.mini_batch(example.mini_batch, int(place))[0][0], example.photograph, studio.spec.ground)
                   for place in (example.place, example.places[which]))
    return np.stack([here[:, ::-1], there])
