"""Ridge regression with whole identities left out, and what it explains. N pictures, F features, T targets."""

from __future__ import annotations

import numpy as np

FOLDS = 5
PENALTIES = 10.0 ** np.arange(-5.0, 2.0)  # beside features of unit variance


def targets_of(degrees: np.ndarray, circular: bool) -> np.ndarray:
    """What is regressed: the (N, 1) degrees, or the (N, 2) sine and cosine of a circular factor."""
    if not circular:
        return np.asarray(degrees, np.float64)[:, None]
    radians = np.deg2rad(degrees)
    return np.stack([np.sin(radians), np.cos(radians)], 1)


def degrees_of(predictions: np.ndarray) -> np.ndarray:
    """The inverse of targets_of()."""
    if predictions.shape[1] == 1:
        return predictions[:, 0]
    return np.rad2deg(np.arctan2(predictions[:, 0], predictions[:, 1]))


def standardised(features: np.ndarray) -> np.ndarray:
    """Zero mean and unit variance; a feature that does not vary becomes 0."""
    centred = np.asarray(features, np.float64) - features.mean(0)
    spread = centred.std(0)
    return centred / np.where(spread > 1e-9, spread, np.inf)


def expanded(latents: np.ndarray, rng: np.random.Generator, waves: int = 96) -> np.ndarray:
    """The latents and ``waves`` random Fourier features of them, for what is not linear (N, g + waves)."""
    latents = standardised(latents)
    frequency = rng.standard_normal((latents.shape[1], waves)) / np.sqrt(latents.shape[1])
    frequency[:, waves // 2:] *= 2.0
    return np.concatenate([latents, np.cos(latents @ frequency + rng.uniform(0, 2 * np.pi, waves))], 1)


def fold_of(identities: np.ndarray) -> np.ndarray:
    """The fold (N,) of every picture: all pictures of an identity are in the same. ValueError for fewer than three."""
    numbers = np.unique(identities, return_inverse=True)[1].ravel()
    count = min(FOLDS, int(numbers.max()) + 1)
    if count < 3:
        raise ValueError(f"a regression across identities needs at least three of them, not {count}")
    return numbers % count


class Ridge:
    """One ridge regression for each fold, fitted on the other folds, its penalty chosen on one of these."""

    def __init__(self, features: np.ndarray, targets: np.ndarray, identities: np.ndarray):
        self.folds = fold_of(identities)
        self.features = np.concatenate([standardised(features), np.ones((len(features), 1))], 1)
        self._targets = np.asarray(targets, np.float64)
        self._scale = np.maximum(self._targets.var(0), 1e-12)
        count = int(self.folds.max()) + 1
        parts = [(self.features[self.folds == k], self._targets[self.folds == k]) for k in range(count)]
        grams = [(x.T @ x, x.T @ y) for x, y in parts]
        self.weights = []
        for fold in range(count):
            spare = (fold + 1) % count
            inner = self._paths([grams[k] for k in range(count) if k not in (fold, spare)])
            x, y = parts[spare]
            errors = [(((x @ weights - y) ** 2).mean(0) / self._scale).sum() for weights in inner]
            outer = self._paths([grams[k] for k in range(count) if k != fold], [int(np.argmin(errors))])
            self.weights.append(outer[0])

    def _paths(self, grams: list, chosen: list[int] | None = None) -> list[np.ndarray]:
        """Weights (F + 1, T) under all penalties, or the chosen ones; the constant is not penalised."""
        gram, moment = sum(g for g, _ in grams), sum(m for _, m in grams)
        penalised = np.full(len(gram), gram[-1, -1])  # the number of pictures: features have unit variance
        penalised[-1] = 0.0
        return [np.linalg.solve(gram + np.diag(PENALTIES[k] * penalised + 1e-9), moment)
                for k in (range(len(PENALTIES)) if chosen is None else chosen)]

    def predict(self, features: slice = slice(None)) -> np.ndarray:
        """Predictions (N, T) for identities that were left out; of some of the features, their share of it."""
        return np.stack([row[features] @ self.weights[fold][features]
                         for row, fold in zip(self.features, self.folds)])


def explained(predictions: np.ndarray, targets: np.ndarray) -> float:
    """r², the share of the targets' variance that is explained; 0 where a guess does as well."""
    missed = ((predictions - targets) ** 2).sum()
    return float(max(0.0, 1.0 - missed / ((targets - targets.mean(0)) ** 2).sum()))
