"""Whether a face is found in new views, and its eyes, nose and mouth where they belong, by the YuNet detector."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from dcign import face_detector
from train.measures.novel_views import Drawn

SCORE = 0.6  # of YuNet
FRONTAL = 45.0  # degrees of azimuth within which faces are looked for
NEAR = 3.0  # % of the picture's width within which a landmark is right
SAME = 0.3  # of the union of two boxes that they share: answers about one face


def surest(answers: np.ndarray) -> np.ndarray:
    """The five points (5, 2) of YuNet's surest answer among (M, 15), in pixels."""
    return answers[answers[:, -1].argmax(), 4:14].reshape(5, 2)


def blended(answers: np.ndarray) -> np.ndarray:
    """The five points (5, 2) of all of (M, 15) answers about the same face as the surest, weighted by how sure they are.

    YuNet answers from many cells at once. Which of them is the surest changes with a shift by a pixel, and with it the
    landmarks; their mean stays (Bazarevsky and others 2019, BlazeFace, Sec. 3.4).
    """
    scores = answers[:, -1]
    place = scores.argmax()
    best = answers[place]
    low = np.maximum(answers[:, :2], best[:2])
    high = np.minimum(answers[:, :2] + answers[:, 2:4], best[:2] + best[2:4])
    shared = (high - low).clip(0).prod(1)  # (M,)
    same = shared > SAME * (answers[:, 2:4].prod(1) + best[2:4].prod() - shared)
    same[place] = True  # also where its box is empty
    return np.average(answers[same, 4:14], 0, scores[same]).reshape(5, 2)


def _answers(pictures: np.ndarray, detector: str) -> list[np.ndarray | None]:
    """All that YuNet answers to each of (N, S, S, 3) pictures: (M, 15), or None."""
    size = pictures.shape[1]
    model = cv2.FaceDetectorYN.create(detector, "", (size, size), SCORE, 1.0)  # 1: no answer is left out for another
    return [model.detect(np.ascontiguousarray(picture[..., ::-1]))[1] for picture in pictures]


def _landmarks(answers: list[np.ndarray | None], size: int, reading: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Five points in % of the width, (N, 5, 2), by ``blended`` or ``surest``; NaN where there is no face."""
    found = np.full((len(answers), 5, 2), np.nan)
    for number, given in enumerate(answers):
        if given is not None:
            found[number] = reading(given) * (100.0 / size)
    return found


def landmark_errors(drawn: np.ndarray, true: np.ndarray) -> dict[str, float | int]:
    """How far (N, 5, 2) landmarks are from the true ones, where both pictures have a face.

    ``found`` is a share of the pictures whose true render has a face, and left out where none has. An error is in % of the
    width; ``median`` is that of all landmarks, ``within`` their share nearer than NEAR, ``faces_within`` that of faces
    with a mean error below it.
    """
    there = ~np.isnan(true[:, 0, 0])
    both = there & ~np.isnan(drawn[:, 0, 0])
    result = {"pictures": len(true), "found_in_truth": float(there.mean()) if len(true) else 0.0}
    if there.any():
        result["found"] = float(both.sum() / there.sum())
    if both.any():
        errors = np.linalg.norm(drawn[both] - true[both], axis=-1)
        result |= {"median": float(np.median(errors)), "within": float((errors <= NEAR).mean()),
                   "faces_within": float((errors.mean(1) <= NEAR).mean())}
    return result


def faces(pictures: dict[str, Drawn]) -> dict:
    """Detection and landmarks of all new views near the front, as they are shown; {} without a detector.

    ``moved``: the share of landmarks within NEAR where the camera has moved, as another light may be shown on the given
    picture itself, whose landmarks are the true ones; ``own``: in what the network draws. ``surest``: the share within
    NEAR, and the median, by the detector's surest answers in place of blended ones. ``shifted`` and ``surest_shifted``, what
    the instrument itself gives: the share of the landmarks of true renders that stay within NEAR of where they were when
    the picture moves sideways by a pixel.
    """
    model = face_detector.path()
    if model is None:
        return {}
    near = {factor: np.array([abs(view.azimuth) <= FRONTAL for view in drawn.views])
            for factor, drawn in pictures.items()}
    true, drawn, own = (np.concatenate([getattr(part, kind)[near[factor]] for factor, part in pictures.items()])
                        for kind in ("target", "drawn", "own"))
    moving = np.concatenate([np.full(near[factor].sum(), factor != "light") for factor in pictures])  # (N,)
    size, moved = true.shape[1], np.concatenate([true[:, :, :1], true[:, :, :-1]], 2)  # to the right
    answers = [_answers(kind, str(model)) for kind in (drawn, true, moved, own)]

    def errors_of(reading: Callable[[np.ndarray], np.ndarray]) -> list[dict]:
        """Of the new views, of those with a moved camera, of the network's own, of the moved renders."""
        here, there, beside, alone = (_landmarks(kind, size, reading) for kind in answers)
        beside = beside - np.array([100.0 / size, 0.0])
        return [landmark_errors(*pair) for pair in (
            (here, there), (here[moving], there[moving]), (alone, there), (beside, there))]

    (errors, turned, alone, shifted), (single, _, _, shifted_single) = errors_of(blended), errors_of(surest)
    if not all("within" in found for found in (errors, alone, shifted)):
        return errors
    if "within" in turned:
        errors["moved"] = turned["within"]
    return errors | {"own": alone["within"], "surest": single["within"],
                     "surest_median": single["median"], "shifted": shifted["within"],
                     "surest_shifted": shifted_single["within"]}
