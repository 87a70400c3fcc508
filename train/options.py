"""The command line of `python -m train`: commands, their options, and what several of them mean."""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

CLASSES = ("faces", "heads", "chairs", "basel", "ict", "meshes", "chairs3d")
WITH_DATA = {"basel": "the Basel Face Model", "ict": "a checkout of ICT-FaceKit", "meshes": "a folder of mesh files",
             "chairs3d": "the renders of \"Seeing 3D chairs\""}
PRESETS = ("studio", "tiny", "paper", "paper-plain", "paper-as-coded", "entangled", "beta", "info")


def parser(description: str) -> argparse.ArgumentParser:
    """Of all commands; ``arguments.command`` names the one."""
    root = argparse.ArgumentParser(prog="python -m train", description=description,
                                   formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = root.add_subparsers(dest="command", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--assets", help="folder of the face asset pack (or DCIGN_FACE_ASSETS)")
    common.add_argument("--data", help="basel: a .mat or .h5 file; ict: a checkout of ICT-FaceKit; meshes: a folder of "
                                       ".ply, .obj and .glb files; chairs3d: the folder of renders")
    common.add_argument("--up", help="meshes: which axis points up in the files, such as z (default y)")
    common.add_argument("--front", help="meshes: which axis the front points to, such as --front=-y (default z)")
    common.add_argument("--runs", default="runs", help="where shards, states and logs are kept")
    for name in CLASSES:
        train = commands.add_parser(name, parents=[common], help=f"train on {WITH_DATA.get(name, name)}")
        train.add_argument("--preset", default="studio", help=", ".join(PRESETS) + " (default studio)")
        train.add_argument("--minutes", type=float, help="stop after so long; run again to go on")
        train.add_argument("--pictures", type=int, help="stop when so many have been seen in all; run again to go on")
        train.add_argument("--device", default="auto", help="cpu or cuda (default: cuda where there is one)")
        train.add_argument("--compile", action="store_true", help="compile the networks; pays on a GPU")
        train.add_argument("--workers", type=int, default=1, help="processes that prepare pictures (default 1)")
        train.add_argument("--renderers", type=int, help="processes that render missing shards, one for each core "
                           "by default; with 0 those of another process are waited for")
        train.add_argument("--resume", action="store_true", help="the default; kept for clarity")
        train.add_argument("--fresh", action="store_true", help="start over even if there is a state")
        train.add_argument("--from", dest="start", metavar="WEIGHTS", help="a new run goes on from these weights, at the "
                           "place in the preset that the pictures they have seen put it")
        train.add_argument("--clamp", choices=("mean", "swap", "both"), help="how inactive latents are clamped")
        train.add_argument("--set", dest="settings", nargs="+", action="extend", default=[], metavar="NAME=VALUE",
                           help="other values of the preset's numbers and words, such as structure=0")
        train.add_argument("--shards", type=int, help="shards of 2,048 rendered pictures")
        train.add_argument("--threads", type=int, help="of torch, all cores by default")
        train.add_argument("--name", help="folder of the run below --runs")
        train.add_argument("--export", action="store_true", help="write weights even if the budget is not reached")
        train.add_argument("--note", default="", help="a sentence for the model card: what the command does not say")
        train.add_argument("-o", "--output", help="where the weights go")
    render = commands.add_parser("render", parents=[common], help="render shards ahead of training")
    render.add_argument("source", choices=CLASSES)
    render.add_argument("--preset", default="studio")
    render.add_argument("--shards", type=int, help="the preset's number by default")
    render.add_argument("--first-shard", type=int, default=0, help="its number; those before it are left out")
    render.add_argument("--renderers", type=int, help="processes, one for each core by default")
    teach = commands.add_parser("teach", parents=[common], help="a first lesson in a part of an identity that the weights "
                                "do not draw, from labels")
    teach.add_argument("source", choices=CLASSES)
    teach.add_argument("--from", dest="start", metavar="WEIGHTS", required=True)
    teach.add_argument("--part", default="expression", help="such as expression (default), shape or texture")
    teach.add_argument("--shards", type=int, default=20, help="of the studio preset; rendered where they are missing")
    teach.add_argument("--first-shard", type=int, default=0)
    teach.add_argument("-o", "--output", required=True, help="a folder for weights to go on from (--from)")
    moving = argparse.ArgumentParser(add_help=False)
    moving.add_argument("source", choices=[name for name in CLASSES if name != "chairs3d"])
    moving.add_argument("--from", dest="start", metavar="WEIGHTS", required=True)
    moving.add_argument("--pairs", type=int, help="new views to learn from")
    moving.add_argument("--rate", type=float, help="of learning, at its peak (default 1.5e-3); less where much is known already")
    moving.add_argument("--shards", type=int, default=20, help="of the studio preset; rendered where they are missing")
    moving.add_argument("--first-shard", type=int, default=0)
    moving.add_argument("--mini-batches", type=int, help="of each factor, whose pictures are encoded; all by default")
    moving.add_argument("--threads", type=int, help="of torch, all cores by default")
    moving.add_argument("-o", "--output", required=True, help="a folder for the weights that have learned it")
    flow = commands.add_parser("flow", parents=[common, moving], help="learn how a picture's own pixels move when the view turns")
    flow.add_argument("--flow", metavar="WEIGHTS", help="begin with the flow of these, which it learned of a decoder before this one")
    flow.add_argument("--photographed", type=float, metavar="SHARE", help="of these, how many are learned from photographs, 0 to 1")
    flow.add_argument("--strange", type=float, metavar="SHARE", help="of the identity in a photograph's code, how much is another's at most, 0 to 1 (default 1)")
    commands.add_parser("blend", parents=[common, moving], help="learn from which of a picture and its mirror image pixels are taken, "
                        "after flow")
    for name, classes, shards, does in (("framing", ("faces", "heads", "basel", "ict"), 10, "where in a photograph the head is"),
                                        ("matting", ("chairs", "meshes"), 28, "which pixels of a photograph are the object's")):
        prepares = commands.add_parser(name, parents=[common], help=f"learn {does}: a small network that prepares uploads")
        prepares.add_argument("source", choices=classes)
        prepares.add_argument("--from", dest="start", metavar="WEIGHTS", help="a network of this kind that learns on")
        prepares.add_argument("--pictures", type=int, help="photographs to learn from")
        prepares.add_argument("--rate", type=float, help="of learning, at its peak; less where much is known already")
        prepares.add_argument("--shards", type=int, default=shards, help="of the studio preset, the last for measuring; rendered where they are missing")
        prepares.add_argument("--first-shard", type=int, default=0)
        prepares.add_argument("--threads", type=int, help="of torch, all cores by default")
        prepares.add_argument("-o", "--output", required=True, help="such as weights/faces/framing or weights/chairs/matting")
    measure = commands.add_parser("measure", parents=[common], help="print the measures of a weights folder")
    measure.add_argument("weights")
    measure.add_argument("--identities", type=int, default=200)
    measure.add_argument("--only", nargs="+", action="extend", default=[], metavar="NAME",
                         help="sharpness, photographs, parts, turns, paper-chairs, meshes or speed alone; the other measures stay what they were")
    measure.add_argument("--quick", action="store_true", help="40 identities, other ones, for a look in between")
    measure.add_argument("--beside", metavar="WEIGHTS", help="an entangled network to compare with")
    measure.add_argument("--meshes", help="chairs: a folder of mesh files to read azimuth from (with --up and --front)")
    measure.add_argument("--backwards", nargs="*", action="extend", default=[], metavar="NAME",
                         help="mesh files, without their suffix, whose front points the other way")
    measure.add_argument("--plots", metavar="FOLDER", help="also write plots and sheets of pictures there")
    measure.add_argument("--write", action="store_true", help="also write them into config.json and the model card")
    beside = commands.add_parser("beside", parents=[common], help="put an entangled network where the page compares it")
    beside.add_argument("weights", help="such as runs/faces-entangled/weights")
    beside.add_argument("-o", "--output", required=True, help="such as weights/faces/entangled")
    probe = commands.add_parser("probe", parents=[common], help="a few measures of runs under way, a line each")
    probe.add_argument("states", nargs="+", metavar="RUN", help="folder of a run, such as runs/faces-studio")
    probe.add_argument("--identities", type=int, default=100)
    preview = commands.add_parser("preview", parents=[common], help="a contact sheet of scenes")
    preview.add_argument("source", choices=[name for name in CLASSES if name != "chairs3d"])
    preview.add_argument("--style", help="only this one; the table that is printed names them")
    preview.add_argument("--sweep", choices=("azimuth", "elevation", "light"))
    preview.add_argument("--count", type=int, default=32)
    preview.add_argument("-o", "--output", default="sheet.png", help="picture file to write (default sheet.png)")
    examples = commands.add_parser("examples", parents=[common], help="the pictures that the demo offers")
    examples.add_argument("weights")
    figures = commands.add_parser("figures", parents=[common], help="the README's pictures")
    figures.add_argument("weights")
    figures.add_argument("--beside", nargs="+", action="extend", default=[], metavar="WEIGHTS",
                         help="draw the same views by these too")
    figures.add_argument("-o", "--output", default="figures")
    card = commands.add_parser("card", help="write the model card again from the measures in config.json")
    card.add_argument("weights")
    card.add_argument("--summary", action="store_true", help="only print the README's table")
    bench = commands.add_parser("bench", parents=[common], help="speed of drawing scenes, or of a training step")
    bench.add_argument("what", choices=("scenes", "training"))
    bench.add_argument("--seconds", type=float, default=15.0, help="scenes: for each class")
    bench.add_argument("--workers", type=int, help="scenes: processes, one for each core by default")
    bench.add_argument("--source", choices=CLASSES, default="faces", help="training: of which class")
    bench.add_argument("--preset", default="studio")
    bench.add_argument("--threads", type=int)
    bench.add_argument("--device", default="auto")
    bench.add_argument("--compile", action="store_true")
    return root


def data_of(arguments: argparse.Namespace):
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


def pictures_folder(arguments: argparse.Namespace, name: str) -> Path:
    """Where rendered shards are kept: pictures of named data have a folder of their own for each of them."""
    root = Path(arguments.runs) / "pictures"
    if name not in WITH_DATA or arguments.data is None:
        return root
    path = Path(arguments.data).expanduser().resolve()
    digest = hashlib.sha256(f"{path}|{arguments.up or 'y'}|{arguments.front or 'z'}".encode()).hexdigest()
    return root / f"{path.stem}-{digest[:8]}"
