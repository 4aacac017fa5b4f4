"""Points of a mesh put where they belong: a grid of the axes' positions."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from bliss.common.errors import NoPeakError
from scans.peaks._curve import Array


@dataclass(frozen=True)
class Grid:
    """Values over the positions of several axes; NaN where there is no point yet.

    Attributes:
        axes: The positions of each axis, rising, shapes (n1,), (n2,) …
        values: Shape (n1, n2, …).
    """

    axes: tuple[Array, ...]
    values: Array

    @classmethod
    def of(cls, positions: Any, values: Any) -> Self:
        """Make one of measured points.

        Args:
            positions: Shape (n, d), as they were read: those of one row may differ a little.
            values: Shape (n,); what is not finite is left out, of repeated ones the mean is taken.

        Raises:
            ValueError: If there is not one value a row of positions.
            NoPeakError: If there is no point.
        """
        x, y = np.asarray(positions, float), np.asarray(values, float)
        if x.ndim != 2 or y.shape != x.shape[:1]:
            raise ValueError(
                f"positions and values are of shape {x.shape} and {y.shape}: "
                "expected (n, number of axes) and (n,)"
            )
        good = np.isfinite(x).all(axis=1) & np.isfinite(y)
        x, y = x[good], y[good]
        if not len(y):
            raise NoPeakError("no point has positions and a value that are numbers")
        found = [_rows(column) for column in x.T]
        axes = tuple(levels for levels, _ in found)
        shape = tuple(len(levels) for levels in axes)
        places = np.ravel_multi_index([index for _, index in found], shape)
        sums = np.bincount(places, y, minlength=int(np.prod(shape)))
        counts = np.bincount(places, minlength=len(sums))
        means = np.full(len(sums), np.nan)
        np.divide(sums, counts, out=means, where=counts > 0)
        return cls(axes, means.reshape(shape))


def _rows(column: Array) -> tuple[Array, Any]:
    """The different positions of an axis, and which of them each point has.

    Two are different when they are farther apart than half the largest step.
    """
    order = np.argsort(column, kind="stable")
    steps = np.diff(column[order])
    largest = steps.max() if len(steps) else 0.0
    group = np.concatenate([[0], np.cumsum(steps > largest / 2)])
    index = np.empty(len(column), int)
    index[order] = group
    return np.bincount(index, column) / np.bincount(index), index
