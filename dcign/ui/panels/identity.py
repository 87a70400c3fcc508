"""Sliders along the principal directions of an identity, and random draws; the page computes the codes itself.

    panel = identity.build(first)
    identity.connect(panel, code)
    panel, identity.value(studio)         # what changes with the model, and its value
"""

from __future__ import annotations

import json
from importlib.resources import files

import gradio as gr

from ...mixing import TEMPERATURE
from ...studio import Studio

_SHOWN_ALONE, _SHOWN = 6, 3     # sliders of the only group, and of each of several
_AMOUNT = 3.0                   # standard deviations, either way


def value(studio: Studio) -> str:
    """JSON: the groups with their directions; nothing for weights without any."""
    if not studio.directions:
        return ""
    shown = _SHOWN_ALONE if len(studio.directions) == 1 else _SHOWN
    groups = [
        {
            "name": name,
            "label": "Identity" if name == "intrinsic" else name.capitalize(),
            "shown": min(shown, len(group.deviations)),
            "mean": _short(group.mean), "steps": [_short(step) for step in group.steps], "rest": _short(group.rest),
        }
        for name, group in studio.directions.items()
    ]
    return json.dumps({"groups": groups, "amount": _AMOUNT, "temperature": TEMPERATURE})


def build(first: Studio) -> gr.HTML:
    """The component, elem_id "identity"."""
    folder = files(__package__)
    script = "\n".join((folder / name).read_text(encoding="utf-8") for name in ("codes.js", "identity.js"))
    return gr.HTML(
        value(first), html_template=(folder / "identity.html").read_text(encoding="utf-8"), js_on_load=script,
        apply_default_css=False, elem_id="identity",
    )


def connect(panel: gr.HTML, code: gr.Textbox) -> None:
    """When a hand lets go, the page's code is what the viewer shows."""
    panel.input(None, None, code, js="() => window.dcign.code()", show_progress="hidden", api_visibility="private")


def _short(values) -> list[float]:
    return [float(f"{number:.5g}") for number in values]
