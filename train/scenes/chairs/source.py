"""The chair source: the shares of the styles and `ChairSource.identity(seed)`."""

from __future__ import annotations

from typing import Callable, NamedTuple

import numpy as np

from ..mesh import Identity
from . import (
    styles_folding,
    styles_legs,
    styles_rest,
    styles_swivel,
    styles_tubes,
    styles_upholstered,
)
from .assembly import Assembly


class Style(NamedTuple):
    """The family that a style is counted in, its share of all chairs, and how it is built."""

    family: str
    share: float
    build: Callable[[np.random.Generator], Assembly]
    has_front: bool = True


def _dining(name: str) -> Callable[[np.random.Generator], Assembly]:
    return lambda rng: styles_legs.dining(rng, styles_legs.DINING[name])


# family: (style: percent of all chairs, builder or name of a dining chair)
MIX = {
    "four_legs": {
        "straight": 5.5,
        "tapered": 4.5,
        "splayed": 3.7,
        "parsons": 3.5,
        "cabriole": 1.9,
        "tube": 4.1,
        "bentwood": 0.8,
        "ladder": 2.5,
        "slat": 2.5,
        "spindle": 1.5,
        "x_back": 1.5,
        "cane": 1.2,
        "rush": 1.0,
        "block": (2.3, styles_legs.block),
        "windsor": (1.5, lambda rng: styles_legs.windsor(rng, False)),
        "shell_legs": (2.0, lambda rng: styles_swivel.shell_seat(rng, "legs")),
    },
    "four_legs_arms": {
        "open_arms": 4.0,
        "carver": 1.6,
        "panel_arms": 2.2,
        "tube_arms": 2.4,
        "splayed_arms": 1.2,
        "windsor_arms": (1.0, lambda rng: styles_legs.windsor(rng, True)),
        "easy": (1.8, styles_legs.easy),
        "barrel": (1.0, styles_upholstered.barrel),
        "monobloc": (0.8, styles_legs.monobloc),
    },
    "sled": {
        "cantilever": (5.5, styles_tubes.cantilever),
        "sled": (3.7, styles_tubes.sled_base),
        "sled_lounge": (1.3, styles_tubes.sled_lounge),
        "shell_sled": (0.5, lambda rng: styles_swivel.shell_seat(rng, "sled")),
    },
    "upholstered": {
        "club": (2.6, styles_upholstered.club),
        "cube": (0.9, styles_upholstered.cube),
        "rolled_arms": (1.1, styles_upholstered.rolled),
        "tub": (1.6, styles_upholstered.tub),
        "wing": (1.0, styles_upholstered.wing),
        "recliner": (0.4, styles_upholstered.recliner),
        "slipper": (0.4, styles_upholstered.slipper),
    },
    "office": {
        "office_task": (3.8, lambda rng: styles_swivel.office(rng, "task")),
        "office_mesh": (1.6, lambda rng: styles_swivel.office(rng, "mesh")),
        "office_executive": (1.6, lambda rng: styles_swivel.office(rng, "executive")),
    },
    "pedestal": {
        "star_shell": (1.8, lambda rng: styles_swivel.shell_seat(rng, "star")),
        "tulip": (1.0, lambda rng: styles_swivel.shell_seat(rng, "trumpet")),
        "star_lounge": (1.2, styles_swivel.star_lounge),
        "egg": (0.6, styles_swivel.egg),
        "ball": (0.4, styles_swivel.ball),
    },
    "folding": {
        "folding": (1.1, lambda rng: styles_folding.folding(rng, False)),
        "folding_wood": (0.7, lambda rng: styles_folding.folding(rng, True)),
        "director": (1.0, styles_folding.director),
        "deck": (0.7, styles_folding.deck),
    },
    "stool": {
        "bar_stool": (1.1, styles_tubes.bar_stool),
        "low_stool": (0.8, styles_tubes.low_stool),
        "bar_chair": (0.6, styles_tubes.bar_chair),
    },
    "rest": {
        "rocker": (1.3, styles_rest.rocker),
        "bent_ply": (1.6, styles_rest.bent_ply),
        "wire": (1.2, styles_rest.wire),
        "zigzag": (0.9, styles_rest.zigzag),
        "adirondack": (0.9, styles_rest.adirondack),
        "plank": (0.7, styles_rest.plank),
        "butterfly": (0.4, styles_rest.butterfly),
    },
}
# the shares of the families, counted on the renders of 284 real chairs
COUNTED = {
    "four_legs": 0.40, "four_legs_arms": 0.16, "sled": 0.11, "upholstered": 0.08, "office": 0.07, "pedestal": 0.05,
    "folding": 0.035, "stool": 0.025, "rest": 0.07,
}
WITHOUT_FRONT = ("bar_stool", "low_stool")
STYLES = {
    name: Style(family, (entry if isinstance(entry, float) else entry[0]) / 100.0,
                _dining(name) if isinstance(entry, float) else entry[1], name not in WITHOUT_FRONT)
    for family, styles in MIX.items() for name, entry in styles.items()
}
_NAMES = tuple(STYLES)
_EDGES = np.cumsum([style.share for style in STYLES.values()])


def _stream(seed: int, number: int) -> np.random.Generator:
    """The independent stream of a part of an identity."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence((seed, number))))


def _style(rng: np.random.Generator) -> str:
    return _NAMES[min(int(np.searchsorted(_EDGES, rng.random() * _EDGES[-1], side="right")), len(_NAMES) - 1)]


def style_of(seed: int) -> str:
    """The style of the chair with this seed of its shape, without building it."""
    return _style(_stream(seed, 0))


class ChairSource:
    """Procedural chairs in the styles, proportions and colours of real ones."""

    name = "chairs"
    parts = ("shape", "texture")
    styles = {name: style.share for name, style in STYLES.items()}
    families = {family: (tuple(members), COUNTED[family]) for family, members in MIX.items()}

    def identity(self, seed: int, **parts: int) -> Identity:
        """The chair with this seed: the same bytes on every call; stools have no front.

        ``shape`` and ``texture`` give these parts the seeds of other chairs. Raises TypeError for another part.
        """
        return self._build(seed, None, **parts)

    def style_of(self, seed: int) -> str:
        """The style of the chair with this seed, without building it."""
        return style_of(seed)

    def identity_of_style(self, seed: int, style: str, **parts: int) -> Identity:
        """A chair of a named style. Raises ValueError for an unknown one, and TypeError as `identity` does."""
        if style not in STYLES:
            raise ValueError(f"Unknown style of chair {style!r}: choose {', '.join(STYLES)}.")
        return self._build(seed, style, **parts)

    def _build(self, seed: int, style: str | None, *, shape: int | None = None, texture: int | None = None) -> Identity:
        rng = _stream(seed if shape is None else shape, 0)
        drawn = _style(rng)
        style = style or drawn
        assembly = STYLES[style].build(rng)
        mesh = assembly.mesh(_stream(seed if texture is None else texture, 1))
        return Identity(mesh, style, STYLES[style].has_front, seed)
