"""An upload becomes a model input: decode it safely, find the subject, crop it, set the ground.

    image = decode("upload.png")                                        # PIL RGB, whatever the file was
    prepared = prepare("upload.png", PictureSpec(160, (255, 255, 255), "object"))

What a file may hold is decided in decoding.py; every problem is a PhotoError that names the remedy.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from PIL import Image

from . import cut_out, face_detector, head_finder
from .decoding import PhotoError, Source, decode
from .detail import carried_over, finer
from .even_ground import even_ground, on_ground
from .square_part import object_square, overlap, square_part

__all__ = ["DEFAULT_FACE_BOX", "PhotoError", "PictureSpec", "Prepared", "Source", "decode", "prepare"]

_BORDER = 0.02          # width of the border that is looked at, as a share of the shorter side
_PLAIN_TOLERANCE = 24   # levels of 0..255 by which a plain border may differ from its own median
_PLAIN_SHARE = 0.5      # of the border's pixels: a neck or a chair may touch it
_GROUND_TOLERANCE = 8   # levels from the model's ground within which a render's border lies, as a JPEG too
_GROUND_SHARE = 0.7      # of a render's border: long hair takes up to a quarter
_NEARLY = 0.08         # of its side by which a render's framing may be found to differ
_OBJECT_SIDE = 1024     # longest side on which an object is looked for: planes of floats of more take much memory
#: Where the detector's box lies in a training render, where the weights do not say: x, y, width, height.
DEFAULT_FACE_BOX = (0.22, 0.17, 0.56, 0.77)


@dataclass(frozen=True)
class PictureSpec:
    """What a model wants to see: size x size pixels, ground colour 0..255, and how the subject is framed.

    subject: "face" or "object". face_box: x, y, width, height of the face detector's box in a training
    render, as fractions of the picture.
    """

    size: int
    ground: tuple[int, int, int] = (255, 255, 255)
    subject: str = "object"
    face_box: tuple[float, float, float, float] = DEFAULT_FACE_BOX

    def __post_init__(self) -> None:
        if self.subject not in ("face", "object"):
            raise ValueError(f"a picture's subject is 'face' or 'object', not {self.subject!r}")
        box = tuple(float(value) for value in self.face_box)
        if len(box) != 4 or not (np.isfinite(box).all() and box[2] > 0 and box[3] > 0):
            raise ValueError(f"face_box must be [x, y, width, height] in fractions, not {self.face_box!r}")
        object.__setattr__(self, "face_box", box)
        object.__setattr__(self, "ground", tuple(int(level) for level in self.ground))


@dataclass(frozen=True)
class Prepared:
    """picture: PIL RGB size x size; found: whether the subject was; warnings: what to tell the visitor; clean: whether
    all that stands out from the model's own ground can be taken for the subject, as in a render; seen: left, top, right and bottom,
    as shares of the side, of what the photograph shows of it: beyond, its edge is drawn out, until Studio.prepare() completes that; detail:
    the same picture at twice the size (dcign.detail), None where the file has hardly more pixels."""

    picture: Image.Image
    found: bool
    warnings: list[str] = field(default_factory=list)
    clean: bool = False
    seen: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    detail: Image.Image | None = None


def prepare(source: Source, spec: PictureSpec) -> Prepared:
    """Decode, find the subject and frame it as in the training renders. PhotoError as in decode()."""
    image = decode(source, spec.ground)
    clean = _on_ground(image, spec)
    if _is_render(image, spec) and clean:
        return _whole(image, spec, clean=clean)
    if spec.subject == "face":
        return _prepare_face(image, spec)
    return _prepare_object(image, spec)


def _plain_border(image: Image.Image) -> tuple[int, int, int] | None:
    """The colour of a plain border, or None if less than _PLAIN_SHARE of the border has one colour."""
    border = _border(image)
    colour = np.median(border, axis=0)
    near = (np.abs(border - colour) <= _PLAIN_TOLERANCE).all(axis=1)
    return tuple(int(level) for level in colour) if near.mean() >= _PLAIN_SHARE else None


def _border(image: Image.Image) -> np.ndarray:
    """Its pixels, (N, 3) int16."""
    pixels = np.asarray(image.convert("RGB"))
    width = max(1, round(min(image.size) * _BORDER))
    strips = [pixels[:width], pixels[-width:], pixels[:, :width], pixels[:, -width:]]
    return np.concatenate([strip.reshape(-1, 3) for strip in strips]).astype(np.int16)


def _is_render(image: Image.Image, spec: PictureSpec) -> bool:
    """Whether the picture already looks like a training render: square, small, on the model's own ground."""
    width, height = image.size
    if width != height or not spec.size <= width <= 2 * spec.size:
        return False
    colour = _plain_border(image)
    return colour is not None and np.abs(np.subtract(colour, spec.ground)).max() <= _PLAIN_TOLERANCE


def _on_ground(image: Image.Image, spec: PictureSpec) -> bool:
    """Whether the border is the model's ground itself but for what of a subject crosses it: a neck, long hair."""
    away = np.abs(_border(image) - np.int16(spec.ground)).max(axis=1)
    return bool((away <= _GROUND_TOLERANCE).mean() >= _GROUND_SHARE)


