"""The functions for one axis; `scans.peaks` says what they have in common."""

import math
from typing import Any

import numpy as np

from bliss.common.errors import NoPeakError
from scans.peaks import _local
from scans.peaks._curve import Curve
from scans.peaks._noise import check_signal
from scans.peaks._place import Place
from scans.peaks._refine import Estimate, Refined, refined, refined_peak
from scans.peaks._shape import (
    FOOT,
    Edge,
    Peak,
    check_points,
    find_peak,
    find_top,
    flanks,
    shape_of,
)

_FOOT_FOR_CENTRE = 0.25  #: widths that the data goes on beyond a crossing; a centre needs less
_ABOVE_FOR_WIDTH = 8  #: points above half height that a width needs, unless a model is exact
_EXACT = 0.01  #: of the height, that the points scatter around an exact model
_CUT = 0.05  #: of the height; a peak cut off higher than that has its centre of mass elsewhere
_RISE = 0.03  #: of the height, that another peak rises at least to be left out of the mass
_SIGMAS = 4.0  #: of the noise, likewise
_TAIL = 0.005  #: of the height; where a peak ends for its centre of mass
_UPPER = 0.75  #: of the height, where a plateau is nearly as wide as at half of it
_PLATEAU = 0.8  #: of its width; what is above is 0.64 wide of a Gaussian
_SPREAD = 6.0  #: times the noise, that points of a plateau are apart at most
_LEVEL = 0.05  #: of the height, likewise, if that is more

WITHIN = 0.1  #: of the width; what is not sure to that is refused, unless something else is asked


def cen(x: Any, y: Any, *, within: float = WITHIN) -> Place:
    """Centre of the half-height crossings; of an edge, its half-height point.

        (x₁ + x₂) / 2  with  y(x₁) = y(x₂) = (background + top) / 2

    Args:
        x: Positions, shape (n,), in the axis' unit.
        y: Values at those positions, shape (n,), in any unit.
        within: What is not sure to this part of the width, by two standard errors, is refused.

    Returns:
        The position, in the unit of `x`.

    Raises:
        ValueError: If `x` and `y` are not of one length.
        NoPeakError: If there is no peak, dip or edge; if it does not come down to half its height
            on both sides; if another one is as high, or overlaps; if it is not sure enough.
    """
    curve = Curve.of(x, y)
    shape = shape_of(curve)
    model = refined(shape)
    if isinstance(shape, Edge):
        found = model.centre if model else Estimate(shape.half.t, shape.half.error)
        return _at(curve, found, 0.0, shape.width, within)
    _check_feet(shape, model, _FOOT_FOR_CENTRE)
    found = model.centre if model else Estimate(shape.centre, shape.centre_error)
    return _at(curve, found, shape.gap / 2, shape.width, within)


def fwhm(x: Any, y: Any, *, within: float = WITHIN) -> Place:
    """Full width at half maximum of the peak or dip in `y`: x₂ - x₁, as for `cen`.

    Args:
        x: Positions, shape (n,), in the axis' unit; need not be even or sorted.
        y: Values at those positions, shape (n,).
        within: As for `cen`.

    Returns:
        The width in the unit of `x`, between the two half-height crossings.

    Raises:
        ValueError: If `x` and `y` are not of one length.
        NoPeakError: As for `cen`; for an edge; if the background is not seen, on which the half
            height depends; and if fewer than 8 points are above half height, unless a form
            describes them to 1 %.
    """
    curve = Curve.of(x, y)
    shape = shape_of(curve)
    if isinstance(shape, Edge):
        raise NoPeakError(
            f"an edge, near {curve.shown(shape.half.t)}, has no width; cen() gives its half height"
        )
    model = refined(shape)
    _check_feet(shape, model, FOOT)
    if model is None or model.scatter > _EXACT:
        check_points(shape.curve, shape.left.t, shape.right.t, _ABOVE_FOR_WIDTH)
    found = model.width if model else Estimate(shape.width, shape.width_error)
    return _sure(curve, found.value * curve.span, found.error, shape.gap, shape.width, within)


