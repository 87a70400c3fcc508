"""Arithmetic on graphics codes: vary, draw at random, morph, swap. Pose and light stay what they were.

    older = vary(code, studio.directions, {"shape": [1.5, 0, -1]})      # standard deviations along directions
    nobody = draw_identity(code, studio.directions, seed=7)
    between = morph(anna, bert, 0.5)
    mixed = swap(identity=carl, pose=anna, light=bert)

What they return is a new GraphicsCode, without the picture, which shows another one; where nothing is asked to change,
it is the code that came in. Codes must come from one model: ValueError otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from . import offsets
from .directions import Directions
from .graphics_code import FACTORS, GraphicsCode

POSE = ("azimuth", "elevation")
LIGHT = ("light",)
MAX_AMOUNT = 4.0        # standard deviations: beyond, there is nothing that was ever trained on
TEMPERATURE = 0.8       # of a random draw: a little calmer than the training scenes looks better
_PARALLEL = 1e-4


def vary(
    code: GraphicsCode, directions: Mapping[str, Directions], amounts: Mapping[str, Sequence[float]]
) -> GraphicsCode:
    """Move the identity along principal directions.

    amounts: group -> standard deviations along its first directions, each within ±MAX_AMOUNT.
    """
    latents = code.latents.astype(np.float64)
    for group, values in amounts.items():
        known = _directions(directions, group)
        values = np.asarray(values, np.float64)
        if values.ndim != 1 or len(values) > len(known.deviations):
            raise ValueError(f"{group} has {len(known.deviations)} directions: give at most as many amounts")
        if not (np.abs(values) <= MAX_AMOUNT).all():
            raise ValueError(f"amounts are standard deviations between -{MAX_AMOUNT:g} and {MAX_AMOUNT:g}")
        latents[_place(code, group, known)] += values @ known.steps[: len(values)]
    return code if np.array_equal(latents, code.latents) else _like(code, latents, code.offsets)


def _place(code: GraphicsCode, group: str, known: Directions) -> slice:
    """Where the group lies in the code. ValueError unless it is there, as large as the directions are."""
    if dict(code.layout.groups).get(group) != known.size:
        raise ValueError(f"this code has no {known.size} latents of {group!r}: encode the picture again")
    return code.layout.slice(group)


def draw_identity(
    code: GraphicsCode, directions: Mapping[str, Directions], seed: int, temperature: float = TEMPERATURE
) -> GraphicsCode:
    """An identity drawn as those of the training scenes are spread, seen as in this code; the seed decides."""
    if not directions:
        raise ValueError("these weights have no directions: train them again with a current `python -m train`")
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed < 2**63:
        raise ValueError(f"the seed must be a whole number from 0 to 2^63 - 1, not {str(seed)[:40]!r}")
    if not 0 <= temperature <= 2:
        raise ValueError(f"the temperature must lie between 0 and 2, not {temperature!r}")
    random = np.random.default_rng(int(seed))
    latents = code.latents.astype(np.float64)
    for group in directions:
        known = _directions(directions, group)
        latents[_place(code, group, known)] = known.draw(random, temperature)
    return _like(code, latents, None)


def morph(first: GraphicsCode, second: GraphicsCode, share: float, spherical: bool = True) -> GraphicsCode:
    """The identity on the way from the first (share 0) to the second (1); pose and light of the first.

    spherical: along the arc, which keeps the length; the straight way passes nearer to the average identity.
    """
    _alike(first, second)
    if not 0 <= share <= 1:
        raise ValueError(f"the share of a morph lies between 0 and 1, not {share!r}")
    inside = first.layout.intrinsic
    start, end = first.latents[inside].astype(np.float64), second.latents[inside].astype(np.float64)
    before, after = _slerp_weights(start, end, share) if spherical else (1 - share, share)
    if share == 0:
        return first
    latents = first.latents.astype(np.float64)
    latents[inside] = before * start + after * end
    return _like(first, latents, offsets.between(first.offsets, _from(second, _degrees(first)), share))


def swap(
    identity: GraphicsCode,
    pose: GraphicsCode | None = None,
    light: GraphicsCode | None = None,
    parts: Mapping[str, GraphicsCode] | None = None,
) -> GraphicsCode:
    """Identity, pose and light of up to three codes in one; what is left out comes from the identity's code.

    parts: group -> code, to take single groups of the identity ("texture", "hair") from others.
    """
    latents, degrees = identity.latents.copy(), _degrees(identity)
    sources = {name: pose for name in POSE} | {name: light for name in LIGHT} | dict(parts or {})
    for name, source in list(sources.items()):
        if source is not None:
            _alike(identity, source)
        if source is None or name not in identity.layout.names:
            if source is not None and name in (parts or {}):
                raise ValueError(f"this model has no part {name!r}: choose from {', '.join(identity.layout.names)}")
            del sources[name]
    if not sources:
        return identity
    degrees |= {name: getattr(source, name) for name, source in sources.items() if name in FACTORS}
    mixed = _from(identity, degrees)
    for name, source in sources.items():
        group = identity.layout.slice(name)
        latents[group] = source.latents[group]
        if name not in FACTORS:
            mixed = _with_group(mixed, _from(source, degrees), group)
    return GraphicsCode(latents, identity.layout, **degrees, model=identity.model, offsets=mixed)


def _degrees(code: GraphicsCode) -> dict[str, float | None]:
    return {name: getattr(code, name) for name in FACTORS}


def _like(code: GraphicsCode, latents: np.ndarray, heard: np.ndarray | None) -> GraphicsCode:
    return GraphicsCode(latents, code.layout, **_degrees(code), model=code.model, offsets=heard)


def _from(code: GraphicsCode, degrees: Mapping[str, float | None]) -> np.ndarray | None:
    """The code's offsets (K, L) as far as they are trusted from another side; None without any."""
    if code.offsets is None:
        return None
    pairs = {name: (getattr(code, name), degrees.get(name)) for name in POSE}
    return offsets.trust({name: b - a for name, (a, b) in pairs.items() if None not in (a, b)}) * code.offsets


def _with_group(first: np.ndarray | None, other: np.ndarray | None, group: slice) -> np.ndarray | None:
    """Offsets (K, L) whose group is another code's; None stands for none at all."""
    if first is None and other is None:
        return None
    mixed = np.zeros_like(other) if first is None else np.array(first)
    mixed[:, group] = 0.0 if other is None else other[:, group]
    return mixed


def _alike(first: GraphicsCode, second: GraphicsCode) -> None:
    places = {len(code.offsets) for code in (first, second) if code.offsets is not None}
    if first.layout != second.layout or first.model != second.model or len(places) > 1:
        raise ValueError(
            f"codes of two models cannot be mixed ({first.model or 'unnamed'} and {second.model or 'unnamed'}): "
            "encode both pictures with one model"
        )


def _directions(directions: Mapping[str, Directions], group: str) -> Directions:
    if group not in directions:
        known = ", ".join(directions) or "none, these weights have no directions"
        raise ValueError(f"there are no directions of {str(group)[:40]!r}: choose from {known}")
    return directions[group]


def _slerp_weights(start: np.ndarray, end: np.ndarray, share: float) -> tuple[float, float]:
    lengths = np.linalg.norm(start) * np.linalg.norm(end)
    angle = np.arccos(np.clip(start @ end / lengths, -1, 1)) if lengths > 0 else 0.0
    if angle < _PARALLEL or np.pi - angle < _PARALLEL:   # no arc, or no one arc
        return 1 - share, share
    return np.sin((1 - share) * angle) / np.sin(angle), np.sin(share * angle) / np.sin(angle)
