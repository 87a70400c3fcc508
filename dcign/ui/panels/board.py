"""The column beside the viewer: four tabs, and what in them changes with the picture and with the model.

    board = build(studios, pictures, code, sliders, model, (compare, estimate))
    board.follows, board.cleared(studio, paths)      # what changes with the model, and its values
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from ...studio import Studio
from .. import checks, export_panel
from . import compare, identity, mix

_BEYOND = "Let the sliders go beyond what was trained"
_NO_DIRECTIONS = "<p class='note'>These weights have no identity sliders: they come with the next training.</p>"


@dataclass(frozen=True)
class Board:
    """compare, estimate: what changes with every picture. follows: what changes with the model."""

    compare: gr.HTML
    estimate: gr.HTML
    follows: list[gr.components.Component]

    @staticmethod
    def cleared(studio: Studio, paths: Sequence[Path]) -> list[Any]:
        """Values of `follows` for another model. paths: its examples."""
        return [
            *export_panel.cleared(studio), identity.value(studio), gr.HTML(visible=not studio.directions),
            mix.gallery(paths), False,
        ]


def build(
    studios: Mapping[str, Studio], pictures: Mapping[str, Sequence[Path]], code: gr.Textbox,
    sliders: Mapping[str, gr.Slider], model: gr.Radio, start: tuple[str, str],
) -> Board:
    """Lay the tabs out and wire them. pictures: the examples of each model. sliders: by factor. start: the values of
    compare and estimate."""
    name = next(iter(studios))
    first, paths = studios[name], pictures[name]
    with gr.Tabs(elem_id="panels"):
        with gr.Tab("Compare"):
            compared = compare.build(start[0])
            estimate = gr.HTML(start[1], apply_default_css=False, elem_id="estimate")
            beyond = gr.Checkbox(False, label=_BEYOND, container=False, elem_id="beyond")
        with gr.Tab("Identity"):
            panel = identity.build(first)
            absent = gr.HTML(_NO_DIRECTIONS, visible=not first.directions, apply_default_css=False)
        with gr.Tab("Mix"):
            mixer = mix.build(paths)
        with gr.Tab("Export"):
            exported = export_panel.panel(studios, code, list(sliders.values()), first, compared, model)
    identity.connect(panel, code)
    mix.connect(mixer, studios, code, model, pictures)

    def widen(name: Any, on: Any) -> list[Any]:
        studio = checks.studio(studios, name)
        ranges = studio.wider if on is True else studio.ranges
        return [
            gr.Slider(minimum=ranges[factor][0], maximum=ranges[factor][1]) if factor in ranges else gr.skip()
            for factor in sliders
        ]

    beyond.input(
        widen, [model, beyond], list(sliders.values()), preprocess=False, show_progress="hidden",
        api_visibility="private", trigger_mode="multiple",
    ).then(None, beyond, js="(on) => window.dcign.beyond(on)", show_progress="hidden", api_visibility="private",
           trigger_mode="multiple")
    return Board(compared, estimate, [*exported, panel, absent, mixer.gallery, beyond])
