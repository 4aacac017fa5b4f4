"""From the samples of a point to the values that are emitted.  Touches no device and no clock."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from bliss.common.protocols import SamplingCounter
from bliss.common.sampling import SamplingMode, checked_mode


class Samples:
    """What one counter makes of the samples of a point, here: their first.

    `begin` is called with the first sample, `add` with each of the others, then `end`.
    """

    is_repeated = False  #: whether more than the first sample is wanted

    def begin(self, value: Any) -> None:
        """Forget the last point."""
        self._value = value

    def add(self, value: Any) -> None:
        """Take one more sample."""

    def end(self) -> Sequence[Any]:
        """What is emitted, one value per channel."""
        return (self._value,)


class Last(Samples):
    """The last sample."""

    is_repeated = True

    def add(self, value: Any) -> None:
        """Forget those before."""
        self._value = value


class Mean(Samples):
    """The mean of all, times `factor`."""

    is_repeated = True

    def __init__(self, factor: float = 1.0) -> None:
        self._factor = factor
        self._count = 0

    def begin(self, value: Any) -> None:
        """Begin the sum."""
        self._value = value
        self._count = 1

    def add(self, value: Any) -> None:
        """Add to the sum; not in place, as an array belongs to who gave it."""
        self._value = self._value + value
        self._count += 1

    def end(self) -> Sequence[Any]:
        """`(mean,)`."""
        if self._count == 1 and self._factor == 1.0:
            return (self._value,)
        return (self._value / self._count * self._factor,)


class Stats(Samples):
    """Mean, number, standard deviation, variance, least, largest, range."""

    is_repeated = True

    def begin(self, value: float) -> None:
        """Begin with one sample."""
        self._count = 1
        self._mean = self._least = self._largest = value
        self._squares = 0.0  #: of the distances from the mean

    def add(self, value: float) -> None:
        """Welford's step, which does not lose digits where the mean is large.

        Source: B. P. Welford, Technometrics 4 (1962) 419.
        """
        self._count += 1
        before = value - self._mean
        self._mean += before / self._count
        self._squares += before * (value - self._mean)
        self._least = min(self._least, value)
        self._largest = max(self._largest, value)

    def end(self) -> Sequence[Any]:
        """`(mean, N, std, var, min, max, p2v)`; variance and deviation are those of all (1/N)."""
        variance = self._squares / self._count
        spread = self._largest - self._least
        deviation = math.sqrt(variance)
        return (
            self._mean, self._count, deviation, variance, self._least, self._largest, spread
        )  # fmt: skip


class All(Samples):
    """Their mean, and all of them."""

    is_repeated = True

    def begin(self, value: float) -> None:
        """Begin with one sample."""
        self._values = [value]

    def add(self, value: float) -> None:
        """Take one more."""
        self._values.append(value)

    def end(self) -> Sequence[Any]:
        """`(mean, array of all)`."""
        samples = np.array(self._values, "<f8")
        return (float(samples.mean()), samples)


_KINDS: dict[SamplingMode, Callable[[float], Samples]] = {
    SamplingMode.MEAN: lambda _: Mean(),
    SamplingMode.STATS: lambda _: Stats(),
    SamplingMode.SAMPLES: lambda _: All(),
    SamplingMode.SINGLE: lambda _: Samples(),
    SamplingMode.LAST: lambda _: Last(),
    SamplingMode.INTEGRATE: Mean,
}

#: What a mode emits beside the value itself: ends of names, and shapes.
EXTRA_CHANNELS: dict[SamplingMode, dict[str, tuple[int, ...]]] = {
    SamplingMode.STATS: dict.fromkeys(("_N", "_std", "_var", "_min", "_max", "_p2v"), ()),
    SamplingMode.SAMPLES: {"_samples": (-1,)},
}


def mode_of(counter: SamplingCounter) -> SamplingMode:
    """The mode of a counter, checked.

    Raises:
        SettingError: If it is none.
    """
    return checked_mode(counter.name, counter.mode, tuple(counter.shape))


def samples_of(counter: SamplingCounter, count_time: float) -> Samples:
    """What makes the counter's values, in a scan with that many seconds a point."""
    return _KINDS[mode_of(counter)](count_time)


def extra_unit(suffix: str, unit: str | None) -> str | None:
    """The unit of an extra channel: none for a number of samples, the square for a variance."""
    if unit is None or suffix == "_N":
        return None
    return f"{unit}^2" if suffix == "_var" else unit
