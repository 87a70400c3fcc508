"""The command line.

    python -m dcign estimate photo.jpg                                  # pose and light in degrees
    python -m dcign render photo.jpg --azimuth 30 --light -45 -o turned.png
    python -m dcign sweep photo.jpg --factor light --there-and-back -o light.gif
    python -m dcign export light.json -o again.gif                      # an export of the demo once more
    python -m dcign serve --port 7860                                   # the demo in the browser
    python -m dcign bench live                                          # how fast its pixels follow the hand

`estimate --json photo.jpg > code.json` saves a graphics code; render and sweep take it in place of a photo.
Bad input ends with status 2 and one line that names the remedy.
"""

from __future__ import annotations

import argparse
import runpy
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from . import __version__, bench, load
from .graphics_code import FACTORS, GraphicsCode

if TYPE_CHECKING:
    from .studio import Studio

_PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    options = _parser().parse_args(argv)
    try:
        return options.run(options)
    except (ValueError, OSError, RuntimeError, ImportError) as problem:
        print(f"dcign: error: {' '.join(str(problem).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dcign", description="Pose and light from a picture, and back.")
    parser.add_argument("--version", action="version", version=f"dcign {__version__}")
    commands = parser.add_subparsers(required=True, metavar="estimate | render | sweep | export | serve | bench")

    model = argparse.ArgumentParser(add_help=False)
    model.add_argument("--weights", default="faces", metavar="NAME", help="faces, chairs or a weights folder")
    model.add_argument("--device", default="auto", help="auto, cpu or cuda")
    angles = argparse.ArgumentParser(add_help=False)
    for factor in FACTORS:
        angles.add_argument(f"--{factor}", type=float, metavar="DEG", help="degrees; else as in the picture")
    angles.add_argument("--drawn", action="store_true",
                        help="the network draws all of it: else the picture's own pixels are in what is shown")

    command = commands.add_parser("estimate", parents=[model], help="print pose and light in degrees")
    command.add_argument("photos", nargs="+", metavar="photo")
    command.add_argument("--json", action="store_true", help="print whole graphics codes, one line each")
    command.set_defaults(run=_estimate)

    command = commands.add_parser("render", parents=[model, angles], help="draw it at another pose or light")
    command.add_argument("photo", help="a picture, or a graphics code (.json)")
    command.add_argument("-o", "--output", default="render.png", help="%(default)s; .png, .jpg or .webp")
    command.set_defaults(run=_render)

    command = commands.add_parser("sweep", parents=[model, angles], help="animate one factor over its range")
    command.add_argument("photo", help="a picture, or a graphics code (.json)")
    command.add_argument("--factor", default="azimuth", choices=FACTORS, help="%(default)s")
    command.add_argument("--frames", type=int, default=36, help="%(default)s")
    command.add_argument("--fps", type=float, default=20, help="frames per second, %(default)s")
    command.add_argument("--there-and-back", action="store_true", help="play it forwards, then backwards")
    command.add_argument("-o", "--output", default="sweep.gif", help="%(default)s; or .mp4 .webp .png")
    command.set_defaults(run=_sweep)

    command = commands.add_parser("export", help="make an export again from its JSON file")
    command.add_argument("recipe", help="the JSON file that the demo offers beside an export")
    command.add_argument("--weights", metavar="NAME", help="default: those that the recipe names")
    command.add_argument("--device", default="auto", help="auto, cpu or cuda")
    command.add_argument("-o", "--output", help="default: named after what moves; .gif .mp4 .webp .zip .png")
    command.set_defaults(run=_export)

    command = commands.add_parser("serve", help="serve the demo on this machine")
    command.add_argument("--host")
    command.add_argument("--port", type=int)
    command.add_argument("--device")
    command.add_argument("--weights", help="a weights folder; by default everything that is bundled")
    command.set_defaults(run=_serve)

    command = commands.add_parser("bench", help="measure the running demo from outside")
    benches = command.add_subparsers(required=True, metavar="live | export")
    command = benches.add_parser("live", help="from the hand to the pixel, in a real browser")
    bench.add_options(command)
    command.set_defaults(run=_bench_live)
    command = benches.add_parser("export", help="a turn of 72 frames, as GIF and as video")
    bench.add_common_options(command)
    command.set_defaults(run=_bench_export)
    return parser


