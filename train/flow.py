"""After training: how the picture's own pixels move when the view turns (../dcign/appearance_flow.py).

    python -m train flow chairs --from weights/chairs --first-shard 124 --shards 24 -o runs/chairs-flow

Encoder and decoder stay as they are. Of the mini-batches in which azimuth or elevation varies some pictures are encoded as the
app does it, once: as they are, and refined; and as photographs, by one pass. Then flow learns to make the mini-batch's other
pictures of them, shown in the same way (flow_pictures.py), from nothing but these pictures. Where the factor should be moved to,
the encoder's reading of the other picture says.

Shape legend: N new views, K pictures in a mini-batch, H = W pixels, s = H / EVERY of which true flow is known, L latents, g of a
factor, P places in the decoder.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn
from tqdm import tqdm

from dcign.appearance_flow import Moved, Source
from dcign.graphics_code import GraphicsCode
from dcign.networks import DCIGN
from dcign.photos import Prepared
from dcign.studio import Studio
from train import likelihood
from train.camera import Rig
from train.correspondence import EVERY, Seen, ground_of, in_crop, own_places, places, scenes_of
from train.flow_pictures import as_photograph, crop_in, in_colours
from train.optimiser import MuonAdam
from train.pool import Pool
from train.presets import TrainConfig
from train.scenes import STAGES

FACTORS = ("azimuth", "elevation")  # light moves no pixel


@dataclass(frozen=True)
class FlowPlan:
    """How flow is learned."""

    width: int = 80  # NetworkConfig.flow_width
    pairs: int = 60_000  # new views
    sources: int = 2  # pictures of each mini-batch that others are made of
    photographs: int = 4  # and of these as photographs, which are sooner encoded
    photographed: float = 0.5  # their share in what is learned from
    strange: float = 0.5  # of a photograph's identity, at most, in which its code is another's: real ones are read no better
    misread: float = 4.0  # degrees, the deviation of what a photograph's view is taken for: of real ones that is less sure too
    sources_a_step: int = 8
    views: int = 4  # of each of them
    turned: float = 0.4  # the share of azimuth
    least: float = 2.0  # degrees; of nearer views there is nothing to learn
    near: float = 20.0  # degrees: a view that lies 3 times as far away and more is learned from less often
    rate: float = 1.5e-3
    first_steps: int = 50  # of a rising rate
    average: float = 0.998  # how slowly the weights that are kept follow
    floor: float = 1e-3  # mean squared error below which a picture is good enough
    alone: float = 0.25  # weight of the picture's pixels alone, first and mended: what flow is held to where shares are small
    geometry: float = 0.5  # weight of how far both flows are from the true one, in pixels
    unsure: float = 0.5  # pixels that flow may be off
    recoloured: float = 0.5  # the share of sources with other colours than were drawn
    colours: float = 0.15  # deviation of the logarithm of each channel's power
    seed: int = 1


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


def collect(studio: Studio, pool: Pool, plan: FlowPlan, most: int | None = None,
            progress: Callable[[int], object] = lambda count: None) -> list[Example]:
    """Encode pictures of all mini-batches, or of ``most`` of each factor. Raises ValueError if there are none of a factor,
    of renders or of photographs."""
    rng, found = np.random.default_rng(plan.seed), []
    for factor in FACTORS:
        chosen = np.flatnonzero(pool.factors == pool.recipe.factors.index(factor))
        chosen = [int(index) for index in rng.permutation(chosen)[:most]]
        before = len(found)
        for start in range(0, len(chosen), 8):
            found += _examples(studio, pool, factor, chosen[start:start + 8], plan, rng)
            progress(len(chosen[start:start + 8]))
        if len({example.photograph is None for example in found[before:]}) < 2:  # both are learned from
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
    codes += studio.encode_many([_prepared(as_photograph(shown[place][k], number, studio.spec.ground, studio.spec.subject))
                                 for place, k, number in photographs], False)
    examples = []
    for code, (place, k, number) in zip(codes, renders + photographs):
        read = degrees[place]
        away = np.abs((read - getattr(code, factor) + 180) % 360 - 180)
        others = np.flatnonzero((away >= plan.least) & (np.arange(len(read)) != k))
        if len(others) and (number is not None or code.offsets is not None):
            examples.append(Example(code, factor, mini_batches[place], k, others, read[others], means[place][others, group], number))
    return examples


def _prepared(picture: np.ndarray) -> Prepared:
    return Prepared(Image.fromarray(np.ascontiguousarray(picture)), True, clean=True)


def heard(studio: Studio, example: Example, which: int, on_curve: bool) -> tuple[np.ndarray, np.ndarray]:
    """What the decoder hears (P, L), and the latents (L,), when the code is asked for one of its others: as the app asks, on the
    factor's curve; or with the latents that were read in that picture, which say more exactly where it is."""
    asked = studio.heard(example.code, {example.factor: float(example.degrees[which])})
    if on_curve:
        return asked.rows, asked.latents
    change = np.zeros_like(asked.latents)
    group = studio.layout.slice(example.factor)
    change[group] = example.latents[which] - asked.latents[group]
    return asked.rows + change, asked.latents + change


