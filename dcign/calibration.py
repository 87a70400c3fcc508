"""Degrees <-> latents of one factor, learned from training scenes after training.

    calibration = Calibration.fit(latents, degrees, "azimuth", circular=True)
    calibration.latents([0.0, 30.0])           # (2, g): the curve at these angles
    calibration.estimate(latents)              # (N,) degrees

A factor's latents move along a curve in the group's g-dimensional space: an open one for a limited range, a
closed one for a full turn. The network never sees degrees; this curve is fitted to what it chose by itself.

Shapes: N pictures, g latents in the group, K knots of the curve, G degrees of the fine grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

OPEN_KNOTS = 37
CIRCULAR_KNOTS = 73
_FOURIER_ORDER = 8
_SPLINE_INTERVALS = 11          # cubic B-spline on 12 equidistant knots
_GRID_STEP = 0.5                # degrees between the hypotheses of the posterior
_CHUNK = 1024                   # pictures per block of (N, G) log-likelihoods
_PENALTIES = np.logspace(-8, 1, 19)
_COVARIANCE_BANDWIDTH = 1 / 12  # of the range
_SHARED_WEIGHT = 20.0           # pseudo-observations of the whole range's covariance at each knot
_RUN_OUT = 10.0                 # degrees at each end that say where the curve goes beyond it
_FLOOR = 1e-4                   # of the curve's variance, so that a covariance is never singular


@dataclass(frozen=True, eq=False)
class Calibration:
    """The curve of one factor with the spread of the latents around it.

    degrees: (K,) increasing; curve: (K, g); covariance: (g, g), or (K, g, g) with one per knot.
    A circular curve spans 360 degrees and its last knot repeats the first.
    """

    factor: str
    degrees: np.ndarray
    curve: np.ndarray
    covariance: np.ndarray
    circular: bool = False

    def __post_init__(self) -> None:
        degrees = _frozen(self.degrees)
        curve = _frozen(self.curve)
        covariance = _frozen(self.covariance)
        if degrees.ndim != 1 or len(degrees) < 2 or not (np.diff(degrees) > 0).all():
            raise ValueError(f"calibration of {self.factor}: degrees must increase over 2 or more knots")
        if curve.ndim != 2 or len(curve) != len(degrees) or not curve.shape[1]:
            raise ValueError(f"calibration of {self.factor}: the curve needs one row of latents per knot")
        g = curve.shape[1]
        if covariance.shape not in ((g, g), (len(degrees), g, g)):
            raise ValueError(f"calibration of {self.factor}: the covariance must be (g, g) or (K, g, g)")
        if self.circular and not (
            np.isclose(degrees[-1] - degrees[0], 360.0) and np.allclose(curve[0], curve[-1], atol=1e-4)
        ):
            raise ValueError(f"calibration of {self.factor}: a circular curve must close after 360 degrees")
        for name, value in (("degrees", degrees), ("curve", curve), ("covariance", covariance)):
            object.__setattr__(self, name, value)
        if np.linalg.eigvalsh(covariance).min() <= 0:
            raise ValueError(f"calibration of {self.factor}: the covariance must be positive definite")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Calibration) and self.to_dict() == other.to_dict()

    __hash__ = None

    @property
    def size(self) -> int:
        """Number of latents g in the group."""
        return self.curve.shape[1]

    def wrap(self, degrees: np.ndarray | float) -> np.ndarray:
        """Degrees brought into the curve's range: around the circle, or clamped to the ends."""
        low, high = self.degrees[0], self.degrees[-1]
        degrees = np.asarray(degrees, np.float64)
        if self.circular:
            return (degrees - low) % 360.0 + low
        return np.clip(degrees, low, high)

    def latents(self, degrees: np.ndarray | float) -> np.ndarray:
        """The point of the curve at each angle: (...) degrees -> (..., g) latents, float64."""
        return self._interpolate(self.curve, degrees)

    def beyond(self, degrees: np.ndarray | float) -> np.ndarray:
        """As latents(), but an open curve goes on straight past its ends, as it ran in its last degrees."""
        points = self.latents(degrees)
        if self.circular:
            return points
        low, high = self.degrees[0], self.degrees[-1]
        run = min(_RUN_OUT, (high - low) / 2)
        degrees = np.asarray(degrees, np.float64)[..., None]
        first, last = self.curve[0], self.curve[-1]
        before = np.minimum(degrees - low, 0) * (self.latents(low + run) - first) / run
        after = np.maximum(degrees - high, 0) * (last - self.latents(high - run)) / run
        return points + before + after

    def spread(self, degrees: np.ndarray | float) -> np.ndarray:
        """The covariance of the latents around the curve at each angle: (...) degrees -> (..., g, g)."""
        if self.covariance.ndim == 2:
            return np.broadcast_to(self.covariance, (*np.shape(degrees), *self.covariance.shape))
        return self._interpolate(self.covariance, degrees)

    def estimate(self, latents: np.ndarray) -> np.ndarray:
        """(N, g) latents -> (N,) degrees: the mean of the posterior over angles.

        The likelihood is a Gaussian around the curve, the prior is flat over the range; the mean is circular
        for a circular factor. ValueError for a wrong shape or for numbers that are not finite.
        """
        latents = np.asarray(latents, np.float64)
        if latents.ndim != 2 or latents.shape[1] != self.size:
            raise ValueError(f"{self.factor} needs latents of shape (N, {self.size}), not {latents.shape}")
        if not np.isfinite(latents).all():
            raise ValueError(f"the latents of {self.factor} are not all finite")
        blocks = [self._estimate_block(latents[i : i + _CHUNK]) for i in range(0, len(latents), _CHUNK)]
        return np.concatenate(blocks) if blocks else np.zeros(0)

    def _estimate_block(self, latents: np.ndarray) -> np.ndarray:
        grid, coefficients = self.hypotheses
        scores = _quadratic_features(latents) @ coefficients                       # (N, G)
        scores -= scores.max(axis=1, keepdims=True)
        weights = np.exp(scores.astype(np.float32))
        if self.circular:
            radians = np.deg2rad(grid)
            directions = np.stack([np.sin(radians), np.cos(radians)], 1).astype(np.float32)
            sine, cosine = (weights @ directions).T                                # (N,) each
            return self.wrap(np.rad2deg(np.arctan2(sine, cosine).astype(np.float64)))
        return (weights @ grid.astype(np.float32) / weights.sum(axis=1)).astype(np.float64)

    @cached_property
    def hypotheses(self) -> tuple[np.ndarray, np.ndarray]:
        """Grid degrees (G,) and the coefficients (F, G) that turn quadratic features (N, F) into log-likelihoods.

        The features of latents are the products of their pairs (as np.triu_indices orders them), the latents, and 1.

        log p(z | t) = -1/2 (z - c)' P (z - c) + 1/2 log det P is linear in the products of z's entries, so
        the whole (N, G) table is one matrix product.
        """
        low, high = self.degrees[0], self.degrees[-1]
        count = int(np.ceil((high - low) / _GRID_STEP))
        grid = np.linspace(low, high, count + 1)
        if self.circular:
            grid = grid[:-1]
        centre = self.latents(grid)                                                # (G, g)
        precision = np.linalg.inv(self.spread(grid))                               # (G, g, g)
        pulled = np.einsum("gij,gj->gi", precision, centre)
        rows, columns = np.triu_indices(self.size)
        twice = np.where(rows == columns, 1.0, 2.0)                                # off-diagonals occur twice
        constant = -0.5 * np.einsum("gi,gi->g", pulled, centre) + 0.5 * np.linalg.slogdet(precision)[1]
        coefficients = [-0.5 * twice[:, None] * precision[:, rows, columns].T, pulled.T, constant[None]]
        return grid, np.concatenate(coefficients)

    def _interpolate(self, table: np.ndarray, degrees: np.ndarray | float) -> np.ndarray:
        degrees = self.wrap(degrees)
        right = np.clip(np.searchsorted(self.degrees, degrees, side="right"), 1, len(self.degrees) - 1)
        left = right - 1
        share = (degrees - self.degrees[left]) / (self.degrees[right] - self.degrees[left])
        share = share.reshape(share.shape + (1,) * (table.ndim - 1))
        return table[left] * (1 - share) + table[right] * share

    @classmethod
    def fit(
        cls,
        latents: np.ndarray,
        degrees: np.ndarray,
        factor: str = "azimuth",
        *,
        circular: bool = False,
        limits: tuple[float, float] | None = None,
        knots: int | None = None,
    ) -> Calibration:
        """Fit the curve to (N, g) latents of scenes whose factor is at (N,) degrees.

        Penalised least squares on a periodic Fourier basis (circular) or a cubic B-spline (open), the penalty
        chosen by generalised cross-validation. limits: the range in degrees, by default that of the data, or
        the full turn. ValueError if there are too few scenes or numbers that are not finite.
        """
        latents = np.asarray(latents, np.float64)
        degrees = np.asarray(degrees, np.float64).reshape(-1)
        if latents.ndim != 2 or len(latents) != len(degrees):
            raise ValueError(f"pass (N, g) latents and (N,) degrees, not {latents.shape} and {degrees.shape}")
        if len(latents) < 32:
            raise ValueError(f"a calibration of {factor} needs at least 32 scenes, not {len(latents)}")
        if not (np.isfinite(latents).all() and np.isfinite(degrees).all()):
            raise ValueError(f"latents and degrees of {factor} must be finite")
        low, high = (-180.0, 180.0) if circular else (limits or (degrees.min(), degrees.max()))
        if not high > low:
            raise ValueError(f"the range of {factor} is empty: {low} to {high} degrees")
        degrees = (degrees - low) % 360.0 + low if circular else np.clip(degrees, low, high)
        table = np.linspace(low, high, knots or (CIRCULAR_KNOTS if circular else OPEN_KNOTS))

        basis, penalty = _fourier(degrees) if circular else _spline(degrees, low, high)
        weights = _penalised_least_squares(basis, latents, penalty)
        curve = (_fourier(table)[0] if circular else _spline(table, low, high)[0]) @ weights
        if circular:
            curve[-1] = curve[0]
        residuals = latents - basis @ weights
        covariance = _local_covariance(residuals, degrees, table, 360.0 if circular else None)
        covariance += (_FLOOR * curve.var(axis=0).sum() + 1e-10) * np.eye(latents.shape[1])
        return cls(factor, table, curve, covariance, circular)

    def to_dict(self) -> dict:
        """Plain lists for JSON, seven significant digits."""
        return {
            "factor": self.factor,
            "circular": bool(self.circular),
            "degrees": _rounded(self.degrees),
            "curve": _rounded(self.curve),
            "covariance": _rounded(self.covariance),
        }

    @classmethod
    def from_dict(cls, record: dict) -> Calibration:
        """The inverse of to_dict(). ValueError if an entry is missing or is not a calibration's."""
        try:
            return cls(
                str(record["factor"]), record["degrees"], record["curve"], record["covariance"],
                bool(record["circular"]),
            )
        except (KeyError, TypeError) as problem:
            raise ValueError(f"not a calibration: {problem!r}; use the config.json of the weights") from None


