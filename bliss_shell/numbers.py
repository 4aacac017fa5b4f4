"""How positions are written and compared at the prompt."""

import math
from typing import Any

_LEAST_DIGITS = 4  #: behind the point
_MOST_DIGITS = 9


def digits_of(axis: Any) -> int:
    """How many digits behind the point show the smallest step of an axis."""
    resolution = getattr(axis, "resolution", 1.0)
    if not 0 < resolution < 1:
        return _LEAST_DIGITS
    return min(max(_LEAST_DIGITS, math.ceil(-math.log10(resolution))), _MOST_DIGITS)


def is_there(axis: Any, here: float, there: float) -> bool:
    """Whether two positions of an axis are the same, as well as it can tell."""
    resolution = axis.resolution if axis.resolution < 1 else 0.0  # 1: hardware that knows units
    least = max(axis.tolerance or 0.0, resolution, 1e-9 * abs(there))
    return abs(here - there) <= least


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
