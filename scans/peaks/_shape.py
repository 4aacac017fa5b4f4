"""What a curve is, a peak or an edge, and where it goes through its half height."""

from dataclasses import dataclass

import numpy as np

from bliss.common.errors import NoPeakError
from scans.peaks import _local
from scans.peaks._curve import Curve
from scans.peaks._neighbours import RISE, Second, check_apart, check_one, highest, second
from scans.peaks._noise import check_signal

FOOT = 0.75  #: widths from a half-height crossing to where a peak is no more
_ENDS = 0.25  #: of the height, that an edge may be off its levels before and after it
_LEAST_ABOVE = 3  #: points above half height that a centre can be told from
_MOST_FALL = 0.3  #: of the height, that a top is asked to stand above either side, at most
_LEAST_FALL = 0.05  #: of the height, likewise, at least
_SIGMAS = 4.0  #: of the noise, likewise
_STEEPEST = 2.0  #: heights a width, that a flank has at most; 1.4 of a Gaussian


@dataclass(frozen=True)
class Peak:
    """A peak, scaled as its curve is, with its top upwards."""

    curve: Curve  #: turned if it is a dip
    background: float  #: level that it stands on
    top: _local.Top
    left: _local.Crossing  #: half-height crossing before it
    right: _local.Crossing  #: half-height crossing after it

    @property
    def height(self) -> float:
        """Above the background."""
        return self.top.u - self.background

    @property
    def width(self) -> float:
        """Between the half-height crossings."""
        return self.right.t - self.left.t

    @property
    def centre(self) -> float:
        """Of the half-height crossings."""
        return (self.left.t + self.right.t) / 2

    @property
    def centre_error(self) -> float:
        """Standard error of the centre."""
        return float(np.hypot(self.left.error, self.right.error)) / 2

    @property
    def gap(self) -> float:
        """Standard error of the width, and twice that of the centre, by how far apart points are.

        No model makes it less.
        """
        return float(np.hypot(self.left.gap, self.right.gap))

    @property
    def width_error(self) -> float:
        """Standard error of the width, which depends on the level too."""
        by_level = self.top.u_error * self.width / self.height
        return float(np.hypot(2 * self.centre_error, by_level))


@dataclass(frozen=True)
class Edge:
    """A step from one level to another, scaled as its curve is."""

    curve: Curve  #: turned if it goes down
    half: _local.Crossing  #: where it goes through the middle of the levels
    width: float  #: from 10 % to 90 %


def shape_of(curve: Curve) -> Peak | Edge:
    """What a curve is; a dip is a peak of the turned curve.

    Raises:
        NoPeakError: If it is none of them, or cannot be told from noise or from its neighbour.
    """
    check_signal(curve)
    first, last = curve.ends
    if first < 0.5 and last < 0.5:
        return find_peak(curve)
    if first > 0.5 and last > 0.5:
        return find_peak(curve.turned())
    rising = curve if first < last else curve.turned()
    return find_edge(rising)


def find_top(curve: Curve) -> tuple[int, Second | None]:
    """Index of the highest point of the running mean, and the second peak, if there is one.

    Raises:
        NoPeakError: If the signal does not come down on both sides of it, or a second one is
            as high.
    """
    smooth = curve.smooth
    index = highest(smooth)
    other = second(curve, index)
    noise = curve.top_noise / np.sqrt(curve.window)
    fall = min(max(_LEAST_FALL, _SIGMAS * noise), _MOST_FALL)
    for side, name in ((smooth[: index + 1], "first"), (smooth[index:], "last")):
        if smooth[index] - side.min() < fall:
            end = curve.shown(0.0 if name == "first" else 1.0)
            raise NoPeakError(
                f"the signal is as high at the {name} point ({end}) as anywhere: "
                "scan further on that side"
            )
    check_one(curve, index, other)
    return index, other


