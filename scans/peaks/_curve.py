"""A measured curve made ready to be looked at: sorted, scaled, its noise known."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

from bliss.common.errors import NoPeakError

Array = np.ndarray[Any, np.dtype[np.float64]]

LEAST_POINTS = 5  #: different positions that it takes to say anything
_SAME = 1e-9  #: part of the range within which positions are one
_FLAT = 1e-12  #: part of the largest value that rounding may make of a constant
_SMOOTHED = 6  #: part of the points above half height that the running mean takes


@dataclass(frozen=True)
class Curve:
    """Points in the order of their positions, both scaled to 0 … 1 so that no number is too large.

    Attributes:
        t: Positions, shape (n,), rising; 0 and 1 are the first and the last one.
        u: Values, shape (n,); 0 and 1 are the lowest and the highest one, or the other way round.
        start: Position that `t = 0` is.
        span: Distance from `t = 0` to `t = 1`.
        floor: Value that `u = 0` is.
        lift: From `u = 0` to `u = 1`; negative if it is turned.
    """

    t: Array
    u: Array
    start: float
    span: float
    floor: float
    lift: float

    @classmethod
    def of(cls, x: Any, y: Any) -> Self:
        """Make one of measured points.

        Args:
            x: Positions, shape (n,); need not be even or sorted, and may be repeated.
            y: Values, shape (n,); a pair in which either is not finite is left out.

        Raises:
            ValueError: If they are not of one length.
            NoPeakError: If there are too few points, or all values are the same.
        """
        positions, values = _finite_pairs(x, y)
        if not len(positions):
            raise NoPeakError("no point has a position and a value that are numbers")
        start, span = _range_of(positions)
        t, u = _merged((positions / 2 - start / 2) / (span / 2 or 1), values)
        if len(t) < LEAST_POINTS:
            raise NoPeakError(
                f"{len(t)} different position{'s'[: len(t) != 1]}: "
                f"at least {LEAST_POINTS} are needed to find a peak"
            )
        low, height = _range_of(u)
        if height <= _FLAT * max(abs(low), abs(low + height)):
            raise NoPeakError(f"the signal is flat: {low:g} everywhere")
        return cls(t, (u / 2 - low / 2) / (height / 2), start, span, low, height)

    def turned(self) -> "Curve":
        """The same upside down."""
        top = self.floor + self.lift
        return Curve(self.t, 1 - self.u, self.start, self.span, top, -self.lift)

    def position(self, t: float) -> float:
        """The position that a scaled one stands for."""
        return float(self.start + t * self.span)

    def shown(self, t: float) -> str:
        """A position, for a message."""
        return f"{self.position(t):.6g}"

    @cached_property
    def window(self) -> int:
        """How many points the running mean takes: an odd number, 1 where there are few."""
        above = int(np.count_nonzero(self.u > 0.5))
        return max(1, min(above, len(self.u) - above) // _SMOOTHED) | 1

    @cached_property
    def smooth(self) -> Array:
        """A running mean of the values, shape (n,), to see the shape by; towards the ends of less.

        Narrow against the peak, so that it takes less than 1 % off its height.
        """
        return self.running_mean(self.window)

    def running_mean(self, window: int) -> Array:
        """Means of so many values around each point, an odd number; shape (n,)."""
        reach = np.minimum(np.arange(len(self.u)), np.arange(len(self.u))[::-1])
        reach = np.minimum(reach, window // 2)
        sums = np.concatenate([[0.0], np.cumsum(self.u)])
        index = np.arange(len(self.u))
        return np.asarray((sums[index + reach + 1] - sums[index - reach]) / (2 * reach + 1))

    @property
    def ends(self) -> tuple[float, float]:
        """Mean values of the first and of the last few points."""
        few = self.window
        return float(self.u[:few].mean()), float(self.u[-few:].mean())

    @cached_property
    def _oddness(self) -> Array:
        """How far each point but two at either end is off the cubic through its four neighbours.

        In units of the noise that this difference has when all five points have the same.
        """
        t, u, n = self.t, self.u, len(self.u)
        at = [slice(0, n - 4), slice(1, n - 3), slice(3, n - 1), slice(4, n)]
        middle = t[2 : n - 2]
        weights = []
        for i in range(4):
            weight = np.ones(n - 4)
            for j in range(4):
                if j != i:
                    weight *= (middle - t[at[j]]) / (t[at[i]] - t[at[j]])
            weights.append(weight)
        expected = sum(weight * u[part] for weight, part in zip(weights, at, strict=True))
        norm = np.sqrt(1 + sum(weight**2 for weight in weights))
        return np.asarray((u[2 : n - 2] - expected) / norm)

    def noise(self, low: float = 0.0, high: float = 1.0) -> float:
        """Standard deviation of the noise of points between two scaled positions.

        Each point is compared with the cubic through its four neighbours, so what is smooth does
        not count as noise; the median is not led astray by an edge.  Where the points are few
        across a peak, its curvature counts too.
        """
        inside = (self.t[2:-2] >= low) & (self.t[2:-2] <= high)
        if not inside.any():
            return 0.0
        return float(1.4826 * np.median(np.abs(self._oddness[inside])))

    @property
    def noises(self) -> Array:
        """How far each point is off its neighbours, in units of the noise; shape (n,)."""
        return np.pad(self._oddness, 2, mode="edge")

    @cached_property
    def top_noise(self) -> float:
        """Standard deviation of the noise where the signal is high, or of all if that is larger."""
        half = (self.smooth.max() + self.smooth.min()) / 2
        high = np.abs(self._oddness)[self.smooth[2:-2] > half]
        return max(self.noise(), 1.4826 * float(np.median(high)) if len(high) else 0.0)


def _finite_pairs(x: Any, y: Any) -> tuple[Array, Array]:
    positions, values = np.asarray(x, float), np.asarray(y, float)
    if positions.ndim != 1 or positions.shape != values.shape:
        raise ValueError(
            f"positions and values are of shape {positions.shape} and {values.shape}: "
            "expected one value a position"
        )
    good = np.isfinite(positions) & np.isfinite(values)
    return positions[good], values[good]


def _range_of(values: Array) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    return low, high - low if np.isfinite(high - low) else np.finfo(float).max


def _merged(t: Array, values: Array) -> tuple[Array, Array]:
    """In the order of `t`, with one mean value where positions are the same."""
    order = np.argsort(t, kind="stable")
    t, values = t[order], values[order]
    group = np.concatenate([[0], np.cumsum(np.diff(t) > _SAME)])
    if group[-1] == len(t) - 1:
        return t, values
    counts = np.bincount(group)
    return np.bincount(group, t) / counts, _mean(group, values, counts)


def _mean(group: Any, values: Array, counts: Any) -> Array:
    scale = float(np.abs(values).max()) or 1.0  # a sum of very large ones would overflow
    return np.asarray(np.bincount(group, values / scale) / counts * scale)
