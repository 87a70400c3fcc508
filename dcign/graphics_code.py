"""The graphics code of one picture, and the layout that says which latents mean what.

    layout = CodeLayout((("azimuth", 4), ("elevation", 4), ("light", 4), ("intrinsic", 116)))
    layout.slice("light")                      # slice(8, 12)
    code = GraphicsCode.from_json(code.to_json())

Shapes: L latents in all, k of them intrinsic (neither pose nor light), K places in the decoder that hear them.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from dataclasses import dataclass, replace

import numpy as np

#: The factors that are measured in degrees, in the order in which the interface lists them.
FACTORS = ("azimuth", "elevation", "light")

_FORMAT = 1
_MAX_JSON_CHARACTERS = 256 * 1024
_MAX_LATENTS = 4096
_MAX_PLACES = 16
MAX_PICTURE_SIDE = 512   # pixels
DETAIL_TIMES = 2         # pixels of a picture's detail along one of its own
MAX_PICTURE_BYTES, MAX_DETAIL_BYTES = 120_000, 60_000   # leave room in the JSON for the rest
# Latents follow N(0, 1) in training; far beyond this the decoder only returns noise or overflows.
_MAX_ABSOLUTE_LATENT = 1000.0
_REMEDY = "pass the text that GraphicsCode.to_json() returned, unchanged"


@dataclass(frozen=True)
class CodeLayout:
    """Named, consecutive groups of latents: ((name, number of latents), ...)."""

    groups: tuple[tuple[str, int], ...]

    def __post_init__(self) -> None:
        try:
            groups = tuple((name, size) for name, size in self.groups)
        except (TypeError, ValueError):
            raise ValueError("a code layout is a list of [name, number of latents] pairs") from None
        if not groups:
            raise ValueError("a code layout needs at least one group of latents")
        for name, size in groups:
            if not isinstance(name, str) or not name:
                raise ValueError(f"a group's name must be a non-empty string, not {name!r}")
            if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < 1:
                raise ValueError(f"group {name!r} must have a whole number of latents >= 1, not {size!r}")
        names = [name for name, _ in groups]
        if len(set(names)) != len(names):
            raise ValueError(f"group names must differ: {names}")
        object.__setattr__(self, "groups", tuple((name, int(size)) for name, size in groups))
        if self.size > _MAX_LATENTS:
            raise ValueError(f"a code has at most {_MAX_LATENTS} latents, not {self.size}")

    @property
    def size(self) -> int:
        """Number of latents L over all groups."""
        return sum(size for _, size in self.groups)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.groups)

    def slice(self, name: str) -> slice:
        """Where the group lies among the L latents. KeyError for a name that is not in the layout."""
        start = 0
        for group, size in self.groups:
            if group == name:
                return slice(start, start + size)
            start += size
        raise KeyError(f"no group {name!r} in this layout; it has {', '.join(self.names)}")

    def index(self, name: str) -> list[int]:
        """The group's latents as a list of positions."""
        where = self.slice(name)
        return list(range(where.start, where.stop))

    @property
    def intrinsic(self) -> np.ndarray:
        """Which latents are of no pose or light factor: booleans (L,)."""
        return np.concatenate([np.full(size, name not in FACTORS) for name, size in self.groups])

    def to_list(self) -> list[list]:
        """[[name, size], ...] for JSON."""
        return [[name, size] for name, size in self.groups]

    @classmethod
    def from_list(cls, groups: list) -> CodeLayout:
        """The inverse of to_list(). ValueError if the list is not a layout."""
        return cls(groups)