def _estimate(options: argparse.Namespace) -> int:
    studio = load(options.weights, device=options.device)
    for photo in options.photos:
        code = _read(studio, photo)
        if options.json:
            print(code.to_json())
        else:
            values = "  ".join(f"{name} {degrees:+.1f}" for name in FACTORS if (degrees := getattr(code, name)) is not None)
            print(f"{photo}: {values}")
    return 0


def _render(options: argparse.Namespace) -> int:
    from PIL import Image

    output = Path(options.output)
    if output.suffix.lower() not in _PICTURE_SUFFIXES:
        raise ValueError(f"cannot write {output.name!r}: choose one of {', '.join(_PICTURE_SUFFIXES)}")
    studio = load(options.weights, device=options.device)
    code = _read(studio, options.photo, options.drawn)
    picture = studio.showing(code).render(code, **{factor: getattr(options, factor) for factor in FACTORS})
    Image.fromarray(picture).save(output, quality=95)
    print(output)
    return 0


def _sweep(options: argparse.Namespace) -> int:
    from . import export

    held = {name: getattr(options, name) for name in FACTORS if name != options.factor}
    if getattr(options, options.factor) is not None:
        raise ValueError(f"--{options.factor} is what this sweep moves: leave it out, or change --factor")
    export.check_output(options.output, options.fps)  # before the slow part
    studio = load(options.weights, device=options.device)
    code = _read(studio, options.photo, options.drawn)
    frames = studio.showing(code).sweep(
        code, options.factor, options.frames, options.there_and_back, progress=_progress("drawing"), **held
    )
    print(export.save(frames, options.output, options.fps, progress=_progress("writing")))
    return 0


def _export(options: argparse.Namespace) -> int:
    from . import export
    from .checkpoints import available

    recipe = export.Recipe.from_json(Path(options.recipe).read_text(encoding="utf-8"))
    output = export.check_output(options.output or recipe.name + recipe.settings.suffix, recipe.settings.fps)
    if options.weights is None and recipe.code.model not in available():   # whatever a stranger wrote there
        raise ValueError(f"the settings are of {recipe.code.model[:40]!r}, which is not bundled: name its weights by --weights")
    studio = load(options.weights or recipe.code.model, device=options.device)
    progress = {stage: _progress(stage) for stage in ("drawing", "writing")}

    def show(stage: str, done: int, total: int) -> None:
        if progress[stage] is not None:
            progress[stage](done, total)

    print(export.make(studio, recipe, output, show))
    return 0


def _serve(options: argparse.Namespace) -> int:
    app = Path(__file__).resolve().parents[1] / "app.py"
    if not app.is_file():
        raise FileNotFoundError(f"{app} is missing: run this from a full checkout of the project")
    arguments = []
    for name in ("host", "port", "device", "weights"):
        value = getattr(options, name)
        if value is not None:
            arguments += [f"--{name}", str(value)]
    runpy.run_path(str(app), run_name="dcign_app")["main"](arguments)
    return 0


def _bench_live(options: argparse.Namespace) -> int:
    from .bench import live

    return live.run(options)


def _bench_export(options: argparse.Namespace) -> int:
    from .bench import export as export_bench

    return export_bench.run(options)


def _read(studio: Studio, photo: str, drawn: bool = False) -> GraphicsCode:
    """The code in a .json file, or that of a picture, with its warnings on the error stream; if drawn, the code alone."""
    if photo.lower().endswith(".json"):
        code = GraphicsCode.from_json(Path(photo).read_text(encoding="utf-8").strip())
        return code.without_picture() if drawn else code
    prepared = studio.prepare(photo)
    for warning in prepared.warnings:
        print(f"{photo}: {warning}", file=sys.stderr)
    code = studio.encode(prepared)
    return code.without_picture() if drawn else code


def _progress(what: str):
    """A counter on the error stream of a terminal; None where nobody would see it."""
    if not sys.stderr.isatty():
        return None

    def show(done: int, total: int) -> None:
        print(f"\r{what} {done}/{total}", end="\n" if done == total else "", file=sys.stderr, flush=True)

    return show


if __name__ == "__main__":
    sys.exit(main())
