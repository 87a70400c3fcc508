"""After training: how the picture's own pixels move when the view turns (../dcign/appearance_flow.py).

    python -m train flow chairs --from weights/chairs --first-shard 124 --shards 24 -o runs/chairs-flow

Encoder and decoder stay as they are. Flow learns to make of a picture the others of its mini-batch (flow_examples.py), and to take
each pixel from where it was seen; and of its mirror image those that are nearer to that (../dcign/mirror_image.py).

Shape legend: M sources, N new views, H = W pixels, s = H / EVERY of which true flow is known, L latents, P places in the decoder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dcign import mirror_image
from dcign.appearance_flow import Moved, Source, sample
from dcign.fading import wrapped
from dcign.networks import DCIGN, Encoder
from dcign.own_picture import unlit
from dcign.relighting import Seen, relit
from dcign.studio import Studio
from train import likelihood
from train.correspondence import EVERY
from train.features import level_errors
from train.flow_examples import FACTORS, Example, FlowPlan, Scenes, heard, mistakes, nearer_mirrored, subjects, target
from train.flow_pictures import in_colours
from train.part_learner import PartLearner
from train.pool import Pool
from train.presets import TrainConfig


@dataclass(frozen=True, eq=False)
class Step:
    """``source`` and what is drawn of the new views, for flow; the new views themselves (N, 3, H, W), where in the source
    every EVERY-th of their pixels was seen, pixels to the right and down (N, 2, s, s), NaN where it was not; and, (N, 1, H, W) from 0 to 1, where
    the source shows the ``subject``, and which pixels of the new views are ``asked`` for wherever flow looks: 1 everywhere, but of mirror images of photographs."""

    source: Source
    drawn: Tensor
    level: Tensor
    latents: Tensor
    targets: Tensor
    flow: Tensor
    subject: Tensor
    asked: Tensor

    def on_ground(self, moved: Moved) -> Moved:
        """The same before the true ground, where flow does not look at the source's subject, as photo_layers.Layers.placed() has it of objects."""
        def before(pictures: Tensor, flow: Tensor) -> Tensor:
            return self.targets.lerp(pictures, torch.maximum(self.asked, sample(self.subject, flow)))

        return replace(moved, picture=before(moved.picture, moved.flow), first=before(moved.first, moved.first_flow),
                       carried=before(moved.carried, moved.flow))


@dataclass(frozen=True, eq=False)
class _Made:
    """A picture (H, W, 3) in [0, 1], the colour of its ground if that is unlit as in the app, the rows and latents that its code is drawn of, and for its mirror image the rows in that one's own
    light, else None; and of each view made of it: rows and latents, the true picture, the true flow, and which pixels are asked for."""

    picture: np.ndarray
    unlit: Sequence[int] | None
    own: list[np.ndarray]
    before: np.ndarray | None
    new: list[list[np.ndarray]]
    targets: list[np.ndarray]
    flows: list[np.ndarray]
    shown: list[np.ndarray]


def steps(studio: Studio, network: DCIGN, pool: Pool, examples: list[Example], scenes: Scenes, plan: FlowPlan,
          count: int) -> Iterator[Step]:
    """What is learned from, step by step; ``scenes`` has all mini-batches of the examples."""
    kinds = {(factor, photographed): [example for example in examples
                                      if example.factor == factor and (example.photograph is not None) == photographed]
             for factor in FACTORS for photographed in (False, True)}
    for number in range(count):
        rng = np.random.default_rng([plan.seed, number])
        made = []
        for _ in range(plan.sources_a_step):
            among = kinds[FACTORS[int(rng.random() > plan.turned)], bool(rng.random() < plan.photographed)]
            made.append(_made(studio, pool, scenes, plan, *(among[rng.integers(len(among))] for _ in range(2)), rng))
        yield _drawn(network, made, plan, studio.device)


