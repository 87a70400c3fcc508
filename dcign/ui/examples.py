"""The pictures to click on: <weights>/examples/examples.json lists them, with the angles they were drawn at."""

from __future__ import annotations

import json
from pathlib import Path


def find(weights: Path) -> list[Path]:
    """Paths of the example pictures of one weights folder, in the order of their list; [] if there are none."""
    folder = weights / "examples"
    try:
        listed = json.loads((folder / "examples.json").read_text(encoding="utf-8"))
        # Only the last part of each name: a list must not point outside its own folder.
        paths = [folder / Path(entry["file"]).name for entry in listed]
    except (OSError, ValueError, KeyError, TypeError):
        paths = sorted(folder.glob("*.png"))
    return [path for path in paths if path.is_file()]
