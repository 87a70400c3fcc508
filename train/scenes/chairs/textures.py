"""The small bank of surface textures of chairs, made once per process at first use: grain, cloth, leather, lattices.

Texels multiply a material's colour; the fourth channel is coverage, so lattices have holes. A tile covers SPAN heights
of a chair, at about a texel for a pixel of a picture of 160: finer texels would only shimmer.
"""

from functools import lru_cache

import numpy as np

from ..mesh import TextureBank

SIDE = 128  # texels
SPAN = 1.28  # heights of a chair
NAMES = ("fine_grain", "open_grain", "dark_grain", "plain_weave", "tweed", "leather", "velvet", "brushed", "wicker",
         "cane", "mesh", "red_stripes", "blue_stripes", "check")
CUTOUTS = ("cane", "mesh")


def index(name: str) -> int:
    """The number of a texture in the bank."""
    return NAMES.index(name)


def _smooth(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    """Noise (SIDE, SIDE) in [-1, 1] with so many cells down and across."""
    cells = rng.uniform(-1.0, 1.0, (rows + 1, columns + 1))
    y, x = np.linspace(0, rows, SIDE, endpoint=False), np.linspace(0, columns, SIDE, endpoint=False)
    i, j = y.astype(int), x.astype(int)
    fy, fx = (y - i)[:, None], x - j
    fy, fx = fy * fy * (3 - 2 * fy), fx * fx * (3 - 2 * fx)
    top = cells[i][:, j] * (1 - fx) + cells[i][:, j + 1] * fx
    low = cells[i + 1][:, j] * (1 - fx) + cells[i + 1][:, j + 1] * fx
    return top * (1 - fy) + low * fy


def _grey(value: np.ndarray, coverage: np.ndarray | None = None, warm: float = 0.0) -> np.ndarray:
    """A tile of brightness at most 1; ``warm`` makes its darker parts redder."""
    value = np.clip(value, 0.0, 1.0)
    tile = np.ones((SIDE, SIDE, 4), np.float32)
    for channel, power in enumerate((1.0 - 0.4 * warm, 1.0, 1.0 + 0.4 * warm)):
        tile[..., channel] = value**power
    if coverage is not None:
        tile[..., 3] = np.clip(coverage, 0.0, 1.0)
    return tile


def _coloured(share: np.ndarray, srgb: tuple[float, float, float]) -> np.ndarray:
    """White where ``share`` is 0, the linear light of ``srgb`` where it is 1."""
    tile = np.ones((SIDE, SIDE, 4), np.float32)
    tile[..., :3] = 1.0 + share[..., None] * (np.array(srgb) ** 2.2 - 1.0)
    return tile


@lru_cache(maxsize=1)
def bank() -> TextureBank:
    """The textures in the order of NAMES; rows run across a part, columns along it."""
    rng = np.random.default_rng(20150612)
    row, column = np.mgrid[0:SIDE, 0:SIDE].astype(float)
    streaks = 0.6 * _smooth(rng, 64, 4) + 0.4 * _smooth(rng, 24, 2)
    warp = 5.0 * _smooth(rng, 5, 2) + 1.2 * _smooth(rng, 16, 6)
    rings = np.sin((row + 6.0 * warp) * (2.0 * np.pi / 11.0))
    veins = np.clip(_smooth(rng, 30, 3) + 0.5 * _smooth(rng, 60, 5), 0.0, 1.0)
    noise = rng.uniform(-1.0, 1.0, (SIDE, SIDE))
    mottled = 0.6 * _smooth(rng, 20, 20) + 0.4 * _smooth(rng, 48, 48)
    over = ((row // 2 + column // 2) % 2) * 2.0 - 1.0
    basket = np.where((row // 4 + column // 4) % 2 == 0, np.abs((row % 4) - 1.5), np.abs((column % 4) - 1.5))
    lattice = np.minimum(np.abs((row + column) % 6 - 3.0), np.abs((row - column) % 6 - 3.0))
    knit = 0.66 + 0.14 * np.cos(np.pi * row / 2.0) * np.cos(np.pi * column / 2.0)
    bands = np.clip(0.5 + 2.2 * np.sin(np.pi * row / 8.0), 0.0, 1.0)
    check = (
        np.clip(0.5 + 0.8 * np.sin(np.pi * row / 6.0), 0, 1) / 2
        + np.clip(0.5 + 0.8 * np.sin(np.pi * column / 6.0), 0, 1) / 2
    )
    tiles = {
        "fine_grain": _grey(0.92 + 0.08 * streaks, warm=1.0),
        "open_grain": _grey(0.82 + 0.13 * rings + 0.09 * streaks, warm=1.0),
        "dark_grain": _grey(0.97 - 0.5 * veins + 0.06 * streaks, warm=1.0),
        "plain_weave": _grey(0.9 + 0.04 * over + 0.04 * noise),
        "tweed": _grey(0.8 + 0.16 * noise),
        "leather": _grey(0.9 + 0.07 * mottled, warm=0.5),
        "velvet": _grey(0.95 + 0.03 * _smooth(rng, 10, 10)),
        "brushed": _grey(0.92 + 0.08 * _smooth(rng, 64, 3)),
        "wicker": _grey(1.0 - 0.34 * basket + 0.06 * noise, warm=0.8),
        "cane": _grey(0.9 + 0.08 * noise, 1.15 - 0.42 * lattice),
        "mesh": _grey(0.9 + 0.1 * over, knit),
        "red_stripes": _coloured(bands, (0.72, 0.18, 0.14)),
        "blue_stripes": _coloured(bands, (0.14, 0.28, 0.55)),
        "check": _grey(1.0 - 0.45 * check + 0.04 * noise),
    }
    return TextureBank.pack([tiles[name] for name in NAMES])
