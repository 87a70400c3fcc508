"""What chairs are made of: the shape says which kind of surface a part has, the palette says what it looks like.

`scheme` draws kinds from the stream of the shape; `Palette` draws colours and textures from that of the texture, in the
shares of real chairs.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .textures import index


class Surface(NamedTuple):
    """A group of parts and the kind of surface that it has; parts of one surface share a material."""

    role: str
    kind: str


class Material(NamedTuple):
    """albedo: linear RGB in [0, 1]; specular in [0, 1]; texture: number in the bank or -1; vary: spread of brightness
    between the parts, as of pieces of wood."""

    albedo: tuple[float, float, float]
    specular: float
    texture: int = -1
    vary: float = 0.0


@dataclass(frozen=True)
class Scheme:
    """The surfaces of each group of a chair's parts."""

    frame: Surface
    seat: Surface
    back: Surface
    arms: Surface
    metal: Surface = Surface("metal", "metal")


RUBBER = Surface("castor", "rubber")
PIPING = Surface("piping", "piping")

# sRGB in 0..255
WOODS = np.array((
    (196, 154, 108), (92, 62, 42), (214, 178, 132), (142, 78, 48), (98, 46, 32), (160, 105, 62), (222, 190, 140),
    (52, 38, 30), (205, 185, 155), (128, 88, 56), (176, 122, 72),
)) / 255.0
LEATHERS = np.array(
    ((120, 72, 42), (70, 44, 30), (160, 104, 60), (196, 168, 130), (222, 206, 178), (104, 52, 38))
) / 255.0
HUES = ((0.01, 0.03), (0.6, 0.04), (0.36, 0.06), (0.12, 0.03), (0.8, 0.3))  # mean and spread of hue in turns
HUE_EDGES = (0.38, 0.64, 0.80, 0.93)
GREEN = 2  # a bright one would glow
SATURATED = 0.15
MEAN = {"fine_grain": 0.92, "open_grain": 0.82, "dark_grain": 0.87, "plain_weave": 0.9, "tweed": 0.8,
        "leather": 0.9, "velvet": 0.95, "brushed": 0.92, "wicker": 0.7}  # brightness of the tiles


def scheme(rng: np.random.Generator, frame: str, upholstered: float, seat: str = "cloth") -> Scheme:
    """Kinds of surface of one chair, from the stream of its shape.

    frame: "wood", "metal", "plastic" or "timber" (wood, at times painted); upholstered: probability that the seat, and
    mostly the back too, are of a surface of their own of the kind ``seat``.
    """
    base = Surface("frame", frame)
    shares = rng.random(3)
    if shares[0] >= upholstered:
        return Scheme(base, base, base, base)
    own = Surface("seat", seat)
    return Scheme(base, own, own if shares[1] < 0.8 else base, own if shares[2] < 0.25 else base)