@dataclass(frozen=True, eq=False)
class Step:
    """``source`` and what is drawn of the new views, for flow; the new views themselves (N, 3, H, W), and where in the source
    every EVERY-th of their pixels was seen, pixels to the right and down (N, 2, s, s), NaN where it was not."""

    source: Source
    drawn: Tensor
    level: Tensor
    latents: Tensor
    targets: Tensor
    flow: Tensor


def steps(studio: Studio, network: DCIGN, pool: Pool, examples: list[Example], scenes: Scenes, plan: FlowPlan, count: int) -> Iterator[Step]:
    """What is learned from, step by step; ``scenes`` has all mini-batches of the examples."""
    device = studio.device
    kinds = {(factor, photographed): [example for example in examples
                                      if example.factor == factor and (example.photograph is not None) == photographed]
             for factor in FACTORS for photographed in (False, True)}
    intrinsic = studio.layout.intrinsic
    for number in range(count):
        rng = np.random.default_rng([plan.seed, number])
        own, new, pictures, targets, flows = [], [], [], [], []
        for _ in range(plan.sources_a_step):
            among = kinds[FACTORS[int(rng.random() > plan.turned)], bool(rng.random() < plan.photographed)]
            example, other = (among[rng.integers(len(among))] for _ in range(2))
            change, degrees_off = np.zeros(studio.layout.size, np.float32), dict.fromkeys(FACTORS, 0.0)
            if example.photograph is not None:
                share = plan.strange * rng.random()
                change[intrinsic] = share * (other.code.latents - example.code.latents)[intrinsic]
                degrees_off = {factor: plan.misread * rng.standard_normal() for factor in FACTORS}
            read = {factor: getattr(example.code, factor) for factor in FACTORS}
            asked, wrong = studio.heard(example.code, {}), change + misread(studio, read, degrees_off)
            own.append((asked.rows + wrong, asked.latents + wrong))
            power = np.exp(plan.colours * rng.standard_normal(3) * (rng.random() < plan.recoloured)).astype(np.float32)
            pictures.append(in_colours(example.code.pixels, power))
            away = np.abs((example.degrees - read[example.factor] + 180) % 360 - 180)
            often = 1 / np.maximum(away, plan.near)
            for which in rng.choice(len(away), plan.views, replace=len(away) < plan.views, p=often / often.sum()):
                there = read | {example.factor: float(example.degrees[which])}
                wrong = change + misread(studio, there, degrees_off)
                new.append([part + wrong for part in heard(studio, example, int(which), bool(rng.random() < 0.5))])
                targets.append(in_colours(_target(studio, pool, example, int(which)), power))
                flows.append(scenes.flow(example, int(which)))
        # codes of renders have offsets, those of photographs none: then all places hear the same
        rows = [np.broadcast_to(part, (network.places, part.shape[-1])) for part, _ in (*own, *new)]
        rows, latents = (torch.from_numpy(np.stack(part)).to(device) for part in (rows, [part for _, part in (*own, *new)]))
        with torch.no_grad(), torch.autocast(device.type, torch.bfloat16):
            drawn, levels = network.decode_with_level(rows)
        here, there = ([part[some] for part in (drawn.float(), levels.float(), latents)]
                       for some in (slice(len(own)), slice(len(own), None)))
        source = Source(*(part.repeat_interleave(plan.views, 0) for part in (_tensor(pictures, device), *here)))
        yield Step(source, *there, _tensor(targets, device), _tensor(flows, device))


def misread(studio: Studio, degrees: dict[str, float], by: dict[str, float]) -> np.ndarray:
    """What latents (L,) change by when a view at these degrees is taken for one that lies so far away."""
    change = np.zeros(studio.layout.size, np.float32)
    for factor, away in by.items():
        there, here = studio.calibrations[factor].beyond([degrees[factor] + away, degrees[factor]])
        change[studio.layout.slice(factor)] = there - here
    return change


def _target(studio: Studio, pool: Pool, example: Example, which: int) -> np.ndarray:
    """One of an example's other pictures, uint8 (H, W, 3), shown as the example is."""
    picture = pool.mini_batch(example.mini_batch, int(example.places[which]))[0][0]
    if example.photograph is None:
        return picture[..., :3]
    given = pool.mini_batch(example.mini_batch, example.place)[0][0]
    return as_photograph(picture, example.photograph, studio.spec.ground, studio.spec.subject, given)


