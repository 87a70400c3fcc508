"""The named endpoints of arithmetic on codes: /vary, /random, /morph and /swap. Codes in, a code out.

    code = client.predict(code, {"shape": [1.5, 0, -2]}, api_name="/vary")
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
        """Change an identity along its principal directions. Pose and light stay.

        Args:
            code: The graphics code that /encode returned, a JSON object. Refused: anything else, and codes of models
                that /models does not list.
            amounts: A JSON object that gives a group of the code its list of standard deviations, -4 to 4 each, along
                the first directions of the group, as in {"shape": [1.5, 0, -2]}. /models lists the groups and how
                many directions they have. Refused: other groups, longer lists and amounts beyond the limits.

        Returns:
            code: The new graphics code, a JSON object.
        """
        base = checks.code(code)
        if not isinstance(amounts, Mapping):
            raise checks.problem("The amounts are a JSON object: group -> list of numbers.")
        with checks.readable_errors():
            numbers = {
                group: [checks.number(value, "an amount") for value in _listed(group, values)]
                for group, values in amounts.items()
            }
            return _json(mixing.vary(base, directions(base), numbers))

    def random(code: Any, seed: Any) -> dict:
        """Draw an identity at random, in the pose and light of a graphics code.

        Args:
            code: The graphics code that /encode returned, a JSON object. Refused: anything else, and codes of models
                that /models does not list.
            seed: A whole number from 0 to 9007199254740991. The same seed draws the same identity. Fractions are
                rounded, numbers beyond are brought to the nearest end. Refused: what is no finite number.

        Returns:
            code: The new graphics code, a JSON object.
        """
        base = checks.code(code)
        with checks.readable_errors():
            whole = checks.whole(seed, "seed", (0, _MAX_SEED))
            return _json(mixing.draw_identity(base, directions(base), whole))

    def morph(code: Any, other: Any, share: Any) -> dict:
        """Go from one identity towards another. Pose and light are those of the first.

        Args:
            code: The graphics code that /encode returned for the first picture, a JSON object. Refused: anything
                else.
            other: The same for the second picture. Refused: a code of another model.
            share: How far to go, from 0 for the first identity to 1 for the second. Refused: what is no number in
                these limits.

        Returns:
            code: The new graphics code, a JSON object.
        """
        first, second = checks.code(code), checks.code(other)
        checks.studio(studios, first.model)
        with checks.readable_errors():
            return _json(mixing.morph(first, second, checks.number(share, "share")))

    def swap(identity: Any, pose: Any = None, light: Any = None) -> dict:
        """Combine the identity of one picture with the pose of another and the light of a third.

        Args:
            identity: The graphics code that /encode returned for the first picture, a JSON object. Refused: anything
                else.
            pose: The code of a picture with the wanted azimuth and elevation. Left out or null, the first keeps its
                own. Refused: a code of another model.
            light: The code of a picture with the wanted light. Left out or null, the first keeps its own. Refused:
                a code of another model.

        Returns:
            code: The new graphics code, a JSON object.
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


def _listed(group: Any, values: Any) -> list:
    if not isinstance(values, list):
        raise checks.problem(f"The amounts of {str(group)[:40]!r} are a list of numbers.")
    return values


def _json(code: GraphicsCode) -> dict:
    return json.loads(code.to_json())
