"""Fits of a Gaussian, a Lorentzian and an error function; one that is no good is refused."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from bliss.common.errors import NoPeakError
from scans.peaks._curve import Curve
from scans.peaks._least_squares import Solution, solve
from scans.peaks._models import ERF, GAUSS, LORENTZ, Kind, starts
from scans.peaks._noise import check_signal
from scans.peaks._refine import describes

_OFF = 0.02  #: of the height, that points may be off a curve that does not quite describe them
_EXPLAINED = 0.7  #: of the variance of the points
_UNCERTAIN = 0.5  #: of the width, that centre or width may be uncertain by


@dataclass(frozen=True)
class Fit:
    """What a fit found, in the units of the data; `float(fit)` is its centre."""

    kind: str  #: `"Gaussian"`, `"Lorentzian"` or `"error function"`
    centre: float
    centre_error: float  #: one standard deviation, as of the others
    width: float  #: at half height; of an error function from 10 % to 90 %
    width_error: float
    height: float  #: above the background; negative for a dip, or an edge that goes down
    height_error: float
    background: float
    background_error: float

    def __float__(self) -> float:
        return self.centre

    def __str__(self) -> str:
        numbers = [
            f"{name} {getattr(self, name):.6g} ± {getattr(self, name + '_error'):.2g}"
            for name in ("centre", "width", "height", "background")
        ]
        return f"{self.kind}: {', '.join(numbers)}"


def fit_gauss(x: Any, y: Any) -> Fit:
    """Least-squares fit of b + h exp(-(x - c)² / 2s²); its width is 2 √(2 ln 2) s.

    Args:
        x: Positions, shape (n,), in the axis' unit; in any order, need not be even.
        y: Values at those positions, shape (n,); pairs that are not finite are left out.

    Raises:
        ValueError: If `x` and `y` are not of one length.
        NoPeakError: If it does not describe the points; the message says why.
    """
    return _fit(x, y, GAUSS)


def fit_lorentz(x: Any, y: Any) -> Fit:
    """Least-squares fit of b + h / (1 + ((x - c) / s)²); its width is 2 s; else as `fit_gauss`."""
    return _fit(x, y, LORENTZ)


def fit_erf(x: Any, y: Any) -> Fit:
    """Least-squares fit of an edge, b + h (1 + erf((x - c) / s√2)) / 2; else as `fit_gauss`."""
    return _fit(x, y, ERF)


def _fit(x: Any, y: Any, kind: Kind) -> Fit:
    curve = Curve.of(x, y)
    check_signal(curve)
    solutions = [
        solve(kind.curve, np.array(start), curve.t, curve.u) for start in starts(curve, kind)
    ]
    found = min(solutions, key=lambda solution: solution.scatter)
    _check(curve, kind, found)
    return _in_units(curve, kind, found)


def _in_units(curve: Curve, kind: Kind, found: Solution) -> Fit:
    background, height, centre, s = found.parameters.tolist()
    if kind is ERF and s < 0:  # the same edge, written the other way round
        background, height, s = background + height, -height, -s
    errors = found.errors.tolist()
    return Fit(
        kind.name,
        curve.position(centre),
        errors[2] * curve.span,
        abs(s) * kind.width * curve.span,
        errors[3] * kind.width * curve.span,
        height * curve.lift,
        errors[1] * curve.lift,
        curve.floor + background * curve.lift,
        errors[0] * curve.lift,
    )


def _check(curve: Curve, kind: Kind, found: Solution) -> None:
    """Raise `NoPeakError` unless the fit is good."""
    _, height, centre, s = found.parameters
    width, name = abs(s) * kind.width, kind.a_name
    if not found.settled or not np.all(np.isfinite(found.errors)):
        raise NoPeakError(f"the fit of {name} does not settle: the points do not determine it")
    if not 0 <= centre <= 1:
        raise NoPeakError(
            f"the {kind.name} that fits best has its centre at {curve.shown(centre)}, outside of "
            f"the data ({curve.shown(0.0)} to {curve.shown(1.0)}); scan further"
        )
    explained = 1 - np.var(found.residuals) / np.var(curve.u)
    if explained < _EXPLAINED:
        raise NoPeakError(
            f"{name} does not describe the points: it explains {explained:.0%} of their variation"
        )
    worst = max(found.errors[2], found.errors[3] * kind.width)
    if worst > _UNCERTAIN * width:
        raise NoPeakError(
            f"the fit of {name} is too uncertain: ± {worst * curve.span:.2g} for a width of "
            f"{width * curve.span:.2g}; scan further, or take more points"
        )
    if not describes(curve, found) and found.scatter > _OFF * abs(height):
        at = int(np.argmax(np.abs(found.residuals)))
        raise NoPeakError(
            f"{name} does not describe the points: they are off it by up to "
            f"{abs(found.residuals[at] / height):.0%} of its height, at {curve.shown(curve.t[at])}"
        )
