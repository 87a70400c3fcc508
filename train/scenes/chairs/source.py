"""The chair source: the shares of the styles and `ChairSource.identity(seed)`."""

import numpy as np

from ..mesh import Identity
from . import styles_folding, styles_legs, styles_lounge, styles_rest

# The share of each style; the last five make up the "rest" of the counted renders.
STYLES = {
    "four_legs": (0.40, lambda rng: styles_legs.dining(rng, with_arms=False)),
    "four_legs_arms": (0.16, lambda rng: styles_legs.dining(rng, with_arms=True)),
    "sled": (0.11, styles_legs.sled_base),
    "upholstered": (0.08, styles_lounge.upholstered),
    "office": (0.07, styles_lounge.office),
    "pedestal": (0.05, styles_lounge.pedestal),
    "folding": (0.035, styles_folding.folding),
    "stool": (0.025, styles_legs.stool),
    "windsor": (0.02, styles_rest.windsor),
    "ladder_back": (0.015, styles_rest.ladder_back),
    "rocker": (0.013, styles_rest.rocker),
    "bent_ply": (0.013, styles_rest.bent_ply),
    "adirondack": (0.009, styles_rest.adirondack),
}
_NAMES = tuple(STYLES)
_EDGES = np.cumsum([share for share, _ in STYLES.values()])


def _style(rng: np.random.Generator) -> str:
    return _NAMES[min(int(np.searchsorted(_EDGES, rng.random(), side="right")), len(_NAMES) - 1)]


def style_of(seed: int) -> str:
    """The style of the chair with this seed, without building it."""
    return _style(np.random.default_rng(seed))


class ChairSource:
    """Procedural chairs in the styles, proportions and colours of real ones."""

    name = "chairs"

    def identity(self, seed: int) -> Identity:
        """The chair with this seed: the same bytes on every call. Stools have no front."""
        rng = np.random.default_rng(seed)
        style = _style(rng)
        return Identity(STYLES[style][1](rng).mesh(), style, style != "stool", seed)
