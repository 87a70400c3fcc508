"""Train, look and measure.

    python -m train faces --assets FOLDER --minutes 60       (resumes by itself; --fresh starts over)
    python -m train chairs --preset tiny
    python -m train basel --data 01_MorphableModel.mat       (or ict, or meshes: other people's data)
    python -m train measure weights/faces
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from dataclasses import replace
from pathlib import Path

CLASSES = ("faces", "heads", "chairs", "basel", "ict", "meshes", "chairs3d")
WITH_DATA = {"basel": "the Basel Face Model", "ict": "a checkout of ICT-FaceKit", "meshes": "a folder of mesh files",
             "chairs3d": "the renders of \"Seeing 3D chairs\""}


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
        finish(outcome.network.cpu(), config, target, outcome.pictures, _data(arguments), note=arguments.note)
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
    return Start(weights.network, int(weights.training.get("pictures", 0)))


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


def _measure(arguments: argparse.Namespace) -> int:
    from train.measures.report import QUICK, measure

    meshes = arguments.meshes
    if meshes is not None:
        from train.scenes.meshes import MeshFolder

        meshes = MeshFolder(meshes, arguments.up or "y", arguments.front or "z")
    measure(Path(arguments.weights), _data(arguments), QUICK if arguments.quick else arguments.identities,
            arguments.write, arguments.beside, meshes, arguments.backwards,
            Path(arguments.plots) if arguments.plots else None)
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


def parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(prog="python -m train", description=__doc__,
                                   formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = root.add_subparsers(dest="command", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--assets", help="folder of the face asset pack (or DCIGN_FACE_ASSETS)")
    common.add_argument("--data", help="basel: a .mat or .h5 file; ict: a checkout of ICT-FaceKit; meshes: a folder of "
                                       ".ply, .obj and .glb files")
    common.add_argument("--up", help="meshes: which axis points up in the files, such as z (default y)")
    common.add_argument("--front", help="meshes: which axis the front points to, such as --front=-y (default z)")
    common.add_argument("--runs", default="runs", help="where shards, states and logs are kept")
    for name in CLASSES:
        train = commands.add_parser(name, parents=[common], help=f"train on {WITH_DATA.get(name, name)}")
        train.add_argument("--preset", default="studio")
        train.add_argument("--minutes", type=float, help="stop after so long; run again to go on")
        train.add_argument("--pictures", type=int, help="stop when so many have been seen in all; run again to go on")
        train.add_argument("--device", default="auto", help="cpu or cuda (default: cuda where there is one)")
        train.add_argument("--compile", action="store_true", help="compile the networks; pays on a GPU")
        train.add_argument("--workers", type=int, default=1, help="processes that prepare pictures")
        train.add_argument("--renderers", type=int, help="processes that render missing shards")
        train.add_argument("--resume", action="store_true", help="the default; kept for clarity")
        train.add_argument("--fresh", action="store_true", help="start over even if there is a state")
        train.add_argument("--from", dest="start", metavar="WEIGHTS", help="a new run goes on from these weights, at the "
                           "place in the preset that the pictures they have seen put it")
        train.add_argument("--clamp", choices=("mean", "swap", "both"), help="how inactive latents are clamped")
        train.add_argument("--set", dest="settings", nargs="+", default=(), metavar="NAME=VALUE",
                           help="other values of the preset's numbers and words, such as structure=0")
        train.add_argument("--shards", type=int, help="shards of 2,048 rendered pictures")
        train.add_argument("--threads", type=int)
        train.add_argument("--name", help="folder of the run below --runs")
        train.add_argument("--export", action="store_true", help="write weights even if the budget is not reached")
        train.add_argument("--note", default="", help="a sentence for the model card: what the command does not say")
        train.add_argument("-o", "--output", help="where the weights go")
        train.set_defaults(run=_train)
    render = commands.add_parser("render", parents=[common], help="render shards ahead of training")
    render.add_argument("source", choices=CLASSES)
    render.add_argument("--preset", default="studio")
    render.add_argument("--shards", type=int, help="the preset's number by default")
    render.add_argument("--first-shard", type=int, default=0, help="its number; those before it are left out")
    render.add_argument("--renderers", type=int, help="processes, one for each core by default")
    render.set_defaults(run=_render)
    measure = commands.add_parser("measure", parents=[common], help="print the measures of a weights folder")
    measure.add_argument("weights")
    measure.add_argument("--identities", type=int, default=200)
    measure.add_argument("--quick", action="store_true", help="40 identities, for a look in between")
    measure.add_argument("--beside", metavar="WEIGHTS", help="an entangled network to compare with")
    measure.add_argument("--meshes", help="chairs: a folder of mesh files to read azimuth from (with --up and --front)")
    measure.add_argument("--backwards", nargs="*", default=(), metavar="NAME",
                         help="mesh files, without their suffix, whose front points the other way")
    measure.add_argument("--plots", metavar="FOLDER", help="also write plots and sheets of pictures there")
    measure.add_argument("--write", action="store_true", help="also write them into config.json and the model card")
    measure.set_defaults(run=_measure)
    beside = commands.add_parser("beside", parents=[common], help="put an entangled network where the page compares it")
    beside.add_argument("weights", help="such as runs/faces-entangled/weights")
    beside.add_argument("-o", "--output", required=True, help="such as weights/faces/entangled")
    beside.set_defaults(run=_beside)
    probe = commands.add_parser("probe", parents=[common], help="a few measures of runs under way, a line each")
    probe.add_argument("states", nargs="+", metavar="RUN", help="folder of a run, such as runs/faces-studio")
    probe.add_argument("--identities", type=int, default=100)
    probe.set_defaults(run=_probe)
    preview = commands.add_parser("preview", parents=[common], help="a contact sheet of scenes")
    preview.add_argument("source", choices=CLASSES)
    preview.add_argument("--style", help="only this one; the table that is printed names them")
    preview.add_argument("--sweep", choices=("azimuth", "elevation", "light"))
    preview.add_argument("--count", type=int, default=32)
    preview.add_argument("-o", "--output", default="sheet.png")
    preview.set_defaults(run=_preview)
    examples = commands.add_parser("examples", parents=[common], help="the pictures that the demo offers")
    examples.add_argument("weights")
    examples.set_defaults(run=_examples)
    figures = commands.add_parser("figures", parents=[common], help="the README's pictures")
    figures.add_argument("weights")
    figures.add_argument("--beside", nargs="+", default=(), metavar="WEIGHTS", help="draw the same views by these too")
    figures.add_argument("-o", "--output", default="figures")
    figures.set_defaults(run=_figures)
    bench = commands.add_parser("bench", parents=[common], help="speed of drawing scenes, or of a training step")
    bench.add_argument("what", choices=("scenes", "training"))
    bench.add_argument("--seconds", type=float, default=15.0, help="scenes: for each class")
    bench.add_argument("--workers", type=int, help="scenes: processes, one for each core by default")
    bench.add_argument("--source", choices=CLASSES, default="faces", help="training: of which class")
    bench.add_argument("--preset", default="studio")
    bench.add_argument("--threads", type=int)
    bench.add_argument("--device", default="auto")
    bench.add_argument("--compile", action="store_true")
    bench.set_defaults(run=_bench)
    return root


def main(argv: list[str] | None = None) -> int:
    from train.scenes import PackageMissing

    arguments = parser().parse_args(argv)
    try:
        return arguments.run(arguments)
    except (FileNotFoundError, ValueError, PackageMissing) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    from train.memory import restart_with_kept_memory

    restart_with_kept_memory()
    sys.exit(main())
