"""The live picture: sliders in, JPEG frames out, never a file and never a queue.

Everything about the transport is in this file; the page only asks for viewer(), frame_url() and connect().
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr
import numpy as np
from PIL import Image

from ..graphics_code import FACTORS, GraphicsCode
from ..studio import Studio
from . import checks

_QUALITY = 90

# The template is patched attribute by attribute, so that the same <img> keeps the old frame until the
# next one is decoded: no flicker.
_TEMPLATE = """
<img alt="The picture, drawn again at the chosen pose and light" draggable="false" src="${value}">
"""
#: One transparent pixel, for a page that has no picture yet.
NOTHING = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"


def jpeg(picture: np.ndarray | Image.Image, quality: int = _QUALITY) -> bytes:
    """A picture, uint8 (H, W, 3) or PIL, as the bytes of a JPEG file without chroma subsampling."""
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "JPEG", quality=quality, subsampling=0)
    return buffer.getvalue()


def data_url(picture: np.ndarray | Image.Image) -> str:
    """A picture as a data: address for an <img>."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg(picture)).decode("ascii")


def start_degrees(code: GraphicsCode, studio: Studio) -> dict[str, int]:
    """Where the sliders start: the code's estimates in whole degrees, inside the trained ranges."""
    return {
        name: round(min(max(getattr(code, name) or 0.0, low), high))
        for name, (low, high) in studio.ranges.items()
    }


def moved(studio: Studio, code: GraphicsCode, angles: Mapping[str, float | None]) -> dict[str, float]:
    """The angles to render with. A slider that still stands at its estimate is left out, which keeps the
    code's own value: untouched sliders show exactly the reconstruction."""
    start = start_degrees(code, studio)
    return {name: angles[name] for name in start if angles[name] is not None and angles[name] != start[name]}


def frame_url(studios: Mapping[str, Studio], code_text: Any, *values: Any) -> str:
    """One live frame: the code as the page holds it and one value per factor, in the order of FACTORS."""
    code = checks.code(code_text)
    angles = {name: checks.degrees(value, name) for name, value in zip(FACTORS, values, strict=True)}
    studio = checks.studio(studios, code.model)
    with checks.readable_errors():
        return data_url(studio.render(code, **moved(studio, code, angles)))


def viewer(value: str = NOTHING) -> gr.HTML:
    """The element that shows the picture, elem_id "view"."""
    return gr.HTML(
        value, html_template=_TEMPLATE, js_on_load=None, apply_default_css=False, elem_id="view"
    )


def connect(
    studios: Mapping[str, Studio], code: gr.Textbox, sliders: Sequence[gr.Slider], view: gr.HTML
) -> None:
    """Redraw the view when a person moves one of the sliders (one per factor, in the order of FACTORS)."""
    gr.on(
        [slider.input for slider in sliders],
        lambda *values: frame_url(studios, *values),
        [code, *sliders],
        view,
        # always_last: at most one call under way, and the last position is never lost.
        trigger_mode="always_last",
        queue=False,
        show_progress="hidden",
        preprocess=False,
        api_visibility="private",
    )
