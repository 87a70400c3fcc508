"""Mixing with another picture: morph the identity, take over its pose or its light.

    panel = mix.build(pictures)
    mix.connect(panel, studios, code, model, examples)
    [panel.gallery], [mix.gallery(paths)]         # what changes with the model, and its value
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import gradio as gr

from ...studio import Studio
from .. import checks
from ..live import data_url


@dataclass(frozen=True)
class MixPanel:
    """The examples to choose from, and the panel itself."""

    gallery: gr.Gallery
    mix: gr.HTML


def gallery(paths: Sequence[Path]) -> gr.Gallery:
    """The gallery with the examples of another class."""
    return gr.Gallery([str(path) for path in paths], selected_index=None)


def build(paths: Sequence[Path]) -> MixPanel:
    """The components, elem_ids "others" and "mix"."""
    folder = files(__package__)
    script = "\n".join((folder / name).read_text(encoding="utf-8") for name in ("codes.js", "mix.js"))
    others = gr.Gallery(
        [str(path) for path in paths], label="Mix with", columns=6, buttons=[], allow_preview=False,
        object_fit="cover", interactive=False, elem_id="others", elem_classes="thumbnails",
    )
    mix = gr.HTML(
        "", html_template=(folder / "mix.html").read_text(encoding="utf-8"), js_on_load=script,
        apply_default_css=False, elem_id="mix",
    )
    return MixPanel(others, mix)


def connect(
    panel: MixPanel, studios: Mapping[str, Studio], code: gr.Textbox, model: gr.Radio,
    examples: Mapping[str, Sequence[Path]],
) -> None:
    """Wire it. examples: the pictures of each model."""
    def choose(name: Any, chosen: gr.SelectData) -> str:
        studio = checks.studio(studios, name)
        place = chosen.index if isinstance(chosen.index, int) else 0
        if not 0 <= place < len(examples[name]):
            raise checks.problem("There is no such example: reload the page.")
        with checks.readable_errors():
            prepared = studio.prepare(examples[name][place])
            other = studio.encode(prepared)
        return json.dumps({
            "code": other.to_json(), "picture": data_url(prepared.picture), "name": f"Example {place + 1}",
        })

    quiet = {"show_progress": "hidden", "api_visibility": "private"}
    panel.gallery.select(choose, model, panel.mix, preprocess=False, **quiet)
    panel.mix.input(None, None, code, js="() => window.dcign.code()", **quiet)
