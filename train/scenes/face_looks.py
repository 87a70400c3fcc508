"""Colours of faces and hair: the tables, and how a skin, a hair colour and a style are drawn. Linear albedo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from train.scenes.assets import FacePack

# black, dark brown, brown, light brown, blond, red, grey, white
HAIR_TONES = np.array([[0.016, 0.012, 0.010], [0.034, 0.020, 0.012], [0.078, 0.042, 0.022], [0.150, 0.088, 0.044],
                       [0.350, 0.230, 0.110], [0.160, 0.050, 0.018], [0.210, 0.203, 0.195], [0.480, 0.465, 0.440]],
                      np.float32)
HAIR_TONE_SHARES = np.array([0.24, 0.22, 0.17, 0.10, 0.09, 0.03, 0.10, 0.05])
DARK_SKIN_SHARES = np.array([0.62, 0.20, 0.06, 0.0, 0.0, 0.0, 0.09, 0.03])  # ordered like the others
STYLES = {  # the share of each; "stubble" is a shaved head whose hair shows as a tint
    "bald": 0.12, "stubble": 0.12, "short01": 0.13, "short02": 0.13, "short03": 0.03, "short04": 0.15,
    "afro01": 0.07, "long01": 0.12, "ponytail01": 0.10, "braid01": 0.03,
}
ALWAYS_DARK = ("afro01",)
STUBBLE_OF = "short01"  # whose hairline a shaved head has
MEDIUM_SKINS = 0.35  # the share of faces whose skin is a blend of any two, and not of two alike
SKIN_GAIN = {False: (0.62, 1.02), True: (1.0, 2.4)}  # of light and of dark skins, in red
# green and blue as shares of red, as photographs have them: for light and for dark skins, and how they vary
SKIN_HUE = {False: (0.55, 0.40), True: (0.42, 0.26)}
MATCHED = 0.7  # how far the drawn skins, which are too red where they are dark, are brought to these
SKIN_HUE_SPREAD = (0.03, 0.03)


def _pick(rng_value: float, shares: np.ndarray) -> int:
    """The index whose share of [0, 1) holds ``rng_value``."""
    edges = np.cumsum(shares)
    return min(int(np.searchsorted(edges, rng_value * edges[-1], side="right")), len(shares) - 1)


@dataclass(frozen=True)
class Skin:
    """Two albedo textures for the face and the back of the head, their blend, and a tint."""

    face: tuple[int, int]
    back: tuple[int, int]
    blend: float
    tint: np.ndarray
    albedo: np.ndarray  # what comes out on average, (3,)
    dark: bool
    male: bool
    iris: int


def mean_albedos(pack: FacePack) -> np.ndarray:
    """The average of the middle of every skin's face, (skins, 3)."""
    bank, found = pack.bank, []
    for _, face, _ in pack.skins:
        start, height, width = int(bank.offset[face]), int(bank.height[face]), int(bank.width[face])
        texels = bank.texels[start:start + height * width, :3].reshape(height, width, 3)
        found.append(texels[height // 6:height // 2:4, width // 4:3 * width // 4:4].mean((0, 1)))
    return np.array(found, np.float32)


def _is_dark(pack: FacePack, skin: int) -> bool:
    return "dark" in pack.skins[skin][0]


def light_skins(pack: FacePack) -> tuple[int, ...]:
    """Their places in the pack."""
    return tuple(skin for skin in range(len(pack.skins)) if not _is_dark(pack, skin))


def draw_skin(rng: np.random.Generator, pack: FacePack, albedos: np.ndarray, among: Sequence[int] = ()) -> Skin:
    """A skin between two of the pack's, darker or lighter, redder or more yellow, and the eyes that go with it.

    ``among``: places in the pack of the skins to draw from; all where it is empty.
    """
    among = among or range(len(pack.skins))
    one, two = (among[int(rng.random() * len(among))] for _ in range(2))
    dark = [_is_dark(pack, skin) for skin in (one, two)]
    blend = rng.uniform(0.0, 0.5)
    medium = rng.random() < MEDIUM_SKINS
    if dark[0] != dark[1] and not medium:
        two, dark[1] = one, dark[0]
    gains = [rng.uniform(*SKIN_GAIN[d]) for d in (False, True)]
    share = (1 - blend) * dark[0] + blend * dark[1]
    gain = (1 - share) * gains[0] + share * gains[1]
    drawn = (1 - blend) * albedos[one] + blend * albedos[two]
    hue = (1 - share) * np.array(SKIN_HUE[False]) + share * np.array(SKIN_HUE[True])
    hue = hue + np.clip(rng.normal(0.0, 1.0), -2.0, 2.0) * np.array(SKIN_HUE_SPREAD)  # rosy to sallow
    hue = (drawn[1:] / drawn[0]) ** (1.0 - MATCHED) * hue**MATCHED
    albedo = gain * drawn[0] * np.array([1.0, *hue])
    tint = albedo / drawn
    names = pack.eye_names
    shares = np.array([1.0 if "brown" in name else 0.03 if share > 0.4 else 0.11 for name in names])
    iris = pack.eyes[_pick(rng.random(), shares)]
    return Skin(*((pack.skins[one][k], pack.skins[two][k]) for k in (1, 2)), blend, tint, albedo.astype(np.float32),
                share > 0.4, "_male" in pack.skins[one][0], iris)


@dataclass(frozen=True)
class Hair:
    """The style, its colour, and which brows and lashes go with it (indices)."""

    style: str
    tone: np.ndarray
    brow: int
    lash: int
    brow_opacity: float


def draw_style(rng: np.random.Generator) -> str:
    """The hair style, which is the first that is drawn of a stream."""
    return list(STYLES)[_pick(rng.random(), np.array(list(STYLES.values())))]


def draw_hair(rng: np.random.Generator, dark_skin: bool, brows: int, lashes: int, style: str | None = None) -> Hair:
    """Hair of a stream, or of another ``style``; a dark skin mostly darkens the colour, the style stays."""
    drawn = draw_style(rng)
    style = style or drawn
    rank, scale, cool = rng.random(), rng.uniform(0.75, 1.3), rng.normal(0.0, 0.05)
    tone = HAIR_TONES[_pick(rank, DARK_SKIN_SHARES if dark_skin or style in ALWAYS_DARK else HAIR_TONE_SHARES)]
    tone = tone * scale * np.array([1 + cool, 1.0, 1 - cool])
    return Hair(style, np.clip(tone, 0.008, 0.6).astype(np.float32), int(rng.integers(brows)),
                int(rng.integers(lashes)), float(rng.uniform(0.9, 1.5)))
