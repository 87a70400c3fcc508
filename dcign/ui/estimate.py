"""What the model thinks of the picture, in words and degrees."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from html import escape

from ..graphics_code import FACTORS, GraphicsCode

LABELS = {"azimuth": "Azimuth", "elevation": "Elevation", "light": "Light"}
# (negative, about zero, positive); left and right are the image's.
_WORDS = {
    "azimuth": ("turned left", "from the front", "turned right"),
    "elevation": ("seen from below", "at eye level", "seen from above"),
    "light": ("from the left", "from the camera", "from the right"),
}
_ABOUT_ZERO = 5.0
NOT_LEARNED = "not learned yet"
_DOUBTS = {"edge": "may lie beyond the trained range", "strange": "unsure: unlike any training picture"}


def estimates(code: GraphicsCode) -> dict[str, float]:
    """{factor: degrees} for the factors that the model has, rounded to a tenth."""
    return {name: round(value, 1) for name in FACTORS if (value := getattr(code, name)) is not None}


def in_words(name: str, degrees: float) -> str:
    """One angle as a person would say it."""
    if name == "azimuth" and abs(degrees) > 150:
        return "from behind"
    negative, zero, positive = _WORDS[name]
    if abs(degrees) < _ABOUT_ZERO:
        return zero
    return positive if degrees > 0 else negative


def estimate_html(
    code: GraphicsCode, unlearned: Collection[str] = (), doubts: Mapping[str, str] | None = None
) -> str:
    """The estimates as a small table; a factor that the weights have not learned is said to be so.

    doubts: what certainty.doubts() says; such an estimate carries a mark.
    """
    rows = ""
    for name in estimates(code):
        if name in unlearned:
            rows += f"<tr><th scope='row'>{LABELS[name]}</th><td class='degrees'>?</td><td>{NOT_LEARNED}</td></tr>"
            continue
        value = round(getattr(code, name))   # as start_degrees() does: the table agrees with the sliders
        number = f"{value:+d}".replace("-", "−") if value else "0"
        rows += (
            f"<tr><th scope='row'>{LABELS[name]}</th><td class='degrees'>{number}°</td>"
            f"<td>{in_words(name, value)}</td></tr>"
        )
        if doubts and name in doubts:
            rows += f"<tr class='doubt'><td></td><td></td><td>⚠ {_DOUBTS[doubts[name]]}</td></tr>"
    return f"<table class='estimate'><caption>The model’s estimate</caption>{rows}</table>"


def notes_html(notes: Sequence[str]) -> str:
    """Remarks on the picture, for a live region; empty if there are none."""
    return "".join(f"<p class='note'>{escape(note)}</p>" for note in notes)


def refusal_html(message: str) -> str:
    """Why an upload cannot be used. message: already escaped, as in checks.problem()."""
    return f"<p class='note refusal'>{message}</p>"
