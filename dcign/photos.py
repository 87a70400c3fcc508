"""An upload becomes a model input: decode it safely, find the subject, crop it, set the ground.

    image = decode("upload.png")                                        # PIL RGB, whatever the file was
    prepared = prepare("upload.png", PictureSpec(160, (255, 255, 255), "object"))

An upload is hostile until it is decoded: its header is checked before any pixel is. Every problem is a
PhotoError whose text names the remedy and can be shown to a visitor as it is.
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from threading import Lock

import numpy as np
from PIL import Image, ImageOps

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
MAX_PIXELS = 50_000_000
MAX_SIDE = 12_000
MIN_SIDE = 16
MAX_BYTES = 64 * 1024 * 1024
_DRAFT_SIDE = 2048      # a JPEG far beyond this is decoded reduced, in a fraction of the memory

_BORDER = 0.02          # width of the border that is looked at, as a share of the shorter side
_PLAIN_TOLERANCE = 24   # levels of 0..255 by which a plain border may differ from its own median
_PLAIN_SHARE = 0.9      # of the border's pixels
_OBJECT_FILL = 0.8      # longer side of the object's box as a share of the picture, as in training renders
_OBJECT_MIDDLE = 0.53   # height of the box's centre there, from the top
_DETECT_SIDE = 480      # YuNet finds faces from about 10 to 300 pixels; larger photos are reduced to this
_DETECT_SCORE = 0.6
#: Where the detector's box lies in a training render, where the weights do not say: x, y, width, height.
DEFAULT_FACE_BOX = (0.22, 0.17, 0.56, 0.77)

Source = Image.Image | np.ndarray | bytes | str | os.PathLike


class PhotoError(ValueError):
    """A picture that cannot be used; the text says why and what to do."""


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
    """picture: PIL RGB size x size; found: whether the subject was; warnings: what to tell the visitor."""

    picture: Image.Image
    found: bool
    warnings: list[str] = field(default_factory=list)


# ---------------------------------------------------------------------------------------------- decoding


def decode(source: Source, ground: tuple[int, int, int] = (255, 255, 255)) -> Image.Image:
    """PIL image, numpy array, bytes or path -> PIL RGB, upright, first frame, transparency over the ground.

    Arrays are (H, W), (H, W, 3) or (H, W, 4): uint8, uint16, bool, or floats in [0, 1]. A very large JPEG may
    come back reduced. PhotoError for anything that is not a picture of a sensible size.
    """
    if isinstance(source, np.ndarray):
        return _over_ground(_from_array(source), ground)
    if isinstance(source, Image.Image):
        return _finish(source, ground)
    if isinstance(source, (bytes, bytearray, memoryview)):
        if len(source) > MAX_BYTES:
            raise PhotoError(_too_many_bytes())
        return _decode_file(io.BytesIO(source), ground)
    if isinstance(source, (str, os.PathLike)):
        path = Path(source)
        if not path.is_file():
            raise PhotoError(f"There is no picture file {path.name!r}: check the path.")
        if path.stat().st_size > MAX_BYTES:
            raise PhotoError(_too_many_bytes())
        with path.open("rb") as file:
            return _decode_file(file, ground)
    raise PhotoError(f"Pass a picture file, bytes, a PIL image or an array, not {type(source).__name__}.")


def _too_many_bytes() -> str:
    return f"The file is larger than {MAX_BYTES // 2**20} MB: save the picture smaller and try again."


def _decode_file(file: io.IOBase, ground: tuple[int, int, int]) -> Image.Image:
    try:
        image = Image.open(file, formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise PhotoError(_too_large()) from None
    except Exception:  # Pillow's readers raise whatever a broken header leads them to
        raise PhotoError(
            f"This file is not a picture that can be read: save it as one of {', '.join(FORMATS)}."
        ) from None
    with image:
        if image.format == "JPEG" and max(image.size) <= MAX_SIDE:
            image.draft(None, (_DRAFT_SIDE, _DRAFT_SIDE))
        return _finish(image, ground)


def _too_large() -> str:
    return (
        f"The picture is too large: reduce it to at most {MAX_PIXELS // 10**6} megapixels "
        f"and {MAX_SIDE} pixels a side."
    )


def _check_size(width: int, height: int) -> None:
    if width > MAX_SIDE or height > MAX_SIDE or width * height > MAX_PIXELS:
        raise PhotoError(_too_large())
    if min(width, height) < MIN_SIDE:
        raise PhotoError(
            f"The picture is only {width} x {height} pixels: use one of at least {MIN_SIDE} pixels a side."
        )


def _finish(image: Image.Image, ground: tuple[int, int, int]) -> Image.Image:
    _check_size(*image.size)  # known from the header, no pixel is decoded yet
    try:
        image.load()
    except Exception:  # a decoder fails on hostile data in many ways, and all mean the same to a visitor
        raise PhotoError(
            "The picture is damaged or incomplete: save or download it again, as PNG or JPEG."
        ) from None
    try:
        upright = ImageOps.exif_transpose(image)
    except Exception:  # a broken EXIF block: the picture itself is fine
        upright = image
    try:
        return _over_ground(_eight_bits(upright), ground)
    except (ValueError, OSError):
        raise PhotoError(f"Pictures of mode {image.mode} are not supported: save it as an RGB PNG.") from None


def _eight_bits(image: Image.Image) -> Image.Image:
    """Any Pillow mode -> L, RGB or RGBA."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return Image.fromarray(_scaled_grey(np.asarray(image)))
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        return image.convert("RGBA")
    return image.convert("RGB")


