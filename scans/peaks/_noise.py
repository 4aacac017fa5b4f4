"""Whether there is anything but noise."""

import math

import numpy as np

from bliss.common.errors import NoPeakError
from scans.peaks._curve import Array, Curve
from scans.peaks._least_squares import solve
from scans.peaks._models import ERF, GAUSS, Kind, starts

_SIGMAS = 4.0  #: that neighbours have to be more alike than chance makes them
_ALIKE = 0.4  #: correlation of neighbours, which is enough however many the points
_FEW = 100  #: points; so many and more need no model
_ITERATIONS = 20  #: in which a model comes close to what it describes
_LEAST = 11  #: points that let noise be told surely
_CHANCE = 3e-5  #: that noise alone is explained by a model as well
_CHANCE_OF_FEWER = 1e-2  #: likewise, if the points are fewer


def check_signal(curve: Curve) -> None:
    """Raise `NoPeakError` if there is nothing but noise.

    Of 10,000 scans of noise one should pass; of fewer than 11 points, a hundred.

    There is more if neighbours are alike: the correlation of each point with the next is r = 1 -
    Σ (u[i+1] - u[i])² / 2 Σ (u[i] - mean)², by von Neumann (Ann. Math. Stat. 12 (1941) 367), and
    artanh r √(n - 3) is a standard normal number for independent points (Fisher, Metron 1 (1921)
    3).

    Of few points across few widths no neighbours are alike.  There is more, too, if a Gaussian, an
    error function or a slit, of four parameters each, leaves a part q of the variance so small that
    n q^((n - 4) / 2) is: that is the ratio of the likelihoods of a constant and of the model
    (Wilks, Ann. Math. Stat. 9 (1938) 60), of as many points as the model leaves free, times the n
    places where noise may look like it (Bonferroni's bound).
    """
    u, n = curve.u, len(curve.u)
    r = 1 - float(np.sum(np.diff(u) ** 2) / np.sum((u - u.mean()) ** 2)) / 2
    if r > max(_ALIKE, math.tanh(_SIGMAS / math.sqrt(n - 3))):
        return
    tries = [(kind, start) for kind in (GAUSS, ERF) for start in starts(curve, kind)]
    chance = _CHANCE if n >= _LEAST else _CHANCE_OF_FEWER
    most = (chance / n) ** (2 / (n - 4))
    if n < _FEW and (_left_by_slit(u) < most or any(_left(curve, *one) < most for one in tries)):
        return
    raise NoPeakError(
        "nothing but noise, or a single point: neighbours have no more to do with each other than "
        f"chance makes of {n} points"
    )


def _left(curve: Curve, kind: Kind, start: list[float]) -> float:
    """The part of the variance that a model leaves, between 0 and 1."""
    found = solve(kind.curve, np.array(start), curve.t, curve.u, iterations=_ITERATIONS)
    _, _, centre, s = found.parameters
    above = np.count_nonzero(abs(curve.t - centre) < abs(s) * kind.width / 2)
    if kind is GAUSS and above < 2:  # a single point
        return 1.0
    return float(np.sum(found.residuals**2) / np.sum((curve.u - curve.u.mean()) ** 2))


def _left_by_slit(u: Array) -> float:
    """The part of the variance that the best slit leaves: one level inside, another outside."""
    n = len(u)
    sums = np.concatenate([[0.0], np.cumsum(u - u.mean())])
    first, last = np.triu_indices(n + 1, 2)
    first, last = first[last - first < n - 1], last[last - first < n - 1]
    inside = last - first
    explained = (sums[last] - sums[first]) ** 2 * n / (inside * (n - inside))
    return max(0.0, 1 - float(explained.max() / np.sum((u - u.mean()) ** 2)))
