"""The named endpoints: /encode, /render, /sweep and /estimate. All are stateless: the caller keeps the code.

    from gradio_client import Client, handle_file
    client = Client("http://127.0.0.1:7860")
    code, degrees, prepared = client.predict(handle_file("portrait.jpg"), "faces", api_name="/encode")
    picture = client.predict(code, 30, 0, -45, api_name="/render")
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import gradio as gr
from gradio.processing_utils import save_bytes_to_cache

from ..graphics_code import GraphicsCode
from ..photos import Prepared
from ..studio import Studio
from . import checks, live
from .estimate import estimates
from .export_panel import export_file


def read(studio: Studio, path: str) -> tuple[Prepared, GraphicsCode]:
    """Prepare and encode one uploaded picture. gr.Error with the remedy if it cannot be used."""
    with checks.readable_errors():
        prepared = studio.prepare(path)
        return prepared, studio.encode(prepared)


def add(studios: Mapping[str, Studio]) -> None:
    """Add the four endpoints to the Blocks under construction, on components that the page does not show."""
    names = list(studios)
    with gr.Row(visible=False):
        picture = gr.Image(type="filepath", label="picture")
        model = gr.Radio(names, value=names[0], label="model")
        code = gr.JSON(label="code")
        degrees = gr.JSON(label="degrees")
        azimuth = gr.Number(None, label="azimuth")
        elevation = gr.Number(None, label="elevation")
        light = gr.Number(None, label="light")
        factor = gr.Radio(["azimuth", "elevation", "light"], value="azimuth", label="factor")
        frames = gr.Number(36, label="frames")
        fps = gr.Number(20, label="fps")
        there_and_back = gr.Checkbox(True, label="there_and_back")
        prepared = gr.Image(label="prepared", format="png")
        rendered = gr.Image(label="picture", format="jpeg")
        animation = gr.File(label="animation")
        button = gr.Button()

    def encode(picture: Any, model: Any) -> tuple[dict, dict, Any]:
        """Encode a picture: upload in, graphics code out.

        picture: an image file. model: the class of the picture. Returns the graphics code (JSON, to be sent
        to /render and /sweep unchanged), the estimates in degrees, and the picture as the model saw it.
        """
        ready, graphics_code = read(checks.studio(studios, model), checks.upload(picture))
        return json.loads(graphics_code.to_json()), estimates(graphics_code), ready.picture

    def estimate(picture: Any, model: Any) -> dict:
        """Estimate pose and light of a picture, in degrees.

        picture: an image file. model: the class of the picture. Returns {"azimuth", "elevation", "light"}:
        azimuth is positive when the front turns to the image's right, elevation when the camera looks down,
        light when it comes from the image's right.
        """
        return estimates(read(checks.studio(studios, model), checks.upload(picture))[1])

    def render(code: Any, azimuth: Any, elevation: Any, light: Any) -> str:
        """Draw a graphics code at a pose and light; nothing is remembered between calls.

        code: what /encode returned. azimuth, elevation, light: degrees; null keeps the code's own value.
        Returns a JPEG file.
        """
        graphics_code = checks.code(code)
        studio = checks.studio(studios, graphics_code.model)
        angles = {
            "azimuth": checks.degrees(azimuth, "azimuth"),
            "elevation": checks.degrees(elevation, "elevation"),
            "light": checks.degrees(light, "light"),
        }
        with checks.readable_errors():
            drawn = studio.render(graphics_code, **angles)
        return save_bytes_to_cache(live.jpeg(drawn), "render.jpg", rendered.GRADIO_CACHE)

    def sweep(
        code: Any, factor: Any, frames: Any, fps: Any, there_and_back: Any, progress: Any = gr.Progress()
    ) -> str:
        """Turn one factor over its trained range and return an animated GIF.

        code: what /encode returned. factor: azimuth, elevation or light. frames: 2 to 144, one way. fps: 1 to
        50 frames per second. there_and_back: go back to the start instead of jumping. Returns the GIF file.
        """
        return export_file(
            studios, animation.GRADIO_CACHE, code, factor, frames, fps, there_and_back, (None,) * 3, progress
        )

    listen = {"preprocess": False, "show_progress": "hidden"}
    angles = [azimuth, elevation, light]
    button.click(encode, [picture, model], [code, degrees, prepared], api_name="encode", **listen)
    button.click(estimate, [picture, model], degrees, api_name="estimate", **listen)
    button.click(render, [code, *angles], rendered, api_name="render", queue=False, **listen)
    button.click(
        sweep, [code, factor, frames, fps, there_and_back], animation, api_name="sweep",
        concurrency_id="sweep", concurrency_limit=1, **listen,
    )