def com(x: Any, y: Any, *, within: float = WITHIN) -> Place:
    """Centre of mass of the peak or dip above its background b.

        ∫ x (y - b) dx / ∫ (y - b) dx

    by the trapezoidal rule, so that it does not matter where the points are dense; from where the
    peak rises above the background (or above the valley to another peak) to where it is back.

    Args:
        x: Positions, shape (n,), in the axis' unit.
        y: Values at those positions, shape (n,).
        within: As for `cen`.

    Returns:
        The position, in the unit of `x`.

    Raises:
        ValueError: If `x` and `y` are not of one length.
        NoPeakError: As for `cen`; for an edge; and if the peak is cut off above 5 % of its height,
            by the end of the data or by another one.
    """
    curve = Curve.of(x, y)
    shape = shape_of(curve)
    if isinstance(shape, Edge):
        raise NoPeakError(
            f"an edge, near {curve.shown(shape.half.t)}, has no centre of mass; cen() gives its "
            "half height"
        )
    model = refined_peak(shape)  # of two, the centre of mass is not that of one
    measured = _mass(shape)
    found = model.mass if model else measured
    return _at(curve, found, 0.0, shape.width, within)


def peak(x: Any, y: Any, *, within: float = WITHIN) -> Place:
    """Position of the maximum: that of the form which describes the peak.

    If none does, the vertex of the least-squares parabola around the highest point.

    Args:
        x: Positions, shape (n,), in the axis' unit.
        y: Values at those positions, shape (n,).
        within: As for `cen`.

    Returns:
        The position, in the unit of `x`; of a flat top, its middle.

    Raises:
        ValueError: If `x` and `y` are not of one length.
        NoPeakError: If the signal does not come down on both sides of its maximum, or another
            maximum is as high.
    """
    return _extremum(Curve.of(x, y), within)


def trough(x: Any, y: Any, *, within: float = WITHIN) -> Place:
    """Position of the minimum; otherwise as `peak`."""
    return _extremum(Curve.of(x, y).turned(), within)


def _extremum(curve: Curve, within: float) -> Place:
    check_signal(curve)
    index, _ = find_top(curve)
    shape = _peak_of(curve)
    model = refined(shape) if shape else None
    if shape and model:
        return _at(curve, model.top, shape.gap / 2, shape.width, within)
    left, right = _surroundings(curve, index)
    width = right - left
    noise = curve.noise(left - width / 4, right + width / 4)
    found = None if _is_flat(curve, left, right, noise) else _local.top(curve, index, width, noise)
    if found:
        return _at(curve, Estimate(found.t, found.error), 0.0, width, within)
    gap = shape.gap / 2 if shape else 0.0
    return _at(curve, Estimate((left + right) / 2, 0.0), gap, width, within)


def _is_flat(curve: Curve, left: float, right: float, noise: float) -> bool:
    """Whether a top is a plateau, as far as the noise lets see."""
    smooth, t = curve.smooth, curve.t
    high = t[
        (t >= left) & (t <= right) & (smooth > (1 - _UPPER) * smooth.min() + _UPPER * smooth.max())
    ]
    middle = curve.u[np.abs(t - (left + right) / 2) < (right - left) / 4]
    if len(high) < 2 or len(middle) < 2:
        return False
    return bool(
        np.ptp(high) > _PLATEAU * (right - left) and np.ptp(middle) < max(_SPREAD * noise, _LEVEL)
    )


def _peak_of(curve: Curve) -> Peak | None:
    try:
        return find_peak(curve, apart=False)
    except NoPeakError:  # its top may be known for all that
        return None


def _surroundings(curve: Curve, index: int) -> tuple[float, float]:
    """About the half-height crossings; where one is missing, as far away as the other."""
    smooth, t = curve.smooth, curve.t
    level = (smooth[index] + smooth.min()) / 2
    below = np.flatnonzero(smooth < level)
    before, after = below[below < index], below[below > index]
    if len(before) and len(after):
        return flanks(curve, index, level)
    reach = t[index] - t[before[-1]] if len(before) else t[after[0]] - t[index]
    return float(t[index] - reach), float(t[index] + reach)


