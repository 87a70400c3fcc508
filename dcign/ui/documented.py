"""What the docstrings of the endpoints say, told to callers everywhere.

    documented.describe(demo)      # once all endpoints are there

Gradio 6.31 takes only the summary of a docstring to "Use via API", /gradio_api/info and openapi.json; its MCP tools
know the parameters too, from one line each. Here the docstrings are wrapped as usual, in the form

    Args:
        name: What it is.
    Returns:
        name: What it is.
"""

from __future__ import annotations

import re
from functools import wraps
from inspect import cleandoc
from typing import Any

import gradio as gr
from gradio.utils import get_function_description

_CONTINUED = re.compile(r"\n {8,}(?=\S)")


def describe(demo: gr.Blocks) -> None:
    """Have the demo's get_api_info() tell what every parameter and every value of its public endpoints means."""
    published = {
        f"/{entry.api_name}": entry.fn for entry in demo.fns.values() if entry.fn and entry.api_visibility == "public"
    }
    for function in published.values():
        function.__doc__ = _CONTINUED.sub(" ", cleandoc(function.__doc__ or ""))
    plain = demo.get_api_info

    @wraps(plain)
    def get_api_info(*args: Any, **options: Any) -> dict[str, Any]:
        told = plain(*args, **options)
        for name, function in published.items():
            if name in told["named_endpoints"]:   # not those of another page
                _complete(told["named_endpoints"][name], function)
        return told

    demo.get_api_info = get_api_info


def _complete(endpoint: dict[str, Any], function: Any) -> None:
    summary, parameters, returned = get_function_description(function)
    for entry in endpoint["parameters"]:
        _tell(entry, parameters[entry["parameter_name"]])
    for entry, line in zip(endpoint["returns"], returned, strict=True):
        _tell(entry, line.partition(": ")[2])
    # The page shows no text beside a returned value: there it has to be in the endpoint's own.
    endpoint["description"] = f"{summary} Returns {'; '.join(line.removesuffix('.') for line in returned)}."


def _tell(entry: dict[str, Any], text: str) -> None:
    """Write the text into one parameter or value; its schema belongs to the component, so it is copied."""
    schema = {**entry["type"], "description": text}
    if schema.get("type") == {}:   # Gradio's word for JSON, at which a validator stumbles; all of ours are objects
        schema["type"] = "object"
    may_be_left_out = entry.get("parameter_has_default") and entry["parameter_default"] is None
    if may_be_left_out and "properties" not in schema:
        schema["type"] = [schema["type"], "null"]
    entry["type"] = schema
    entry["python_type"] = {**entry["python_type"], "description": text}
