"""What an export looks like: Settings, checked when they are made, and the angles that follow from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from ..graphics_code import FACTORS
from ..sweeps import MOTIONS, Triple, angles
from .files import MAX_FPS

#: What save() writes for each format.
FORMATS = {"gif": ".gif", "mp4": ".mp4", "webp": ".webp", "frames": ".zip", "sheet": ".png"}
MAX_FRAMES = 240
MIN_SIZE, MAX_SIZE = 32, 480
_MAX_POINTS = 1200
_MAX_DEGREES = 720.0


@dataclass(frozen=True)
class Settings:
    """How a code moves and what is written.

    motion: azimuth, elevation, light, all, or path (through `path`, a list of [azimuth, elevation, light] degrees).
    frames: of the whole file. fps: frames per second. size: pixels a side, 0 for the model's own. there_and_back:
    return to the start within the frames. smooth: slow down where the motion turns round or ends. loop: repeat for
    ever. side_by_side: the input on the left. format: gif, mp4, webp, frames (zip of PNG) or sheet. azimuth,
    elevation, light: degrees at which a factor stays while others move; None keeps the code's own.
    beyond: allow angles outside the trained ranges. ValueError, naming the remedy, for anything else.
    """

    motion: str = "azimuth"
    frames: int = 72
    fps: float = 24.0
    size: int = 0
    there_and_back: bool = True
    smooth: bool = True
    loop: bool = True
    side_by_side: bool = False
    format: str = "gif"
    azimuth: float | None = None
    elevation: float | None = None
    light: float | None = None
    path: tuple[Triple, ...] = ()
    beyond: bool = False

    def __post_init__(self) -> None:
        _one_of(self.motion, "motion", MOTIONS)
        _one_of(self.format, "format", tuple(FORMATS))
        _number(self.frames, "frames", 2, MAX_FRAMES, whole=True)
        object.__setattr__(self, "fps", _number(self.fps, "fps", 1, MAX_FPS))
        if self.size != 0 or isinstance(self.size, bool):
            _number(self.size, "size", MIN_SIZE, MAX_SIZE, whole=True)
        for name in ("there_and_back", "smooth", "loop", "side_by_side", "beyond"):
            if not isinstance(getattr(self, name), bool):
                raise ValueError(f"{name} must be true or false, not {_short(getattr(self, name))}")
        for name in FACTORS:
            object.__setattr__(self, name, _degrees(getattr(self, name), name))
        object.__setattr__(self, "path", _points(self.path))
        if self.motion == "path" and len(self.path) < 2:
            raise ValueError("a path needs at least 2 points of [azimuth, elevation, light]: record one first")

    @property
    def turns(self) -> bool:
        """Whether the view moves, and not the light alone."""
        return self.motion != "light" and not (self.motion == "path" and len({point[:2] for point in self.path}) == 1)

    @property
    def suffix(self) -> str:
        """Of the file, with its dot."""
        return FORMATS[self.format]

    def angles(self, ranges: Mapping[str, tuple[float, float]]) -> list[Triple]:
        """The degrees of every frame under these ranges."""
        held = {name: getattr(self, name) for name in FACTORS}
        return angles(ranges, self.motion, self.frames, self.there_and_back, self.smooth, held, self.path)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        record = {field.name: getattr(self, field.name) for field in fields(self)}
        return {**record, "path": [list(point) for point in self.path]}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Settings:
        """The inverse of to_dict(); what is left out has its default. ValueError for unknown names."""
        if not isinstance(record, Mapping):
            raise ValueError("the settings of an export are a JSON object")
        unknown = set(record) - {field.name for field in fields(cls)}
        if unknown:
            raise ValueError(f"an export has no setting {_short(sorted(map(str, unknown))[0])}: "
                             f"choose from {', '.join(field.name for field in fields(cls))}")
        return cls(**record)


def _short(value: object) -> str:
    return repr(value)[:40]


def _one_of(value: object, what: str, choices: tuple[str, ...]) -> None:
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"the {what} of an export is one of {', '.join(choices)}, not {_short(value)}")


def _number(value: object, what: str, low: float, high: float, whole: bool = False) -> float:
    kinds = int if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
        kind = "a whole number" if whole else "a number"
        raise ValueError(f"{what} must be {kind} from {low:g} to {high:g}, not {_short(value)}")
    return value if whole else float(value)


def _degrees(value: object, what: str) -> float | None:
    if value is None:
        return None
    return _number(value, what, -_MAX_DEGREES, _MAX_DEGREES)


def _points(path: object) -> tuple[Triple, ...]:
    if not isinstance(path, (list, tuple)) or len(path) > _MAX_POINTS:
        raise ValueError(f"a path is a list of at most {_MAX_POINTS} points of [azimuth, elevation, light]")
    if not all(isinstance(point, (list, tuple)) and len(point) == len(FACTORS) for point in path):
        raise ValueError("each point of a path has three entries: [azimuth, elevation, light]")
    return tuple(
        tuple(_degrees(value, f"{name} of a path") for name, value in zip(FACTORS, point, strict=True))
        for point in path
    )
