"""The commands that teach weights something more: `python -m train teach` and `flow`. Both write a weights folder."""

from __future__ import annotations

import argparse
import copy
import os
from dataclasses import replace

from train.options import data_of, pictures_folder


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
    import torch
    from tqdm import tqdm

    from dcign import checkpoints, storage
    from dcign.networks import DCIGN
    from train.batches import Rendering
    from train.flow import learn, with_flow
    from train.flow_examples import FACTORS, FlowPlan, Scenes, collect
    from train.measures.subject import studio_of
    from train.pool import Pool
    from train.presets import preset

    name, plan = arguments.source, FlowPlan()
    plan = replace(plan, pairs=arguments.pairs or plan.pairs)
    if arguments.photographed is not None:
        plan = replace(plan, photographed=arguments.photographed)
    config = preset("studio", name)
    weights = checkpoints.load_weights(checkpoints.find(arguments.start))
    if weights.name != name or not isinstance(weights.network, DCIGN):
        raise ValueError(f"{arguments.start} are no weights of {name} by the studio preset.")
    torch.set_num_threads(arguments.threads or max(1, torch.get_num_threads()))
    weights = replace(weights, network=with_flow(weights.network, plan.width, plan.seed))
    paths = Rendering(pictures_folder(arguments, name), name, weights.network.config.size, arguments.shards, data_of(arguments), None,
                      config.recipe, first=arguments.first_shard).wait()
    pool, studio = Pool(paths, 0, config.recipe), studio_of(weights)

    def save(seen: int) -> None:
        lessons = [*weights.training.get("flow", ()), plan.told(seen, examples)]
        whole = copy.deepcopy(weights.network).cpu()
        storage.round_to_stored(whole)
        checkpoints.save_weights(arguments.output, whole, weights.layout, weights.calibrations, weights.ranges, name=name,
                                 circular=weights.circular, ground=weights.ground, framing=weights.framing,
                                 directions=weights.directions, training=weights.training | {"flow": lessons})

    with tqdm(desc="encoding", unit="mini-batches", total=sum(
            min(arguments.mini_batches or len(pool), int((pool.factors == config.recipe.factors.index(factor)).sum()))
            for factor in FACTORS)) as bar:
        examples = collect(studio, pool, plan, arguments.mini_batches, bar.update)
    wanted = {example.mini_batch for example in examples}
    with tqdm(desc="depth", unit="mini-batches", total=len(wanted)) as bar:
        scenes = Scenes.of(name, data_of(arguments), pool, wanted, weights.network.config.size, os.cpu_count() or 1, bar.update)
    learn(studio, weights.network, pool, examples, scenes, config, plan, save)
    print(f"weights with flow in {arguments.output}")
    return 0
