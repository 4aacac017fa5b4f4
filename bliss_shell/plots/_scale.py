"""Ticks at round numbers, and what is written beside them."""

import math
from dataclasses import dataclass

_ROUND = (1, 2, 2.5, 5, 10)  #: what a step is, times a power of ten


@dataclass(frozen=True)
class Scale:
    """An axis of a picture, from `low` to `high`."""

    low: float
    high: float

    def ticks(self, most: int) -> list[float]:
        """At most so many round numbers, evenly from `low` to `high`.

        >>> Scale(-5, 5).ticks(6)
        [-4.0, -2.0, 0.0, 2.0, 4.0]
        """
        span = self.high - self.low
        power = 10.0 ** math.floor(math.log10(span / max(most, 1)))
        for factor in _ROUND:
            step = factor * power
            first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
            if last - first + 1 <= most:
                return [index * step for index in range(first, last + 1)]
        return []

    def index(self, value: float, count: int) -> int:
        """Which of `count` cells a value is in."""
        part = (value - self.low) / (self.high - self.low)
        return min(max(round(part * (count - 1)), 0), count - 1)


def scale(low: float, high: float, margin: float = 0.0) -> Scale:
    """From one value to another, never of no length, with a part of it beyond either end."""
    span = high - low
    if span <= 1e-12 * max(abs(low), abs(high)):
        half = abs(low) / 2 or 1.0
        return Scale(low - half, high + half)
    return Scale(low - margin * span, high + margin * span)


def labels(ticks: list[float]) -> list[str]:
    """As many digits as tell them apart.

    >>> labels([0.0, 0.5, 1.0])
    ['0.0', '0.5', '1.0']
    >>> labels([0.0, 2000000.0])
    ['0', '2e+06']
    """
    if not ticks:
        return []
    largest = max(abs(tick) for tick in ticks)
    step = ticks[1] - ticks[0] if len(ticks) > 1 else largest or 1.0
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    if round(step * 10**digits, 6) % 1:  # 2.5, 0.25
        digits += 1
    if largest < 1e6 and digits <= 4:
        return [f"{tick + 0.0:.{digits}f}" for tick in ticks]
    significant = math.ceil(math.log10(largest / step) + 1e-9) + 1
    return [f"{tick:.{max(significant, 1)}g}" for tick in ticks]
