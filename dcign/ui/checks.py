"""What a caller sent, checked before it reaches the model: every problem becomes a gr.Error with its remedy.

Sliders and numbers of the page are checked as strictly as API calls, because both arrive as plain JSON.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder

from ..graphics_code import FACTORS, GraphicsCode
from ..live.frames import finite

FRAMES = (2, 240)
FPS = (1, 50)

_log = logging.getLogger(__name__)


def problem(message: str) -> gr.Error:
    """A gr.Error for the person; the message may quote what was sent, so it is escaped."""
    return gr.Error(escape(message, quote=False), print_exception=False)


def number(value: Any, name: str) -> float:
    """A finite number. gr.Error for NaN, infinity, text, truth values and lists."""
    try:
        return finite(value, name)
    except ValueError as error:
        raise problem(str(error)) from None


def degrees(value: Any, name: str) -> float | None:
    """A finite angle in degrees; None keeps the code's own value."""
    return None if value is None else number(value, name)


def whole(value: Any, name: str, bounds: tuple[int, int]) -> int:
    """A whole number, brought into bounds (both ends included)."""
    low, high = bounds
    if value is None:   # an emptied field
        raise problem(f"Type a number from {low:g} to {high:g} for {name}.")
    return round(min(max(number(value, name), low), high))


def factor(value: Any, ranges: Mapping[str, Any]) -> str:
    """The name of a factor that this model has."""
    if not isinstance(value, str) or value not in ranges or value not in FACTORS:
        raise problem(f"Choose one of the factors {', '.join(ranges)}, not {str(value)[:40]!r}.")
    return value


def code(value: Any) -> GraphicsCode:
    """A GraphicsCode from its JSON text or from the same as a dictionary."""
    if value is None or value == "":
        raise problem("There is no graphics code yet: choose an example or upload a picture first.")
    try:
        text = value if isinstance(value, str) else json.dumps(value, allow_nan=False)
        return GraphicsCode.from_json(text)
    except (ValueError, TypeError, RecursionError) as error:
        raise problem(f"The graphics code cannot be used: {error}.") from None


def studio(studios: Mapping[str, Any], name: Any) -> Any:
    """The studio of that name, loaded if need be."""
    if not isinstance(name, str) or name not in list(studios):   # not those that only stand beside another
        raise problem(f"Choose one of the models {', '.join(studios)}, not {str(name)[:40]!r}.")
    with readable_errors():
        return studios[name]


def upload(value: Any) -> str:
    """The path of an uploaded picture, from the file record that the page or a client sends.

    Gradio checks paths only in records that call themselves file records, so a path outside its folder of
    uploads is refused here: nobody may have other files of this machine opened.
    """
    path = value.get("path") if isinstance(value, Mapping) else None
    if not isinstance(path, str) or not path or "\0" in path:
        raise problem("There is no picture: upload a file (a data: address is not accepted).")
    if not Path(path).resolve().is_relative_to(Path(get_upload_folder()).resolve()):
        raise problem("This picture was not uploaded: upload the file itself.")
    return path


@contextmanager
def readable_errors() -> Iterator[None]:
    """Turn an exception into a message for the person, never a traceback or a server path."""
    try:
        yield
    except gr.Error:
        raise
    except ValueError as error:   # ours: they name the remedy
        raise problem(str(error)) from None
    except Exception:
        _log.exception("a request failed")
        raise problem("This did not work. Try another picture; the server's log says more.") from None
