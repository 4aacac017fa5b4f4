"""What the forms that describe the points of a peak or an edge to within their noise make of it."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from scans.peaks._curve import Array, Curve
from scans.peaks._forms import FORMS, PAIR, Form
from scans.peaks._least_squares import Solution, solve
from scans.peaks._models import ERF
from scans.peaks._shape import Edge, Peak

_EXACT = 1e-6  #: of the height; what is as close as that is exact
_OFF = 0.02  #: of the height, that the points may be off beside their noise
_LEAST_RATIO = 0.8  #: of von Neumann's ratio, however few the points
_LEAST = 1.5  #: points a parameter that a model is asked about
_ENOUGH = 2000  #: points; of more, means are taken
_WING = 1.5  #: widths beyond the half-height crossings that are looked at
_FAR = 6.0  #: likewise, at first: the background is better known where nothing else is near
_ITERATIONS = 30  #: in which a form that is anything like the points is found
_STEP = 0.1  #: of its error, by which a parameter is changed to see what depends on it
_FOOT = 0.02  #: of the height, what is more is not background
_UNLIKELY = 0.01  #: weight of a form that does not count


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
    mass: Estimate  #: its centre
    scatter: float  #: standard deviation of the points around it, in heights


@dataclass(frozen=True)
class _Described:
    """What one form makes of a peak."""

    places: Array  #: top, half-height crossings, centre of mass
    covariance: Array  #: of those
    scatter: float  #: in heights
    squares: float  #: sum of them, of what is left of the points
    parameters: int  #: how many, the noise too
    points: float  #: how many there are that have noise


def refined(shape: Peak | Edge) -> Refined | None:
    """What describes a shape; None if nothing does."""
    if isinstance(shape, Edge):
        return refined_edge(shape)
    return _mean(_described(shape, _FAR, [*FORMS, PAIR])) or refined_peak(shape)


def refined_peak(peak: Peak) -> Refined | None:
    """What describes the points near a peak, as one alone; None if nothing does."""
    return _mean(_described(peak, _WING, FORMS))


def refined_edge(edge: Edge) -> Refined | None:
    """The error function that describes an edge; None if it does not."""
    reach = 2 * edge.width
    t, u = _part(edge.curve, edge.half.t - reach, edge.half.t + reach)
    start = np.array([0.0, 1.0, edge.half.t, edge.width / ERF.width])
    if len(t) < _LEAST * len(start):
        return None
    found = solve(ERF.curve, start, t, u)
    centre, s = found.parameters[2:].tolist()
    if not found.settled or not describes(edge.curve, found) or not t[0] <= centre <= t[-1]:
        return None
    middle = Estimate(centre, float(found.errors[2]))
    width = Estimate(abs(s) * ERF.width, float(found.errors[3]) * ERF.width)
    scatter = found.scatter / abs(float(found.parameters[1]))
    return Refined(middle, width, middle, middle, scatter)


def _described(peak: Peak, wing: float, forms: Iterable[Form]) -> Iterator[_Described]:
    """By each of the forms that describes the points of a peak, and so many widths around."""
    t, u = _part(peak.curve, peak.left.t - wing * peak.width, peak.right.t + wing * peak.width)
    for form in forms:
        found = _closest(form, peak, t, u)
        if found is None or not found.settled or not describes(peak.curve, found):
            continue
        if _count_of(found, u) < len(found.parameters):
            continue
        places = form.places(found.parameters)
        if places is None or places[1] < t[0] or places[2] > t[-1]:
            continue
        by_parameter = _slopes(form, found, places)
        if by_parameter is not None:
            scatter = found.scatter / abs(float(found.parameters[1]))
            covariance = by_parameter @ found.covariance @ by_parameter.T
            squares = max(float(found.residuals @ found.residuals), np.finfo(float).tiny)
            count, points = len(found.parameters) + 1, noisy(found.residuals)
            yield _Described(places, covariance, scatter, squares, count, points)
            if scatter < _EXACT:  # those that follow have more parameters, and can do no better
                return


def _closest(form: Form, peak: Peak, t: Array, u: Array) -> Solution | None:
    starts = [np.array(start) for start in form.starts(peak, t, u)] if len(t) else []
    if not starts or len(t) < _LEAST * len(starts[0]):
        return None
    found = (solve(form.model, start, t, u, iterations=_ITERATIONS) for start in starts)
    return min(found, key=lambda solution: solution.scatter)


def _count_of(found: Solution, u: Array) -> int:
    """How many points a peak has above its background."""
    background, height = found.parameters[:2].tolist()
    return int(np.count_nonzero(abs(u - found.residuals - background) > _FOOT * abs(height)))


def _slopes(form: Form, found: Solution, places: Array) -> Array | None:
    """How the places depend on the parameters, (4, m); None if the least change leaves none."""
    slopes = []
    for index, error in enumerate(found.errors):
        by = np.zeros(len(found.parameters))
        by[index] = max(_STEP * error, 1e-9)
        there = form.places(found.parameters + by)
        if there is None:
            return None
        slopes.append((there - places) / by[index])
    return np.stack(slopes, axis=1)


def _mean(described: Iterable[_Described]) -> Refined | None:
    """The mean over forms by their weights, and an error that counts how they differ.

    Burnham and Anderson, Model Selection and Multimodel Inference (2002), 4.9.
    """
    found = list(described)
    if not found:
        return None
    if found[-1].scatter < _EXACT:
        found = found[-1:]
    weights = _weights(found)

    def estimate(*factors: float) -> Estimate:
        by = np.array(factors)
        values = np.array([by @ each.places for each in found])
        variances = np.array([max(0.0, by @ each.covariance @ by) for each in found])
        value = float(weights @ values)
        return Estimate(value, float(weights @ np.sqrt(variances + (values - value) ** 2)))

    return Refined(
        centre=estimate(0, 0.5, 0.5, 0),
        width=estimate(0, -1, 1, 0),
        top=estimate(1, 0, 0, 0),
        mass=estimate(0, 0, 0, 1),
        scatter=min(each.scatter for each in found),
    )


def _weights(found: Sequence[_Described]) -> Array:
    """exp(-c/2), where c is Akaike's criterion n ln Σ r² + 2m, corrected for few points.

    IEEE Trans. Autom. Control 19 (1974) 716; Hurvich and Tsai, Biometrika 76 (1989) 297.
    """
    n = min(each.points for each in found)
    criteria = np.array(
        [
            n * math.log(each.squares) + 2 * each.parameters * n / max(n - each.parameters - 1, 1)
            for each in found
        ]
    )
    weights = np.exp((criteria.min() - criteria) / 2)
    weights[weights < _UNLIKELY] = 0
    return np.asarray(weights / weights.sum())


def _part(curve: Curve, low: float, high: float) -> tuple[Array, Array]:
    """The points between two positions, as many as it takes."""
    first, last = np.searchsorted(curve.t, [low, high])
    return _thinned(curve.t[first:last]), _thinned(curve.u[first:last])


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
    counts the points that have noise.
    """
    left: Array = solution.residuals
    height = abs(float(solution.parameters[1]))
    if solution.scatter < _EXACT * height:
        return True
    if solution.scatter > _OFF * height + 2 * curve.top_noise:
        return False
    ratio = float(np.mean(np.diff(left) ** 2) / np.var(left))
    return ratio > max(_LEAST_RATIO, 2 - 6 / math.sqrt(noisy(left)))


def noisy(left: Array) -> float:
    """How many points have noise: 3 (Σ r²)² / Σ r⁴, which is all if theirs is the same."""
    return float(3 * np.sum(left**2) ** 2 / (np.sum(left**4) or 1.0))
