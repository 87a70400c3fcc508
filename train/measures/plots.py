"""Small plots and sheets for people, drawn by Pillow alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

SIDE, MARGIN = 720, 70  # pixels


def curves(path: Path, truth: np.ndarray, estimates: np.ndarray, title: str, limits: tuple[float, float],
           circular: bool) -> None:
    """Every row of ``estimates`` (N, T) against ``truth`` (T,), in degrees, with the diagonal where both are equal."""
    picture = Image.new("RGB", (SIDE + 2 * MARGIN, SIDE + 2 * MARGIN), (255, 255, 255))
    draw = ImageDraw.Draw(picture, "RGBA")
    low, high = limits

    def place(x: float, y: float) -> tuple[float, float]:
        return MARGIN + (x - low) / (high - low) * SIDE, MARGIN + (high - y) / (high - low) * SIDE

    for value in np.arange(np.ceil(low / 30) * 30, high + 1e-6, 30):
        draw.line([place(value, low), place(value, high)], fill=(0, 0, 0, 30))
        draw.line([place(low, value), place(high, value)], fill=(0, 0, 0, 30))
        x, y = place(value, low)
        draw.text((x, y + 10), f"{value:.0f}°", fill=(60, 60, 60), anchor="ma")
        draw.text((MARGIN - 10, place(low, value)[1]), f"{value:.0f}°", fill=(60, 60, 60), anchor="rm")
    for row in estimates:
        for k in range(len(truth) - 1):
            if circular and abs(row[k + 1] - row[k]) > 180:
                continue  # the line would cross the whole plot where the circle closes
            draw.line([place(truth[k], row[k]), place(truth[k + 1], row[k + 1])], fill=(20, 80, 200, 90), width=2)
    draw.line([place(low, low), place(high, high)], fill=(210, 40, 30, 255), width=2)
    draw.text((MARGIN, MARGIN // 3), title, fill=(0, 0, 0))
    draw.text((MARGIN + SIDE / 2, SIDE + 2 * MARGIN - 24), "true degrees", fill=(0, 0, 0), anchor="ma")
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, optimize=True)


def pairs(path: Path, upper: np.ndarray, lower: np.ndarray, columns: int = 10) -> None:
    """A sheet of (N, S, S, 3) pictures, each with its fellow right below it."""
    gap, (count, side) = 4, upper.shape[:2]
    columns = min(columns, count)
    rows = -(-count // columns)
    sheet = np.full((rows * (2 * side + gap), columns * side, 3), 128, np.uint8)
    for number in range(count):
        top, left = number // columns * (2 * side + gap), number % columns * side
        sheet[top:top + side, left:left + side] = upper[number]
        sheet[top + side:top + 2 * side, left:left + side] = lower[number]
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(sheet).save(path, optimize=True)
