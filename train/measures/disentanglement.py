"""How factors and groups of latents correspond: MIG, SAP, DCI and explicitness. The latents of a group count as one.

A group is judged by what can be read out of it: a regression on the latents and random Fourier features of them, with
whole identities left out. F factors, G groups, N pictures.

MIG (Chen and others 2018): how much more the best group tells about a factor than the next one, in shares of the
factor's entropy; the information is that of the read-out, a lower bound. SAP (Kumar and others 2018): the same with r².
DCI (Eastwood and Williams 2018): importance is by how much the joint read-out gets worse when a group is shuffled.
Explicitness (Ridgeway and Mozer 2018): how well linear classifiers tell on which side of a value the factor is, by the
area under the ROC curve, brought to 0 at chance. A factor has no classes, and one latent cannot set off a middle one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dcign.graphics_code import CodeLayout
from train.measures.regression import Ridge, degrees_of, expanded, explained, targets_of

BINS = 20  # of a factor's range, for information
SIDES = 10  # parts of a factor's range, for explicitness
SHUFFLES = 8


@dataclass(frozen=True, eq=False)
class Factor:
    """True degrees (N,) of one factor."""

    name: str
    degrees: np.ndarray
    circular: bool

    @property
    def targets(self) -> np.ndarray:
        return targets_of(self.degrees, self.circular)


def _bins(values: np.ndarray, count: int) -> np.ndarray:
    """Numbers of ``count`` equally full bins (N,)."""
    return (np.argsort(np.argsort(values, kind="stable"), kind="stable") * count) // len(values)


def information(a: np.ndarray, b: np.ndarray, rng: np.random.Generator) -> float:
    """Mutual information of two (N,) variables as a share of the entropy of a full histogram.

    What shuffled values seem to share is taken off: a histogram of few pictures is never quite even.
    """
    first, second = _bins(a, BINS), _bins(b, BINS)

    def mutual(x: np.ndarray, y: np.ndarray) -> float:
        table = np.bincount(x * BINS + y, minlength=BINS * BINS).reshape(BINS, BINS) / len(x)
        expected = table.sum(1, keepdims=True) * table.sum(0, keepdims=True)
        seen = table > 0
        return float((table[seen] * np.log(table[seen] / expected[seen])).sum())

    noise = np.mean([mutual(rng.permutation(first), second) for _ in range(SHUFFLES)])
    most = mutual(second, second) - noise
    return max(0.0, (mutual(first, second) - noise) / most) if most > 0 else 0.0


def gap(scores: np.ndarray) -> float:
    """Between the best and the second best of (G,) scores."""
    ordered = np.sort(scores)
    return float(ordered[-1] - (ordered[-2] if len(ordered) > 1 else 0.0))


def importances(blocks: list[np.ndarray], factor: Factor, identities: np.ndarray,
                rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """How much each block of features matters to the joint read-out of a factor (G,), and the read-out's r²."""
    ridge = Ridge(np.concatenate(blocks, 1), factor.targets, identities)
    targets = factor.targets
    whole = ridge.predict()
    missed = ((whole - targets) ** 2).sum()
    result, start = [], 0
    for block in blocks:
        part = ridge.predict(slice(start, start + block.shape[1]))
        start += block.shape[1]
        worse = [((whole - part + part[rng.permutation(len(part))] - targets) ** 2).sum() for _ in range(SHUFFLES)]
        result.append(max(0.0, float(np.mean(worse) - missed)))
    return np.array(result), explained(whole, targets)


def _evenness(weights: np.ndarray) -> float:
    """Entropy of weights as a share of the largest one possible; 1 where they are all nothing."""
    total = weights.sum()
    if total <= 0 or len(weights) < 2:
        return 1.0 if total <= 0 else 0.0
    shares = weights[weights > 0] / total
    return float(-(shares * np.log(shares)).sum() / np.log(len(weights)))


def dci(importance: np.ndarray) -> tuple[float, float]:
    """Disentanglement and completeness of a (G, F) table, each factor's importances adding up to 1."""
    table = importance / np.maximum(importance.sum(0, keepdims=True), 1e-12)
    weights = table.sum(1) / max(table.sum(), 1e-12)
    disentangled = sum(weight * (1 - _evenness(row)) for weight, row in zip(weights, table))
    return float(disentangled), float(np.mean([1 - _evenness(column) for column in table.T]))


def _area(scores: np.ndarray, positive: np.ndarray) -> float:
    """Under the ROC curve."""
    ranks = np.argsort(np.argsort(scores, kind="stable"), kind="stable") + 1
    hits, misses = int(positive.sum()), int((~positive).sum())
    return float((ranks[positive].sum() - hits * (hits + 1) / 2) / (hits * misses))


def _sides(factor: Factor) -> np.ndarray:
    """On which side of each of some values (N, K) a picture is; around a circle, in which half turn."""
    if factor.circular:
        return (factor.degrees[:, None] - np.arange(0, 360, 360 / SIDES)) % 360 < 180
    return factor.degrees[:, None] > np.quantile(factor.degrees, np.arange(1, SIDES) / SIDES)


def explicitness(codes: np.ndarray, factor: Factor, identities: np.ndarray) -> float:
    """Of a factor in whole codes (N, L): 1 if linear classifiers tell the sides of all values apart without a miss."""
    sides = _sides(factor)
    scores = Ridge(codes, sides, identities).predict()
    return 2 * float(np.mean([_area(column, side) for column, side in zip(scores.T, sides.T)])) - 1


def disentanglement(codes: np.ndarray, layout: CodeLayout, factors: list[Factor], identities: np.ndarray,
                    rng: np.random.Generator) -> dict:
    """All measures of (N, L) codes; the table of r² by group and factor beside them."""
    groups = [expanded(codes[:, layout.slice(name)], rng) for name in layout.names]
    squares, told = np.zeros((len(groups), len(factors))), np.zeros((len(groups), len(factors)))
    importance, informative = np.zeros_like(squares), {}
    for column, factor in enumerate(factors):
        for row, features in enumerate(groups):
            read = Ridge(features, factor.targets, identities).predict()
            squares[row, column] = explained(read, factor.targets)
            told[row, column] = information(degrees_of(read), factor.degrees, rng)
        importance[:, column], informative[factor.name] = importances(groups, factor, identities, rng)
    disentangled, complete = dci(importance)
    return {
        "mig": {f.name: gap(told[:, k]) for k, f in enumerate(factors)},
        "sap": {f.name: gap(squares[:, k]) for k, f in enumerate(factors)},
        "dci": {"disentanglement": disentangled if len(factors) > 1 else None, "completeness": complete,
                "informativeness": informative},
        "explicitness": {f.name: explicitness(codes, f, identities) for f in factors},
        "r2": {name: {f.name: squares[row, k] for k, f in enumerate(factors)} for row, name in enumerate(layout.names)},
    }
