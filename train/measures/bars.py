"""What the networks are asked to reach, and by how much a measured one meets or misses it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

FACES = {"azimuth": (0.98, 4.0), "elevation": (0.96, 2.0), "light": (0.97, 5.0)}  # r², mean error in degrees
# the authors' networks, the better end of each: r², mean error of a linear read-out and of 15 nearest neighbours
AUTHORS = {"azimuth": (0.37, 31.4, 10.5), "elevation": (0.82, 4.9, 4.8), "light": (0.89, 13.2, 12.8)}
LEAKAGE, OF_ENTANGLED = 0.3, 0.5
OVER_COPY, OVER_ENTANGLED = 5.0, 3.0  # dB
CHAIR_DEGREES, MESH_DEGREES = 10.0, 25.0
DECODER = 12.0  # ms for a picture of 160 px on one core


@dataclass(frozen=True)
class Bar:
    """``value`` is None where nothing was measured; ``least``: whether it must be at least the bar, or at most."""

    measure: str
    bar: float
    value: float | None
    least: bool = False
    unit: str = ""

    @property
    def met(self) -> bool:
        return self.value is not None and (self.value >= self.bar if self.least else self.value <= self.bar)

    @property
    def verdict(self) -> str:
        if self.value is None:
            return "not measured"
        return "met" if self.met else f"missed by {abs(self.value - self.bar):.3g}{self.unit}"


def _find(result: dict, *path: str) -> float | None:
    """What lies at the path of keys; None where there is nothing."""
    for key in path:
        result = result.get(key) if isinstance(result, dict) else None
    return result


def _face(result: dict) -> Iterator[Bar]:
    for factor, (square, degrees) in FACES.items():
        row = ("equivariance", factor)
        yield Bar(f"{factor}: r² of the calibrated read-out", square, _find(result, *row, "calibrated_r2"), True)
        yield Bar(f"{factor}: mean error of the calibrated read-out", degrees,
                  _find(result, *row, "calibrated_mae"), unit="°")
    yield Bar("azimuth: largest fall of the read-out along a sweep", _find(result, "monotone", "allowed") or 3.0,
              _find(result, "monotone", "largest_fall"), unit="°")


def _authors(result: dict) -> Iterator[Bar]:
    for factor, (square, linear, close) in AUTHORS.items():
        row = ("equivariance", factor)
        yield Bar(f"{factor}: r² of a linear read-out, above the authors'", square,
                  _find(result, *row, "linear_r2"), True)
        yield Bar(f"{factor}: mean error of a linear read-out, below the authors'", linear,
                  _find(result, *row, "linear_mae"), unit="°")
        yield Bar(f"{factor}: mean error of 15 neighbours, below the authors'", close,
                  _find(result, *row, "neighbours_mae"), unit="°")


def _factors(result: dict) -> Iterator[Bar]:
    for factor in result["equivariance"]:
        mine = _find(result, "leakage", factor, "sampled")
        theirs = _find(result, "beside", "leakage", factor, "sampled")
        yield Bar(f"{factor}: r² from the other latents, sampled", LEAKAGE, mine)
        yield Bar(f"{factor}: the same beside the entangled network's, ratio", OF_ENTANGLED,
                  None if mine is None or theirs is None else mine / max(theirs, 1e-3))
    for factor in result["equivariance"]:
        yield Bar(f"{factor}: new views over copying the input", OVER_COPY,
                  _find(result, "novel_views", factor, "gain"), True, " dB")
        if "own" in result:
            yield Bar("the same by the network alone", OVER_COPY,
                      _find(result, "own", "novel_views", factor, "gain"), True, " dB")
        yield Bar(f"{factor}: new views over the entangled network", OVER_ENTANGLED,
                  _find(result, "beside", "novel_views", factor, "gain"), True, " dB")


def _sharp(result: dict, face: bool) -> Iterator[Bar]:
    yield Bar("azimuth: largest over median step of a turn of 72 frames, the worst turn",
              _find(result, "turn", "allowed") or 2.5, _find(result, "turn", "largest"))
    yield Bar("sharpness of new views: share of the gradient, as shown", 0.8,
              _find(result, "sharpness", "gradient_share"), True)
    yield Bar("the same by the network alone", 0.8, _find(result, "sharpness", "own", "gradient_share"), True)
    if face:
        yield Bar("sharpness of new views: SSIM", 0.85, _find(result, "sharpness", "ssim"), True)
        found = ("sharpness", "faces")
        yield Bar("faces found in new views within ±45°", 0.95, _find(result, *found, "found"), True)
        yield Bar("landmarks of new views: median distance, % of the width", 3.0, _find(result, *found, "median"))
        yield Bar("landmarks of new views: share within 3 % of the width", 0.95, _find(result, *found, "within"), True)
        if _find(result, *found, "moved") is not None:
            yield Bar("the same where the camera has moved", 0.95, _find(result, *found, "moved"), True)
            yield Bar("the same by the network alone", 0.95, _find(result, *found, "own"), True)
        yield Bar("the same by the detector's surest answer alone", 0.95, _find(result, *found, "surest"), True)
    else:
        yield Bar("thin parts (legs, slats, arms) that are there in new views", 0.8,
                  _find(result, "sharpness", "thin_parts", "there"), True)
        if _find(result, "sharpness", "thin_parts", "moved_there") is not None:
            yield Bar("the same where the camera has moved", 0.8, _find(result, "sharpness", "thin_parts", "moved_there"), True)
        yield Bar("the same by the network alone", 0.8, _find(result, "sharpness", "thin_parts", "own_there"), True)


def _speed(result: dict) -> Iterator[Bar]:
    """Of one core only: more are not what is asked."""
    speed = result.get("speed", {})
    if speed.get("threads") == 1 and "decoder_ms" in speed:
        yield Bar("the decoder on one core, one picture in float32", DECODER, speed["decoder_ms"], unit=" ms")
        if "live_decoder_ms" in speed:
            yield Bar("the same for live frames, in bfloat16", DECODER, speed["live_decoder_ms"], unit=" ms")


def bars(result: dict) -> list[Bar]:
    """Those that concern the preset and the class of a result of measure(); none for the baselines."""
    face, preset = result["subject"] == "face", result["preset"]
    if preset in ("entangled", "beta", "info"):
        return []
    if preset.startswith("paper"):
        if face:
            return [*_authors(result), *_factors(result)]
        return [*_factors(result), Bar("reconstruction at 150 px grey, squared error", 2.7722e-4,
                                       _find(result, "paper_setting", "mse"))]
    found = [*(_face(result) if face else ()), *_factors(result), *_sharp(result, face), *_speed(result)]
    if not face:
        found += [
            Bar("azimuth: mean error on procedural chairs", CHAIR_DEGREES,
                _find(result, "equivariance", "azimuth", "calibrated_mae"), unit="°"),
            Bar("azimuth: median error on mesh files", MESH_DEGREES,
                _find(result, "meshes", "stage", "median"), unit="°"),
            Bar("reconstruction at 150 px grey, squared error", 2.7722e-4, _find(result, "paper_setting", "mse"))]
    return found