def _frozen(values: object) -> np.ndarray:
    array = np.array(values, dtype=np.float64)
    if not np.isfinite(array).all():
        raise ValueError("a calibration must hold finite numbers")
    array.flags.writeable = False
    return array


def _rounded(array: np.ndarray) -> list:
    if array.ndim > 1:
        return [_rounded(row) for row in array]
    return [float(f"{value:.7g}") for value in array]


def _quadratic_features(latents: np.ndarray) -> np.ndarray:
    """(N, g) -> (N, g(g+1)/2 + g + 1): products of pairs, the latents, 1."""
    rows, columns = np.triu_indices(latents.shape[1])
    ones = np.ones((len(latents), 1))
    return np.concatenate([latents[:, rows] * latents[:, columns], latents, ones], axis=1)


def _fourier(degrees: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Periodic basis (N, 17) and the penalty of its second derivative."""
    orders = np.arange(1, _FOURIER_ORDER + 1)
    angles = np.deg2rad(degrees)[:, None] * orders
    basis = np.concatenate([np.ones((len(degrees), 1)), np.cos(angles), np.sin(angles)], axis=1)
    return basis, np.diag(np.concatenate([[0.0], orders**4, orders**4]) / _FOURIER_ORDER**4)


def _spline(degrees: np.ndarray, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """Uniform cubic B-spline basis (N, 14) and its second-difference penalty."""
    position = (degrees - low) / (high - low) * _SPLINE_INTERVALS
    interval = np.clip(position.astype(int), 0, _SPLINE_INTERVALS - 1)
    t = position - interval
    pieces = [(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3]
    basis = np.zeros((len(degrees), _SPLINE_INTERVALS + 3))
    np.put_along_axis(basis, interval[:, None] + np.arange(4), np.stack(pieces, axis=1) / 6, axis=1)
    second = np.diff(np.eye(_SPLINE_INTERVALS + 3), n=2, axis=0)
    return basis, second.T @ second


def _penalised_least_squares(basis: np.ndarray, targets: np.ndarray, penalty: np.ndarray) -> np.ndarray:
    """Weights (basis, g) under the penalty that generalised cross-validation prefers."""
    count = len(basis)
    gram = basis.T @ basis / count
    moment = basis.T @ targets / count
    best = (np.inf, None)
    for strength in _PENALTIES:
        # The ridge keeps the system solvable where part of the range holds no scene.
        system = gram + strength * penalty + 1e-10 * np.eye(len(gram))
        weights = np.linalg.solve(system, moment)
        freedom = np.trace(np.linalg.solve(system, gram))
        error = ((targets - basis @ weights) ** 2).mean() / max(1 - freedom / count, 1e-3) ** 2
        if error < best[0]:
            best = (error, weights)
    return best[1]


def _local_covariance(
    residuals: np.ndarray, degrees: np.ndarray, table: np.ndarray, period: float | None
) -> np.ndarray:
    """(K, g, g): covariance of the residuals near each knot, shrunk towards that of the whole range."""
    shared = residuals.T @ residuals / len(residuals)
    distance = degrees - table[:, None]                                            # (K, N)
    if period:
        distance = (distance + period / 2) % period - period / 2
    bandwidth = (table[-1] - table[0]) * _COVARIANCE_BANDWIDTH
    weights = np.exp(-0.5 * (distance / bandwidth) ** 2)
    # (K, N) @ (N, g*g): the outer products of all residuals, averaged with each knot's weights.
    products = (residuals[:, :, None] * residuals[:, None, :]).reshape(len(residuals), -1)
    local = (weights @ products).reshape(len(table), *shared.shape)
    return (local + _SHARED_WEIGHT * shared) / (weights.sum(axis=1) + _SHARED_WEIGHT)[:, None, None]
