"""What a model makes of the points of a shape, if it describes them to within their noise."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scans.peaks._curve import Array, Curve
from scans.peaks._least_squares import Solution, solve
from scans.peaks._models import ERF, GAUSS, LORENTZ, Kind
from scans.peaks._neighbours import ALIKE
from scans.peaks._pair import pair, places_of, start_of
from scans.peaks._shape import Edge, Peak

_EXACT = 1e-6  #: of the height; what is as close as that is exact
_OFF = 0.02  #: of the height, that the points may be off beside their noise
_LEAST_RATIO = 0.8  #: of von Neumann's ratio, however few the points
_LEAST = 1.5  #: points a parameter that a model is asked about
_ENOUGH = 2000  #: points; of more, means are taken
_WING = 1.5  #: widths beyond the half-height crossings that are looked at
_FAR = 6.0  #: likewise, at first: the background is better known where nothing else is near


@dataclass(frozen=True)
class Estimate:
    """A number, scaled as the curve is, with its standard error."""

    value: float
    error: float


@dataclass(frozen=True)
class Refined:
    """Scaled as the curve is, with standard errors."""

    centre: Estimate
    width: Estimate
    top: Estimate
    scatter: float  #: standard deviation of the points around it, in heights


def refined(shape: Peak | Edge) -> Refined | None:
    """The model that describes a shape; None if none does."""
    if isinstance(shape, Edge):
        return refined_edge(shape)
    return refined_peak(shape, _FAR) or refined_pair(shape) or refined_peak(shape)


def refined_peak(peak: Peak, wing: float = _WING) -> Refined | None:
    """The Gaussian or Lorentzian that describes a peak better; None if neither describes it."""
    reach = wing * peak.width
    part = _part(peak.curve, peak.left.t - reach, peak.right.t + reach)
    start = [peak.background, peak.top.u - peak.background, peak.centre, peak.width]
    return _best(peak.curve, part, start, [GAUSS, LORENTZ])


def refined_pair(peak: Peak) -> Refined | None:
    """The higher one of two Gaussians that describe all points; None if they do not."""
    curve = peak.curve
    t, u = _thinned(curve.t), _thinned(curve.u)
    one = np.array([peak.background, peak.top.u - peak.background, peak.top.t])
    start = start_of(t, u, one, (peak.top.t - peak.left.t, peak.right.t - peak.top.t))
    if len(t) < _LEAST * len(start) or not start[3] > 0:
        return None
    found = solve(pair, start, t, u)
    p = found.parameters
    if not found.settled or not describes(curve, found) or not 0 < p[4] < ALIKE * p[1]:
        return None
    places = places_of(p)
    if places is None or places.left < t[0] or places.right > t[-1]:
        return None
    error, s_error = found.errors[2:4]
    return Refined(
        Estimate((places.left + places.right) / 2, float(error)),
        Estimate(places.right - places.left, float(s_error) * GAUSS.width),
        Estimate(places.top, float(error)),
        found.scatter / float(p[1]),
    )


def refined_edge(edge: Edge) -> Refined | None:
    """The error function that describes an edge; None if it does not."""
    reach = 2 * edge.width
    part = _part(edge.curve, edge.half.t - reach, edge.half.t + reach)
    return _best(edge.curve, part, [0.0, 1.0, edge.half.t, edge.width], [ERF])


def _part(curve: Curve, low: float, high: float) -> slice:
    first, last = np.searchsorted(curve.t, [low, high])
    return slice(int(first), int(last))


def _best(curve: Curve, part: slice, start: Sequence[float], kinds: list[Kind]) -> Refined | None:
    t, u = _thinned(curve.t[part]), _thinned(curve.u[part])
    if len(t) < _LEAST * len(start):
        return None
    solutions = []
    for kind in kinds:
        guess = np.array([*start[:3], start[3] / kind.width])
        solutions.append((solve(kind.curve, guess, t, u), kind))
    found, kind = min(solutions, key=lambda pair: pair[0].scatter)
    centre, s = found.parameters[2:]
    if not found.settled or not describes(curve, found) or not t[0] <= centre <= t[-1]:
        return None
    error, s_error = found.errors[2:]
    width = Estimate(abs(float(s)) * kind.width, float(s_error) * kind.width)
    scatter = found.scatter / abs(float(found.parameters[1]))
    middle = Estimate(float(centre), float(error))
    return Refined(middle, width, middle, scatter)


def _thinned(values: Array) -> Array:
    """Means of neighbours, where there are more points than a model needs."""
    several = len(values) // _ENOUGH
    if several < 2:
        return values
    whole = len(values) - len(values) % several
    return np.asarray(values[:whole].reshape(-1, several).mean(axis=1))


def describes(curve: Curve, solution: Solution) -> bool:
    """Whether what is left of the points is their noise: no larger, and neighbours independent.

    The latter by von Neumann's ratio, which is then 2 with a standard deviation of 2/√n, where n
    counts the points that have noise: 3 (Σ r²)² / Σ r⁴, which is all if theirs is the same.
    """
    left: Array = solution.residuals
    height = abs(float(solution.parameters[1]))
    if solution.scatter < _EXACT * height:
        return True
    if solution.scatter > _OFF * height + 2 * curve.top_noise:
        return False
    ratio = float(np.mean(np.diff(left) ** 2) / np.var(left))
    count = 3 * np.sum(left**2) ** 2 / np.sum(left**4)
    return ratio > max(_LEAST_RATIO, 2 - 6 / math.sqrt(count))
