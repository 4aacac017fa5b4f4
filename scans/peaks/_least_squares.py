"""Least squares for curves with a few parameters, by Levenberg's and Marquardt's method.

SIAM J. Appl. Math. 11 (1963) 431: damped Gauss-Newton steps, the damping relative to each
parameter's own curvature.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from scans.peaks._curve import Array

_ITERATIONS = 100
_SETTLED = 1e-7  #: part of the sum of squares that a step may still win
_EXACT = 1e-12  #: standard deviation of values of about 1 around a model that is exact

Model = Callable[[Array, Array], tuple[Array, Array]]
"""Positions (n,) and parameters (m,) to values (n,) and their derivatives (n, m)."""


@dataclass(frozen=True)
class Solution:
    """What was found."""

    parameters: Array
    covariance: Array  #: of the parameters, shape (m, m), from the scatter of the points
    residuals: Array  #: points minus model, shape (n,)
    settled: bool  #: False if it was still on its way

    @property
    def errors(self) -> Array:
        """Standard errors of the parameters."""
        return np.asarray(np.sqrt(np.abs(np.diag(self.covariance))))

    @property
    def scatter(self) -> float:
        """Standard deviation of the points around the model."""
        free = len(self.residuals) - len(self.parameters)
        return float(np.sqrt(self.residuals @ self.residuals / max(free, 1)))


def solve(
    model: Model, start: Array, t: Array, u: Array, *, iterations: int = _ITERATIONS
) -> Solution:
    """The parameters with the least sum of squared differences, near `start`.

    Args:
        model: The curve and its derivatives.
        start: Parameters to begin with, shape (m,).
        t: Positions, shape (n,).
        u: Values, shape (n,).
        iterations: Steps that are tried at most.
    """
    here, damping, settled = np.asarray(start, float), 1e-3, False
    values, slopes = model(t, here)
    residuals = u - values
    for _ in range(iterations):
        step = _step(slopes, residuals, damping)
        there = here + step
        with np.errstate(all="ignore"):  # a wild step is not taken
            values, new_slopes = model(t, there)
            new = u - values
            won = residuals @ residuals - new @ new
        if not np.isfinite(won) or won < 0:
            damping *= 10
            settled = damping > 1e12
        else:
            least = _EXACT**2 * len(u)
            settled = bool(won <= _SETTLED * (residuals @ residuals) or new @ new < least)
            here, slopes, residuals = there, new_slopes, new
            damping = max(damping / 10, 1e-15)
        if settled:
            break
    return Solution(here, _covariance(slopes, residuals), residuals, settled)


def _step(slopes: Array, residuals: Array, damping: float) -> Array:
    scale = np.sqrt(np.sum(slopes**2, axis=0) * damping) + 1e-30
    matrix = np.vstack([slopes, np.diag(scale)])
    wanted = np.concatenate([residuals, np.zeros(len(scale))])
    step: Any = np.linalg.lstsq(matrix, wanted, rcond=None)[0]
    return np.asarray(step)


def _covariance(slopes: Array, residuals: Array) -> Array:
    free = max(len(residuals) - slopes.shape[1], 1)
    return np.asarray(np.linalg.pinv(slopes.T @ slopes) * (residuals @ residuals) / free)
