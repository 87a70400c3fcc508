"""Finding a face with YuNet, if OpenCV and the detector's file are on this machine; neither is needed.

    box = find_face(image)                  # x, y, width, height in pixels, or None
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from threading import Lock

import numpy as np
from PIL import Image

from . import checkpoints

VARIABLE = "DCIGN_DETECTOR"                   # the environment variable that names the file
FILE = "face_detection_yunet_2023mar.onnx"    # its name in weights/, where no variable is set
REMEDY = f"to have faces found in uploads, install opencv-python-headless and put {FILE} into weights/"

_SIDE = 480      # YuNet finds faces from about 10 to 300 pixels; larger photos are reduced to this
_SCORE = 0.6


def path() -> Path | None:
    """The detector's file, from DCIGN_DETECTOR or else from weights/; None if it or OpenCV is missing."""
    named = os.environ.get(VARIABLE)
    file = Path(named) if named else checkpoints.weights_root() / FILE
    if not file.is_file():
        return None
    try:
        import cv2
    except ImportError:
        return None
    return file if hasattr(cv2, "FaceDetectorYN") else None


@lru_cache(maxsize=2)
def _detector(file: str) -> tuple[object, Lock]:
    import cv2

    return cv2.FaceDetectorYN.create(file, "", (_SIDE, _SIDE), _SCORE), Lock()


def find_face(image: Image.Image) -> tuple[float, float, float, float] | None:
    """The largest face's x, y, width, height in pixels, or None. RuntimeError without a detector."""
    file = path()
    if file is None:
        raise RuntimeError(f"there is no face detector: {REMEDY}")
    scale = min(1.0, _SIDE / max(image.size))
    small = image.convert("RGB").resize([max(1, round(side * scale)) for side in image.size])
    detector, lock = _detector(str(file))
    with lock:  # the detector keeps the input size between the two calls
        detector.setInputSize(small.size)
        _, faces = detector.detect(np.ascontiguousarray(np.asarray(small)[..., ::-1]))  # OpenCV reads BGR
    if faces is None:
        return None
    x, y, width, height = max(faces[:, :4].tolist(), key=lambda face: face[2] * face[3])
    return x / scale, y / scale, width / scale, height / scale