def _scaled_grey(levels: np.ndarray) -> np.ndarray:
    """Deep grey (H, W) -> uint8. Floats and 32-bit integers do not say their range: it is taken to be 1, 255,
    65535, or else their own maximum."""
    sixteen, floats = levels.dtype.itemsize == 2, levels.dtype.kind == "f"
    levels = np.nan_to_num(levels.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    highest = float(levels.max())
    if sixteen:
        top = 65535.0
    else:
        guesses = (1.0, 255.0, 65535.0) if floats else (255.0, 65535.0)
        top = next((limit for limit in guesses if highest <= limit), highest)
    return np.rint(levels.clip(0.0, top) * (255.0 / top)).astype(np.uint8)


def _from_array(array: np.ndarray) -> Image.Image:
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise PhotoError(f"Pass an array of shape (H, W), (H, W, 3) or (H, W, 4), not {array.shape}.")
    _check_size(array.shape[1], array.shape[0])
    if array.dtype == np.uint16:
        array = np.rint(array * np.float32(255 / 65535))
    elif array.dtype == bool:
        array = array * np.uint8(255)
    elif array.dtype.kind == "f":
        if not (np.isfinite(array).all() and array.min() >= 0 and array.max() <= 1):
            raise PhotoError("Arrays of floats must hold finite values from 0 to 1: divide by the maximum.")
        array = np.rint(array * 255)
    elif array.dtype != np.uint8:
        raise PhotoError(f"Arrays must be uint8, uint16 or float, not {array.dtype}.")
    return Image.fromarray(np.ascontiguousarray(array.astype(np.uint8)))


def _over_ground(image: Image.Image, ground: tuple[int, int, int]) -> Image.Image:
    if image.mode != "RGBA":
        return image.convert("RGB")
    return Image.alpha_composite(Image.new("RGBA", image.size, (*ground, 255)), image).convert("RGB")


# ---------------------------------------------------------------------------------------------- framing


def prepare(source: Source, spec: PictureSpec) -> Prepared:
    """Decode, find the subject and frame it as in the training renders. PhotoError as in decode()."""
    image = decode(source, spec.ground)
    if _is_render(image, spec):
        return Prepared(_resize(image, spec.size), True)
    if spec.subject == "face":
        return _prepare_face(image, spec)
    return _prepare_object(image, spec)


def plain_border(image: Image.Image, share: float = _PLAIN_SHARE) -> tuple[int, int, int] | None:
    """The colour of a plain border, or None if less than that share of the border has one colour."""
    pixels = np.asarray(image.convert("RGB"))
    width = max(1, round(min(image.size) * _BORDER))
    strips = [pixels[:width], pixels[-width:], pixels[:, :width], pixels[:, -width:]]
    border = np.concatenate([strip.reshape(-1, 3) for strip in strips]).astype(np.int16)
    colour = np.median(border, axis=0)
    near = (np.abs(border - colour) <= _PLAIN_TOLERANCE).all(axis=1)
    return tuple(int(level) for level in colour) if near.mean() >= share else None


def _is_render(image: Image.Image, spec: PictureSpec) -> bool:
    """Whether the picture already looks like a training render: square, small, on the model's own ground."""
    width, height = image.size
    if width != height or not spec.size <= width <= 2 * spec.size:
        return False
    # A neck or a chair may touch the border, so half of it on the ground's colour is enough.
    colour = plain_border(image, share=0.5)
    return colour is not None and np.abs(np.subtract(colour, spec.ground)).max() <= _PLAIN_TOLERANCE


def _prepare_face(image: Image.Image, spec: PictureSpec) -> Prepared:
    if detector_path() is None:
        warning = (
            "No face detector is set up: crop the picture to a square around the head yourself, "
            "or set DCIGN_DETECTOR to the YuNet .onnx file."
        )
        return Prepared(_centre_square(image, spec.size), False, [warning])
    box = find_face(image)
    if box is None:
        warning = "No face was found: crop the picture to a square around one well-lit head and try again."
        return Prepared(_centre_square(image, spec.size), False, [warning])
    x, y, width, height = box
    left, top, wide, high = spec.face_box
    side = float(np.sqrt(width / wide * height / high))
    centre_x = x + width / 2 - (left + wide / 2 - 0.5) * side
    centre_y = y + height / 2 - (top + high / 2 - 0.5) * side
    return Prepared(_square(image, centre_x, centre_y, side, spec.size), True)


def detector_path() -> Path | None:
    """The YuNet model that DCIGN_DETECTOR names, if it is there and OpenCV is installed."""
    path = os.environ.get("DCIGN_DETECTOR")
    if not path or not Path(path).is_file():
        return None
    try:
        import cv2
    except ImportError:
        return None
    return Path(path) if hasattr(cv2, "FaceDetectorYN") else None


@lru_cache(maxsize=2)
def _detector(path: str) -> tuple[object, Lock]:
    import cv2

    return cv2.FaceDetectorYN.create(path, "", (_DETECT_SIDE, _DETECT_SIDE), _DETECT_SCORE), Lock()


def find_face(image: Image.Image) -> tuple[float, float, float, float] | None:
    """The largest face's x, y, width, height in pixels, or None. RuntimeError without a detector."""
    path = detector_path()
    if path is None:
        raise RuntimeError("no face detector: install opencv-python-headless and set DCIGN_DETECTOR")
    scale = min(1.0, _DETECT_SIDE / max(image.size))
    small = image.convert("RGB").resize([max(1, round(side * scale)) for side in image.size])
    detector, lock = _detector(str(path))
    with lock:  # the detector keeps the input size between the two calls
        detector.setInputSize(small.size)
        _, faces = detector.detect(np.ascontiguousarray(np.asarray(small)[..., ::-1]))  # OpenCV reads BGR
    if faces is None:
        return None
    x, y, width, height = max(faces[:, :4].tolist(), key=lambda face: face[2] * face[3])
    return x / scale, y / scale, width / scale, height / scale


def _prepare_object(image: Image.Image, spec: PictureSpec) -> Prepared:
    colour = plain_border(image)
    if colour is not None:
        distance = np.abs(np.asarray(image, np.int16) - np.int16(colour)).max(axis=2)     # (H, W)
        mask = distance > _PLAIN_TOLERANCE
        # A single speck of dust or a JPEG artefact must not widen the box.
        rows = np.flatnonzero(mask.sum(axis=1) > 0.004 * image.width)
        columns = np.flatnonzero(mask.sum(axis=0) > 0.004 * image.height)
        if len(rows) > 1 and len(columns) > 1:
            top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
            # Fade the old ground into the model's; what stands out keeps its colour.
            opacity = (distance / _PLAIN_TOLERANCE).clip(0, 1)[..., None].astype(np.float32)
            pixels = np.asarray(image) * opacity + np.array(spec.ground, np.float32) * (1 - opacity)
            framed = Image.fromarray(np.rint(pixels).astype(np.uint8))
            side = max(bottom - top, right - left) / _OBJECT_FILL
            centre_x, centre_y = (left + right) / 2, (top + bottom) / 2 - (_OBJECT_MIDDLE - 0.5) * side
            return Prepared(_square(framed, centre_x, centre_y, side, spec.size, spec.ground), True)
    warning = "No plain background was found: use a picture of one chair on a white or even background."
    # The chair probably fills the picture: show all of it rather than cut its legs off.
    whole = _square(image, image.width / 2, image.height / 2, max(image.size), spec.size)
    return Prepared(whole, False, [warning])


def _centre_square(image: Image.Image, size: int) -> Image.Image:
    side = min(image.size)
    return _square(image, image.width / 2, image.height / 2, side, size)


def _resize(image: Image.Image, size: int) -> Image.Image:
    return image if image.size == (size, size) else image.resize((size, size), Image.Resampling.LANCZOS)


def _square(
    image: Image.Image, centre_x: float, centre_y: float, side: float, size: int,
    ground: tuple[int, int, int] | None = None,
) -> Image.Image:
    """A square of the picture at size x size; what lies outside is the ground, or the edge drawn out."""
    scale = size / side
    left, top = centre_x - side / 2, centre_y - side / 2
    box = (max(left, 0.0), max(top, 0.0), min(left + side, image.width), min(top + side, image.height))
    # Where the part that exists lands in the result, in whole pixels.
    x0, y0 = round((box[0] - left) * scale), round((box[1] - top) * scale)
    x1, y1 = round((box[2] - left) * scale), round((box[3] - top) * scale)
    x1, y1 = min(max(x1, x0 + 1), size), min(max(y1, y0 + 1), size)
    part = np.asarray(image.resize((x1 - x0, y1 - y0), Image.Resampling.LANCZOS, box=box, reducing_gap=3.0))
    outside = ((y0, size - y1), (x0, size - x1), (0, 0))
    if ground is None:
        return Image.fromarray(np.pad(part, outside, mode="edge"))
    result = np.full((size, size, 3), ground, np.uint8)
    result[y0:y1, x0:x1] = part
    return Image.fromarray(result)
