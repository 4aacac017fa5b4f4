"""What a measurement comes to, and whether that is what was promised; knows no clock."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Target:
    """What was promised: at most, or at least, so much."""

    value: float
    at_least: bool = False
    of_ratio: bool = False  #: it is about ours over theirs, not about ours alone

    @property
    def kind(self) -> str:
        """In words: `"at most (ratio)"`."""
        return ("at least" if self.at_least else "at most") + (" (ratio)" if self.of_ratio else "")

    def holds(self, value: float) -> bool:
        """Whether `value` is as promised."""
        return value >= self.value if self.at_least else value <= self.value


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the report: a figure, the same figure of something else, the target."""

    what: str
    ours: float  #: in `unit`
    unit: str
    target: Target | None  #: None: told, but nothing was promised
    runs: Sequence[float]  #: ours of every run; `ours` is their median
    compared_with: str = ""  #: `"Bluesky count"`, empty when there is nothing to compare with
    theirs: float | None = None  #: in `unit`, measured in the same run

    @property
    def ratio(self) -> float | None:
        """Ours over theirs."""
        return self.ours / self.theirs if self.theirs else None

    @property
    def holds(self) -> bool:
        """Whether the target is met; also if there is none."""
        if not self.target:
            return True
        value = self.ratio if self.target.of_ratio else self.ours
        return value is not None and self.target.holds(value)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for other programs."""
        target = self.target
        return {
            "what": self.what,
            "ours": self.ours,
            "unit": self.unit,
            "runs": list(self.runs),
            "compared_with": self.compared_with or None,
            "theirs": self.theirs,
            "ratio": self.ratio,
            "target": target and target.value,
            "target_is": target and target.kind,
            "holds": self.holds,
        }


def median(values: Sequence[float]) -> float:
    """The value in the middle, the mean of both when there are two."""
    return quantile(values, 0.5)


def quantile(values: Sequence[float], share: float) -> float:
    """The value that `share` of `values` do not exceed, interpolated between neighbours.

    >>> quantile([1.0, 2.0, 3.0], 0.5)
    2.0
    """
    if not values:
        return math.nan
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = math.ceil(place)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