def _made(studio: Studio, pool: Pool, scenes: Scenes, plan: FlowPlan, example: Example, other: Example, rng: np.random.Generator) -> _Made:
    """An example, or now and then its mirror image, with views to make of it; the identity of its code is in part the other's."""
    nearer = nearer_mirrored(example)
    mirrored = rng.random() < plan.mirrored and nearer.any()
    view = mirror_image.mirrored(example.code) if mirrored else {}
    wrong = mistakes(studio, example, other, plan, rng)
    read = {factor: getattr(example.code, factor) for factor in FACTORS} | view
    asked = studio.heard(example.code, {"azimuth": read["azimuth"]} if mirrored else {})
    power = np.exp(plan.colours * rng.standard_normal(3) * (rng.random() < plan.recoloured)).astype(np.float32)
    made = _Made(in_colours(example.code.pixels[:, ::-1] if mirrored else example.code.pixels, power),
                 unlit(example.code, studio.spec.subject, studio.spec.ground) if (power == 1).all() else None,
                 [part + wrong(read, mirrored) for part in (asked.rows, asked.latents)],
                 studio.heard(example.code, view).rows + wrong(read, mirrored) if mirrored else None,  # its light is that of the other side
                 [], [], [], [])
    away = np.abs(wrapped(example.degrees - read[example.factor]))
    often = (nearer if mirrored else 1.0) / np.maximum(away, plan.near)
    for which in rng.choice(len(away), plan.views, replace=np.count_nonzero(often) < plan.views, p=often / often.sum()):
        off = wrong(read | {example.factor: float(example.degrees[which])})
        made.new.append([part + off for part in heard(studio, example, int(which), bool(rng.random() < 0.5))[:2]])
        made.targets.append(in_colours(target(studio, pool, example, int(which)), power))
        made.flows.append(np.full((studio.size // EVERY, studio.size // EVERY, 2), np.nan, np.float32) if mirrored
                          else scenes.flow(example, int(which)))
        made.shown.append(subjects(studio, pool, example, int(which), mirrored))
    return made


def _drawn(network: DCIGN, made: list[_Made], plan: FlowPlan, device: torch.device) -> Step:
    """The step of these sources: what the decoder draws of them and of their views."""
    before = {place: one.before for place, one in enumerate(made) if one.before is not None}
    new = [view for one in made for view in one.new]
    # codes of photographed objects have no offsets: then all places hear the same
    rows = [np.broadcast_to(part, (network.places, part.shape[-1]))
            for part in (*(one.own[0] for one in made), *(part for part, _ in new), *before.values())]
    rows, latents = (torch.from_numpy(np.stack(part)).to(device)
                     for part in (rows, [latents for _, latents in (*(one.own for one in made), *new)]))
    with torch.no_grad(), torch.autocast(device.type, torch.bfloat16):
        drawn, levels = network.decode_with_level(rows)
    both = len(latents)
    here, there = ([part[some] for part in (drawn.float(), levels.float(), latents)]
                   for some in (slice(len(made)), slice(len(made), both)))
    given = _tensor([one.picture for one in made], device)  # (M, 3, H, W)
    for place, itself in zip(before, drawn[both:].float()):
        given[place] = relit(Seen.of(given[place], itself, made[place].unlit), here[0][place])
    source = Source(*(part.repeat_interleave(plan.views, 0) for part in (given, *here)))
    targets, flows, shown = ([view for one in made for view in getattr(one, name)] for name in ("targets", "flows", "shown"))
    return Step(source, *there, _tensor(targets, device), _tensor(flows, device),
                *torch.from_numpy(np.stack(shown, 1)).to(device)[:, :, None])


def _tensor(pictures: list[np.ndarray], device: torch.device) -> Tensor:  # (H, W, 3) each, to (N, 3, H, W)
    return torch.from_numpy(np.stack(pictures)).to(device).permute(0, 3, 1, 2).contiguous()


def gaussian(error: Tensor, floor: float) -> Tensor:
    """A Gaussian likelihood of each picture's own variance (N, C, h, w), so that small turns count as large ones do."""
    return 0.5 * error.square().mean((1, 2, 3)).add(floor).log().mean()


def picture_loss(shown: Tensor, targets: Tensor, config: TrainConfig, plan: FlowPlan, encoder: Encoder | None = None,
                 corners: Tensor | None = None) -> Tensor:
    """What the new views miss of the true ones (N, 3, H, W), with the preset's terms for edges and structure; and what an ``encoder``
    sees of that (features.py, with its ``corners``), if there is one."""
    shown = shown.contiguous()
    loss = gaussian(shown - targets, plan.floor) + config.edges * likelihood.laplace_gradients(shown - targets)
    if config.structure:
        loss = loss + config.structure * likelihood.structure(shown, targets)
    if encoder is not None:
        seen = level_errors(encoder, shown, targets, corners)  # (N, C, h, w) each
        loss = loss + plan.features * torch.stack([gaussian(error, plan.floor) for error in seen]).mean()
    return loss


def loss_of(moved: Moved, targets: Tensor, flow: Tensor, config: TrainConfig, plan: FlowPlan, encoder: Encoder | None = None,
            corners: Tensor | None = None) -> Tensor:
    """picture_loss(), what the picture's pixels alone miss, and how far flow is from the true one (N, 2, s, s), in the same way."""
    loss = picture_loss(moved.picture, targets, config, plan, encoder, corners)
    # from coarse to fine: half the pixels first
    loss = loss + plan.alone * (gaussian(F.avg_pool2d(moved.first - targets, 2), plan.floor) + gaussian(moved.carried - targets, plan.floor))
    off = pixels_off(moved.first_flow, flow).add(plan.unsure).log() + pixels_off(moved.flow, flow).add(plan.unsure).log()
    return loss + plan.geometry * off.mean()


def pixels_off(found: Tensor, flow: Tensor) -> Tensor:
    """How many pixels flow (N, 2, H, W) is from the true one (N, 2, s, s) on the average of a picture, (N,); 0 where that is
    known of none."""
    known = flow.isfinite().all(1)  # (N, s, s)
    off = (found[:, :, ::EVERY, ::EVERY] - torch.where(known[:, None], flow, 0.0)).square().sum(1).add(1e-4).sqrt()
    return (off * known).sum((1, 2)) / known.sum((1, 2)).clamp_min(1)


def learn(studio: Studio, network: DCIGN, pool: Pool, examples: list[Example], scenes: Scenes, config: TrainConfig,
          plan: FlowPlan = FlowPlan(), save: Callable[[int], object] = lambda seen: None, save_every: float = 300.0) -> None:
    """Teach ``network.flow``, in place; its running average is what stays. ``save`` is called now and then, and at the end, with
    the average in place and the number of new views so far."""
    each, generator = plan.sources_a_step * plan.views, torch.Generator().manual_seed(plan.seed)
    learner = PartLearner(network.flow, plan, max(1, plan.pairs // each), config.weight_decay)
    views = steps(studio, network, pool, examples, scenes, plan, learner.steps)
    for step, bar in learner.lesson(views, each, "flow", save, save_every):
        with torch.autocast(studio.device.type, torch.bfloat16):
            moved = learner.learning(step.source, step.drawn, step.level, step.latents)
            loss = loss_of(step.on_ground(moved), step.targets, step.flow, config, plan, network.encoder if plan.features else None,
                           torch.randint(7, (plan.sources_a_step, 2), generator=generator))
        learner.step(loss)
        bar.set_postfix(decibels(step.targets, new=moved.picture.detach(), drawn=step.drawn, copied=step.source.picture)
                        | {"px_off": f"{pixels_off(moved.flow.detach(), step.flow).mean():.2f}"}, refresh=False)


def decibels(targets: Tensor, **pictures: Tensor) -> dict[str, str]:
    """How near each of these pictures (N, 3, H, W) are to the targets, for a progress bar."""
    return {name: f"{-10 * (shown - targets).square().mean((1, 2, 3)).clamp_min(1e-6).log10().mean():.2f}" for name, shown in pictures.items()}


def with_flow(network: DCIGN, width: int, seed: int, before: DCIGN | None = None) -> DCIGN:
    """The same network with flow that has learned nothing yet, or where it has flow of that width with that; or with the flow of one
    ``before`` it. Blending, which was learned of the flow before, is left behind. Raises ValueError if that one's flow does not fit."""
    if before is None and network.config.flow_width == width and not network.config.blend_width:
        return network
    torch.manual_seed(seed)
    whole = DCIGN(replace(network.config, flow_width=width, blend_width=0))
    known = network if network.config.flow_width == width else network.without_flow()
    whole.load_state_dict({key: value for key, value in known.state_dict().items() if not key.startswith("flow.blending.")}, strict=False)
    if before is not None:
        known = getattr(before, "flow", None)  # networks as published have none
        flow = {} if known is None else known.state_dict()
        flow = {key: value for key, value in flow.items() if not key.startswith("blending.")}
        shapes = ({key: value.shape for key, value in some.items()} for some in (flow, whole.flow.state_dict()))
        if next(shapes) != next(shapes):
            raise ValueError("the weights to take flow from have none, or one of another size: leave out --flow to begin anew.")
        whole.flow.load_state_dict(flow)
    return whole.to(memory_format=torch.channels_last).eval().requires_grad_(False)