def _prepare_face(image: Image.Image, spec: PictureSpec) -> Prepared:
    detects = face_detector.path() is not None
    box = face_detector.find_face(image) if detects else None
    square = head_finder.find_head(image) if box is None else _square_of(box, spec)
    if _is_render(image, spec) and (square is None or _is_whole(square, image)):  # long hair may hide most of its ground
        return _whole(image, spec)
    if square is None and not detects and not head_finder.usable():
        warning = (
            "Faces cannot be found by themselves here, so the middle of the picture was taken: if the head "
            "does not fill it, crop the picture to a square around the head and upload it again."
        )
        return _centre_square(image, spec, warning)
    if square is None:
        warning = "No face was found: crop the picture to a square around one well-lit head and try again."
        return _centre_square(image, spec, warning)
    return _framed(image, square, spec, seen=overlap(image, *square))


def _is_whole(square: tuple[float, float, float], image: Image.Image) -> bool:
    """Whether a square, its middle and side, is nearly all of a square image."""
    x, y, side = square
    off = max(abs(x - image.width / 2), abs(y - image.height / 2)) / image.width
    return off <= _NEARLY and abs(side / image.width - 1) <= 2 * _NEARLY


def _square_of(box: tuple[float, float, float, float], spec: PictureSpec) -> tuple[float, float, float]:
    """Middle and side of the square in which a detector's box lies as in a training render."""
    x, y, width, height = box
    left, top, wide, high = spec.face_box
    side = float(np.sqrt(width / wide * height / high))
    return x + width / 2 - (left + wide / 2 - 0.5) * side, y + height / 2 - (top + high / 2 - 0.5) * side, side


def _prepare_object(image: Image.Image, spec: PictureSpec) -> Prepared:
    share = _OBJECT_SIDE / max(image.size)
    if share < 1:
        image = image.resize([max(1, round(side * share)) for side in image.size], Image.Resampling.LANCZOS, reducing_gap=2.0)
    pixels = np.asarray(image)
    ground = even_ground(pixels)
    matte = cut_out.find_object(image)
    if ground is not None:
        shown, mask = (Image.fromarray(part) for part in on_ground(pixels, ground, spec.ground))
        if matte is not None and matte.agrees(square_part(mask.convert("RGB"), *matte.square, spec.size, (0, 0, 0))):
            framed = _framed(shown, matte.square, spec, spec.ground, clean=True)
            picture, detail = (some and matte.cleared(some, spec.ground) for some in (framed.picture, framed.detail))
            return replace(framed, picture=picture, detail=detail)
        square = _square_around(np.asarray(mask)) if matte is None else None
        if square is not None:
            return _framed(shown, square, spec, spec.ground, clean=True)
    if matte is not None:
        framed, taken_off = _framed(image, matte.square, spec, clean=True), _resize(matte.on(spec.ground), spec.size)
        return replace(framed, picture=taken_off, detail=carried_over(framed.detail, framed.picture, taken_off))
    warning = "The background is not even: use a picture of one chair on a white or even background."
    if ground is not None:
        warning = "Nothing stands out from the background: use a picture of a chair on one of another colour."
    # The chair probably fills the picture: show all of it rather than cut its legs off.
    return _framed(image, _middle(image, max(image.size)), spec, found=False, warnings=[warning])


def _square_around(mask: np.ndarray) -> tuple[float, float, float] | None:
    """Middle and side of the square in which what is True (H, W) lies as in a training render, None where hardly anything is."""
    # A single speck of dust or a JPEG artefact must not widen the box.
    rows = np.flatnonzero(mask.sum(axis=1) > 0.004 * mask.shape[1])
    columns = np.flatnonzero(mask.sum(axis=0) > 0.004 * mask.shape[0])
    if len(rows) < 2 or len(columns) < 2:
        return None
    return object_square(columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)


def _whole(image: Image.Image, spec: PictureSpec, clean: bool = False) -> Prepared:
    """A square image as it is."""
    return Prepared(_resize(image, spec.size), True, clean=clean, detail=finer(image, _middle(image, image.width), spec.size))


def _centre_square(image: Image.Image, spec: PictureSpec, warning: str) -> Prepared:
    return _framed(image, _middle(image, min(image.size)), spec, found=False, warnings=[warning])


def _middle(image: Image.Image, side: float) -> tuple[float, float, float]:
    """The square of that side in the middle of an image."""
    return image.width / 2, image.height / 2, float(side)


def _framed(image: Image.Image, square: tuple[float, float, float], spec: PictureSpec, ground: tuple[int, int, int] | None = None,
            found: bool = True, **told) -> Prepared:
    """That square of an image, with its detail, and what else is ``told`` of it; ``ground`` as for square_part()."""
    return Prepared(square_part(image, *square, spec.size, ground), found, detail=finer(image, square, spec.size, ground), **told)


def _resize(image: Image.Image, size: int) -> Image.Image:
    return image if image.size == (size, size) else image.resize((size, size), Image.Resampling.LANCZOS)
