"""The page: choose or upload a picture, see what the model reads in it, drag pose and light, export."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gradio as gr

from ..certainty import doubts
from ..graphics_code import FACTORS, GraphicsCode
from ..photos import Prepared
from ..studio import Studio
from . import checks, endpoints, examples, live
from .estimate import LABELS, NOT_LEARNED, estimate_html, notes_html, refusal_html
from .links import read_link
from .panels import board, compare
from .presets import PRESETS, offered
from .studios import Studios

TITLE = "DC-IGN live"
_CLEANING = (600, 3600)   # every ten minutes, uploads and exports older than an hour are deleted
_INTRODUCTION = (
    "It reads pose and light from one picture, and draws the picture again as you turn it."
)
#: Of the events that have a picture read: none is dropped while another is answered, and they take turns, so that what
#: was asked for last is shown last.
READ = {"trigger_mode": "multiple", "concurrency_id": "read", "concurrency_limit": 1}
_known: weakref.WeakKeyDictionary[Studio, dict[tuple, Reading]] = weakref.WeakKeyDictionary()   # of examples
_READING = "<p class='note reading'>Reading the picture…</p>"
# What a positive angle means, in the words that follow the factor's name beside its slider.
_POSITIVE = {"azimuth": "to the right", "elevation": "from above", "light": "from the right"}


@dataclass(frozen=True)
class Reading:
    """All that the page shows about one picture: the code as JSON text, the compared pictures, two pieces of
    HTML, the viewer's value, and where the sliders start in degrees."""

    code: str = ""
    pictures: str = ""
    estimate: str = ""
    notes: str = ""
    scene: str = ""
    start: dict[str, int] | None = None

    def values(self) -> list[str]:
        """In the order of the page's outputs."""
        return [self.code, self.pictures, self.estimate, self.notes, self.scene]


def read(
    studio: Studio, path: str | Path, example: int | None = None, angles: Mapping[str, float] | None = None,
    rival: Studio | None = None,
) -> Reading:
    """Prepare, encode and draw one picture. gr.Error with the remedy if it cannot be used.

    example: its number, if it is one. angles: where the viewer goes at once, degrees. rival: an entangled network to
    compare with.
    """
    if example is None:
        return _reading(studio, *endpoints.read(studio, str(path)), None, angles, rival)
    known, key = _known.setdefault(studio, {}), (str(path), Path(path).stat().st_mtime_ns, example, rival is not None)
    if key not in known:   # many look at the same few, and links to them pass the queue by
        known[key] = _reading(studio, *endpoints.read_example(studio, Path(path)), example, None, rival)
    return replace(known[key], scene=live.scene_again(known[key].scene, angles))


def _reading(
    studio: Studio, prepared: Prepared, code: GraphicsCode, example: int | None, angles: Mapping[str, float] | None,
    rival: Studio | None,
) -> Reading:
    return Reading(
        code=code.to_json(),
        pictures=compare.value(studio, prepared, code, example is not None, rival),
        estimate=estimate_html(code, studio.unlearned, doubts(studio, code)),
        notes=notes_html(prepared.warnings),
        scene=live.scene(studio, code, example, angles),
        start=live.start_degrees(code, studio),
    )


def _slider_settings(studio: Studio, name: str, value: float) -> dict[str, Any]:
    low, high = studio.ranges.get(name, (0.0, 1.0))
    meaning = f"({NOT_LEARNED})" if name in studio.unlearned else _POSITIVE[name]
    return {
        "minimum": low, "maximum": high, "value": value, "visible": name in studio.ranges,
        "label": f"{LABELS[name]} ° {meaning}",
    }


