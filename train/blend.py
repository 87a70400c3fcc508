"""After flow: from which of a photograph and its mirror image each pixel of a view between them is taken (../dcign/view_blending.py).

    python -m train blend faces --from weights/faces --first-shard 240 --shards 6 -o runs/faces-blend

Nothing else learns. Pictures are encoded, and both moved to the views of others of their mini-batch, as the app does it; what is
real is drawn less well and read less surely, so codes are altered as in flow's lessons (flow_examples.py).

Shape legend: N views, H = W pixels, L latents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from dcign import mirror_image
from dcign.fading import wrapped
from dcign.graphics_code import GraphicsCode
from dcign.moved_shares import Shares
from dcign.networks import DCIGN
from dcign.offsets import trust
from dcign.own_picture import LEAST, REACH, Asked, blended
from dcign.relighting import with_picture
from dcign.studio import Studio
from dcign.view_blending import Side
from train.flow import decibels, picture_loss
from train.flow_examples import Example, FlowPlan, heard, mistakes, target
from train.flow_pictures import in_colours
from train.part_learner import PartLearner
from train.pool import Pool
from train.presets import TrainConfig

STILL = 0.05  # how much of a view may be the picture in its place


@dataclass(frozen=True)
class BlendPlan:
    """How it is learned; ``flow``: how codes are altered, and all else that is as in flow's lessons."""

    width: int = 40  # NetworkConfig.blend_width
    pairs: int = 20_000  # new views
    flow: FlowPlan = FlowPlan(sources=0)  # no renders: they are not blended

    def told(self, seen: int, examples: Sequence[Example]) -> dict[str, int]:
        """For the card: what was learned from, after that many new views."""
        return {"new_views": seen, "photographs": len(examples)}


@dataclass(frozen=True, eq=False)
class Views:
    """Both sides of N views, what is drawn of them (N, 3, H, W) and as it is shown, their latents (N, L), how far each side is trusted
    in each, and the true views (N, 3, H, W)."""

    first: Side
    second: Side
    drawn: Tensor
    sharp: Tensor
    latents: Tensor
    shares: list[Shares]
    targets: Tensor

    def shown(self, rather: Tensor) -> Tensor:
        """What the app shows (N, 3, H, W), where these are the odds of the second side (N, 1, H, W)."""
        parts = zip(self.sharp.split(1), self.shares, _each(self.first), _each(self.second), rather.split(1))
        return torch.cat([blended(*part) for part in parts])


def _each(side: Side) -> Iterator[Side]:
    return (Side(*parts) for parts in zip(side.shown.split(1), side.known.split(1), side.latents.split(1)))


def views(studio: Studio, pool: Pool, examples: list[Example], plan: BlendPlan, count: int) -> Iterator[Views]:
    """What is learned from, step by step. ValueError if nothing lies between a picture and its mirror image."""
    among = usable(examples)
    if not among:
        raise ValueError("These shards have no views between photographs and their mirror images: render more of them.")
    for number in range(count):
        rng, found = np.random.default_rng([plan.flow.seed, number]), []
        while len(found) < plan.flow.sources_a_step * plan.flow.views:  # of some sources few views lie between
            with torch.no_grad():
                found += _of_one(studio, pool, among, plan, rng)
        asked, trusted, sides, targets = zip(*found[:plan.flow.sources_a_step * plan.flow.views])
        first, second = (Side(*(torch.cat([getattr(side, part) for side in some]) for part in ("shown", "known", "latents")))
                         for some in zip(*sides))
        yield Views(first, second, torch.stack([one.new.picture for one in asked]), torch.stack([one.sharp for one in asked]),
                    torch.cat([one.new.latents for one in asked]), list(trusted),
                    torch.from_numpy(np.stack(targets)).to(studio.device).permute(0, 3, 1, 2).contiguous())


def _of_one(studio: Studio, pool: Pool, among: list[Example], plan: BlendPlan,
            rng: np.random.Generator) -> list[tuple[Asked, Shares, tuple[Side, Side], np.ndarray]]:
    """Views of one source: what is asked for, its two sides and how far they are trusted, and the true picture float32 (H, W, 3) in [0, 1]."""
    example, other = (among[rng.integers(len(among))] for _ in range(2))
    example = mistakes(studio, example, other, plan.flow, rng).example(example)
    power = np.exp(plan.flow.colours * rng.standard_normal(3) * (rng.random() < plan.flow.recoloured)).astype(np.float32)
    code = with_picture(example.code, np.rint(255 * in_colours(example.code.pixels, power)).astype(np.uint8), own_ground=True)
    chosen = rng.permutation(np.flatnonzero(between(code, example.degrees)))[:plan.flow.views]
    if not len(chosen):  # where the view is misread
        return []
    asked = studio.views([code] * len(chosen), [heard(studio, example, int(which), bool(rng.random() < 0.5)) for which in chosen])
    found = []
    for view, which in zip(asked, chosen):
        view, trusted, *sides = studio.sides(view)
        if None not in sides:  # the app goes no further than the range
            found.append((view, trusted, tuple(sides), in_colours(target(studio, pool, example, int(which)), power)))
    return found


def usable(examples: list[Example]) -> list[Example]:
    """Photographs with views between."""
    return [example for example in examples if example.factor == "azimuth" and example.photograph is not None
            and between(example.code, example.degrees).any()]


def between(code: GraphicsCode, degrees: np.ndarray) -> np.ndarray:
    """At which of these degrees of azimuth (V,) both a photograph and its mirror image are looked at, and hardly the picture as it
    stays in its place."""
    found = []
    for away in ({"azimuth": wrapped(float(one) - code.azimuth)} for one in degrees):
        found.append(min(mirror_image.window(code, away)) >= LEAST and trust(away, REACH) < STILL)
    return np.array(found, bool)


def learn(studio: Studio, network: DCIGN, pool: Pool, examples: list[Example], config: TrainConfig, plan: BlendPlan = BlendPlan(),
          save: Callable[[int], object] = lambda seen: None, save_every: float = 300.0) -> None:
    """Teach ``network.flow.blending``, in place; its running average is what stays. ``save`` is called now and then, and at the end,
    with the average in place and the number of new views so far."""
    each, generator = plan.flow.sources_a_step * plan.flow.views, torch.Generator().manual_seed(plan.flow.seed)
    learner = PartLearner(network.flow.blending, plan.flow, max(1, plan.pairs // each), config.weight_decay)
    between_both = views(studio.quick(), pool, examples, plan, learner.steps)
    for step, bar in learner.lesson(between_both, each, "blend", save, save_every):
        with torch.autocast(studio.device.type, torch.bfloat16):
            shown = step.shown(learner.learning(step.first, step.second, step.drawn, step.latents))
            corners = torch.randint(7, (plan.flow.sources_a_step, 2), generator=generator)
            loss = picture_loss(shown, step.targets, config, plan.flow, network.encoder, corners)
        learner.step(loss)
        bar.set_postfix(decibels(step.targets, blended=shown.detach(), picture=step.first.shown, mirrored=step.second.shown,
                                 drawn=step.sharp), refresh=False)


def with_blending(network: DCIGN, width: int, seed: int) -> DCIGN:
    """The same network with a blending that has learned nothing yet; as it is where it has one of that width."""
    if network.config.blend_width == width:
        return network
    torch.manual_seed(seed)
    whole = DCIGN(replace(network.config, blend_width=width))
    whole.load_state_dict({key: value for key, value in network.state_dict().items() if not key.startswith("flow.blending.")}, strict=False)
    return whole.to(memory_format=torch.channels_last).eval().requires_grad_(False)
