"""Train, look and measure.

    python -m train faces --assets FOLDER --minutes 60       (resumes by itself; --fresh starts over)
    python -m train chairs --preset tiny
    python -m train basel --data 01_MorphableModel.mat       (or ict, meshes or chairs3d: other people's data)
    python -m train measure weights/faces
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from train import lessons, photo_networks
from train.options import WITH_DATA, data_of, parser, pictures_folder


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
        open_source(name, data_of(arguments))  # what is missing is said before anything is drawn
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
        feeder = open_feeder(pictures_folder(arguments, name), config, stage.rig.ground, stage.subject, data_of(arguments),
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
        finish(outcome.network.cpu(), config, target, outcome.pictures, data_of(arguments), note=arguments.note,
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
        Rendering(pictures_folder(arguments, arguments.source), arguments.source, config.phases[-1].size, shards,
                  data_of(arguments), arguments.renderers, config.recipe, bar.update, arguments.first_shard).wait()
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
    measure(Path(arguments.weights), data_of(arguments), count, arguments.write, arguments.beside, meshes, arguments.backwards,
            Path(arguments.plots) if arguments.plots else None, arguments.only, first)
    return 0


def _beside(arguments: argparse.Namespace) -> int:
    from train.measures.entangled import write_beside

    print(f"wrote {write_beside(arguments.weights, Path(arguments.output), data_of(arguments))}")
    return 0


def _probe(arguments: argparse.Namespace) -> int:
    from train.measures.probe import probes

    probes(arguments.states, data_of(arguments), arguments.identities)
    return 0


def _preview(arguments: argparse.Namespace) -> int:
    from train.scenes import open_source
    from train.sheets import preview_scenes, style_table

    preview_scenes(arguments.source, Path(arguments.output), arguments.sweep, arguments.count, data_of(arguments),
                   arguments.style)
    print(style_table(open_source(arguments.source, data_of(arguments))))
    print(f"wrote {arguments.output}")
    return 0


def _examples(arguments: argparse.Namespace) -> int:
    from train.examples import write_examples
    from train.measures.subject import Subject

    folder = Path(arguments.weights)
    subject = Subject.open(folder, data_of(arguments))
    entries = write_examples(subject.source, subject.scenery.stage, folder / "examples")
    print(f"wrote {len(entries)} examples to {folder / 'examples'}")
    return 0


def _figures(arguments: argparse.Namespace) -> int:
    from train.figures import figures

    for path in figures(Path(arguments.weights), Path(arguments.output), data_of(arguments), arguments.beside):
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


RUN = {"render": _render, "teach": lessons.run_teach, "flow": lessons.run_flow, "blend": lessons.run_blend, "framing": photo_networks.run_framing,
       "matting": photo_networks.run_matting, "measure": _measure, "beside": _beside, "probe": _probe, "preview": _preview,
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
