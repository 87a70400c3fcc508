"""The commands that teach weights something more: `python -m train teach`, `flow` and `blend`. All write a weights folder."""

from __future__ import annotations

import argparse
import copy
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from train.options import data_of, pictures_folder

if TYPE_CHECKING:
    from dcign.studio import Studio
    from train.flow_examples import Example, FlowPlan


def run_teach(arguments: argparse.Namespace) -> int:
    """A first lesson in a part of an identity (teach.py)."""
    import torch

    from dcign import checkpoints
    from dcign.graphics_code import CodeLayout
    from train.batches import Rendering
    from train.labels import labels
    from train.presets import PARTS, preset
    from train.scenes import STAGES
    from train.schedule import initial, take_over
    from train.teach import Lesson, Material, check, teach

    name, part = arguments.source, arguments.part
    if part not in PARTS.get(name, {}):
        raise ValueError(f"{name} have no part {part!r} to teach.")
    config, stage, lesson = preset("studio", name), STAGES[name], Lesson(part=part)
    layout = CodeLayout(config.layout)
    check(config.network, layout, lesson)
    weights = checkpoints.load_weights(checkpoints.find(arguments.start))
    if weights.name != name:
        raise ValueError(f"{arguments.start} are weights of {weights.name}, not of {name}.")
    if getattr(weights.network.config, "place_heads", 0):
        raise ValueError(f"{arguments.start} have place attention already: a lesson would take away what it tells.")
    network = initial(config.network, config.seed, torch.device("cpu"))
    take_over(network, weights.network)
    paths = Rendering(pictures_folder(arguments, name), name, config.phases[-1].size, arguments.shards, data_of(arguments), None,
                      config.recipe, first=arguments.first_shard).wait()
    material = Material(tuple(paths), config.recipe, part)
    told = labels(name, data_of(arguments), part, material.every_seed(), lesson.components)
    teach(network, material, told, layout, config.augment, stage.rig.ground, stage.subject, lesson)
    checkpoints.save_weights(arguments.output, network, layout, weights.calibrations, weights.ranges, name=weights.name,
                             circular=weights.circular, ground=weights.ground, framing=weights.framing,
                             training=weights.training | {"lessons": [
                                 *weights.training.get("lessons", ()), {"part": part, "labels": lesson.components}]})
    print(f"weights to go on from in {arguments.output}")
    return 0


def run_flow(arguments: argparse.Namespace) -> int:
    """How a picture's own pixels move (flow.py)."""
    from tqdm import tqdm

    from dcign import checkpoints
    from train.flow import learn, with_flow
    from train.flow_examples import FACTORS, FlowPlan, Scenes

    plan = FlowPlan()
    plan = replace(plan, pairs=arguments.pairs or plan.pairs, rate=plan.rate if arguments.rate is None else arguments.rate)
    if arguments.photographed is not None:
        plan = replace(plan, photographed=arguments.photographed)
    if arguments.strange is not None:
        plan = replace(plan, strange=arguments.strange)
    before = checkpoints.load_weights(checkpoints.find(arguments.flow)) if arguments.flow else None
    if before is not None and before.name != arguments.source:
        raise ValueError(f"{arguments.flow} are weights of {before.name}, not of {arguments.source}.")
    lesson = _Moving(arguments)
    lesson.network = with_flow(lesson.network, plan.width, plan.seed, before and before.network)
    if before is not None:  # its lessons too
        lesson.training = lesson.training | {"flow": before.training.get("flow", ())}
    lesson.training = {key: value for key, value in lesson.training.items() if key != "blending"}
    examples = lesson.encoded(plan, FACTORS)
    wanted = {example.mini_batch for example in examples}
    with tqdm(desc="depth", unit="mini-batches", total=len(wanted)) as bar:
        scenes = Scenes.of(lesson.name, data_of(arguments), lesson.pool, wanted, lesson.network.config.size, os.cpu_count() or 1, bar.update)
    learn(lesson.studio, lesson.network, lesson.pool, examples, scenes, lesson.config, plan,
          lambda seen: lesson.save("flow", plan.told(seen, examples)))
    print(f"weights with flow in {arguments.output}")
    return 0


def run_blend(arguments: argparse.Namespace) -> int:
    """From which of a picture and its mirror image pixels are taken (blend.py)."""
    from train.blend import BlendPlan, learn, usable, with_blending

    plan = BlendPlan()
    plan = replace(plan, pairs=arguments.pairs or plan.pairs, flow=replace(plan.flow, rate=plan.flow.rate if arguments.rate is None else arguments.rate))
    lesson = _Moving(arguments)
    if lesson.network.flow is None:
        raise ValueError(f"{arguments.start} move no pixels: let them learn that first, with `python -m train flow`.")
    lesson.network = with_blending(lesson.network, plan.width, plan.flow.seed)
    examples = usable(lesson.encoded(plan.flow, ["azimuth"]))
    learn(lesson.studio, lesson.network, lesson.pool, examples, lesson.config, plan,
          lambda seen: lesson.save("blending", plan.told(seen, examples)))
    print(f"weights with blending in {arguments.output}")
    return 0


class _Moving:
    """What a lesson in moving pixels begins with, as its command was given: the weights, whose ``network`` may be given what it is to
    learn, and pictures of the studio preset. Raises ValueError for other weights."""

    def __init__(self, arguments: argparse.Namespace):
        import torch

        from dcign import checkpoints
        from dcign.networks import DCIGN
        from train.batches import Rendering
        from train.pool import Pool
        from train.presets import preset

        self.arguments, self.name, self.config = arguments, arguments.source, preset("studio", arguments.source)
        self.weights = checkpoints.load_weights(checkpoints.find(arguments.start))
        if self.weights.name != self.name or not isinstance(self.weights.network, DCIGN):
            raise ValueError(f"{arguments.start} are no weights of {self.name} by the studio preset.")
        torch.set_num_threads(arguments.threads or max(1, torch.get_num_threads()))
        self.network, self.training = self.weights.network, self.weights.training
        paths = Rendering(pictures_folder(arguments, self.name), self.name, self.network.config.size, arguments.shards,
                          data_of(arguments), None, self.config.recipe, first=arguments.first_shard).wait()
        self.pool = Pool(paths, 0, self.config.recipe)

    def encoded(self, plan: FlowPlan, factors: Sequence[str]) -> list[Example]:
        """Pictures of mini-batches in which these vary, encoded."""
        from tqdm import tqdm

        from train.flow_examples import collect

        most, known = self.arguments.mini_batches, self.config.recipe.factors
        counts = (int((self.pool.factors == known.index(factor)).sum()) for factor in factors)
        with tqdm(desc="encoding", unit="mini-batches", total=sum(min(most or count, count) for count in counts)) as bar:
            return collect(self.studio, self.pool, plan, most, bar.update, factors)

    @cached_property
    def studio(self) -> Studio:
        from train.measures.subject import studio_of

        return studio_of(replace(self.weights, network=self.network))

    def save(self, lesson: str, told: Mapping[str, object]) -> None:
        """Write weights whose card tells of one lesson more."""
        from dcign import checkpoints, storage

        weights, whole = self.weights, copy.deepcopy(self.network).cpu()
        storage.round_to_stored(whole)
        lessons = [*self.training.get(lesson, ()), dict(told)]
        checkpoints.save_weights(self.arguments.output, whole, weights.layout, weights.calibrations, weights.ranges, name=self.name,
                                 circular=weights.circular, ground=weights.ground, framing=weights.framing,
                                 directions=weights.directions, training=self.training | {lesson: lessons})
