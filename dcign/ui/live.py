"""The live viewer: a canvas that follows the sliders, the hand and the keys; see dcign/live/ for the server's side.

    view = viewer(scene(studio, code))

The page holds the code; the files in viewer/ are its markup and script, joined into one gr.HTML.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import sys
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import gradio as gr
import numpy as np
from PIL import Image

from ..graphics_code import FACTORS, GraphicsCode
from ..live.frames import frame, jpeg, moved, start_degrees
from ..live.limits import Limits
from ..live.routes import routes
from ..studio import Studio
from ..sweeps import is_circle
from .studios import Studios
from .style import css, theme

__all__ = ["LivePage", "data_url", "jpeg", "moved", "scene", "start_degrees", "viewer"]

# In this order: each file defines one function, the last one calls them.
_SCRIPTS = ("transport", "picture", "gizmo", "gestures", "motion", "mending", "viewer")


def data_url(picture: np.ndarray | Image.Image | bytes) -> str:
    """A picture, or a JPEG file of one, as a data: address for an <img>."""
    file = picture if isinstance(picture, bytes) else jpeg(picture)
    return "data:image/jpeg;base64," + base64.b64encode(file).decode("ascii")


def scene(
    studio: Studio, code: GraphicsCode, example: int | None = None, angles: Mapping[str, float] | None = None
) -> str:
    """The viewer's value, JSON: the code, where its sliders start, the trained ranges and
    those beyond, whether the picture's own pixels move along, and its first frame.

    example: the number of the picture, if it is one that a link can name. angles: where to go at once, degrees.
    """
    text = code.to_json()
    return json.dumps({
        "code": text,
        "key": hashlib.sha256(text.encode()).hexdigest()[:16],
        "start": start_degrees(code, studio),
        "model": code.model,
        "ranges": studio.ranges,
        "wider": studio.wider,
        "moves": studio.moves_pixels,
        "circular": [name for name, limits in studio.ranges.items() if is_circle(limits)],
        "frame": data_url(frame({code.model: studio}, code, dict.fromkeys(FACTORS), fine=True)),   # as the frames that follow
        "link": None if example is None else {"class": code.model, "example": example},
        "angles": angles or {},
        "chosen": secrets.token_hex(4),   # the page hears of a value that differs: the same picture once more is another choice
    })


def scene_again(value: str, angles: Mapping[str, float] | None = None) -> str:
    """What scene() returned, for another choice of the same picture."""
    return json.dumps(json.loads(value) | {"angles": angles or {}, "chosen": secrets.token_hex(4)})


def viewer(value: str = "") -> gr.HTML:
    """The element that shows the picture, elem_id "view". value: what scene() returned, or nothing yet.

    On every painted frame its canvas fires the DOM event "dcign:frame", which bubbles; detail = {azimuth,
    elevation, light, sequence}: the values that the frame belongs to, None for a factor the model lacks.
    """
    folder = files(__package__) / "viewer"
    script = "\n".join((folder / f"{name}.js").read_text(encoding="utf-8") for name in _SCRIPTS)
    markup = (folder / "viewer.html").read_text(encoding="utf-8")
    return gr.HTML(value, html_template=markup, js_on_load=script, apply_default_css=False, elem_id="view")


class LivePage(gr.Blocks):
    """gr.Blocks whose server also has the live routes, and which looks as it should, with a bare launch()."""

    def __init__(self, studios: Studios, **options: Any) -> None:
        super().__init__(**options)
        self._studios = studios

    def launch(
        self, *args: Any, app_kwargs: dict[str, Any] | None = None, prevent_thread_lock: bool = False, **options: Any
    ) -> Any:
        """As gr.Blocks.launch(). ssr_mode is off unless asked for: its proxy lets no socket through."""
        given = dict(app_kwargs or {})
        given["routes"] = [*routes(self._studios), *given.get("routes", ())]
        usual = {"ssr_mode": False, "theme": theme(), "css": css()}
        launched = super().launch(*args, app_kwargs=given, prevent_thread_lock=True, **{**usual, **options})
        # uvicorn would take 16 MB a message, and inflate many of them out of a little before anybody looks at one
        self.server.config.ws_max_size = 2 * Limits.characters
        self.server.config.ws_per_message_deflate = False
        if not prevent_thread_lock and not (hasattr(sys, "ps1") or sys.flags.interactive):
            self.block_thread()
        return launched
