"""The export panel: a sweep of one factor as an animated GIF, to look at and to download."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.processing_utils import save_bytes_to_cache

from .. import export
from ..graphics_code import FACTORS
from ..studio import Studio
from . import checks, live
from .estimate import LABELS


def export_file(
    studios: Mapping[str, Studio],
    cache: str,
    code_value: Any,
    factor: Any,
    frames: Any,
    fps: Any,
    there_and_back: Any,
    angles: Sequence[Any],
    progress: gr.Progress,
) -> str:
    """Check what was sent, make the GIF, and return its path inside Gradio's cache folder, which is
    emptied regularly (delete_cache)."""
    code = checks.code(code_value)
    studio = checks.studio(studios, code.model)
    factor = checks.factor(factor, studio.ranges)
    frames = checks.whole(frames, "frames", checks.FRAMES)
    fps = checks.whole(fps, "fps", checks.FPS)
    held = {name: checks.degrees(value, name) for name, value in zip(FACTORS, angles, strict=True)}
    held = live.moved(studio, code, {**held, factor: None})

    def drawn(done: int, total: int) -> None:
        progress((done, total), desc="Drawing", unit="frames")

    def written(done: int, total: int) -> None:
        progress((done, total), desc="Writing the GIF", unit="frames")

    with checks.readable_errors(), tempfile.TemporaryDirectory() as folder:
        pictures = studio.sweep(code, factor, frames, there_and_back is True, drawn, **held)
        file = export.save(pictures, Path(folder) / "sweep.gif", fps=fps, progress=written)
        return save_bytes_to_cache(file.read_bytes(), f"{code.model}-{factor}.gif", cache)


def panel(
    studios: Mapping[str, Studio], code: gr.Textbox, sliders: Sequence[gr.Slider], first: Studio
) -> tuple[gr.Radio, gr.Image, gr.DownloadButton]:
    """Lay the panel out and wire it; returns what follows the model: the factor, the GIF, its download."""
    gr.HTML("<h2>Export a sweep</h2>", elem_classes="panel-title", apply_default_css=False)
    factor = gr.Radio(_choices(first), value=FACTORS[0], label="Factor", elem_id="factor")
    with gr.Row(elem_id="numbers"):
        frames = gr.Number(
            36, label="Frames", minimum=checks.FRAMES[0], maximum=checks.FRAMES[1], precision=0,
            min_width=80, elem_id="frames",
        )
        fps = gr.Number(
            20, label="Frames per s", minimum=checks.FPS[0], maximum=checks.FPS[1], precision=0,
            min_width=80, elem_id="fps",
        )
    there_and_back = gr.Checkbox(True, label="There and back", elem_id="there-and-back")
    make = gr.Button("Make GIF", variant="primary", elem_id="make-gif")
    preview = gr.Image(
        label="Sweep", type="filepath", format="gif", interactive=False, height=165, buttons=[],
        elem_id="sweep",
    )
    download = gr.DownloadButton("Download GIF", visible=False, elem_id="download")

    def make_from_page(
        text: Any, name: Any, count: Any, rate: Any, back: Any, *angles: Any, progress=gr.Progress()
    ) -> tuple[str, dict]:
        path = export_file(studios, preview.GRADIO_CACHE, text, name, count, rate, back, angles, progress)
        return path, gr.DownloadButton(value=path, visible=True)

    make.click(
        make_from_page,
        [code, factor, frames, fps, there_and_back, *sliders],
        [preview, download],
        preprocess=False,
        show_progress_on=preview,
        concurrency_id="sweep",
        concurrency_limit=1,
        api_visibility="private",
    )
    return factor, preview, download


def cleared(studio: Studio) -> list[Any]:
    """Values of what panel() returned for another model: its factors, and no GIF of the one before."""
    factor = gr.Radio(_choices(studio), value=FACTORS[0])
    return [factor, None, gr.DownloadButton(value=None, visible=False)]


def _choices(studio: Studio) -> list[tuple[str, str]]:
    """(label, factor) of every factor that can be swept."""
    return [(LABELS[name], name) for name in FACTORS if name in studio.ranges]
