"""Mixing with another picture: morph the identity, take over its pose or its light. One picture may lend its pose and
the next its light.

    panel = mix.build(pictures)
    mix.connect(panel, studios, code, model, examples)
    [panel.gallery], [mix.gallery(paths)]         # what changes with the model, and its value
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import gradio as gr

from ...graphics_code import GraphicsCode
from ...photos import Prepared
from ...studio import Studio
from .. import checks, endpoints
from ..live import data_url


@dataclass(frozen=True)
class MixPanel:
    """The examples to choose from, an upload in their place, and the panel itself."""

    gallery: gr.Gallery
    upload: gr.UploadButton
    mix: gr.HTML


def gallery(paths: Sequence[Path]) -> gr.Gallery:
    """The gallery with the examples of another class."""
    return gr.Gallery([str(path) for path in paths], selected_index=None)


def build(paths: Sequence[Path]) -> MixPanel:
    """The components, elem_ids "others", "mix-upload" and "mix"."""
    folder = files(__package__)
    script = "\n".join((folder / name).read_text(encoding="utf-8") for name in ("codes.js", "mix.js"))
    others = gr.Gallery(
        [str(path) for path in paths], label="Mix with", columns=6, buttons=[], allow_preview=False,
        object_fit="cover", interactive=False, elem_id="others", elem_classes="thumbnails",
    )
    upload = gr.UploadButton("Or upload one to mix with", file_types=["image"], size="sm", elem_id="mix-upload")
    mix = gr.HTML(
        "", html_template=(folder / "mix.html").read_text(encoding="utf-8"), js_on_load=script,
        apply_default_css=False, elem_id="mix",
    )
    return MixPanel(others, upload, mix)


def connect(
    panel: MixPanel, studios: Mapping[str, Studio], code: gr.Textbox, model: gr.Radio,
    examples: Mapping[str, Sequence[Path]],
) -> None:
    """Wire it. examples: the pictures of each model."""
    def told(reading: tuple[Prepared, GraphicsCode], words: str) -> str:
        prepared, other = reading
        return json.dumps({
            "code": other.to_json(), "picture": data_url(prepared.picture),
            "name": " ".join([words, *prepared.warnings]),
            "chosen": secrets.token_hex(4),   # the same once more is another choice: the page hears of what differs
        })

    def choose(name: Any, chosen: gr.SelectData) -> str:
        paths = examples.get(name, []) if isinstance(name, str) else []
        place = chosen.index if isinstance(chosen.index, int) else 0
        if not 0 <= place < len(paths):
            raise checks.problem("There is no such example: reload the page.")
        return told(endpoints.read_example(checks.studio(studios, name), paths[place]), f"Example {place + 1}.")

    def choose_upload(name: Any, file: Any) -> str:
        return told(endpoints.read(checks.studio(studios, name), checks.upload(file)), "Your picture.")

    quiet = {"show_progress": "hidden", "api_visibility": "private"}
    in_turn = {"trigger_mode": "multiple", "concurrency_id": "mix", "concurrency_limit": 1}   # the last one is shown last
    panel.gallery.select(choose, model, panel.mix, preprocess=False, **quiet, **in_turn)
    panel.upload.upload(choose_upload, [model, panel.upload], panel.mix, preprocess=False, **quiet, **in_turn)
    panel.mix.input(None, None, code, js="() => window.dcign.code()", **quiet)
