"""The input and its reconstruction under an edge that can be dragged or moved by arrow keys; or what the
network alone draws of it beside what an entangled one draws at the same angles, where its weights lie beside the model's
(dcign.checkpoints.BESIDE).

    pictures = compare.build(compare.value(studio, prepared, code))
"""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from importlib.resources import files

import gradio as gr
from PIL import Image

from ...export.recipe import png
from ...graphics_code import GraphicsCode
from ...photos import Prepared
from ...studio import Studio
from ..live import data_url

PNG = "data:image/png;base64,"


def value(
    studio: Studio, prepared: Prepared, code: GraphicsCode, is_example: bool = False, rival: Studio | None = None
) -> str:
    """JSON: the input without loss (an export shows it beside its frames), its name, the reconstruction, and the code
    and ranges of the entangled network.

    is_example: the input is a render, so that it is the very truth that the reconstruction is measured against.
    rival: the entangled network.
    """
    return json.dumps({
        "input": PNG + base64.b64encode(png(prepared.detail or prepared.picture)).decode("ascii"),
        "label": "Input: the true render" if is_example else "Input, prepared",
        "reconstruction": data_url(studio.render(code.without_picture())),
        # one that has no factors cannot follow the sliders: see `python -m train beside`
        "beside": _beside(rival, prepared) if rival is not None and rival.ranges else None,
    })


def _beside(rival: Studio, prepared: Prepared) -> dict:
    """The same framed picture, read by the entangled network."""
    picture = prepared.picture.resize((rival.size, rival.size), Image.Resampling.LANCZOS)
    return {"code": rival.encode(replace(prepared, picture=picture)).to_json(), "ranges": rival.ranges}


def build(start: str = "") -> gr.HTML:
    """The component, elem_id "pictures". start: what value() returned, or nothing yet."""
    folder = files(__package__)
    return gr.HTML(
        start, html_template=(folder / "compare.html").read_text(encoding="utf-8"),
        js_on_load=(folder / "compare.js").read_text(encoding="utf-8"), apply_default_css=False,
        elem_id="pictures",
    )
