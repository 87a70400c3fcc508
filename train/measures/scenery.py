"""How the pictures that are measured are taken: on the stage of their class, or in the paper's setting for chairs."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from dcign.fading import wrapped
from dcign.graphics_code import FACTORS
from train.batches import with_mask
from train.camera import View
from train.raster import render
from train.scenes import HELD_OUT, STAGES, Stage, paper_chairs
from train.scenes.mesh import Identity

FACE_RANGES = {"azimuth": (-86.0, 86.0), "elevation": (-23.0, 23.0), "light": (-80.0, 80.0)}  # the authors'
PAPER_CHAIRS = "paper-chairs"
VALIDATION = 500_000  # the first seed of identities to choose settings by: held out too, and none of those that are reported


@dataclass(frozen=True)
class RenderedChair:
    """One chair of a folder of renders, in place of an identity that has a mesh."""

    chairs: paper_chairs.Chairs
    name: str


@dataclass(frozen=True)
class Scenery:
    """``ranges`` (degrees) are those of the factors that are measured. ``grey``: pictures are luma in all three channels,
    for networks that draw no colours."""

    stage: Stage
    ranges: dict[str, tuple[float, float]]
    setting: str = "stage"  # as in train.batches.Recipe
    grey: bool = False

    @staticmethod
    def of(name: str, setting: str, factors: tuple[str, ...], grey: bool = False) -> "Scenery":
        """That of a class, as far as a network has these factors: the authors' ranges for faces."""
        stage = STAGES[name]
        ranges = FACE_RANGES if stage.subject == "face" else stage.ranges
        return Scenery(stage, {factor: ranges[factor] for factor in FACTORS if factor in factors}, setting, grey)

    @property
    def factors(self) -> tuple[str, ...]:
        return tuple(self.ranges)

    def circular(self, factor: str) -> bool:
        return factor in self.stage.circular

    def random_view(self, rng: np.random.Generator) -> View:
        """Anywhere in the ranges; of what is not measured, anywhere on the stage. In the paper's setting, one of 62."""
        if self.setting == PAPER_CHAIRS:
            return paper_chairs.VIEWS[rng.integers(len(paper_chairs.VIEWS))]
        ranges = self.stage.ranges | self.ranges
        return View(*(float(rng.uniform(*ranges[factor])) for factor in FACTORS))

    def moved(self, view: View, factor: str, degrees: float) -> View:
        """The view with one factor elsewhere. In the paper's setting, the nearest of its 31: there are no others."""
        if self.setting == PAPER_CHAIRS and factor == "azimuth":
            level = [other for other in paper_chairs.VIEWS if other.elevation == view.elevation]
            return min(level, key=lambda other: abs(wrapped(other.azimuth - degrees)))
        return replace(view, **{factor: float(degrees)})

    def with_mask(self, thing: Identity | RenderedChair, view: View, size: int) -> np.ndarray:
        """Colour and mask, (S, S, 4) uint8."""
        picture = self._with_mask(thing, view, size)
        if not self.grey:
            return picture
        luma = np.asarray(Image.fromarray(np.ascontiguousarray(picture[..., :3])).convert("L"))[..., None]
        return np.concatenate([luma, luma, luma, picture[..., 3:]], -1)

    def _with_mask(self, thing: Identity | RenderedChair, view: View, size: int) -> np.ndarray:
        if isinstance(thing, RenderedChair):
            return thing.chairs.pictures(thing.name, (view,), size)[0]
        if self.setting == PAPER_CHAIRS:
            return paper_chairs.draw_chair(thing.mesh, size, views=(view,))[0]
        return with_mask(render(thing.mesh, view, self.stage.rig, size))

    def picture(self, thing: Identity | RenderedChair, view: View, size: int) -> np.ndarray:
        """Colour alone, (S, S, 3) uint8."""
        return self.with_mask(thing, view, size)[..., :3]

    def sweep(self, factor: str, frames: int) -> np.ndarray:
        """Degrees (frames,) over the whole range; a circle is closed by the step from the last to the first."""
        return np.linspace(*self.ranges[factor], frames, endpoint=not self.circular(factor))

    def stops(self, factor: str, frames: int) -> np.ndarray:
        """The same as far as there are true pictures: in the paper's setting its 31 azimuths, however many frames."""
        if self.setting == PAPER_CHAIRS and factor == "azimuth":
            return np.unique([view.azimuth for view in paper_chairs.VIEWS])
        return self.sweep(factor, frames)


def identities(source, count: int, first: int = 0) -> list[Identity] | list[RenderedChair]:
    """The ``count`` first identities from seed ``first`` on that have a front.

    Of a folder of renders the test chairs, or the others from HELD_OUT on, as many as there are.
    """
    if isinstance(source, paper_chairs.Chairs):
        trained, kept = paper_chairs.split(source.chairs)
        return [RenderedChair(source, name) for name in (trained if first >= HELD_OUT else kept)[:count]]
    chosen, seed = [], first
    while len(chosen) < count:
        identity = source.identity(seed)
        if identity.has_front:
            chosen.append(identity)
        seed += 1
    return chosen
