"""How positions are written and compared at the prompt."""

import math
from typing import Any

_LEAST_DIGITS = 4  #: behind the point
_FINEST = 1e-8  #: smallest step that is shown


def digits_of(axis: Any) -> int:
    """How many digits behind the point show the smallest step of an axis."""
    resolution = getattr(axis, "resolution", 1.0)
    if not _FINEST <= resolution < 1:  # below it the axis has no steps
        return _LEAST_DIGITS
    return max(_LEAST_DIGITS, math.ceil(-math.log10(resolution)))


def is_there(axis: Any, here: float, there: float) -> bool:
    """Whether two positions of an axis are the same, as well as it can tell."""
    return bool(abs(here - there) <= max(axis.tolerance or 0.0, axis.resolution))


def aligned(value: float, digits: int) -> str:
    """For a column: `1.5000`, never `-0.0000`.

    >>> aligned(1.5, 4), aligned(-1e-9, 4), aligned(1e12, 4), aligned(float("-inf"), 4)
    ('1.5000', '0.0000', '1e+12', '-inf')
    """
    if math.isfinite(value) and abs(value) >= 1e9:
        return f"{value:.6g}"
    return f"{round(value, digits) + 0.0:.{digits}f}"


def short(value: float, digits: int = 6) -> str:
    """In a sentence: as few digits as say it.

    >>> short(2.0), short(1.23456789, 4), short(-0.0)
    ('2.0', '1.2346', '0.0')
    """
    return str(round(value, digits) + 0.0)
