"""A recipe is all that an export is made from: the code, the settings, the input beside it. As JSON it makes the
same file again, bit for bit, with the same weights, the same versions of this package and its libraries, and a Studio of the
same options.

    recipe = Recipe(code, Settings(motion="light", format="mp4"))
    make(studio, recipe, "light.mp4")
    make(studio, Recipe.from_json(recipe.to_json()), "again.mp4")     # the same bytes
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from ..decoding import decode
from ..graphics_code import FACTORS, GraphicsCode
from .files import SUFFIXES, save
from .frames import Dressed
from .settings import FORMATS, Settings

if TYPE_CHECKING:
    from ..studio import Studio

_KIND = "dcign export"
_FORMAT = 1
MAX_CHARACTERS = 2 * 1024 * 1024
_REMEDY = "load the JSON file that an export came with"
_drawing = threading.Lock()   # the number of threads belongs to the whole process

#: Called with ("drawing" or "writing", frames done, frames in all). What it raises ends the export.
Steps = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Recipe:
    """code: what is drawn. settings: how. picture: the input, PNG bytes, for settings.side_by_side.

    Where the view turns and pixels do not move along, all is drawn by the decoder, as by Studio.sweep().
    """

    code: GraphicsCode
    settings: Settings = Settings()
    picture: bytes | None = None

    def __post_init__(self) -> None:
        if self.settings.side_by_side and self.picture is None:
            raise ValueError("side by side needs the input picture: add it to the recipe")

    @property
    def name(self) -> str:
        """A file name without suffix, as in faces-light."""
        model = "".join(letter for letter in self.code.model if letter.isalnum() or letter in "-_")
        return f"{model or 'export'}-{self.settings.motion}"

    def with_format(self, suffix: str) -> Recipe:
        """The same for another kind of file. ValueError for a suffix that save() does not know."""
        for name, known in FORMATS.items():
            if known == suffix.lower():
                return replace(self, settings=replace(self.settings, format=name))
        raise ValueError(f"cannot write {suffix!r} files: choose a name that ends in {', '.join(SUFFIXES)}")

    def to_json(self) -> str:
        """Indented JSON; from_json() gives back an equal recipe."""
        picture = None if self.picture is None else base64.b64encode(self.picture).decode("ascii")
        return json.dumps({
            "kind": _KIND,
            "format": _FORMAT,
            "settings": self.settings.to_dict(),
            "code": json.loads(self.code.to_json()),
            "picture": picture,
        }, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """Read a recipe from anywhere. ValueError, naming the remedy, if it is none."""
        if not isinstance(text, str) or len(text) > MAX_CHARACTERS:
            raise ValueError(f"a recipe is a JSON text of at most {MAX_CHARACTERS} characters; {_REMEDY}")
        try:
            record = json.loads(text)
        except (ValueError, RecursionError):
            raise ValueError(f"this recipe is not valid JSON; {_REMEDY}") from None
        if not isinstance(record, dict) or record.get("kind") != _KIND or record.get("format") != _FORMAT:
            raise ValueError(f"this is not a recipe of format {_FORMAT}; {_REMEDY}")
        code = GraphicsCode.from_json(json.dumps(record.get("code")))
        return cls(code, Settings.from_dict(record.get("settings")), _picture_bytes(record.get("picture")))


def draw(studio: Studio, recipe: Recipe, progress: Callable[[int, int], None] | None = None) -> Dressed:
    """The frames, drawn; each angle only once. They are enlarged when they are read."""
    settings = recipe.settings
    rows = settings.angles(studio.ranges)   # a recorded path may go beyond them
    different = {row: number for number, row in enumerate(dict.fromkeys(rows))}
    columns = dict(zip(FACTORS, map(list, zip(*different, strict=True)), strict=True))
    known = {name: columns[name] for name in studio.ranges}
    # a copy: what a Studio remembers of the code itself may have been drawn on another number of threads
    code = recipe.code.without_picture() if settings.turns and not studio.moves_pixels else replace(recipe.code)
    shows = studio.showing(code) if settings.size > studio.size else studio
    with _one_thread():
        drawn = shows.render_many(code, **known, progress=progress, beyond=settings.beyond)
    frames = drawn[[different[row] for row in rows]]
    picture = decode(recipe.picture, studio.spec.ground) if settings.side_by_side else None
    return Dressed(frames, settings.size or None, picture, studio.spec.ground)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Sums of floats come out differently on another number of threads, and with them some pixels."""
    import torch

    with _drawing:
        before = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(before)


def make(studio: Studio, recipe: Recipe, path: str | os.PathLike, steps: Steps | None = None) -> Path:
    """Draw and write one file; its suffix is what is written, whatever settings.format says."""
    def report(stage: str) -> Callable[[int, int], None] | None:
        return None if steps is None else lambda done, total: steps(stage, done, total)

    frames = draw(studio, recipe, report("drawing"))
    return save(frames, path, recipe.settings.fps, recipe.settings.loop, report("writing"))


def png(picture: Image.Image | np.ndarray) -> bytes:
    """A picture as the bytes that a Recipe keeps."""
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "PNG")
    return buffer.getvalue()


def _picture_bytes(text: object) -> bytes | None:
    if text is None:
        return None
    try:
        data = base64.b64decode(text, validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise ValueError(f"the picture of this recipe is damaged; {_REMEDY}") from None
    decode(data)   # so that a bad one is refused now and not after the drawing
    return data
