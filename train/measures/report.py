"""`python -m train measure WEIGHTS`: every measure of a weights folder, printed as tables."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from dcign import checkpoints
from dcign.graphics_code import FACTORS, GraphicsCode
from dcign.photos import Prepared
from dcign.studio import Studio
from train.camera import View
from train.finish import DETECTOR
from train.measures import images
from train.measures.equivariance import equivariance
from train.raster import render
from train.scenes import STAGES, Stage, open_source
from train.scenes.mesh import Source

FACE_RANGES = {"azimuth": (-86.0, 86.0), "elevation": (-23.0, 23.0), "light": (-80.0, 80.0)}  # the authors'
VIEWS = 4  # random views of every held-out identity
MOVES = {"face": {"azimuth": (-60.0, 60.0), "elevation": (-15.0, 15.0), "light": (-60.0, 60.0)},
         "object": {"azimuth": (-90.0, 90.0), "elevation": (-15.0, 15.0), "light": (-60.0, 60.0)}}


def _ranges(stage: Stage) -> dict[str, tuple[float, float]]:
    """What is measured: the authors' ranges for faces, the trained ones otherwise."""
    return FACE_RANGES if stage.subject == "face" else stage.ranges


def _identities(source: Source, count: int) -> list:
    """The first held-out identities that have a front."""
    chosen, seed = [], 0
    while len(chosen) < count:
        identity = source.identity(seed)
        if identity.has_front:
            chosen.append(identity)
        seed += 1
    return chosen


def _codes(studio: Studio, pictures: np.ndarray) -> list[GraphicsCode]:
    """Codes of renders that need no preparing."""
    return studio.encode_many([Prepared(Image.fromarray(picture), True, []) for picture in pictures])


def equivariance_table(studio: Studio, weights, identities: list, stage: Stage, ranges: dict) -> tuple[dict, dict]:
    """Equivariance of every factor, and the reconstruction measures of the same pictures."""
    rng = np.random.default_rng(3)
    pictures, degrees, groups = [], [], []
    for number, identity in enumerate(identities):
        for _ in range(VIEWS):
            view = {name: float(rng.uniform(*ranges[name])) for name in FACTORS}
            pictures.append(render(identity.mesh, View(**view), stage.rig, studio.size).colour)
            degrees.append(view)
            groups.append(number)
    truth, groups = np.stack(pictures), np.array(groups)
    codes = _codes(studio, truth)
    latents = np.stack([code.latents for code in codes])
    table = {factor: equivariance(latents[:, studio.layout.slice(factor)],
                                  np.array([view[factor] for view in degrees]), groups, weights.calibrations[factor])
             for factor in FACTORS}
    drawn = studio.render_many(codes)
    near = np.array([abs(view["azimuth"]) <= 40 for view in degrees])
    result = {
        "psnr": float(images.psnr(drawn, truth).mean()),
        "ssim": float(images.ssim(drawn, truth).mean()),
        "grey_mse_150": images.grey_mse_150(drawn, truth),
        "gradient_share": float(images.gradient_magnitude(drawn).mean() / images.gradient_magnitude(truth).mean()),
    }
    detector = os.environ.get(DETECTOR)
    if stage.subject == "face" and detector:
        chosen = np.flatnonzero(near)[:200]
        result["yunet_pictures"] = len(chosen)
        result["yunet_found"] = _faces_found(drawn[chosen], detector)
        result["yunet_found_in_truth"] = _faces_found(truth[chosen], detector)
    return table, result


def _faces_found(pictures: np.ndarray, model: str) -> float:
    """Share of pictures in which YuNet finds a face with a score of 0.6 or more."""
    import cv2

    size = pictures.shape[1]
    detector = cv2.FaceDetectorYN.create(model, "", (size, size), 0.6)
    return float(np.mean([detector.detect(np.ascontiguousarray(p[..., ::-1]))[1] is not None for p in pictures]))


