"""Whether a peak stands alone."""

from dataclasses import dataclass

import numpy as np

from bliss.common.errors import NoPeakError
from scans.peaks._curve import Array, Curve

RISE = 0.1  #: of the height, that another peak rises at least
_SIGMAS = 4.0  #: of the noise, likewise
_LEAST_WINDOW = 3  #: points of the running mean, so that one that is off makes no second peak
ALIKE = 0.9  #: of the height; of two that are closer than that either may be meant
_VALLEY = 0.2  #: of the height; peaks with a valley higher than that shift each other's flanks


@dataclass(frozen=True)
class Second:
    """The other peak of a curve, scaled as the curve is."""

    t: float
    height: float  #: above the lowest value, as a part of the first peak's
    valley: float  #: lowest place between the two, likewise


def highest(values: Array) -> int:
    """Index of the highest value; of several in a row the middle one."""
    first = last = int(np.argmax(values))
    while last + 1 < len(values) and values[last + 1] == values[first]:
        last += 1
    return (first + last) // 2


def second(curve: Curve, index: int) -> Second | None:
    """What rises most after a valley, going away from the top on either side; None if nothing does.

    Args:
        curve: The curve, with its top upwards.
        index: Of the highest point of its running mean.
    """
    window = max(curve.window, _LEAST_WINDOW)
    smooth = curve.running_mean(window)
    low = smooth.min()
    height = smooth[index] - low
    least = max(RISE * height, _SIGMAS * curve.top_noise / np.sqrt(window))
    found = None
    for way in (1, -1):
        side = smooth[index::way]
        valleys = np.minimum.accumulate(side)
        at = int(np.argmax(side - valleys))
        if side[at] - valleys[at] > least:
            least = float(side[at] - valleys[at])
            place = float(curve.t[index + way * at])
            found = Second(place, (side[at] - low) / height, (valleys[at] - low) / height)
    return found


def check_one(curve: Curve, index: int, other: Second | None) -> None:
    """Raise `NoPeakError` if there is another peak of about the same height."""
    if other and other.height > ALIKE:
        raise NoPeakError(
            f"two peaks of about the same height, near {curve.shown(curve.t[index])} and "
            f"{curve.shown(other.t)}: scan only the one that is meant"
        )


def check_apart(curve: Curve, index: int, other: Second | None) -> None:
    """Raise `NoPeakError` if there is another peak so close that each shifts the other's flank."""
    if other and other.valley > _VALLEY:
        raise NoPeakError(
            f"two peaks that overlap, near {curve.shown(curve.t[index])} and "
            f"{curve.shown(other.t)}: their flanks shift each other; peak() and trough() work"
        )
