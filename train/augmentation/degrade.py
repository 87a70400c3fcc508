"""What a camera and a file do to a picture: a crooked crop, light and colour, blur, noise, sharpening, JPEG."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from numba import njit
from PIL import Image

from train.augmentation.shapes import spread, tables
from train.raster.kernel import kernel

if TYPE_CHECKING:
    from train.augmentation import AugmentConfig

LUMA = np.array((0.2126, 0.7152, 0.0722), np.float32)  # of linear light, Rec. 709


def random_crop(config: AugmentConfig, rng: np.random.Generator) -> np.ndarray:
    """A crooked crop as a matrix (3, 3) float32 for cutout.warp(): where an output pixel looks, from -1 to 1."""
    roll, zoom, aspect, across, down, tip, swing = rng.uniform(-1, 1, 7)
    angle = np.radians(config.roll * roll * abs(roll) ** 0.5)  # small turns are commoner
    zoom = np.exp(config.zoom * zoom)
    aspect = np.exp(0.5 * config.aspect * aspect)
    c, s = np.cos(angle), np.sin(angle)
    return np.array(((c * zoom * aspect, s * zoom * aspect, 2 * config.shift * across),
                     (-s * zoom / aspect, c * zoom / aspect, 2 * config.shift * down),
                     (config.perspective * swing, config.perspective * tip, 1.0)), np.float32)


def forward(matrix: np.ndarray) -> np.ndarray:
    """Where a crop puts what was at p, as (2, 3) for shapes.placed(): in shares of the width, without perspective."""
    inverse = np.linalg.inv(matrix[:2, :2].astype(np.float64))
    middle = np.array((0.5, 0.5))
    return np.concatenate([inverse, (middle - inverse @ (middle + matrix[:2, 2] / 2))[:, None]], 1).astype(np.float32)


def frame(light: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> None:
    """Make a square of a narrower picture, in place: its border drawn out to both sides, or plain bars beside it.

    The bars end at the subject, where ``mask`` (S, S) is above 0.
    """
    size = len(light)
    across, share, drawn, white = *rng.random(3), rng.random() < 0.8
    view = light if across < 0.7 else light.transpose(1, 0, 2)  # bars at the sides, or above and below
    columns = np.flatnonzero((mask > 0.02).any(0 if across < 0.7 else 1))
    if not len(columns):
        return
    left, right = int(share * columns[0]), size - int(share * (size - 1 - columns[-1]))
    view[:, :left] = view[:, left:left + 1].copy() if drawn < 0.6 else float(white)
    view[:, right:] = view[:, right - 1:right].copy() if drawn < 0.6 else float(white)


@njit(cache=True, nogil=True, error_model="numpy")
def _develop(light, matrix, slope_x, slope_y, vignette, contrast, lift, bend, levels, out):
    """Linear light (S, S, 3) to sRGB levels (S, S, 3), 0..255, through a colour matrix, shading and a tone curve."""
    size = light.shape[0]
    one, zero, half = np.float32(1.0), np.float32(0.0), np.float32(0.5)
    top, codes = np.float32(255.0), np.float32(len(levels) - 1)
    curve = levels
    if contrast != one or bend != zero or lift != zero:
        curve = np.empty_like(levels)
        for i in range(len(levels)):
            value = (levels[i] - np.float32(118.0)) * contrast + np.float32(118.0)
            value += bend * value * (top - value)  # a gamma, nearly
            curve[i] = min(max(lift + value * (one - lift / top), zero), top)
    step = np.float32(2.0 / size)
    even = slope_x == zero and slope_y == zero and vignette == zero
    for y in range(size):
        v = (np.float32(y) + half) * step - one
        for x in range(size):
            gain = codes
            if not even:
                u = (np.float32(x) + half) * step - one
                gain *= (one + slope_x * u + slope_y * v) / (one + vignette * (u * u + v * v))
            r, g, b = light[y, x, 0] * gain, light[y, x, 1] * gain, light[y, x, 2] * gain
            for k in range(3):
                value = matrix[k, 0] * r + matrix[k, 1] * g + matrix[k, 2] * b + half
                out[y, x, k] = curve[np.uint64(min(max(value, zero), codes))]


def develop(light: np.ndarray, config: AugmentConfig, rng: np.random.Generator) -> np.ndarray:
    """Expose a picture (S, S, 3) of linear light: sRGB levels (S, S, 3) float32, 0..255, not yet rounded."""
    out = np.empty_like(light)
    matrix, plain = np.eye(3), (0.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    if rng.random() < config.lights:
        exposure, warm, green, *rest = rng.standard_normal(6)
        saturation, lifted, vignetted, sloped, bend, grey = rng.random(6)
        gain = np.exp(config.exposure * exposure + config.cast * np.array((warm, 0.5 * green, -warm)))
        keep = 0.0 if grey < config.grey else 1.0 + config.saturation * (2.0 * saturation - 1.0)
        matrix = (keep * np.eye(3) + (1.0 - keep) * LUMA) * (gain[:, None] if keep else gain.mean())
        slope = config.shading * np.array(rest[:2]).clip(-1.5, 1.5) * (sloped < 0.4)
        plain = (*slope, 3.0 * config.shading * rng.random() if vignetted < 0.25 else 0.0,
                 np.exp(config.contrast * np.clip(rest[2], -2.0, 2.0)),
                 130.0 * config.shading * rng.random() if lifted < 0.2 else 0.0,
                 config.gamma * (2.0 * bend - 1.0) / 255.0)
    _develop(light, matrix.astype(np.float32), *(np.float32(value) for value in plain), tables()[1], out)
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def _gaussian(picture, weights, between, out):
    """Blur rows (S, 3 * S) of a picture into ``between``, and its columns into ``out``; the border goes on."""
    size, wide = picture.shape
    reach = len(weights) // 2
    padded = np.empty(wide + 6 * reach, np.float32)
    for y in range(size):
        padded[3 * reach:3 * reach + wide] = picture[y]
        for x in range(reach):
            for k in range(3):
                padded[3 * x + k] = picture[y, k]
                padded[3 * (reach + x) + wide + k] = picture[y, wide - 3 + k]
        row = between[y]
        row[:] = 0
        for tap in range(len(weights)):
            w, moved = weights[tap], padded[3 * tap:3 * tap + wide]
            for x in range(wide):
                row[x] += w * moved[x]
    for y in range(size):
        row = out[y]
        row[:] = 0
        for tap in range(len(weights)):
            w, moved = weights[tap], between[min(max(y + tap - reach, 0), size - 1)]
            for x in range(wide):
                row[x] += w * moved[x]


@kernel()
def _smear(picture, step_x, step_y, taps, out):
    """The mean of ``taps`` copies, each moved by another step: a camera or a subject that moved."""
    size = picture.shape[0]
    share = np.float32(1.0 / taps)
    out[:] = 0
    for tap in range(taps):
        dx = int(np.rint(step_x * (tap - 0.5 * (taps - 1))))
        dy = int(np.rint(step_y * (tap - 0.5 * (taps - 1))))
        for y in range(size):
            v = min(max(y + dy, 0), size - 1)
            for x in range(size):
                u = min(max(x + dx, 0), size - 1)
                for k in range(3):
                    out[y, x, k] += share * picture[v, u, k]


def gaussian(picture: np.ndarray, deviation: float) -> np.ndarray:
    """Blur a float32 picture (S, S, 3); deviation in pixels."""
    reach = max(int(np.ceil(2.5 * deviation)), 1)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(deviation, 1e-3)) ** 2)
    between, out = np.empty_like(picture), np.empty_like(picture)
    flat = (len(picture), -1)
    _gaussian(picture.reshape(flat), (weights / weights.sum()).astype(np.float32), between.reshape(flat),
              out.reshape(flat))
    return out


def blurred(light: np.ndarray, config: AugmentConfig, rng: np.random.Generator) -> np.ndarray:
    """Out of focus, moved, or of low resolution; linear light (S, S, 3) float32."""
    kind, much, angle = rng.random(3)
    size = len(light)
    if kind < 0.45:
        return gaussian(light, config.blur_deviation * size * (0.25 + 0.75 * much))
    if kind < 0.6:
        taps = max(round(4.0 * config.blur_deviation * size * (0.3 + 0.7 * much)), 2)
        out = np.empty_like(light)
        _smear(light, np.cos(angle * np.pi), np.sin(angle * np.pi), taps, out)
        return out
    # so few pixels that each of them is `shrink` of ours wide
    shrink = 1.0 + 220.0 * config.blur_deviation * (0.2 + 0.8 * much)
    few = max(int(size / shrink), 8)
    centres = ((np.arange(few) + 0.5) * size / few).astype(int)
    coarse = gaussian(light, 0.4 * shrink)[centres[:, None], centres]
    out = np.empty_like(light)
    spread(coarse, out)
    return out


@kernel()
def _finish(levels, soft, sharpen, deviation, grey, state, out):
    """Sharpen by what ``soft`` lacks, add noise and round; ``state`` seeds a generator of 32 bits."""
    size = levels.shape[0]
    zero, half, top = np.float32(0.0), np.float32(0.5), np.float32(255.0)
    scale = deviation / np.float32(147.8)  # the deviation of a sum of four bytes
    noise = zero
    for y in range(size):
        for x in range(size):
            for k in range(3):
                value = levels[y, x, k]
                if sharpen > zero:
                    value += sharpen * (value - soft[y, x, k])
                if deviation > zero:
                    if k == 0 or not grey:
                        state ^= (state << np.uint32(13)) & np.uint32(0xFFFFFFFF)
                        state ^= state >> np.uint32(17)
                        state ^= (state << np.uint32(5)) & np.uint32(0xFFFFFFFF)
                        total = (state & 255) + (state >> 8 & 255) + (state >> 16 & 255) + (state >> 24 & 255)
                        noise = scale * (np.float32(total) - np.float32(510.0))
                    value += noise
                out[y, x, k] = np.uint8(min(max(value, zero), top) + half)


def finish(levels: np.ndarray, config: AugmentConfig, rng: np.random.Generator) -> np.ndarray:
    """Halos, noise and JPEG, each on its share: levels (S, S, 3) float32 to the picture (S, S, 3) uint8."""
    sharpened, noisy, grey, pressed, much, level = rng.random(6)
    soft, sharpen, deviation = levels, 0.0, 0.0
    if sharpened < config.sharpen:
        soft, sharpen = gaussian(levels, 0.006 * len(levels)), config.halo * (0.3 + 0.7 * much)
    if noisy < config.noise:
        deviation = 255.0 * config.noise_deviation * level * level
    out = np.empty(levels.shape, np.uint8)
    _finish(levels, soft, np.float32(sharpen), np.float32(deviation), grey < 0.4,
            np.uint32(rng.integers(1, 2**32)), out)
    if pressed < config.jpeg:
        quality = int(rng.integers(config.jpeg_quality, 91))
        file = io.BytesIO()
        Image.fromarray(out).save(file, "JPEG", quality=quality)
        out = np.array(Image.open(file).convert("RGB"))
    return out
