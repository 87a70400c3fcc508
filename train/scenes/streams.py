"""Random streams of an identity: one per part, so that a mini-batch can vary a part alone (mesh.Source)."""

from __future__ import annotations

import numpy as np


def streams(names: tuple[str, ...], seed: int, parts: dict[str, int]) -> list[np.random.Generator]:
    """One generator per name, of the seed that ``parts`` gives it or else of ``seed``.

    The streams of a seed are independent of each other. Raises TypeError for a part that is not in ``names``.
    """
    unknown = sorted(set(parts) - set(names))
    if unknown:
        raise TypeError(f"no part {', '.join(unknown)}: there are {', '.join(names) or 'none'}")
    return [np.random.default_rng(np.random.SeedSequence(parts.get(name, seed), spawn_key=(place,)))
            for place, name in enumerate(names)]
