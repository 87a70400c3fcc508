"""The named endpoints. All are stateless: the caller keeps the code.

    from gradio_client import Client, handle_file
    client = Client("http://127.0.0.1:7860")
    code, degrees, prepared = client.predict(handle_file("portrait.jpg"), "faces", api_name="/encode")
    picture = client.predict(code, 30, 0, -45, api_name="/render")
    file, recipe = client.predict(code, {"motion": "all", "format": "mp4"}, None, api_name="/export")

Here: /models, /encode, /estimate, /render, /sweep, /export; in mixing_endpoints.py: /vary, /random, /morph, /swap.
"""

from __future__ import annotations

import asyncio
import json
import threading
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.context import Context
from gradio.processing_utils import save_bytes_to_cache

from ..export.recipe import Steps
from ..graphics_code import GraphicsCode
from ..photos import Prepared
from ..studio import Studio
from . import checks, documented, live, mixing_endpoints
from .estimate import estimates
from .exporting import cached, cached_file, make_bytes, recipe_from_call, sweep_recipe


# Refining a code takes both cores for about a second: one at a time, so that live frames go on beside it.
_encoding = threading.BoundedSemaphore(1)
_examples: weakref.WeakKeyDictionary[Studio, dict] = weakref.WeakKeyDictionary()


def read(studio: Studio, path: str) -> tuple[Prepared, GraphicsCode]:
    """Prepare and encode one uploaded picture. gr.Error with the remedy if it cannot be used."""
    with checks.readable_errors():
        prepared = studio.prepare(path)
        with _encoding:
            return prepared, studio.encode(prepared)


