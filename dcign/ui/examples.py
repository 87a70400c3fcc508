"""The pictures to click on: <weights>/examples/examples.json lists them with their angles."""

from __future__ import annotations

import json
from pathlib import Path


def find(weights: Path) -> list[Path]:
    """Paths of one weights folder's example pictures, in the order of their list; [] if there are none."""
    folder = weights / "examples"
    try:
        listed = json.loads((folder / "examples.json").read_text(encoding="utf-8"))
        # Only the last part of each name: a list must not point outside its own folder.
        paths = [folder / Path(entry["file"]).name for entry in listed]
    except (OSError, ValueError, KeyError, TypeError):
        paths = sorted(folder.glob("*.png"))
    return [path for path in paths if path.is_file()]
