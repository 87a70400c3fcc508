"""Contact sheets of scenes: what a network is shown.

    python -m train preview chairs --style windsor --sweep azimuth -o sheet.png
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from dcign.export import contact_sheet
from train.camera import View
from train.raster import render
from train.scenes import HELD_OUT, STAGES, Stage, open_source
from train.scenes.mesh import Identity, Source

SIZE = 160  # pixels of a cell
COLUMNS = 8
COUNTED = 4000  # identities of a style table


def labelled(pictures: list[np.ndarray], labels: list[str], columns: int) -> Image.Image:
    """A sheet with a short text at the top left of every cell."""
    image = contact_sheet(pictures, columns, gap=0)
    draw, (height, width, _) = ImageDraw.Draw(image), pictures[0].shape
    for index, label in enumerate(labels):
        place = (index % columns * width + 4, index // columns * height + 2)
        draw.text(place, label, fill=(20, 20, 20), stroke_width=1, stroke_fill=(255, 255, 255))
    return image


def _identities(source: Source, style: str | None):
    """Training identities, of one style if it is named. Raises ValueError for a style that the source has not."""
    if style is not None and style not in getattr(source, "styles", {}):
        known = ", ".join(getattr(source, "styles", {})) or "none"
        raise ValueError(f"{source.name} have no style {style!r}. Their styles: {known}.")
    seed = HELD_OUT
    while True:
        yield source.identity(seed) if style is None else source.identity_of_style(seed, style)
        seed += 1


def _random_views(stage: Stage, rng: np.random.Generator):
    while True:
        yield View(*(float(rng.uniform(*stage.ranges[factor])) for factor in ("azimuth", "elevation", "light")))


def preview_scenes(name: str, path: Path, sweep: str | None = None, count: int = 32, assets_folder=None,
                   style: str | None = None) -> None:
    """Write a labelled sheet: random identities and views, or one identity a row swept over a factor."""
    source, stage = open_source(name, assets_folder), STAGES[name]
    identities, views = _identities(source, style), _random_views(stage, np.random.default_rng(0))
    pictures, labels = [], []
    identity: Identity | None = None
    for number in range(count):
        place = number % COLUMNS
        if sweep:
            identity = next(identities) if place == 0 else identity
            low, high = stage.ranges[sweep]
            value = low + (high - low) * place / (COLUMNS - 1)
            rest = {"elevation": 15.0, "azimuth": 30.0} if stage.subject == "object" else {}
            view = View(**(rest | {sweep: value}))
            labels.append(f"{sweep} {value:.0f}" if place else f"{identity.style}, {sweep} {value:.0f}")
        else:
            identity, view = next(identities), next(views)
            labels.append(identity.style)
        pictures.append(render(identity.mesh, view, stage.rig, SIZE).colour)
    labelled(pictures, labels, COLUMNS).save(path, optimize=True)


def style_table(source: Source, count: int = COUNTED) -> str:
    """How often each style, and each family of styles, is drawn, beside what is asked for; Markdown.

    Empty for a source that names no styles.
    """
    styles: dict[str, float] = getattr(source, "styles", {})
    if not styles:
        return ""
    drawn = Counter(source.style_of(seed) for seed in range(HELD_OUT, HELD_OUT + count))
    lines = [f"| style, {count:,} identities | drawn | asked for |", "|---|---|---|"]
    lines += [f"| {style} | {drawn[style] / count:.1%} | {share:.1%} |" for style, share in styles.items()]
    families: dict[str, tuple[tuple[str, ...], float]] = getattr(source, "families", {})
    if families:
        lines += ["", "| family | drawn | counted on real ones |", "|---|---|---|"]
        lines += [f"| {family} | {sum(drawn[style] for style in members) / count:.1%} | {share:.1%} |"
                  for family, (members, share) in families.items()]
    return "\n".join(lines)