def build_demo(studios: Studios) -> gr.Blocks:
    """The whole demo. Loads the first model only; the others load when somebody chooses them."""
    names = list(studios)
    first = studios[names[0]]
    pictures = {name: examples.find(studios.folder(name)) for name in names}
    start = Reading()
    if pictures[names[0]]:
        start = read(first, pictures[names[0]][0], 0, None, studios.beside(names[0]))
    # Served from where they lie: a copy in the cache would be deleted under a visitor who is looking at it.
    gr.set_static_paths([path for found in pictures.values() for path in found])

    settings = {"title": TITLE, "analytics_enabled": False, "fill_width": True, "delete_cache": _CLEANING}
    with live.LivePage(studios, **settings) as demo:
        gr.HTML(f"<h1>{TITLE}</h1><p>{_INTRODUCTION}</p>", elem_id="title", apply_default_css=False)
        code = gr.Textbox(start.code, visible=False)
        address = gr.Textbox(visible=False)   # only carries the page's own address to the server
        with gr.Row(elem_id="stage"):
            with gr.Column(elem_id="choose"):
                model = gr.Radio(
                    [(name.capitalize(), name) for name in names], value=names[0],
                    label="What is in the picture?", visible=len(names) > 1, elem_id="model",
                )
                gallery = gr.Gallery(
                    [str(path) for path in pictures[names[0]]], label="Click an example", columns=4,
                    buttons=[], allow_preview=False, object_fit="cover", interactive=False,
                    elem_id="examples",
                )
                upload = gr.Image(
                    sources=["upload", "clipboard"], type="filepath", label="Or upload your own", height=180,
                    buttons=[], elem_id="upload",
                )
                notes = gr.HTML(start.notes, apply_default_css=False, elem_id="notes",
                                html_template="<div role='status'>${value}</div>")
            with gr.Column(elem_id="look"):
                view = live.viewer(start.scene)
                with gr.Row(elem_id="presets"):
                    chips = [
                        gr.Button(label, size="sm", visible=offered(first, name, angle))
                        for label, name, angle in PRESETS
                    ]
                with gr.Column(elem_id="sliders"):
                    sliders = [
                        gr.Slider(step=1, elem_id=name, buttons=[],
                                  **_slider_settings(first, name, (start.start or {}).get(name, 0)))
                        for name in FACTORS
                    ]
            with gr.Column(elem_id="results"):
                panels = board.build(
                    studios, pictures, code, dict(zip(FACTORS, sliders, strict=True)), model,
                    (start.pictures, start.estimate),
                )

        shown = [code, panels.compare, panels.estimate, notes, view, *sliders]

        def show(name: Any, path: str | Path, example: int | None = None) -> list:
            """Values of `shown` for a picture of that model's class."""
            studio = checks.studio(studios, name)
            reading = read(studio, path, example, None, studios.beside(name))
            return [
                *reading.values(),
                *(gr.update(value=reading.start.get(factor_name, 0)) for factor_name in FACTORS),
            ]

        def show_upload(name: Any, file: Any) -> list:
            """An upload that cannot be used leaves everything as it was and says why."""
            if file is None:
                return [gr.skip()] * (len(shown) + 2)
            try:
                return [*show(name, checks.upload(file)), gr.skip(), gr.Gallery(selected_index=None)]
            except gr.Error as error:
                kept = [gr.skip()] * len(shown)
                kept[shown.index(notes)] = refusal_html(error.message)
                return [*kept, None, gr.skip()]

        def show_example(name: Any, chosen: gr.SelectData) -> list:
            checks.studio(studios, name)
            place = chosen.index if isinstance(chosen.index, int) else 0
            if not 0 <= place < len(pictures.get(name, [])):
                raise checks.problem("There is no such example: reload the page.")
            return [*show(name, pictures[name][place], place), None]

        def show_model(
            name: Any, place: int = 0, angles: Mapping[str, float] | None = None, reading: Reading | None = None
        ) -> list:
            """Values of `everything` for a class: its example at that place, or what was read of an upload."""
            studio, kept = checks.studio(studios, name), gr.skip() if reading else None
            paths = pictures.get(name, [])
            if reading is None:
                reading = read(studio, paths[place], place, angles, studios.beside(name)) if paths else Reading()
            return [
                *reading.values(),
                *(gr.Slider(**_slider_settings(studio, n, (reading.start or {}).get(n, 0))) for n in FACTORS),
                kept,
                gr.Gallery([str(path) for path in paths], selected_index=None),
                *panels.cleared(studio, paths),
                *(gr.Button(visible=offered(studio, n, angle)) for _, n, angle in PRESETS),
            ]

        def show_class(name: Any, file: Any) -> list:
            """Another class: an upload is read again, as a picture of it; else its first example is shown."""
            if file is None:
                return show_model(name)
            try:
                reading = read(checks.studio(studios, name), checks.upload(file), rival=studios.beside(name))
            except gr.Error as error:
                values = show_model(name)
                values[shown.index(notes)] = refusal_html(error.message)
                return values
            return show_model(name, reading=reading)

        def show_link(search: Any) -> list:
            """The state that the page's address names, if it names one."""
            link = read_link(search, pictures)
            if link is None:
                return [gr.skip()] * (len(everything) + 1)
            return [link.model, *show_model(link.model, link.example, link.angles)]

        everything = [*shown, upload, gallery, *panels.follows, *chips]
        quiet = {"preprocess": False, "show_progress": "hidden", "api_visibility": "private"}
        for event, function, inputs, outputs, kept in (
            (upload.input, show_upload, [model, upload], [*shown, upload, gallery], "!file ? words : "),   # or taken away
            (gallery.select, show_example, [model], [*shown, upload], ""),
            (model.input, show_class, [model, upload], everything, ""),
        ):
            # seconds where somebody else's picture is being read, or weights are loaded: the page says so at once
            event(None, [upload, notes], notes, js=f"(file, words) => {kept}`{_READING}`", trigger_mode="multiple", **quiet)
            event(function, inputs, outputs, **quiet, **READ).failure(None, None, notes, js="() => ''", **quiet)
        demo.load(show_link, address, [model, *everything], queue=False,
                  js="() => [window.location.search]", **quiet)
        # The viewer moves the sliders and asks for the frames; the server has no part in it.
        for chip, (_, name, angle) in zip(chips, PRESETS, strict=True):
            chip.click(None, js=f"() => window.dcign.preset('{name}', {angle})", **quiet)
        endpoints.add(studios)
    return demo
