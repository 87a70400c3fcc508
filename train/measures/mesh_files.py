"""Azimuth of chairs that other people made: mesh files, rendered on our stage."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dcign.fading import wrapped
from train.camera import View
from train.measures.equivariance import angle_error
from train.measures.subject import Subject
from train.scenes.meshes import MeshSource

VIEWS = 24  # of every mesh, all around
PAPER_ELEVATIONS = (20.0, 30.0)  # degrees


def mesh_files(subject: Subject, source: MeshSource, rng: np.random.Generator, backwards: Sequence[str] = ()) -> dict:
    """Circular error in degrees over all views of the meshes with a front, and the median of each mesh.

    ``backwards`` names meshes (files without their suffix) whose front points the other way than the folder's.
    ``stage`` has the elevations and lights that were trained on, ``paper`` the paper's elevations under frontal light.
    ``opposite`` is the share of views that are taken for ones from the other side.
    """
    calibration, group = subject.weights.calibrations["azimuth"], subject.layout.slice("azimuth")
    ranges, found, each = subject.scenery.stage.ranges, {"stage": [], "paper": []}, {}
    things = [thing for thing in (source.identity(seed) for seed in range(len(source.files))) if thing.has_front]
    for thing in things:
        off = 180.0 if thing.style in backwards else 0.0
        turns = np.linspace(-180, 180, VIEWS, endpoint=False) + rng.uniform(0, 360 / VIEWS)
        stage = [View(a, float(rng.uniform(*ranges["elevation"])), float(rng.uniform(*ranges["light"]))) for a in turns]
        paper = [View(a, PAPER_ELEVATIONS[k % 2], 0.0) for k, a in enumerate(turns)]
        for kind, views in (("stage", stage), ("paper", paper)):
            pictures = np.stack([subject.scenery.picture(thing, view, subject.size) for view in views])
            estimates = calibration.estimate(subject.posterior(pictures).means[:, group])
            truth = np.array([view.azimuth + off for view in views])
            found[kind].append(angle_error(estimates, wrapped(truth), True))
        each[thing.style] = float(np.median(found["stage"][-1]))
    result = {"meshes": len(things), "views": VIEWS, "each": each}
    for kind, errors in found.items():
        errors = np.concatenate(errors)
        result[kind] = {"median": float(np.median(errors)), "mean": float(errors.mean()),
                        "opposite": float((errors > 135).mean())}
    return result
