"""Pictures of codes that no encoder gave: how far they are from true ones, and whether they copy any."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from train.measures import images
from train.measures.plots import pairs
from train.measures.scenery import identities
from train.measures.subject import Subject
from train.scenes import HELD_OUT

SIDE = 40  # pixels in which pictures are compared
COMPONENTS = 40  # principal ones, of the distance
SHOWN = 40  # samples of the sheet


def frechet(a: np.ndarray, b: np.ndarray) -> float:
    """Fréchet distance of the Gaussians that fit (N, D) and (M, D) rows: |mean - mean|² + tr(A + B - 2 √(AB))."""
    first, second = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    values, vectors = np.linalg.eigh(first)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    mixed = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ second @ root), 0)).sum()
    return float(((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(first) + np.trace(second) - 2 * mixed)


def _flat(pictures: np.ndarray, grey: bool) -> np.ndarray:
    small = images.resized(pictures, SIDE, grey)
    return small.reshape(len(small), -1).astype(np.float32) / 255.0


def nearest(rows: np.ndarray, among: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Place of, and root mean squared difference to, the nearest of (M, D) rows for each of (N, D) (N,)."""
    squares = (rows**2).sum(1)[:, None] - 2 * rows @ among.T + (among**2).sum(1)
    place = squares.argmin(1)
    return place, np.sqrt(np.maximum(squares[np.arange(len(rows)), place], 0) / rows.shape[1])


def with_pose(subject: Subject, codes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(N, L) codes whose latents of every factor lie on its curve, at random degrees: what the sliders can reach."""
    moved = codes.copy()
    for factor, calibration in subject.weights.calibrations.items():
        degrees = rng.uniform(*subject.weights.ranges[factor], len(codes))
        moved[:, subject.layout.slice(factor)] = calibration.latents(degrees)
    return moved


def generation(subject: Subject, held_out: np.ndarray, count: int, rng: np.random.Generator,
               sheet: Path | None = None) -> dict:
    """Codes drawn from the prior N(0, I), beside (N, S, S, 3) held-out pictures.

    ``posed`` are the same codes with random angles in place of random latents of pose and light. ``floor`` is the
    distance of as many training pictures from the held-out ones, ``reconstructed`` that of held-out pictures drawn
    again; ``nearest`` is the median difference of a sample from the nearest training picture, and ``nearest_true``
    that of a held-out picture. Distances are of principal components of small pictures.
    """
    scenery = subject.scenery
    trained = np.stack([scenery.picture(thing, scenery.random_view(rng), subject.size)
                        for thing in identities(subject.source, count, HELD_OUT)])
    codes = rng.standard_normal((count, subject.layout.size)).astype(np.float32)
    sampled, posed = subject.decode(codes), subject.decode(with_pose(subject, codes, rng))
    held_out = held_out[rng.choice(len(held_out), min(count, len(held_out)), replace=False)]
    again = subject.studio.render_many([code.without_picture() for code in subject.encode(held_out, refined=False)])
    kinds = {"sampled": sampled, "posed": posed, "reconstructed": again, "floor": trained}
    rows = {kind: _flat(pictures, subject.grey) for kind, pictures in kinds.items()}
    true = _flat(held_out, subject.grey)
    pool = np.concatenate([rows["floor"], true])
    axes = np.linalg.svd(pool - pool.mean(0), full_matrices=False)[2][:min(COMPONENTS, count // 2)]
    place, difference = nearest(rows["sampled"], rows["floor"])
    if sheet is not None:
        pairs(sheet, sampled[:SHOWN], trained[place[:SHOWN]])
        pairs(sheet.with_stem(f"{sheet.stem}-posed"), posed[:SHOWN],
              trained[nearest(rows["posed"], rows["floor"])[0][:SHOWN]])
    return {kind: frechet(values @ axes.T, true @ axes.T) for kind, values in rows.items()} | {
        "samples": count, "nearest": float(np.median(difference)),
        "nearest_true": float(np.median(nearest(true, rows["floor"])[1]))}
