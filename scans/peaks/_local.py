"""Where a curve has its top, and where it crosses a level, from the points nearby.

Both are least-squares polynomials over a window.  A window that is too small gives what noise makes
of a few points, one that is too large what it makes of the shape; so it is the smallest in which
the noise leaves an error that does not matter.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from bliss.common.errors import NoPeakError
from scans.peaks._curve import Array, Curve

_ERROR = 0.003  #: of a width, that an error of a position may be before more points are taken
_HEIGHT_ERROR = 0.005  #: of the height, likewise
_TOP_WINDOWS = (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4)  #: half-widths, in widths of the peak
_CROSSING_WINDOWS = (0.04, 0.07, 0.1, 0.15)  #: likewise
_QUARTIC = 7  #: points that a polynomial of the fourth degree takes
_STEEP = 0.5  #: of the height; a fall by more from one point to the next may be anywhere between
_FLAT = 1e-9  #: of the height; a parabola that falls by less over its window is flat
_FLAT_TOP = 0.05  #: of a width; a top less certain than that is flat


@dataclass(frozen=True)
class Top:
    """The highest place of a curve, scaled as the curve is."""

    t: float
    u: float
    error: float  #: standard error of `t`
    u_error: float  #: standard error of `u`


@dataclass(frozen=True)
class Crossing:
    """Where a curve goes through a level, scaled as the curve is."""

    t: float
    error: float  #: standard error of `t`
    gap: float = 0.0  #: standard error of `t` that is due to how far apart the points are


def top(curve: Curve, index: int, width: float, noise: float) -> Top | None:
    """The vertex of the least-squares parabola around a point.

    Args:
        curve: The curve, with its top upwards.
        index: Of the highest point, as far as known.
        width: Of the peak, as far as known.
        noise: Standard deviation of the values near the top.

    Returns:
        None if no parabola has a vertex there: the top is flat.
    """
    found = None
    for part in _around(curve.t, index, [factor * width for factor in _TOP_WINDOWS]):
        fitted = _parabola(curve, part, noise)
        found = fitted or found
        if fitted and fitted.error <= _ERROR * width and fitted.u_error <= _HEIGHT_ERROR:
            break
    return found if found and found.error <= _FLAT_TOP * width else None


def _around(t: Array, index: int, reaches: list[float]) -> Iterator[slice]:
    """Growing windows around a point: its neighbours, then all within each of `reaches`."""
    yield slice(max(0, index - 1), index + 2)
    for reach in reaches:
        first, last = np.searchsorted(t, [t[index] - reach, t[index] + reach])
        if last - first > 3:
            yield slice(int(first), int(last))


def _parabola(curve: Curve, part: slice, noise: float) -> Top | None:
    """The vertex; None if it is not in this window."""
    t, u = curve.t[part], curve.u[part]
    if len(t) < 3:
        return None
    middle, scale = t.mean(), t[-1] - t[0]
    z = (t - middle) / scale
    matrix = np.vander(z, 3, increasing=True)
    _, slope, curvature = np.linalg.lstsq(matrix, u, rcond=None)[0]
    if curvature >= -_FLAT:
        return None
    vertex = -slope / (2 * curvature)
    if not z[0] <= vertex <= z[-1]:
        return None
    variances = np.diag(np.linalg.pinv(matrix.T @ matrix)) * noise**2
    # of the vertex -b/2a, by propagation; a counts where the vertex is not in the middle
    error = np.sqrt(variances[1] + (2 * vertex) ** 2 * variances[2]) / (2 * -curvature)
    place = float(middle + vertex * scale)
    height, height_error = _height(z, u, float(vertex), noise)
    return Top(place, height, float(error * scale), height_error)


def _height(z: Array, u: Array, vertex: float, noise: float) -> tuple[float, float]:
    """The value at a vertex, and its standard error.

    By a polynomial of the fourth degree where the points are enough for one: a parabola is too low
    for what is pointed, and too high for what is flat.
    """
    matrix = np.vander(z, 5 if len(z) >= _QUARTIC else 3, increasing=True)
    at = np.vander([vertex], matrix.shape[1], increasing=True)[0]
    height = at @ np.linalg.lstsq(matrix, u, rcond=None)[0]
    return float(height), float(noise * np.sqrt(at @ np.linalg.pinv(matrix.T @ matrix) @ at))


@dataclass(frozen=True)
class Level:
    """What is looked for, and how sure it can be."""

    u: float  #: which value
    width: float  #: of the peak or edge
    height: float  #: likewise
    noise: float  #: standard deviation of the values there
    steepest: float  #: slope that the signal has at most, by its height and width


def crossing(curve: Curve, rough: float, level: Level) -> Crossing:
    """Where the curve goes through a level, near where its running mean does.

    On the straight line through the two points on either side of it; where noise makes that too
    uncertain, on the least-squares line through more of them.
    """
    found = first = _between_two(curve, rough, level)
    for reach in _CROSSING_WINDOWS:
        if found.error <= _ERROR * level.width:
            break
        for _ in range(3):  # until its middle is where the line crosses
            found = _on_line(curve, found, level, reach * level.width)
    return replace(found, gap=first.gap)


def _between_two(curve: Curve, rough: float, level: Level) -> Crossing:
    t, above = curve.t, curve.u > level.u
    steps = np.flatnonzero(above[1:] != above[:-1])
    if not len(steps):
        raise NoPeakError(f"the signal does not cross its half height near {curve.shown(rough)}")
    at = int(steps[np.argmin(np.abs((t[steps] + t[steps + 1]) / 2 - rough))])
    step, rise = t[at + 1] - t[at], curve.u[at + 1] - curve.u[at]
    part = (level.u - curve.u[at]) / rise
    # noise alone makes two neighbours look steep
    slope = min(abs(rise / step), level.steepest)
    error = level.noise * np.hypot(part, 1 - part) / slope
    steep = np.clip((abs(rise) / level.height - _STEEP) / (1 - _STEEP), 0, 1)
    # what is anywhere between two points is so with a standard deviation of the step by √12
    return Crossing(float(t[at] + part * step), float(error), float(steep * step / math.sqrt(12)))


def _on_line(curve: Curve, near: Crossing, level: Level, reach: float) -> Crossing:
    """The crossing of the line through all points within `reach`; `near` if there is none."""
    first, last = np.searchsorted(curve.t, [near.t - reach, near.t + reach])
    t, u = curve.t[first:last], curve.u[first:last]
    if len(t) < 4:
        return near
    z = t - t.mean()
    slope = (z @ u) / (z @ z)
    if not slope or abs(level.u - u.mean()) > reach * abs(slope):
        return near
    off = (level.u - u.mean()) / slope
    scatter = np.sqrt(1 / len(t) + off**2 / (z @ z))
    error = level.noise * scatter / min(abs(slope), level.steepest)
    if abs(t.mean() + off - near.t) > reach or error > near.error:
        return near
    return Crossing(float(t.mean() + off), float(error))
