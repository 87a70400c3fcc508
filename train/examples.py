"""The pictures that the demo offers: renders of held-out identities from varied views."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from train.camera import View
from train.raster import render
from train.scenes import Source, Stage

FIRST_SEED = 500  # clear of the identities that `measure` starts from
VIEWS = {  # by subject: azimuth, elevation, light
    "face": ((0, 0, 20), (30, 5, -35), (-35, 0, 30), (15, -12, 50), (-55, 8, -20), (50, -5, 10), (-15, 15, -55),
              (25, 10, 60), (-25, -8, 0), (5, 0, -15), (-70, 0, 25), (40, 0, -50)),
    "object": ((35, 15, 30), (-40, 20, -30), (140, 25, 20), (-20, 10, 50), (75, 20, -20), (-110, 15, 40),
               (20, 30, -50), (-60, 12, 10), (55, 22, 0), (-150, 18, -35), (5, 15, 25), (-30, 28, -10)),
}


def write_examples(source: Source, stage: Stage, folder: Path, size: int = 320) -> list[dict]:
    """Render the examples of a class into ``folder`` with examples.json beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    entries, seed, styles = [], FIRST_SEED, []
    for azimuth, elevation, light in VIEWS[stage.subject]:
        identity = source.identity(seed)
        while not identity.has_front or styles.count(identity.style) >= 3:
            seed += 1
            identity = source.identity(seed)
        picture = render(identity.mesh, View(azimuth, elevation, light), stage.rig, size).colour
        file = f"{len(entries):02d}.png"
        Image.fromarray(np.ascontiguousarray(picture)).save(folder / file, optimize=True)
        entries.append({"file": file, "azimuth": azimuth, "elevation": elevation, "light": light, "seed": seed})
        styles.append(identity.style)
        seed += 1
    (folder / "examples.json").write_text(json.dumps(entries, indent=1) + "\n")
    return entries