def find_peak(curve: Curve, *, apart: bool = True) -> Peak:
    """The highest peak of a curve, which goes up.

    Args:
        curve: The curve.
        apart: Whether one that another overlaps is refused.

    Raises:
        NoPeakError: As `find_top`, or if it does not come down to half its height on both sides.
    """
    index, other = find_top(curve)
    if apart:
        check_apart(curve, index, other)
    background = float(curve.smooth.min())
    height = float(curve.smooth[index])
    for _ in range(3):  # each needs the width, and the width needs them
        left, right = flanks(curve, index, (background + height) / 2)
        noise = curve.noise(left - (right - left) / 4, right + (right - left) / 4)
        found = _local.top(curve, index, right - left, noise)
        height = found.u if found else float(curve.smooth[index])
        background = _background(curve, left, right, height)
    half = (background + height) / 2
    left, right = flanks(curve, index, half)
    check_points(curve, left, right, _LEAST_ABOVE)
    width = right - left
    steepest = _STEEPEST * (height - background) / width
    level = _local.Level(half, width, height - background, noise, steepest)
    before = _local.crossing(curve, left, level)
    after = _local.crossing(curve, right, level)
    if found is None:  # a flat top
        error = (before.error + after.error) / 2
        by_noise = noise / np.sqrt(curve.window)
        found = _local.Top((before.t + after.t) / 2, height, error, by_noise)
    return Peak(curve, background, found, before, after)


def flanks(curve: Curve, index: int, level: float) -> tuple[float, float]:
    """Where the running mean first falls below a level on either side of a point.

    Raises:
        NoPeakError: If it does not on one of them.
    """
    below = np.flatnonzero(curve.smooth < level)
    before, after = below[below < index], below[below > index]
    for side, name, end in ((before, "first", 0.0), (after, "last", 1.0)):
        if not len(side):
            raise NoPeakError(
                f"the peak is cut off: it does not fall to half its height before the {name} "
                f"point ({curve.shown(end)}); scan further on that side"
            )
    i, j = int(before[-1]), int(after[0])
    return _between(curve, i, i + 1, level), _between(curve, j, j - 1, level)


def _between(curve: Curve, i: int, j: int, level: float) -> float:
    low, high = curve.smooth[i], curve.smooth[j]
    return float(curve.t[i] + (level - low) / (high - low) * (curve.t[j] - curve.t[i]))


def _background(curve: Curve, left: float, right: float, top: float) -> float:
    """Median of the feet, where the peak is no more; without feet, the lowest value."""
    lowest = float(curve.smooth.min())
    reach = FOOT * (right - left)
    feet = curve.u[(curve.t < left - reach) | (curve.t > right + reach)]
    feet = feet[feet < lowest + 2 * RISE * (top - lowest)]
    return float(np.median(feet)) if len(feet) else lowest


def check_points(curve: Curve, left: float, right: float, least: int) -> None:
    """Raise `NoPeakError` if there are fewer than `least` points between the crossings."""
    count = int(np.count_nonzero((curve.t >= left) & (curve.t <= right)))
    if count < least:
        raise NoPeakError(
            f"only {count} point{'s'[: count != 1]} above half height, near "
            f"{curve.shown((left + right) / 2)}: too few for its width; take smaller steps"
        )


def find_edge(curve: Curve) -> Edge:
    """The step of a curve, which rises.

    Raises:
        NoPeakError: If it does not stay on one level before it and on another after it.
    """
    smooth = curve.smooth
    low, high = 0.0, 1.0
    for _ in range(3):
        begin, end = (_rise_through(curve, low + part * (high - low)) for part in (0.1, 0.9))
        width = end - begin
        before, after = smooth[curve.t < begin - width / 4], smooth[curve.t > end + width / 4]
        if not len(before) or not len(after) or begin < width or 1 - end < width:
            raise NoPeakError(
                "neither a peak nor an edge that is seen whole: the signal goes from "
                f"{curve.shown(0.0)} to {curve.shown(1.0)} without a level at both ends; "
                "scan further"
            )
        low, high = float(np.median(before)), float(np.median(after))
        if max(abs(before - low).max(), abs(after - high).max()) > _ENDS * (high - low):
            raise NoPeakError(
                "neither a peak nor an edge: the signal does not stay on one level between "
                f"{curve.shown(0.0)} and {curve.shown(begin)} and on another between "
                f"{curve.shown(end)} and {curve.shown(1.0)}; scan further"
            )
    noise = curve.noise(begin - width / 4, end + width / 4)
    half = (low + high) / 2
    level = _local.Level(half, width, high - low, noise, _STEEPEST * (high - low) / width)
    return Edge(curve, _local.crossing(curve, _rise_through(curve, half), level), width)


def _rise_through(curve: Curve, level: float) -> float:
    """The middle of the places where the running mean goes up through a level."""
    above = curve.smooth >= level
    rises = np.flatnonzero(above[1:] & ~above[:-1])
    if not len(rises):
        raise NoPeakError("the signal rises nowhere")
    places = [_between(curve, int(i), int(i) + 1, level) for i in (rises[0], rises[-1])]
    return sum(places) / 2