def _mass(shape: Peak) -> Estimate:
    """The centre of mass; its error from how far each point is off its neighbours."""
    part = _extent(shape)
    t, u = shape.curve.t[part], shape.curve.u[part] - shape.background
    steps = np.diff(t, prepend=t[0], append=t[-1])
    weights = (steps[:-1] + steps[1:]) / 2  # of the trapezoidal rule
    mass = float(weights @ u)
    centre = float(weights @ (t * u)) / mass
    noise = shape.curve.noises[part]
    return Estimate(centre, float(np.sqrt(np.sum((weights * (t - centre) * noise) ** 2))) / mass)


def _extent(shape: Peak) -> slice:
    """The points of a peak, from one foot to the other."""
    curve = shape.curve
    height = shape.height
    above = (curve.smooth - shape.background) / height
    noise = curve.top_noise / np.sqrt(curve.window) / height
    # from the crossings outwards: at the top, noise may look like a second peak
    before = int(np.searchsorted(curve.t, shape.left.t))
    after = int(np.searchsorted(curve.t, shape.right.t)) - 1
    feet = curve.noise(0, shape.left.t), curve.noise(shape.right.t, 1)
    tails = [max(_TAIL, foot / np.sqrt(curve.window) / height) for foot in feet]
    first = before - _foot(above[before::-1], tails[0], noise)
    last = after + _foot(above[after:], tails[1], noise)
    part = slice(first, last + 1)
    for at, end in ((part.start, 0), (part.stop - 1, len(above) - 1)):
        if above[at] > _CUT:
            where = "the data ends" if at == end else "its neighbour begins"
            raise NoPeakError(
                f"the peak is cut off at {above[at]:.0%} of its height, near "
                f"{curve.shown(curve.t[at])}, where {where}; scan further, or use cen()"
            )
    return part


def _foot(flank: Any, tail: float, noise: float) -> int:
    """How many points away a flank is down at `tail`, or else at its lowest.

    That is before another peak begins to rise.
    """
    lowest = np.minimum.accumulate(flank)
    rises = np.flatnonzero(flank - lowest > max(_RISE, _SIGMAS * noise))
    if len(rises):
        flank = flank[: rises[0]]
    down = np.flatnonzero(flank < tail)
    return int(down[0]) if len(down) else int(np.argmin(flank))


def _check_feet(shape: Peak, model: Refined | None, least: float) -> None:
    """Raise `NoPeakError` if half height depends on a background that is not seen."""
    feet = shape.left.t / shape.width, (1 - shape.right.t) / shape.width
    if model is None and max(feet) < least:
        raise NoPeakError(
            f"the background is not seen: the data ends {max(feet):.2g} widths beyond the half "
            f"height, and {least:g} are needed; scan further"
        )


def _sure(
    curve: Curve, value: float, error: float, gap: float, width: float, within: float
) -> Place:
    """What was found, with its error.

    Args:
        curve: Where.
        value: What, in the unit of the positions.
        error: Standard error by the noise, scaled as the curve is.
        gap: Standard error by the distance of the points, likewise.
        width: Of the peak, likewise.
        within: Part of the width, to which it has to be sure by two standard errors.

    Raises:
        NoPeakError: If it is too uncertain.
    """
    both = float(np.hypot(error, gap))
    if not 2 * both <= within * width:
        what, then = (
            ("too noisy", "count longer or take more points")
            if error > gap
            else ("a flank between two points", "take smaller steps there")
        )
        raise NoPeakError(f"{what}: {_in_words(value, 2 * both, curve, width, within)}; {then}")
    return Place(value, error=both * curve.span, width=width * curve.span)


def _at(curve: Curve, found: Estimate, gap: float, width: float, within: float) -> Place:
    """A position that was found; likewise."""
    return _sure(curve, curve.position(found.value), found.error, gap, width, within)


def _in_words(value: float, error: float, curve: Curve, width: float, within: float) -> str:
    """What was found, and that it is not sure enough; two standard errors, scaled."""
    if not error < width:
        return "uncertain by more than its width"
    scaled = error * curve.span
    digits = min(max(1 - math.floor(math.log10(scaled or 1.0)), 0), 12)
    return (
        f"{value:.{digits}f} ± {scaled:.{digits}f} (two standard errors) is sure to "
        f"{100 * error / width:.3g} % of the width, not to {100 * within:.3g} %"
    )
