"""The export panel: what moves, how it is written, a bar that can be cancelled, the file and the settings behind it.

    follows = export_panel.panel(studios, code, sliders, first, compare, model)
    follows, export_panel.cleared(studio)        # what changes with the model, and its values
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import gradio as gr

from .. import export
from ..graphics_code import FACTORS
from ..studio import Studio
from . import checks
from .estimate import LABELS
from .exporting import cached, make_bytes, recipe_from_file, recipe_from_page
from .panels.work import Cancelled, Step, Tickets, bar, watched

_FORMATS = (
    ("GIF", "gif"), ("MP4", "mp4"), ("WebP", "webp"), ("Contact sheet", "sheet"), ("PNG frames (zip)", "frames"),
)
_OPTIONS = (
    ("There and back", "there_and_back"), ("Smooth", "smooth"), ("Loop", "loop"),
    ("Beside the input", "side_by_side"),
)
_SIZES = (160, 320, 480)
_tickets = Tickets()
_NOTHING = [gr.skip()] * 7   # of the shown components changes
_CHOSEN = ["there_and_back", "smooth", "loop"]


def panel(
    studios: Mapping[str, Studio], code: gr.Textbox, sliders: Sequence[gr.Slider], first: Studio,
    compare: gr.HTML, model: gr.Radio,
) -> list[gr.components.Component]:
    """Lay the panel out and wire it; returns what changes with the model: see cleared().

    compare: the component whose value holds the input picture (see panels/compare.py). model: the choice of the class.
    """
    built = _build(first)
    built.connect(studios, code, sliders, compare)
    # an export of the class before would end under the new one
    model.input(_tickets.cancel, built.ticket, None, queue=False, preprocess=False, show_progress="hidden",
                api_visibility="private", trigger_mode="multiple")
    return [built.motion, built.recorder, *built.shown]


def cleared(studio: Studio) -> list[Any]:
    """Values of what panel() returned for another model: its factors, and nothing of the one before."""
    return [gr.Radio(_motions(studio), value=FACTORS[0]), "", *_results()]


@dataclass(frozen=True)
class _Panel:
    """The components, in the order in which they lie on the page."""

    motion: gr.Radio
    recorder: gr.HTML
    format: gr.Dropdown
    size: gr.Dropdown
    frames: gr.Number
    fps: gr.Number
    options: gr.CheckboxGroup
    make: gr.Button
    cancel: gr.Button
    progress: gr.HTML
    ticket: gr.Textbox
    picture: gr.Image
    video: gr.Video
    file: gr.DownloadButton
    recipe: gr.DownloadButton
    load: gr.File

    @property
    def shown(self) -> list[gr.components.Component]:
        return [self.progress, self.picture, self.video, self.file, self.recipe, self.cancel, self.ticket]

    @property
    def controls(self) -> list[gr.components.Component]:
        return [self.motion, self.format, self.frames, self.fps, self.size, self.options]

    def connect(
        self, studios: Mapping[str, Studio], code: gr.Textbox, sliders: Sequence[gr.Slider],
        compare: gr.HTML,
    ) -> None:
        cache = self.picture.GRADIO_CACHE

        def make(ticket: Any, text: Any, compared: Any, path: Any, *rest: Any) -> Iterator[list]:
            def recipe() -> export.Recipe:
                return recipe_from_page(studios, text, rest[6:], _settings(rest[:6]), path, _input(compared))

            yield from _exported(studios, recipe, ticket, cache)

        def make_again(ticket: Any, file: Any) -> Iterator[list]:
            """The export that a JSON file describes; the controls show its settings."""
            controls: list[Any] = [gr.skip()] * (len(self.controls) + 1)

            def recipe() -> export.Recipe:
                read = recipe_from_file(file)
                controls[:] = [*_control_values(read.settings), _recording(read.settings)]
                return read

            for results in _exported(studios, recipe, ticket, cache):
                yield [*results, *controls, None]

        # None is dropped while another is under way: the newest is the one that is wanted
        at_once = {"queue": False, "show_progress": "hidden", "api_visibility": "private", "trigger_mode": "multiple"}
        listen = {"preprocess": False, "trigger_mode": "multiple", "api_visibility": "private", "show_progress_on": [self.progress],
                  "concurrency_id": "sweep", "concurrency_limit": 1}
        self.make.click(_waiting, self.ticket, self.shown, **at_once).success(
            make, [self.ticket, code, compare, self.recorder, *self.controls, *sliders], self.shown, **listen,
            js="(ticket, code, ...rest) => [ticket, window.dcign.asShown(code), ...rest]",   # an export is as it is seen
        )
        self.load.upload(_waiting, self.ticket, self.shown, **at_once).success(
            make_again, [self.ticket, self.load], [*self.shown, *self.controls, self.recorder, self.load], **listen
        )
        self.cancel.click(_cancelled, self.ticket, self.shown, **at_once)
        # A recorded path plays at the pace at which it was recorded.
        self.recorder.input(
            None, [self.recorder, self.options], [self.motion, self.frames, self.fps, self.options],
            js="(path, options) => ['path', Math.max(2, JSON.parse(path).length), 24,"
               " options.filter((name) => name !== 'there_and_back' && name !== 'smooth')]",
        )


def _build(first: Studio) -> _Panel:
    with gr.Column(elem_id="export"):
        motion = gr.Radio(_motions(first), value=FACTORS[0], label="What moves", elem_id="factor")
        recorder = gr.HTML(
            "", html_template=_text("recorder.html"), js_on_load=_text("recorder.js"), apply_default_css=False,
            elem_id="recorder",
        )
        with gr.Row(elem_classes="pairs"):
            kind = gr.Dropdown(
                list(_FORMATS), value="gif", label="Write", min_width=100, elem_id="format", filterable=False
            )
            size = gr.Dropdown(
                [(f"{side} px", side) for side in _SIZES], value=320, label="Size", min_width=100, elem_id="size",
                filterable=False,
            )
        with gr.Row(elem_classes="pairs"):
            frames = gr.Number(
                72, label="Frames", minimum=checks.FRAMES[0], maximum=checks.FRAMES[1], precision=0,
                min_width=100, elem_id="frames",
            )
            fps = gr.Number(
                24, label="Frames per s", minimum=checks.FPS[0], maximum=checks.FPS[1], precision=0,
                min_width=100, elem_id="fps",
            )
        options = gr.CheckboxGroup(list(_OPTIONS), value=list(_CHOSEN), label="How", elem_id="export-options")
        with gr.Row(elem_id="export-buttons"):
            make = gr.Button("Export", variant="primary", elem_id="make-export", min_width=120)
            cancel = gr.Button("Cancel", interactive=False, elem_id="cancel-export", min_width=80)
        progress = gr.HTML("", apply_default_css=False, elem_id="export-progress",
                           html_template="<div class='export-progress' role='status'>${value}</div>")
        ticket = gr.Textbox(visible=False)   # of the export under way: see panels/work.py
        picture = gr.Image(
            label="Export", show_label=False, type="filepath", interactive=False, visible=False, buttons=[],
            elem_id="sweep",
        )
        video = gr.Video(
            label="Export", show_label=False, interactive=False, visible=False, autoplay=True, loop=True, buttons=[],
            elem_id="sweep-video",
        )
        with gr.Row(elem_id="downloads"):
            file = gr.DownloadButton("Download", visible=False, size="md", elem_id="download", min_width=100)
            recipe = gr.DownloadButton("Settings (JSON)", visible=False, size="md", elem_id="download-recipe",
                                       min_width=100)
        with gr.Accordion("Make an export again", open=False):
            load = gr.File(
                label="Its settings (JSON)", file_types=[".json"], height=130, elem_id="load-recipe",
            )
    return _Panel(motion, recorder, kind, size, frames, fps, options, make, cancel, progress, ticket, picture,
                  video, file, recipe, load)


def _exported(
    studios: Mapping[str, Studio], recipe_of: Callable[[], export.Recipe], ticket: Any, cache: str
) -> Iterator[list]:
    """Values of the shown components while it is made and when it is there. Raises what recipe_of() raises."""
    with _tickets.taken(ticket) as unwanted:
        if unwanted.is_set():       # while it waited; the page may be waiting for another one by now
            yield _NOTHING
            return
        try:
            recipe = recipe_of()
            yield _results(bar(("drawing", 0, recipe.settings.frames)), ticket=ticket)
            with closing(watched(lambda report: make_bytes(studios, recipe, report), unwanted)) as work:
                content = yield from _steps(work, unwanted)
            made, settings = cached(recipe, content, cache)
        except Cancelled:   # who cancelled it has told the page, which may wait for another one by now
            yield _NOTHING
            return
        except gr.Error:
            yield _results()
            raise
    yield _results(file=made, recipe=settings, kind=recipe.settings.format)


def _steps(work: Iterator[Step], unwanted: threading.Event) -> Iterator[list]:
    """Values of the shown components at every step of the work; returns what it returns."""
    try:
        while True:
            step = next(work)
            yield _NOTHING if unwanted.is_set() else [bar(step), *_NOTHING[1:]]
    except StopIteration as ended:
        return ended.value


def _waiting(before: Any) -> list[Any]:
    """Values of the shown components until the export's turn has come: it can be cancelled already. It takes the place
    of the one that the page asked for before."""
    _tickets.cancel(before)
    return _results("Waiting for its turn.", _tickets.issue())


def _cancelled(ticket: Any) -> list[Any]:
    """End the work of the ticket, begun or still waiting; values of the shown components."""
    _tickets.cancel(ticket)
    return _results("Cancelled.")


def _results(
    progress: str = "", ticket: str = "", file: str | None = None, recipe: str | None = None, kind: str = ""
) -> list[Any]:
    """Values of the progress, the picture, the video, both downloads, Cancel and its ticket."""
    moving = kind == "mp4"
    still = file is not None and kind not in ("mp4", "frames")
    return [
        progress,
        gr.Image(value=file if still else None, visible=still),
        gr.Video(value=file if moving else None, visible=moving),
        gr.DownloadButton(value=file, visible=file is not None),
        gr.DownloadButton(value=recipe, visible=recipe is not None),
        gr.Button(interactive=bool(ticket)),
        ticket,
    ]


def _settings(values: Sequence[Any]) -> dict[str, Any]:
    """The controls as Settings.from_dict() takes them; numbers beyond the limits are brought to them."""
    motion, kind, frames, fps, size, options = values
    chosen = options if isinstance(options, list) else []
    return {
        "motion": motion, "format": kind, "frames": checks.whole(frames, "frames", checks.FRAMES),
        "fps": checks.whole(fps, "fps", checks.FPS),
        "size": checks.whole(size, "size", (_SIZES[0], _SIZES[-1])),
        **{name: name in chosen for _, name in _OPTIONS},
    }


def _control_values(settings: export.Settings) -> list[Any]:
    chosen = [name for _, name in _OPTIONS if getattr(settings, name)]
    size = settings.size if settings.size in _SIZES else gr.skip()
    return [settings.motion, settings.format, settings.frames, settings.fps, size, chosen]


def _recording(settings: export.Settings) -> Any:
    """What the recorder holds after a file with these settings was loaded."""
    return json.dumps([list(point) for point in settings.path]) if settings.path else gr.skip()


def _input(compare: Any) -> str | None:
    """The input's address out of the compare panel's value."""
    try:
        return json.loads(compare)["input"]
    except (TypeError, ValueError, KeyError, RecursionError):
        return None


def _motions(studio: Studio) -> list[tuple[str, str]]:
    """(label, motion) of everything that can move."""
    factors = [(LABELS[name], name) for name in FACTORS if name in studio.ranges]
    return [*factors, ("All", "all"), ("Recorded", "path")]


def _text(name: str) -> str:
    return (files(__package__) / "panels" / name).read_text(encoding="utf-8")
