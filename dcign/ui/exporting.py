"""Exports of the demo: what the page or a client sent becomes a recipe, and the recipe a file in Gradio's cache."""

from __future__ import annotations

import base64
import binascii
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from gradio.processing_utils import save_bytes_to_cache

from .. import export
from ..export.recipe import MAX_CHARACTERS, Steps, png
from ..export.video import FfmpegMissing
from ..graphics_code import FACTORS
from ..studio import Studio
from ..sweeps import is_circle
from . import checks, live

_PNG = "data:image/png;base64,"


def recipe_from_page(
    studios: Mapping[str, Studio], code_value: Any, angles: Sequence[Any], settings: Mapping[str, Any],
    path: Any = None, picture: Any = None,
) -> export.Recipe:
    """What the page sent, checked. angles: where the three sliders stand. path: JSON of a recorded one. picture: the
    input as a data: address, for side by side."""
    code = checks.code(code_value)
    studio = checks.studio(studios, code.model)
    stand = {name: checks.degrees(value, name) for name, value in zip(FACTORS, angles, strict=True)}
    held = {name: None for name in FACTORS} | live.moved(studio, code, stand)
    with checks.readable_errors():
        points = _json(path) if settings["motion"] == "path" and isinstance(path, str) and path else []
        chosen = export.Settings.from_dict({**settings, **held, "path": points})
        chosen = replace(chosen, beyond=_leaves(chosen, studio))
        return export.Recipe(code, chosen, _png(picture) if chosen.side_by_side else None)


def recipe_from_file(file: Any) -> export.Recipe:
    """An uploaded JSON file, checked."""
    path = Path(checks.upload(file))
    with checks.readable_errors():
        if path.stat().st_size > MAX_CHARACTERS:
            raise ValueError("this file is too large to be an export's settings: load the JSON that came with it")
        return export.Recipe.from_json(path.read_text(encoding="utf-8", errors="replace"))


def make_bytes(studios: Mapping[str, Studio], recipe: export.Recipe, steps: Steps | None = None) -> bytes:
    """The export's file. Nothing stays on the disk."""
    studio = checks.studio(studios, recipe.code.model)
    if recipe.settings.motion not in ("all", "path"):
        checks.factor(recipe.settings.motion, studio.ranges)
    with checks.readable_errors(), tempfile.TemporaryDirectory() as folder:
        try:
            return export.make(studio, recipe, Path(folder) / f"export{recipe.settings.suffix}", steps).read_bytes()
        except FfmpegMissing as error:
            raise ValueError(str(error)) from None


def cached_file(recipe: export.Recipe, made: bytes, cache: str) -> str:
    """Path of the export inside Gradio's cache folder, which is emptied regularly. Only for what is handed to a
    component at once: Gradio forgets other files."""
    return save_bytes_to_cache(made, recipe.name + recipe.settings.suffix, cache)


def cached(recipe: export.Recipe, made: bytes, cache: str) -> tuple[str, str]:
    """The same of the export and of its JSON."""
    file = cached_file(recipe, made, cache)
    return file, save_bytes_to_cache(recipe.to_json().encode(), f"{recipe.name}.json", cache)


def sweep_recipe(code_value: Any, factor: Any, frames: Any, fps: Any, there_and_back: Any) -> export.Recipe:
    """What a caller of /sweep means; numbers beyond the limits are brought to them."""
    code = checks.code(code_value)
    settings = export.Settings(
        frames=checks.whole(frames, "frames", checks.FRAMES), fps=checks.whole(fps, "fps", checks.FPS),
        there_and_back=there_and_back is True, smooth=False,
    )
    if not isinstance(factor, str) or factor not in FACTORS:
        raise checks.problem(f"Choose one of the factors {', '.join(FACTORS)}, not {str(factor)[:40]!r}.")
    return export.Recipe(code, replace(settings, motion=factor))


def recipe_from_call(
    studios: Mapping[str, Studio], code_value: Any, settings: Any, picture: Any = None
) -> export.Recipe:
    """What a caller of /export means. settings: a dictionary, its JSON text, or nothing for the defaults. picture:
    an uploaded file, for side by side."""
    code = checks.code(code_value)
    studio = checks.studio(studios, code.model)
    with checks.readable_errors():
        given = _json(settings) if isinstance(settings, str) and settings else settings or {}
        chosen = export.Settings.from_dict(given)
        beside = None
        if chosen.side_by_side and picture is not None:
            prepared = studio.prepare(checks.upload(picture))
            beside = png(prepared.detail or prepared.picture)
        return export.Recipe(code, chosen, beside)


def _leaves(settings: export.Settings, studio: Studio) -> bool:
    """Whether it shows an angle outside the trained ranges: the sliders only reach them when somebody asked."""
    def outside(name: str, value: float | None) -> bool:
        low, high = studio.ranges.get(name, (0.0, 0.0))
        return value is not None and not is_circle((low, high)) and not low <= value <= high

    points = [tuple(getattr(settings, name) for name in FACTORS), *settings.path]
    return any(outside(name, value) for point in points for name, value in zip(FACTORS, point, strict=True))


def _json(text: str) -> Any:
    if len(text) > MAX_CHARACTERS:
        raise ValueError("these settings are too long")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("the settings of an export are a JSON object") from None


def _png(address: Any) -> bytes:
    if not isinstance(address, str) or not address.startswith(_PNG) or len(address) > MAX_CHARACTERS:
        raise ValueError("side by side needs the input: choose an example or upload a picture first")
    try:
        return base64.b64decode(address.removeprefix(_PNG), validate=True)
    except binascii.Error:
        raise ValueError("the input picture is damaged: choose it again") from None
