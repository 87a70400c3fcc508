"""Train, look and measure.

    python -m train faces --assets FOLDER --minutes 60       (resumes by itself; --fresh starts over)
    python -m train chairs --preset tiny
    python -m train basel --data 01_MorphableModel.mat       (or ict, meshes or chairs3d: other people's data)
    python -m train measure weights/faces
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import sys
from dataclasses import replace
from pathlib import Path

from train.options import CLASSES, WITH_DATA, parser


def _data(arguments: argparse.Namespace):
    """Where a source finds its data, as open_source() takes it. Raises ValueError for options of another class."""
    name = getattr(arguments, "source", arguments.command)
    if arguments.data is not None and name in CLASSES and name not in WITH_DATA:
        raise ValueError(f"{name} are not drawn from --data: choose {', '.join(WITH_DATA)}.")
    if (arguments.up or arguments.front) and name in CLASSES and name != "meshes":
        raise ValueError(f"--up and --front are for meshes, not for {name}.")
    if arguments.data is None:
        return arguments.assets if name not in WITH_DATA else None
    if arguments.up or arguments.front:
        from train.scenes.meshes import MeshFolder

        return MeshFolder(arguments.data, arguments.up or "y", arguments.front or "z")
    return arguments.data


def _pictures(arguments: argparse.Namespace, name: str) -> Path:
    """Where rendered shards are kept: pictures of named data have a folder of their own for each of them."""
    root = Path(arguments.runs) / "pictures"
    if name not in WITH_DATA or arguments.data is None:
        return root
    path = Path(arguments.data).expanduser().resolve()
    digest = hashlib.sha256(f"{path}|{arguments.up or 'y'}|{arguments.front or 'z'}".encode()).hexdigest()
    return root / f"{path.stem}-{digest[:8]}"


def _train(arguments: argparse.Namespace) -> int:
    import torch
    from tqdm import tqdm

    from train import distributed
    from train.feeder import open_feeder
    from train.finish import finish
    from train.journal import Limits
    from train.loop import fit
    from train.presets import preset, with_settings
    from train.scenes import STAGES, assets, open_source

    name = arguments.command
    if name == "faces" and assets.find(arguments.assets) is None:
        print(f"No face asset pack: training on built-in procedural heads instead. {assets.HOW_TO}", file=sys.stderr)
        name = "heads"
    if name in WITH_DATA:
        open_source(name, _data(arguments))  # what is missing is said before anything is drawn
    config = preset(arguments.preset, name)
    changes = {"clamp": arguments.clamp, "shards": arguments.shards}
    config = replace(config, **{key: value for key, value in changes.items() if value})
    config = with_settings(config, arguments.settings)
    start = _start(arguments.start, name)
    folder = Path(arguments.runs) / (arguments.name or f"{name}-{config.preset}")
    torch.set_num_threads(arguments.threads or max(1, torch.get_num_threads()))
    world = distributed.join(arguments.device)
    stage = STAGES[name]
    with tqdm(total=config.shards * config.recipe.pictures, unit="pictures", desc="rendering", position=1,
              disable=not world.first) as bar:
        feeder = open_feeder(_pictures(arguments, name), config, stage.rig.ground, stage.subject, _data(arguments),
                             arguments.workers, arguments.renderers if world.first else 0, bar.update)
        if world.first and arguments.renderers == 0 and feeder.rendering.missing:
            bar.write(f"{feeder.rendering.missing} of {config.shards} shards are not there: waiting for another process to render "
                      f"them, as --renderers 0 asks (first_shard is {config.first_shard}).", file=sys.stderr)
        try:
            outcome = fit(feeder, config, folder, Limits(arguments.minutes, arguments.pictures),
                          not arguments.fresh, world, arguments.compile, start)
        finally:
            feeder.close()
    distributed.leave()
    if not world.first:
        return 0
    print(f"{outcome.pictures:,} pictures seen; {'finished' if outcome.finished else 'run again to go on'}.")
    if outcome.finished or arguments.export:
        target = Path(arguments.output or folder / "weights")
        finish(outcome.network.cpu(), config, target, outcome.pictures, _data(arguments), note=arguments.note,
               history=outcome.history)
        print(f"weights in {target}")
    return 0


def _start(given: str | None, name: str):
    """What fit() goes on from. Raises FileNotFoundError or ValueError where it cannot."""
    if given is None:
        return None
    from dcign import checkpoints
    from train.loop import Start

    weights = checkpoints.load_weights(checkpoints.find(given))
    if weights.name != name:
        raise ValueError(f"{given} are weights of {weights.name}, not of {name}.")
    told = {key: weights.training[key] for key in ("preset", "pictures", "note", "lessons") if weights.training.get(key)}
    return Start(weights.network, int(weights.training.get("pictures", 0)), (*weights.training.get("history", ()), told))


def _render(arguments: argparse.Namespace) -> int:
    from tqdm import tqdm

    from train.batches import Rendering
    from train.presets import preset

    config = preset(arguments.preset, arguments.source)
    shards = arguments.shards or config.shards
    with tqdm(total=shards * config.recipe.pictures, unit="pictures") as bar:
        Rendering(_pictures(arguments, arguments.source), arguments.source, config.phases[-1].size, shards,
                  _data(arguments), arguments.renderers, config.recipe, bar.update, arguments.first_shard).wait()
    return 0


def _teach(arguments: argparse.Namespace) -> int:
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
    paths = Rendering(_pictures(arguments, name), name, config.phases[-1].size, arguments.shards, _data(arguments), None,
                      config.recipe, first=arguments.first_shard).wait()
    material = Material(tuple(paths), config.recipe, part)
    told = labels(name, _data(arguments), part, material.every_seed(), lesson.components)
    teach(network, material, told, layout, config.augment, stage.rig.ground, stage.subject, lesson)
    checkpoints.save_weights(arguments.output, network, layout, weights.calibrations, weights.ranges, name=weights.name,
                             circular=weights.circular, ground=weights.ground, framing=weights.framing,
                             training=weights.training | {"lessons": [
                                 *weights.training.get("lessons", ()), {"part": part, "labels": lesson.components}]})
    print(f"weights to go on from in {arguments.output}")
    return 0


def _flow(arguments: argparse.Namespace) -> int:
    import torch
    from tqdm import tqdm

    from dcign import checkpoints, storage
    from dcign.networks import DCIGN
    from train.batches import Rendering
    from train.flow import FACTORS, FlowPlan, collect, learn, with_flow
    from train.measures.subject import studio_of
    from train.pool import Pool
    from train.presets import preset

    name, plan = arguments.source, FlowPlan()
    plan = replace(plan, pairs=arguments.pairs or plan.pairs)
    config = preset("studio", name)
    weights = checkpoints.load_weights(checkpoints.find(arguments.start))
    if weights.name != name or not isinstance(weights.network, DCIGN):
        raise ValueError(f"{arguments.start} are no weights of {name} by the studio preset.")
    torch.set_num_threads(arguments.threads or max(1, torch.get_num_threads()))
    weights = replace(weights, network=with_flow(weights.network, plan.width, plan.seed))
    paths = Rendering(_pictures(arguments, name), name, weights.network.config.size, arguments.shards, _data(arguments), None,
                      config.recipe, first=arguments.first_shard).wait()
    pool, studio = Pool(paths, 0, config.recipe), studio_of(weights)
    told = weights.training | {"flow": [*weights.training.get("flow", ()), {"new_views": plan.pairs}]}

    def save() -> None:
        whole = copy.deepcopy(weights.network)
        storage.round_to_stored(whole)
        checkpoints.save_weights(arguments.output, whole, weights.layout, weights.calibrations, weights.ranges, name=name,
                                 circular=weights.circular, ground=weights.ground, framing=weights.framing,
                                 directions=weights.directions, training=told)

    with tqdm(desc="encoding", unit="mini-batches", total=sum(
            min(arguments.mini_batches or len(pool), int((pool.factors == config.recipe.factors.index(factor)).sum()))
            for factor in FACTORS)) as bar:
        examples = collect(studio, pool, plan, arguments.mini_batches, bar.update)
    learn(studio, weights.network, pool, examples, config, plan, save)
    save()
    print(f"weights with flow in {arguments.output}")
    return 0


def _measure(arguments: argparse.Namespace) -> int:
    from train.measures.report import QUICK, measure
    from train.measures.scenery import VALIDATION

    meshes = arguments.meshes
    if meshes is not None:
        from train.scenes.meshes import MeshFolder

        meshes = MeshFolder(meshes, arguments.up or "y", arguments.front or "z")
    # a look in between chooses settings: not by the identities that are reported
    count, first = (QUICK, VALIDATION) if arguments.quick else (arguments.identities, 0)
    measure(Path(arguments.weights), _data(arguments), count, arguments.write, arguments.beside, meshes, arguments.backwards,
            Path(arguments.plots) if arguments.plots else None, arguments.only, first)
    return 0


def _beside(arguments: argparse.Namespace) -> int:
    from train.measures.entangled import write_beside

    print(f"wrote {write_beside(arguments.weights, Path(arguments.output), _data(arguments))}")
    return 0


def _probe(arguments: argparse.Namespace) -> int:
    from train.measures.probe import probes

    probes(arguments.states, _data(arguments), arguments.identities)
    return 0


def _preview(arguments: argparse.Namespace) -> int:
    from train.scenes import open_source
    from train.sheets import preview_scenes, style_table

    preview_scenes(arguments.source, Path(arguments.output), arguments.sweep, arguments.count, _data(arguments),
                   arguments.style)
    print(style_table(open_source(arguments.source, _data(arguments))))
    print(f"wrote {arguments.output}")
    return 0


def _examples(arguments: argparse.Namespace) -> int:
    from train.examples import write_examples
    from train.measures.subject import Subject

    folder = Path(arguments.weights)
    subject = Subject.open(folder, _data(arguments))
    entries = write_examples(subject.source, subject.scenery.stage, folder / "examples")
    print(f"wrote {len(entries)} examples to {folder / 'examples'}")
    return 0


def _figures(arguments: argparse.Namespace) -> int:
    from train.figures import figures

    for path in figures(Path(arguments.weights), Path(arguments.output), _data(arguments), arguments.beside):
        print(f"wrote {path}")
    return 0


def _card(arguments: argparse.Namespace) -> int:
    import json

    from train.card import write_measures
    from train.measures.summary import summary

    folder = Path(arguments.weights)
    config = json.loads((folder / "config.json").read_text())
    if not config.get("measures"):
        raise ValueError(f"{folder} has not been measured: run python -m train measure {folder} --write.")
    if arguments.summary:
        print(summary(config["name"], config["measures"]))
        return 0
    write_measures(folder, config["measures"])
    print(f"wrote {folder / 'README.md'}")
    return 0


def _bench(arguments: argparse.Namespace) -> int:
    import tempfile

    import torch

    from train import bench
    from train.bench_training import training
    from train.distributed import device_named
    from train.scenes import assets

    if arguments.what == "training":
        torch.set_num_threads(arguments.threads or max(1, torch.get_num_threads()))
        with tempfile.TemporaryDirectory() as folder:
            training(arguments.source, arguments.preset, device_named(arguments.device), Path(folder),
                     compiled=arguments.compile)
        return 0
    names = ["heads", "chairs"] if assets.find(arguments.assets) is None else ["faces", "heads", "chairs"]
    bench.scenes(names, arguments.seconds, arguments.assets, workers=arguments.workers)
    return 0


RUN = {"render": _render, "teach": _teach, "flow": _flow, "measure": _measure, "beside": _beside, "probe": _probe, "preview": _preview,
       "examples": _examples, "figures": _figures, "card": _card, "bench": _bench}


def main(argv: list[str] | None = None) -> int:
    from train.scenes import PackageMissing

    arguments = parser(__doc__).parse_args(argv)
    try:
        return RUN.get(arguments.command, _train)(arguments)
    except (FileNotFoundError, ValueError, FloatingPointError, PackageMissing) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    from train.memory import restart_with_kept_memory

    restart_with_kept_memory()
    sys.exit(main())
