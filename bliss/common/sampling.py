"""What is made of the samples that a counter takes while it counts."""

from enum import StrEnum
from typing import Any

from bliss.common.errors import SettingError


class SamplingMode(StrEnum):
    """What is made of the samples of a point; `mode == "MEAN"` holds, too."""

    MEAN = "MEAN"  #: their mean
    STATS = "STATS"  #: their mean, and how many, scatter and range: six more channels
    SAMPLES = "SAMPLES"  #: their mean, and all of them: one more channel
    SINGLE = "SINGLE"  #: the first
    LAST = "LAST"  #: the last
    INTEGRATE = "INTEGRATE"  #: their mean times the counting time in seconds


#: Those for which a sample has to be a number.
OF_NUMBERS = frozenset([SamplingMode.STATS, SamplingMode.SAMPLES])


def checked_mode(owner: str, mode: Any, shape: tuple[int, ...]) -> SamplingMode:
    """`mode` as a `SamplingMode`.

    >>> checked_mode("diode1", "LAST", ())
    <SamplingMode.LAST: 'LAST'>

    Args:
        owner: The counter that has it.
        mode: What was asked for, or its name.
        shape: Of a value of the counter.

    Raises:
        SettingError: If there is no such mode, or not for values of that shape.
    """
    try:
        known = SamplingMode(mode)
    except ValueError:
        raise SettingError(
            f"{owner}: {mode!r:.40} is no mode; expected one of {', '.join(SamplingMode)}"
        ) from None
    if shape and known in OF_NUMBERS:
        raise SettingError(
            f"{owner}: mode {known} is for counters of a number; its values have shape {shape}"
        )
    return known
