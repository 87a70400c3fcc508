"""The named endpoints of arithmetic on codes: /vary, /random, /morph and /swap. Codes in, a code out.

    code = client.predict(code, {"intrinsic": [1.5, 0, -2]}, api_name="/vary")
    between = client.predict(anna, bert, 0.5, api_name="/morph")
    mixed = client.predict(carl, anna, bert, api_name="/swap")        # carl, posed as anna, lit as bert
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import gradio as gr

from .. import mixing
from ..graphics_code import GraphicsCode
from ..studio import Studio
from . import checks

_MAX_SEED = 2**53 - 1      # what JSON numbers carry exactly


def add(studios: Mapping[str, Studio]) -> None:
    """Add the endpoints to the Blocks under construction, on components that the page does not show."""
    with gr.Row(visible=False):
        code, other = gr.JSON(label="code"), gr.JSON(label="other")
        identity, pose, light = gr.JSON(label="identity"), gr.JSON(label="pose"), gr.JSON(label="light")
        result = gr.JSON(label="code")
        amounts = gr.JSON(label="amounts")
        seed = gr.Number(0, label="seed")
        share = gr.Number(0.5, label="share")
        button = gr.Button()

    def directions(value: GraphicsCode) -> Mapping:
        return checks.studio(studios, value.model).directions

    def vary(code: Any, amounts: Any) -> dict:
        """Change an identity along its principal directions; pose and light stay.

        code: what /encode returned. amounts: a JSON object, group -> list of standard deviations (-4 to 4) along its
        first directions, as in {"intrinsic": [1.5, 0, -2]}; /models lists the groups. Returns the new code.
        """
        base = checks.code(code)
        if not isinstance(amounts, Mapping):
            raise checks.problem("The amounts are a JSON object: group -> list of numbers.")
        with checks.readable_errors():
            numbers = {
                group: [checks.number(value, "an amount") for value in values] if isinstance(values, list) else []
                for group, values in amounts.items()
            }
            return _json(mixing.vary(base, directions(base), numbers))

    def random(code: Any, seed: Any) -> dict:
        """Draw an identity at random, in the pose and light of a code.

        code: what /encode returned. seed: a whole number; the same seed draws the same identity. Returns the new
        code.
        """
        base = checks.code(code)
        with checks.readable_errors():
            whole = checks.whole(seed, "seed", (0, _MAX_SEED))
            return _json(mixing.draw_identity(base, directions(base), whole))

    def morph(code: Any, other: Any, share: Any) -> dict:
        """Go from one identity towards another; pose and light are those of the first.

        code, other: what /encode returned for two pictures of one class. share: 0 is the first, 1 the second.
        Returns the new code.
        """
        first, second = checks.code(code), checks.code(other)
        checks.studio(studios, first.model)
        with checks.readable_errors():
            return _json(mixing.morph(first, second, checks.number(share, "share")))

    def swap(identity: Any, pose: Any, light: Any) -> dict:
        """Combine the identity of one picture with the pose of another and the light of a third.

        identity: what /encode returned for the first. pose, light: the same of others of its class, null for the
        first's own. Returns the new code.
        """
        whose = checks.code(identity)
        checks.studio(studios, whose.model)
        posed, lit = (None if value is None else checks.code(value) for value in (pose, light))
        with checks.readable_errors():
            return _json(mixing.swap(whose, posed, lit))

    listen = {"preprocess": False, "show_progress": "hidden"}
    button.click(vary, [code, amounts], result, api_name="vary", **listen)
    button.click(random, [code, seed], result, api_name="random", **listen)
    button.click(morph, [code, other, share], result, api_name="morph", **listen)
    button.click(swap, [identity, pose, light], result, api_name="swap", **listen)


def _json(code: GraphicsCode) -> dict:
    return json.loads(code.to_json())