def novel_views(studio: Studio, identities: list, stage: Stage, ranges: dict) -> dict:
    """Re-render one picture at another angle, against the true render, beside copying the input."""
    rng = np.random.default_rng(4)
    result = {}
    for factor in FACTORS:
        given, target, angles = [], [], []
        low, high = ranges[factor]
        for identity in identities:
            view = View(**{f: float(rng.uniform(*ranges[f])) for f in FACTORS})
            here = getattr(view, factor)
            moves = [m for m in MOVES[stage.subject][factor]
                     if factor in stage.circular or low <= here + m <= high]
            there = here + (moves[int(rng.integers(len(moves)))] if moves else (low + high) / 2 - here)
            if factor in stage.circular:
                there = (there + 180) % 360 - 180
            given.append(render(identity.mesh, view, stage.rig, studio.size).colour)
            target.append(render(identity.mesh, replace(view, **{factor: there}), stage.rig, studio.size).colour)
            angles.append(there)
        given, target = np.stack(given), np.stack(target)
        codes = _codes(studio, given)
        drawn = studio.render_many(codes, **{factor: angles})
        model, copy = images.psnr(drawn, target).mean(), images.psnr(given, target).mean()
        result[factor] = {"psnr": float(model), "copy_psnr": float(copy), "gain": float(model - copy),
                          "ssim": float(images.ssim(drawn, target).mean()),
                          "copy_ssim": float(images.ssim(given, target).mean()),
                          "gradient_share": float(images.gradient_magnitude(drawn).mean()
                                                  / images.gradient_magnitude(target).mean())}
    return result


def render_milliseconds(studio: Studio, picture: np.ndarray, count: int = 60) -> float:
    """Median time of studio.render for one picture, at a new angle every time."""
    code = _codes(studio, picture[None])[0]
    low, high = studio.ranges["azimuth"]
    times = []
    for number in range(count):
        start = time.perf_counter()
        studio.render(code, azimuth=low + (high - low) * number / count)
        times.append(time.perf_counter() - start)
    return float(np.median(times[5:]) * 1e3)


def measure(folder: Path, assets_folder: str | None, identities: int = 200, write: bool = False) -> dict:
    """Print the tables; with ``write`` keep them in config.json, the model card and the index."""
    weights = checkpoints.load_weights(folder)
    studio = checkpoints.load_studio(folder)
    name = weights.name
    stage, source = STAGES[name], open_source(name, assets_folder)
    ranges = _ranges(stage)
    held_out = _identities(source, identities)
    table, reconstruction = equivariance_table(studio, weights, held_out, stage, ranges)
    views = novel_views(studio, held_out, stage, ranges)
    example = render(held_out[0].mesh, View(), stage.rig, studio.size).colour
    result = {"identities": identities, "equivariance": table, "reconstruction": reconstruction, "novel_views": views,
              "speed": {"render_ms": render_milliseconds(studio, example), "threads": torch.get_num_threads()}}
    result = json.loads(json.dumps(result), parse_float=lambda text: round(float(text), 6))
    print(tables(name, result))
    if write:
        from train.card import write_measures

        write_measures(folder, result)
    return result


def tables(name: str, result: dict) -> str:
    """The measures as Markdown tables."""
    lines = [f"### {name}: {result['identities']} held-out identities, {VIEWS} random views each", "",
             "| factor | calibrated MAE | median | linear MAE | 15-neighbour MAE | r² linear / calibrated | chance MAE |",
             "|---|---|---|---|---|---|---|"]
    for factor, row in result["equivariance"].items():
        squares = f"{row['linear_r2']:.3f} / {row['calibrated_r2']:.3f}" if "linear_r2" in row else "circular"
        lines.append(f"| {factor} | {row['calibrated_mae']:.2f}° | {row['calibrated_median']:.2f}° | "
                     f"{row['linear_mae']:.2f}° | {row['neighbours_mae']:.2f}° | {squares} | {row['chance_mae']:.1f}° |")
    lines += ["", "| new view from one picture | PSNR | copying the input | gain | SSIM (copy) | gradient share |",
              "|---|---|---|---|---|---|"]
    for factor, row in result["novel_views"].items():
        lines.append(f"| {factor} | {row['psnr']:.2f} dB | {row['copy_psnr']:.2f} dB | {row['gain']:+.2f} dB | "
                     f"{row['ssim']:.3f} ({row['copy_ssim']:.3f}) | {row['gradient_share']:.2f} |")
    row = result["reconstruction"]
    lines += ["", f"Reconstruction: PSNR {row['psnr']:.2f} dB, SSIM {row['ssim']:.3f}, MSE at 150×150 grey "
              f"{row['grey_mse_150']:.2e}, mean gradient magnitude {row['gradient_share']:.2f} of the true pictures'."]
    if "yunet_found" in row:
        lines.append(f"YuNet finds a face in {row['yunet_found']:.1%} of {row['yunet_pictures']} reconstructions within "
                     f"±40° azimuth ({row['yunet_found_in_truth']:.1%} of the true pictures).")
    speed = result["speed"]
    lines.append(f"`studio.render`: {speed['render_ms']:.1f} ms median on {speed['threads']} threads.")
    return "\n".join(lines)