def _tensor(pictures: list[np.ndarray], device: torch.device) -> Tensor:  # (H, W, 3) each, to (N, 3, H, W)
    return torch.from_numpy(np.stack(pictures)).to(device).permute(0, 3, 1, 2).contiguous()


def loss_of(moved: Moved, targets: Tensor, flow: Tensor, config: TrainConfig, plan: FlowPlan) -> Tensor:
    """What the new views miss of the true ones (N, 3, H, W): a Gaussian likelihood of each picture's own variance, so that
    small turns count as large ones do, with the preset's terms for edges and structure; and how far flow is from the true one
    (N, 2, s, s), in the same way."""

    def gaussian(picture: Tensor, targets: Tensor) -> Tensor:
        return 0.5 * (picture - targets).square().mean((1, 2, 3)).add(plan.floor).log().mean()

    drawn = moved.picture.contiguous()
    loss = gaussian(drawn, targets) + config.edges * likelihood.laplace_gradients(drawn - targets)
    if config.structure:
        loss = loss + config.structure * likelihood.structure(drawn, targets)
    # from coarse to fine: half the pixels first
    loss = loss + plan.alone * (gaussian(F.avg_pool2d(moved.first, 2), F.avg_pool2d(targets, 2)) + gaussian(moved.carried, targets))
    off = pixels_off(moved.first_flow, flow).add(plan.unsure).log() + pixels_off(moved.flow, flow).add(plan.unsure).log()
    return loss + plan.geometry * off.mean()


def pixels_off(found: Tensor, flow: Tensor) -> Tensor:
    """How many pixels flow (N, 2, H, W) is from the true one (N, 2, s, s) on the average of a picture, (N,); 0 where that is
    known of none."""
    known = flow.isfinite().all(1)  # (N, s, s)
    off = (found[:, :, ::EVERY, ::EVERY] - torch.where(known[:, None], flow, 0.0)).square().sum(1).add(1e-4).sqrt()
    return (off * known).sum((1, 2)) / known.sum((1, 2)).clamp_min(1)


def learn(studio: Studio, network: DCIGN, pool: Pool, examples: list[Example], scenes: Scenes, config: TrainConfig, plan: FlowPlan = FlowPlan(),
          save: Callable[[int], object] = lambda seen: None, save_every: float = 300.0) -> None:
    """Teach ``network.flow``, in place; its running average is what stays. ``save`` is called now and then, and at the end, with
    the average in place and the number of new views so far."""
    learner = copy.deepcopy(network.flow).requires_grad_(True).train()
    optimiser = MuonAdam(learner, lr=1.0, weight_decay=config.weight_decay)
    each = plan.sources_a_step * plan.views
    count, saved = max(1, plan.pairs // each), time.monotonic()
    with tqdm(total=count * each, unit="views", desc="flow") as bar:
        for number, step in enumerate(steps(studio, network, pool, examples, scenes, plan, count)):
            rate = plan.rate * min(1.0, (number + 1) / plan.first_steps) * (0.02 + 0.49 * (1 + math.cos(math.pi * number / count)))
            for group in optimiser.param_groups:
                group["lr"] = rate
            with torch.autocast(studio.device.type, torch.bfloat16):
                moved = learner(step.source, step.drawn, step.level, step.latents)
                loss = loss_of(moved, step.targets, step.flow, config, plan)
            if not torch.isfinite(loss):
                raise FloatingPointError(f"The loss is {float(loss)} at step {number}: choose a lower rate.")
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(learner.parameters(), 1.0)
            optimiser.step()
            decay = min(plan.average, (1 + number) / (10 + number))
            with torch.no_grad():
                torch._foreach_lerp_(list(network.flow.parameters()), list(learner.parameters()), 1 - decay)
            bar.update(each)
            bar.set_postfix(_decibels(moved.picture.detach(), step)
                            | {"px_off": f"{pixels_off(moved.flow.detach(), step.flow).mean():.2f}"}, refresh=False)
            if time.monotonic() - saved > save_every:
                save((number + 1) * each)
                saved = time.monotonic()
    save(count * each)


def _decibels(shown: Tensor, step: Step) -> dict[str, str]:
    def psnr(pictures: Tensor) -> str:
        return f"{-10 * (pictures - step.targets).square().mean((1, 2, 3)).clamp_min(1e-6).log10().mean():.2f}"

    return {"new": psnr(shown), "drawn": psnr(step.drawn), "copied": psnr(step.source.picture)}


def with_flow(network: DCIGN, width: int, seed: int) -> DCIGN:
    """The same network with flow that has learned nothing yet; as it is where it has flow of that width."""
    if network.config.flow_width == width:
        return network
    torch.manual_seed(seed)
    whole = DCIGN(replace(network.config, flow_width=width))
    whole.load_state_dict(network.without_flow().state_dict(), strict=False)
    return whole.to(memory_format=torch.channels_last).eval().requires_grad_(False)