def linear(srgb: np.ndarray) -> np.ndarray:
    """sRGB in [0, 1] to linear light."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


class Palette:
    """The colours and textures of one chair. The same draws whatever the shape is, so shapes can change under it."""

    def __init__(self, rng: np.random.Generator):
        self._share = rng.random(72)
        self._next = 0
        self.rng = rng
        self.saturated = self._take() < SATURATED
        self.hue = self._saturated()
        self._kinds: frozenset[str] = frozenset()

    def _take(self) -> float:
        self._next += 1
        return float(self._share[self._next - 1])

    def _between(self, low: float, high: float) -> float:
        return low + (high - low) * self._take()

    def _saturated(self) -> np.ndarray:
        """A saturated sRGB colour; reds, oranges and blues are the commonest on chairs."""
        kind = int(np.searchsorted(HUE_EDGES, self._take()))
        centre, spread = HUES[kind]
        hue = (centre + spread * 1.7 * (self._take() + self._take() - 1.0)) % 1.0
        value, saturation = self._between(0.4, 0.6 if kind == GREEN else 0.82), self._between(0.55, 0.85)
        ramp = np.clip(np.abs((hue * 6.0 + np.array([0.0, 4.0, 2.0])) % 6.0 - 3.0) - 1.0, 0.0, 1.0)
        return value * (1.0 + saturation * (ramp - 1.0))

    def _made(self, srgb, specular: float, texture: str = "", vary: float = 0.0, jitter: float = 0.12) -> Material:
        scale = 1.0 + jitter * (2.0 * self._take() - 1.0)
        cast = 0.025 * (2.0 * self._take() - 1.0)
        srgb = np.clip(np.asarray(srgb) * (scale * (1.0 + cast), scale, scale * (1.0 - cast)), 0.02, 0.95)
        light = np.minimum(linear(srgb) / MEAN.get(texture, 1.0), 1.0)
        return Material(tuple(light.tolist()), specular, index(texture) if texture else -1, vary)

    def _neutral(self, shares=(0.27, 0.28, 0.25, 0.2)) -> np.ndarray:
        """A brown, black, grey or white sRGB colour in these shares."""
        kind = int(np.searchsorted(np.cumsum(shares), self._take() * sum(shares)))
        brown, grey = LEATHERS[int(self._take() * len(LEATHERS))], self._take()
        if kind == 0:
            return brown
        low, high = ((0.11, 0.24), (0.3, 0.68), (0.76, 0.89))[kind - 1]
        return np.full(3, low + (high - low) * grey)

    def _wood(self, vary: float = 0.06) -> Material:
        tint = WOODS[int(self._take() * len(WOODS))]
        grain = ("fine_grain", "open_grain", "dark_grain")[int(np.searchsorted((0.4, 0.8), self._take()))]
        return self._made(tint, self._between(0.03, 0.28), grain, vary)

    def _paint(self, shares=(0.0, 0.4, 0.22, 0.38)) -> Material:
        return self._made(self._neutral(shares), self._between(0.08, 0.35))

    def _metal(self) -> Material:
        kind, bright = self._take(), self._take()
        if kind < 0.3:
            return self._made(np.full(3, 0.62 + 0.2 * bright), 0.9, jitter=0.05)  # chrome
        if kind < 0.45:
            return self._made(np.full(3, 0.52 + 0.16 * bright), 0.45, "brushed", jitter=0.05)
        if kind < 0.85:
            return self._made(np.full(3, 0.1 + 0.12 * bright), 0.15 + 0.25 * bright)  # black enamel
        if kind < 0.93:
            return self._made(np.full(3, 0.76 + 0.1 * bright), 0.3)
        return self._made((0.68, 0.53, 0.3), 0.7)  # brass

    def _cloth(self) -> Material:
        weave = self._take()
        srgb = self.hue if self.saturated else self._neutral()
        if weave < 0.38:
            return self._made(srgb, self._between(0.12, 0.4), "leather")
        name = ("plain_weave", "tweed", "velvet")[int(np.searchsorted((0.62, 0.82), weave))]
        return self._made(srgb, 0.0 if name == "tweed" else 0.04, name)

    def _canvas(self) -> Material:
        pattern = self._take()
        if pattern < 0.34 and not self.saturated:
            return self._made((0.9, 0.88, 0.83), 0.0, ("red_stripes", "blue_stripes", "check")[int(pattern * 8.8)])
        srgb = self.hue if self.saturated else self._neutral((0.15, 0.3, 0.15, 0.4))
        return self._made(srgb, 0.0, "plain_weave")

    def _plastic(self) -> Material:
        srgb = self.hue if self.saturated else self._neutral((0.06, 0.34, 0.24, 0.36))
        return self._made(srgb, self._between(0.2, 0.55), jitter=0.06)

    def _build(self, surface: Surface) -> Material:
        kind = surface.kind
        lively = self.saturated and not self._kinds & {"cloth", "canvas", "plastic", "shell"}
        if kind == "metal":
            tint = self._metal()
            return self._made(self.hue, 0.35) if lively and surface.role == "frame" else tint
        if kind in ("wood", "timber"):
            painted = self._take() < (0.28 if kind == "timber" else 0.06)
            wooden, paint = self._wood(), self._paint()
            if lively and surface.role == "frame" and self._take() < 0.85:
                return self._made(self.hue, self._between(0.1, 0.4))
            return paint if painted else wooden
        if kind == "ply":
            return self._made(self.hue, 0.25) if lively else (self._paint() if self._take() < 0.2 else self._wood(0.03))
        if kind == "shell":
            made = self._take()
            return self._plastic() if made < 0.6 else (self._cloth() if made < 0.85 else self._wood(0.0))
        if kind == "cloth":
            return self._cloth()
        if kind == "canvas":
            return self._canvas()
        if kind == "plastic":
            return self._plastic()
        if kind == "mesh":
            srgb = np.full(3, self._between(0.1, 0.2)) if self._take() < 0.75 else self._neutral((0, 0, 0.7, 0.3))
            return self._made(srgb, 0.0, "mesh")
        if kind == "cane":
            return self._made((0.84, 0.70, 0.48), 0.05, "cane")
        if kind == "rush":
            return self._made((0.80, 0.66, 0.42), 0.0, "wicker", 0.04, jitter=0.15)
        if kind == "wicker":
            return self._made((0.76, 0.6, 0.4) if self._take() < 0.6 else self._neutral((0.3, 0.2, 0.2, 0.3)), 0.05,
                              "wicker", jitter=0.15)
        return self._made(np.full(3, 0.13), 0.15)  # rubber and dark fittings

    def materials(self, surfaces: list[Surface]) -> list[Material]:
        """The material of each surface, which must all belong to one chair."""
        self._kinds = frozenset(surface.kind for surface in surfaces)
        made: dict[Surface, Material] = {}
        for surface in surfaces:
            if surface == PIPING:
                continue
            # a block of draws of its own for each role, so that one role's kind does not change another's colours
            self._next = 8 + 14 * ("frame", "seat", "back", "arms").index(surface.role) if surface.role in (
                "frame", "seat", "back", "arms") else 50
            made[surface] = self._build(surface)
        if PIPING in surfaces:
            cover = made.get(next((s for s in surfaces if s.role == "seat"), surfaces[0]), None)
            albedo = np.array(cover.albedo)
            shade = (
                albedo * 0.55 if self._share[7] < 0.7 or albedo.max() > 0.6 else np.minimum(albedo * 2.2 + 0.05, 0.8)
            )
            made[PIPING] = Material(tuple(shade.tolist()), cover.specular)
        return [made[surface] for surface in surfaces]