@dataclass(frozen=True, eq=False)
class GraphicsCode:
    """Where one picture lies among the latents: the mean of its posterior, refined or not.

    latents: float32 (L,), read-only. azimuth, elevation, light: the estimates in degrees, None where
    the model has no such factor. model: the name of the weights that made the code. offsets: float32 (K, L),
    read-only, what each place in the decoder hears beside the latents (dcign.offsets); None for nothing. picture: what
    was encoded, a square JPEG file, which is in what is shown (dcign.own_picture); None where there is
    none, or latents were changed since. own_ground: whether that shows its subject on another ground than the model's; False without a
    picture. detail: the same picture at twice the size (dcign.detail), None where there is none. ValueError for a wrong shape, numbers that
    are not finite or a damaged picture.
    """

    latents: np.ndarray
    layout: CodeLayout
    azimuth: float | None = None
    elevation: float | None = None
    light: float | None = None
    model: str = ""
    offsets: np.ndarray | None = None
    picture: bytes | None = None
    own_ground: bool = False
    detail: bytes | None = None

    def __post_init__(self) -> None:
        with np.errstate(over="ignore"):
            latents = np.array(self.latents, dtype=np.float32)   # a copy: the code must not change later
        if latents.shape != (self.layout.size,):
            raise ValueError(
                f"this layout has {self.layout.size} latents, but the code has shape {latents.shape}; "
                "use a code that was made by the same model"
            )
        if not np.isfinite(latents).all():
            raise ValueError("the code has latents that are not finite numbers; encode the picture again")
        latents.flags.writeable = False
        object.__setattr__(self, "latents", latents)
        if self.offsets is not None:
            object.__setattr__(self, "offsets", self._checked_offsets())
        if self.picture is None:
            object.__setattr__(self, "detail", None)
        else:
            pixels = _pixels(self.picture, MAX_PICTURE_BYTES, "picture")
            object.__setattr__(self, "_pixels", pixels)
        if self.detail is not None:
            detail = _pixels(self.detail, MAX_DETAIL_BYTES, "detail")
            if len(detail) != DETAIL_TIMES * len(pixels):
                raise ValueError(f"the code's detail is not {DETAIL_TIMES} times as large as its picture; {_REMEDY}")
            object.__setattr__(self, "_detail_pixels", detail)
        object.__setattr__(self, "own_ground", self.own_ground and self.picture is not None)
        for name in FACTORS:
            value = getattr(self, name)
            if value is None:
                continue
            if not math.isfinite(value):
                raise ValueError(f"{name} must be a finite number of degrees, not {value!r}")
            object.__setattr__(self, name, float(value))

    def _checked_offsets(self) -> np.ndarray:
        with np.errstate(over="ignore"):
            offsets = np.array(self.offsets, dtype=np.float32)
        if offsets.ndim != 2 or not 1 <= len(offsets) <= _MAX_PLACES or offsets.shape[1] != self.layout.size:
            raise ValueError(
                f"offsets have shape (places, {self.layout.size}), 1 to {_MAX_PLACES} places, not {offsets.shape}")
        if not np.isfinite(offsets).all():
            raise ValueError("the code has offsets that are not finite numbers; encode the picture again")
        offsets.flags.writeable = False
        return offsets

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, GraphicsCode):
            return NotImplemented
        if (self.offsets is None) != (other.offsets is None):
            return False
        return (
            self.layout == other.layout
            and self.model == other.model
            and all(getattr(self, name) == getattr(other, name) for name in FACTORS)
            and np.array_equal(self.latents, other.latents)
            and (self.offsets is None or np.array_equal(self.offsets, other.offsets))
            and self.picture == other.picture
            and self.detail == other.detail
            and self.own_ground == other.own_ground
        )

    __hash__ = None  # equal by value, and values are arrays

    @property
    def intrinsic(self) -> np.ndarray:
        """The latents of no pose or light factor, (k,): identity, shape, texture."""
        return self.latents[self.layout.intrinsic]

    @property
    def pixels(self) -> np.ndarray | None:
        """The picture, uint8 (H, W, 3), read-only; None without one."""
        return None if self.picture is None else self._pixels

    @property
    def detail_pixels(self) -> np.ndarray | None:
        """The picture's detail, uint8 (2 H, 2 W, 3), read-only; None without one."""
        return None if self.detail is None else self._detail_pixels

    @property
    def photograph(self) -> bool:
        """Whether its picture is shown as a photograph: on its own ground, or read by one pass and so drawn roughly."""
        return self.own_ground or self.offsets is None

    def without_picture(self) -> GraphicsCode:
        """The code alone, which holds no picture: all that is drawn of it is drawn by the decoder, a likeness still."""
        return self if self.picture is None else replace(self, picture=None)

    def to_json(self) -> str:
        """One line of JSON; from_json() gives back an equal code."""
        record = {
            "format": _FORMAT,
            "model": self.model,
            "layout": self.layout.to_list(),
            **{name: getattr(self, name) for name in FACTORS},
            "latents": _plain(self.latents),
        }
        if self.offsets is not None:
            record["offsets"] = [_plain(row) for row in self.offsets]
        for name, file in (("picture", self.picture), ("detail", self.detail)):
            if file is not None:
                record[name] = base64.b64encode(file).decode("ascii")
        if self.own_ground:
            record["own_ground"] = True
        return json.dumps(record)

    @classmethod
    def from_json(cls, text: str) -> GraphicsCode:
        """Read a code that a caller sent. ValueError, naming the remedy, for anything else."""
        if not isinstance(text, str):
            raise ValueError(f"a graphics code is a JSON text, not {type(text).__name__}; {_REMEDY}")
        if len(text) > _MAX_JSON_CHARACTERS:
            raise ValueError(f"a graphics code is shorter than {_MAX_JSON_CHARACTERS} characters; {_REMEDY}")
        try:
            record = json.loads(text, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            raise ValueError(f"this graphics code is not valid JSON; {_REMEDY}") from None
        if not isinstance(record, dict) or record.get("format") != _FORMAT:
            raise ValueError(f"this is not a graphics code of format {_FORMAT}; {_REMEDY}")
        model = record.get("model", "")
        if not isinstance(model, str) or len(model) > 200:
            raise ValueError(f"the graphics code's model must be a short name; {_REMEDY}")
        layout, latents = record.get("layout"), record.get("latents")
        if not isinstance(layout, list) or not isinstance(latents, list):
            raise ValueError(f"the graphics code lacks its layout or its latents; {_REMEDY}")
        layout = CodeLayout.from_list(layout)
        if len(latents) != layout.size:
            raise ValueError(f"the code has {len(latents)} latents instead of {layout.size}; {_REMEDY}")
        values = [_number(value, "latents", _MAX_ABSOLUTE_LATENT) for value in latents]
        degrees = {
            name: None if record.get(name) is None else _number(record[name], name, 360.0)
            for name in FACTORS
        }
        offsets = record.get("offsets")
        if offsets is not None:
            if not (isinstance(offsets, list) and 1 <= len(offsets) <= _MAX_PLACES
                    and all(isinstance(row, list) and len(row) == layout.size for row in offsets)):
                raise ValueError(f"the code's offsets are not rows of {layout.size} numbers; {_REMEDY}")
            offsets = np.array(
                [[_number(v, "offsets", _MAX_ABSOLUTE_LATENT) for v in row] for row in offsets], np.float32)
        files = {name: None if record.get(name) is None else _file(record[name], name) for name in ("picture", "detail")}
        own_ground = record.get("own_ground", False)
        if not isinstance(own_ground, bool):
            raise ValueError(f"the code's own_ground must be true or false; {_REMEDY}")
        return cls(np.array(values, np.float32), layout, **degrees, model=model, offsets=offsets, own_ground=own_ground,
                   **files)


def _pixels(file: bytes, most: int, what: str) -> np.ndarray:
    """Those of a square JPEG file of at most so many bytes, uint8 (H, W, 3), read-only."""
    from .decoding import PhotoError, decode_jpeg   # Pillow is not needed for codes alone

    try:
        if len(file) > most:
            raise PhotoError("too many bytes")
        return decode_jpeg(file, MAX_PICTURE_SIDE)
    except PhotoError:
        raise ValueError(f"the code's {what} is damaged; {_REMEDY}") from None


def _file(text: object, what: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise ValueError(f"the code's {what} is damaged; {_REMEDY}") from None


def _plain(values: np.ndarray) -> list[float]:
    """For JSON: the shortest decimals that bring each float32 back exactly."""
    return [float(str(value)) for value in values]


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number")


def _number(value: object, what: str, limit: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= limit:
        raise ValueError(f"a code's {what} must lie between -{limit:g} and {limit:g}; {_REMEDY}")
    return float(value)
