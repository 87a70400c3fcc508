"""After training: fit calibration and principal directions on training scenes and write a weights folder.

Here, and only here, the true degrees of pictures meet the latents; no weight of the network depends on them. Before,
the latents are brought to the unit of their prior, which changes no picture.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from dcign import checkpoints, storage
from dcign.calibration import Calibration
from dcign.directions import Directions, fit_directions
from dcign.graphics_code import FACTORS, CodeLayout
from dcign.networks import DCIGN
from train.batches import STUDIO, Recipe, paper_chairs_of, random_view
from train.camera import View
from train.presets import TrainConfig
from train.raster import render
from train.scenes import HELD_OUT, STAGES, Stage, in_setting, open_source
from train.scenes.paper_chairs import VIEWS
from train.standardise import moments, standardise

SCENES = 2000  # identities of the training range, one random view each
DETECTOR = "DCIGN_DETECTOR"


def draw_scenes(source, stage: Stage, seeds: range, size: int, rng: np.random.Generator,
                recipe: Recipe = STUDIO) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """One picture (N, size, size, 3) uint8 per seed, of those that have a front, from a random view, and the true degrees of each factor (N,)."""
    if recipe.setting == "paper-chairs":
        return _paper_scenes(source, seeds, size, rng)
    pictures, views = [], []
    for seed in seeds:
        identity = source.identity(seed)
        degrees = random_view(stage, rng, recipe)
        if not identity.has_front:
            continue
        pictures.append(render(identity.mesh, View(**degrees), stage.rig, size).colour)
        views.append(degrees)
    return np.stack(pictures), {name: np.array([view[name] for view in views]) for name in FACTORS}


def _paper_scenes(source, seeds: range, size: int, rng: np.random.Generator):
    """The same in the paper's chair setting; the chairs of a folder of renders all have a front."""
    if hasattr(source, "identity"):
        seeds = [seed for seed in seeds if source.identity(seed).has_front]
    chairs, names = paper_chairs_of(source, seeds)
    views = [VIEWS[rng.integers(len(VIEWS))] for _ in seeds]
    pictures = np.concatenate([chairs.pictures(names[number % len(names)], [view], size)[..., :3]
                               for number, view in enumerate(views)])
    return pictures, {name: np.array([getattr(view, name) for view in views]) for name in ("azimuth", "elevation")}


@torch.inference_mode()
def posterior_means(network: DCIGN, pictures: np.ndarray, batch: int = 64) -> np.ndarray:
    """(N, S, S, 3) uint8 to (N, L)."""
    tensor = torch.from_numpy(pictures).permute(0, 3, 1, 2)
    return np.concatenate([network.encode(part.float() / 255)[0].numpy() for part in tensor.split(batch)])


def read_scenes(network: DCIGN, layout: CodeLayout, ranges: dict[str, tuple[float, float]], circular: tuple[str, ...],
                pictures: np.ndarray, degrees: dict[str, np.ndarray]) -> tuple[dict[str, Calibration], dict[str, Directions]]:
    """From drawn scenes: the curve of every factor, and the principal directions of every other group."""
    means = posterior_means(network, pictures)
    curves = {factor: Calibration.fit(means[:, layout.slice(factor)], degrees[factor], factor,
                                      circular=factor in circular, limits=ranges[factor])
              for factor in FACTORS if factor in layout.names}
    return curves, fit_directions(means, layout)


def face_box(source, stage: Stage, size: int = 160, faces: int = 60) -> list[float] | None:
    """Where YuNet sees the face in frontal renders, [x, y, width, height] in fractions; None without a detector."""
    model = os.environ.get(DETECTOR)
    if stage.subject != "face" or not model or not Path(model).exists():
        return None
    import cv2

    detector = cv2.FaceDetectorYN.create(model, "", (size, size), 0.6)
    boxes = []
    for seed in range(HELD_OUT, HELD_OUT + faces):
        picture = render(source.identity(seed).mesh, View(), stage.rig, size).colour
        found = detector.detect(np.ascontiguousarray(picture[..., ::-1]))[1]
        if found is not None:
            boxes.append(found[0, :4] / size)
    return [round(float(value), 4) for value in np.median(boxes, 0)] if boxes else None


def finish(network: DCIGN, config: TrainConfig, target: Path, pictures: int, assets_folder: str | None,
           scenes: int = SCENES, note: str = "", history: Sequence[dict] = ()) -> None:
    """Calibrate ``network`` and write model.safetensors and config.json to ``target``; ``note``, and the ``history`` of the
    weights that it began with, are for the card."""
    network, layout, stage = network.eval(), CodeLayout(config.layout), STAGES[config.source]
    # identities of the training range with a front
    source = in_setting(open_source(config.source, assets_folder), config.recipe.setting)
    drawn, degrees = draw_scenes(source, stage, range(HELD_OUT, HELD_OUT + scenes), network.config.size,
                                 np.random.default_rng(5), recipe=config.recipe)
    if isinstance(network, DCIGN):
        standardise(network, *moments(network, torch.from_numpy(drawn).permute(0, 3, 1, 2)))
    storage.round_to_stored(network)
    box = face_box(source, stage)
    ranges = {factor: span for factor, span in config.recipe.spans(stage).items() if factor in layout.names}
    framing = {"subject": stage.subject} | ({"face_box": box} if box else {})
    curves, directions = read_scenes(network, layout, ranges, stage.circular, drawn, degrees)
    checkpoints.save_weights(
        target, network, layout, curves, ranges, name=config.source, circular=stage.circular,
        ground=stage.rig.ground, framing=framing, directions=directions,
        training={"preset": config.preset, "pictures": pictures, "note": note, "config": config.to_dict()}
        | ({"history": list(history)} if history else {}))
