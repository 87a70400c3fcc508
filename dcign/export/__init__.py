"""Frames to files that people can share, and the recipes that make such files again bit for bit.

    export.save(frames, "turn.gif", fps=20)                    # .gif .mp4 .webp .zip (PNG frames) .png (contact sheet)
    export.save(export.there_and_back(frames), "light.mp4")
    export.contact_sheet(frames, columns=6).save("sheet.png")

    recipe = export.Recipe(code, export.Settings(motion="light", frames=72, size=320))
    export.make(studio, recipe, "light.gif")
    Path("light.json").write_text(recipe.to_json())            # python -m dcign export light.json -o again.gif

Frames are uint8 (N, H, W, 3) sRGB, or a list of (H, W, 3) arrays of one size.
"""

from __future__ import annotations

from .files import MAX_FPS, SUFFIXES, check_output, save
from .frames import Frames, Progress, contact_sheet, there_and_back
from .recipe import Recipe, draw, make
from .settings import FORMATS, MAX_FRAMES, MAX_SIZE, Settings

__all__ = [
    "FORMATS", "MAX_FPS", "MAX_FRAMES", "MAX_SIZE", "SUFFIXES", "Frames", "Progress", "Recipe", "Settings",
    "check_output", "contact_sheet", "draw", "make", "save", "there_and_back",
]
