"""The named endpoints. All are stateless: the caller keeps the code.

    from gradio_client import Client, handle_file
    client = Client("http://127.0.0.1:7860")
    code, degrees, prepared = client.predict(handle_file("portrait.jpg"), "faces", api_name="/encode")
    picture = client.predict(code, 30, 0, -45, api_name="/render")
    file, recipe = client.predict(code, {"motion": "all", "format": "mp4"}, None, api_name="/export")

Here: /models, /encode, /estimate, /render, /sweep, /export; in mixing_endpoints.py: /vary, /random, /morph, /swap.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import gradio as gr
from gradio.processing_utils import save_bytes_to_cache

from ..export.recipe import Steps
from ..graphics_code import GraphicsCode
from ..photos import Prepared
from ..studio import Studio
from . import checks, live, mixing_endpoints
from .estimate import estimates
from .exporting import cached, make_bytes, recipe_from_call, sweep_recipe


def read(studio: Studio, path: str) -> tuple[Prepared, GraphicsCode]:
    """Prepare and encode one uploaded picture. gr.Error with the remedy if it cannot be used."""
    with checks.readable_errors():
        prepared = studio.prepare(path)
        return prepared, studio.encode(prepared)


def add(studios: Mapping[str, Studio]) -> None:
    """Add the endpoints to the Blocks under construction, on components that the page does not show."""
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
        frames = gr.Number(72, label="frames")
        fps = gr.Number(24, label="fps")
        there_and_back = gr.Checkbox(True, label="there_and_back")
        prepared = gr.Image(label="prepared", format="png")
        rendered = gr.Image(label="picture", format="jpeg")
        animation = gr.File(label="animation")
        settings = gr.JSON(label="settings")
        file, recipe = gr.File(label="file"), gr.File(label="recipe")
        known = gr.JSON(label="models")
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

        code: what /encode returned. factor: azimuth, elevation or light. frames: 2 to 240, of the whole file. fps:
        1 to 50 frames per second. there_and_back: go back to the start instead of jumping. Returns the GIF file.
        """
        asked = sweep_recipe(code, factor, frames, fps, there_and_back)
        return cached(asked, make_bytes(studios, asked, reported(progress)), animation.GRADIO_CACHE)[0]

    def export(code: Any, settings: Any, picture: Any, progress: Any = gr.Progress()) -> tuple[str, str]:
        """Make an animation of a code: what moves, how it is written, at which size.

        code: what /encode returned. settings: a JSON object with any of motion (azimuth, elevation, light, all,
        path), path (a list of [azimuth, elevation, light]), frames (2 to 240), fps (1 to 50), size (32 to 480
        pixels, 0 for the model's own), there_and_back, smooth, loop, side_by_side, format (gif, mp4, webp, frames,
        sheet), azimuth, elevation, light (degrees that stay), beyond (the trained ranges). picture: the input
        image, for side_by_side only. Returns the file, and the JSON file that makes it again bit for bit.
        """
        asked = recipe_from_call(studios, code, settings, picture)
        return cached(asked, make_bytes(studios, asked, reported(progress)), file.GRADIO_CACHE)

    def models() -> dict:
        """List the models: the ranges of pose and light in degrees, the groups of the code that may be varied.

        Returns {name: {"size": pixels a side, "ranges": {factor: [lowest, highest]}, "directions": {group: how
        many principal directions it has}}}.
        """
        return {
            name: {
                "size": studio.size,
                "ranges": {factor: list(limits) for factor, limits in studio.ranges.items()},
                "directions": {group: len(value.deviations) for group, value in studio.directions.items()},
            }
            for name, studio in studios.items()
        }

    listen = {"preprocess": False, "show_progress": "hidden"}
    angles = [azimuth, elevation, light]
    button.click(encode, [picture, model], [code, degrees, prepared], api_name="encode", **listen)
    button.click(estimate, [picture, model], degrees, api_name="estimate", **listen)
    button.click(render, [code, *angles], rendered, api_name="render", queue=False, **listen)
    slow = {"concurrency_id": "sweep", "concurrency_limit": 1, **listen}
    button.click(sweep, [code, factor, frames, fps, there_and_back], animation, api_name="sweep", **slow)
    button.click(export, [code, settings, picture], [file, recipe], api_name="export", **slow)
    button.click(models, None, known, api_name="models", **listen)
    mixing_endpoints.add(studios)


def reported(progress: gr.Progress) -> Steps:
    """Steps of an export as Gradio's progress."""
    return lambda stage, done, total: progress((done, total), desc=stage.capitalize(), unit="frames")
