"""Least squares for curves with a few parameters, by Levenberg's and Marquardt's method.

SIAM J. Appl. Math. 11 (1963) 431: damped Gauss-Newton steps, the damping relative to each
parameter's own curvature.
"""

from collections.abc import Callable
from dataclasses import dataclass

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
    least = _EXACT**2 * len(u)
    with np.errstate(all="ignore"):  # a wild step is not taken
        values, slopes = model(t, here)
        residuals = u - values
        squares = residuals @ residuals
        for _ in range(iterations):
            there = here + _step(slopes, residuals, damping)
            values, new_slopes = model(t, there)
            new = u - values
            new_squares = new @ new
            won = squares - new_squares
            if not np.isfinite(won) or won < 0:
                damping *= 10
                settled = damping > 1e12
            else:
                settled = bool(won <= _SETTLED * squares or new_squares < least)
                here, slopes, residuals, squares = there, new_slopes, new, new_squares
                damping = max(damping / 10, 1e-15)
            if settled:
                break
    return Solution(here, _covariance(slopes, residuals), residuals, settled)


def _step(slopes: Array, residuals: Array, damping: float) -> Array:
    """By the normal equations, in parameters scaled to curvatures of 1."""
    curvatures = slopes.T @ slopes
    scale = np.sqrt(np.diag(curvatures)) + 1e-30
    curvatures /= np.outer(scale, scale)
    np.fill_diagonal(curvatures, 1 + damping)
    try:
        step = np.linalg.solve(curvatures, (residuals @ slopes) / scale)
    except np.linalg.LinAlgError:  # two parameters do the same
        step = np.linalg.lstsq(curvatures, (residuals @ slopes) / scale, rcond=None)[0]
    return np.asarray(step / scale)


def _covariance(slopes: Array, residuals: Array) -> Array:
    free = max(len(residuals) - slopes.shape[1], 1)
    return np.asarray(np.linalg.pinv(slopes.T @ slopes) * (residuals @ residuals) / free)
