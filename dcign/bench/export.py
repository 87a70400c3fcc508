"""python -m dcign bench export: how long a turn of 72 frames takes as GIF and as video, drawing included."""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

from .. import export

FRAMES, SIZE = 72, 160
BAR = 2.0   # seconds
_FORMATS = ("gif", "mp4")


def run(options: argparse.Namespace) -> int:
    """Measure and print; 0 if the bar is reached for every model and format, else 1."""
    from ..ui import Studios

    studios, numbers = Studios(options.weights), {}
    for name, studio in studios.items():
        pictures = sorted((studios.folder(name) / "examples").glob("*.png"))
        if not pictures:
            raise FileNotFoundError(f"{studios.folder(name)} has no examples to export")
        code = studio.encode(pictures[0])
        studio.render(code)   # what is made once is not counted
        for kind in _FORMATS:
            recipe = export.Recipe(code, export.Settings(frames=FRAMES, size=SIZE, format=kind))
            with tempfile.TemporaryDirectory() as folder:
                begin = time.perf_counter()
                export.make(studio, recipe, Path(folder) / f"turn{recipe.settings.suffix}")
                numbers[f"{name} {kind}"] = round(time.perf_counter() - begin, 2)
    missed = [name for name, seconds in numbers.items() if seconds > BAR]
    if options.json:
        print(json.dumps({"seconds": numbers, "missed": missed}))
    else:
        for name, seconds in numbers.items():
            print(f"{name:<16}{seconds} s")
        print(f"every bar reached ({BAR:g} s)" if not missed else f"slower than {BAR:g} s: {', '.join(missed)}")
    return 1 if missed else 0