def read_example(studio: Studio, path: Path) -> tuple[Prepared, GraphicsCode]:
    """The same of an example, read once: many look at the same few."""
    known, key = _examples.setdefault(studio, {}), (str(path), path.stat().st_mtime_ns)
    if key not in known:
        known[key] = read(studio, str(path))
    return known[key]


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

    # Calls of /render do not queue, and take turns: however many come, the live frames keep half of two cores, and those
    # that wait hold no thread.
    drawing = asyncio.Semaphore(1)

    def encode(picture: Any, model: Any) -> tuple[dict, dict, Any]:
        """Encode a picture: an upload goes in, its graphics code comes out. Takes about a second where the
        picture shows a face, or an object that is on the model's ground or can be put there, as its code is then refined.

        Args:
            picture: An uploaded image file: PNG, JPEG, WebP, GIF, BMP or TIFF, of 16 to 12000 pixels a side, 50
                megapixels and 20 MB at most. Refused: a file of the server that nobody uploaded.
            model: The class of the picture, a name that /models lists. Refused: any other name.

        Returns:
            code: The graphics code, a JSON object. Send it to the other endpoints unchanged. It holds the prepared picture
                too, a JPEG file in base64, and mostly "detail", the same at twice the size, if the upload had more pixels than the model's;
                without its "picture" and "detail" all is drawn by the network, a likeness still, and the upload is not in it.
            degrees: The estimates as {"azimuth", "elevation", "light"}, in degrees. Azimuth is positive when the
                front turns to the right of the image, elevation when the camera looks down, light when it comes
                from the right of the image.
            prepared: The picture as the model saw it, a square PNG file. Its side in pixels is the model's size.
        """
        ready, graphics_code = read(checks.studio(studios, model), checks.upload(picture))
        return json.loads(graphics_code.to_json()), estimates(graphics_code), ready.picture

    def estimate(picture: Any, model: Any) -> dict:
        """Estimate pose and light of a picture, in degrees.

        Args:
            picture: An uploaded image file: PNG, JPEG, WebP, GIF, BMP or TIFF, of 16 to 12000 pixels a side, 50
                megapixels and 20 MB at most. Refused: a file of the server that nobody uploaded.
            model: The class of the picture, a name that /models lists. Refused: any other name.

        Returns:
            degrees: The estimates as {"azimuth", "elevation", "light"}, in degrees. Azimuth is positive when the
                front turns to the right of the image, elevation when the camera looks down, light when it comes
                from the right of the image.
        """
        return estimates(read(checks.studio(studios, model), checks.upload(picture))[1])

    async def render(code: Any, azimuth: Any = None, elevation: Any = None, light: Any = None) -> str:
        """Draw a graphics code at a pose and light. Nothing is remembered between calls. While the view stays where the
        picture was taken, the light moves on the picture itself: the code's own angles give back what was encoded. As the view
        turns, the picture's pixels move along. A code whose "picture" was taken out is drawn by the network alone.

        Args:
            code: The graphics code that /encode returned, a JSON object. Refused: anything else, and codes of models
                that /models does not list.
            azimuth: Where the front turns, in degrees, positive to the right of the image. Left out or null, the
                code keeps its own. Beyond the range that /models lists, its nearest end is drawn; a model
                with a full turn goes round. Refused: what is no finite number.
            elevation: How far the camera looks down, in degrees. Left out or null, the code keeps its own. Beyond
                the range that /models lists, its nearest end is drawn. Refused: what is no finite number.
            light: Where the light stands relative to the camera, in degrees, positive to the right of the image.
                Left out or null, the code keeps its own. Beyond the range that /models lists, its nearest end is
                drawn. Refused: what is no finite number.

        Returns:
            picture: The drawn picture, a square JPEG file. Its side in pixels is the model's size, or twice that if the code has
                "detail": then the photograph's own pixels, where they are shown, are as fine as that.
        """
        def draw() -> str:
            graphics_code = checks.code(code)
            studio = checks.studio(studios, graphics_code.model)
            angles = {
                "azimuth": checks.degrees(azimuth, "azimuth"),
                "elevation": checks.degrees(elevation, "elevation"),
                "light": checks.degrees(light, "light"),
            }
            with checks.readable_errors():
                drawn = studio.showing(graphics_code).render(graphics_code, **angles)
            return save_bytes_to_cache(live.jpeg(drawn), "render.jpg", rendered.GRADIO_CACHE)

        async with drawing:
            return await asyncio.to_thread(draw)

    def sweep(
        code: Any, factor: Any, frames: Any, fps: Any, there_and_back: Any, progress: Any = gr.Progress()
    ) -> str:
        """Turn one factor over its trained range, as an animated GIF. /export does the same and more.

        Args:
            code: The graphics code that /encode returned, a JSON object. Refused: anything else, and codes of models
                that /models does not list.
            factor: What turns: azimuth, elevation or light. Refused: a factor that the model lacks.
            frames: How many frames the file has, 2 to 240. Numbers beyond are brought to the nearest end. Refused:
                what is no finite number.
            fps: Frames per second, 1 to 50. Numbers beyond are brought to the nearest end. Refused: what is no
                finite number.
            there_and_back: Whether it returns to its start instead of jumping there, true or false.

        Returns:
            animation: The GIF file, which repeats for ever. Its side in pixels is the model's size.
        """
        asked = sweep_recipe(code, factor, frames, fps, there_and_back)
        return cached_file(asked, make_bytes(studios, asked, reported(progress)), animation.GRADIO_CACHE)

    def export(
        code: Any, settings: Any = None, picture: Any = None, progress: Any = gr.Progress()
    ) -> tuple[str, str]:
        """Make an animation of a graphics code: what moves, how it is written, at which size.

        Args:
            code: The graphics code that /encode returned, a JSON object. Refused: anything else, and codes of models
                that /models does not list.
            settings: A JSON object with any of these; what is left out has its default. motion: azimuth, elevation,
                light, all or path (default azimuth). path: for that motion, 2 to 1200 points of [azimuth, elevation,
                light] in degrees. frames: 2 to 240 in the whole file (72). fps: 1 to 50 frames per second (24). size:
                32 to 480 pixels a side, or 0 for the model's own (0). format: gif, mp4, webp, frames for a zip file
                of PNG pictures, or sheet for one PNG picture of all frames (gif). there_and_back: return to the
                start (true). smooth: slow down where the motion turns round or ends (true). loop: repeat for ever
                (true). side_by_side: the input picture on the left (false). azimuth, elevation, light: degrees at
                which a factor stays while others move, -720 to 720, or null for the code's own (null). beyond: allow
                degrees outside the ranges that /models lists (false). Refused: other names, and numbers beyond these
                limits.
            picture: The uploaded input picture, needed for side_by_side and otherwise not read. Left out or null,
                there is none. Refused: a file of the server that nobody uploaded.

        Returns:
            file: The animation, a file of the format that was asked for.
            recipe: A JSON file with the code and the settings, and the picture if the code has it. It makes the same file
                again, bit for bit.
        """
        asked = recipe_from_call(studios, code, settings, picture)
        return cached(asked, make_bytes(studios, asked, reported(progress)), file.GRADIO_CACHE)

    def models() -> dict:
        """List the models: the ranges of pose and light in degrees, the groups of the code that may be varied.

        Returns:
            models: A JSON object of {name: {"size": pixels a side, "ranges": {factor: [lowest, highest] in degrees},
                "directions": {group: how many principal directions it has}}}.
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
    documented.describe(Context.root_block)


def reported(progress: gr.Progress) -> Steps:
    """Steps of an export as Gradio's progress."""
    return lambda stage, done, total: progress((done, total), desc=stage.capitalize(), unit="frames")
