"""How long a scan should take, and where its time went; pure, but for what earlier scans taught."""

import math
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

_FIRST_GUESS = 0.001  #: s of dead time a point, as long as no scan of the kind has been run
_FIRST_ENDS = 0.02  #: s before the first point and after the last, likewise
_FIRST_DOUBT = 1.0  #: share of it that the first guess may be wrong by
_IN_WORDS = {"ends": "start and end"}
_MEMORY = 20  #: scans after which an old one counts little


@dataclass(frozen=True, slots=True)
class Plan:
    """What a scan asks of its devices, as far as it is known before."""

    npoints: int  #: 0 if it goes on until it is stopped
    motion: float  #: s that its axes need, by their profiles
    counting: float  #: s that its counters count
    pauses: float = 0.0  #: s between points, `sleep_time`


@dataclass(frozen=True, slots=True)
class Estimate:
    """How long a scan should take."""

    seconds: float
    error: float  #: s, one standard deviation
    plan: Plan

    def __str__(self) -> str:
        """`12.4 s ± 0.2 s (motion 4.1 s, counting 8.0 s)`."""
        if not self.plan.npoints:
            return "until it is stopped"
        parts = [
            f"{name} {shown(value)}"
            for name, value in (("motion", self.plan.motion), ("counting", self.plan.counting))
            if value > 0
        ]
        return f"{shown(self.seconds)} ± {shown(self.error)}" + (
            f" ({', '.join(parts)})" if parts else ""
        )


def shown(seconds: float) -> str:
    """A time as people say it: `1 h 02 min`, `3 min 20 s`, `12.4 s`, `0.3 ms`.

    >>> shown(3720), shown(200.4), shown(12.44), shown(0.0031)
    ('1 h 02 min', '3 min 20 s', '12.4 s', '3.1 ms')
    """
    if seconds >= 3600:
        minutes = round(seconds / 60)
        return f"{minutes // 60} h {minutes % 60:02} min"
    if seconds >= 60:
        return f"{round(seconds) // 60} min {round(seconds) % 60:02} s"
    return f"{seconds:.1f} s" if seconds >= 0.1 else f"{seconds * 1e3:.1f} ms"


@dataclass(frozen=True, slots=True)
class _Known:
    """A number that is measured again and again."""

    count: int = 0  #: how many times
    mean: float = 0.0
    variance: float = 0.0

    def with_(self, value: float) -> "_Known":
        """Once more.

        Welford's update (Technometrics 4, 419, 1962), with a memory that fades.
        """
        count = min(self.count + 1, _MEMORY)
        step = value - self.mean
        variance = (1 - 1 / count) * (self.variance + step**2 / count)
        return _Known(count, self.mean + step / count, variance)

    def doubt(self) -> float:
        """Standard deviation of one measurement."""
        return math.sqrt(self.variance) if self.count > 1 else _FIRST_DOUBT * self.mean


class DeadTimes:
    """What scans of a kind took beside motion and counting: at each point, and at both ends.

    Args:
        store: Where it is kept, for each kind two lists: how often it was measured, mean and
            variance of the dead time a point in s, and of that at both ends.
    """

    def __init__(self, store: MutableMapping[str, Any]) -> None:
        self._store = store

    def estimate(self, kind: str, plan: Plan) -> Estimate:
        """How long a scan should take.

        The error is that of one scan among its like: the spread of those before.
        """
        point, ends = self._of(kind)
        if not point.count:
            point, ends = _Known(0, _FIRST_GUESS), _Known(0, _FIRST_ENDS)
        known = plan.motion + plan.counting + plan.pauses
        return Estimate(
            known + point.mean * plan.npoints + ends.mean,
            math.hypot(point.doubt() * plan.npoints, ends.doubt()),
            plan,
        )

    def learn(self, kind: str, dead: float, ends: float, npoints: int) -> None:
        """Remember what a scan took.

        Args:
            kind: Of the scan.
            dead: Its dead time in s between its first point and its last.
            ends: And before and after them.
            npoints: How many points it took.
        """
        if npoints < 1:
            return
        known = zip(self._of(kind), (dead / npoints, ends), strict=True)
        updated = [each.with_(value) for each, value in known]
        self._store[kind] = [[each.count, each.mean, each.variance] for each in updated]

    def _of(self, kind: str) -> tuple[_Known, _Known]:
        point, ends = self._store.get(kind) or ([], [])
        return _Known(*point), _Known(*ends)


def account(
    plan: Plan, taken: int, total: float, paused: float, spent: Mapping[str, float]
) -> dict[str, Any]:
    """Where the time of a scan went.

    Args:
        plan: What was known before.
        taken: How many points it took.
        total: Seconds from its start to its end.
        paused: Seconds that it paused.
        spent: Seconds in the hands of `"axes"` and of `"counters"`, and at both `"ends"`: before
            its first point and after its last, without a return of its axes.

    Returns:
        Seconds, as metadata of the scan: `{"total": …, "motion": …, "counting": …, "paused": …,
        "sleeping": …, "dead": …, "dead_percent": …, "dead_in": {"axes": …, "counters": …,
        "ends": …, "rest": …}}`.
    """
    share = taken / plan.npoints if plan.npoints else 1.0
    motion, counting, sleeping = (
        min(each * share, total) for each in (plan.motion, plan.counting, plan.pauses)
    )
    dead = max(0.0, total - motion - counting - paused - sleeping)
    late = {
        "axes": max(0.0, spent.get("axes", 0.0) - motion),
        "counters": max(0.0, spent.get("counters", 0.0) - counting),
        "ends": min(spent.get("ends", 0.0), dead),
    }
    late["rest"] = max(0.0, dead - sum(late.values()))
    return {
        "total": total,
        "motion": motion,
        "counting": counting,
        "paused": paused,
        "sleeping": sleeping,
        "dead": dead,
        "dead_percent": 100 * dead / total if total > 0 else 0.0,
        "dead_in": late,
    }


def summary(timing: Mapping[str, Any]) -> str:
    """`dead time 3.1 % (axes 12.0 ms, counters 4.0 ms, start and end 9.0 ms)`."""
    dead_in = timing["dead_in"].items()
    where = [f"{_IN_WORDS.get(name, name)} {shown(s)}" for name, s in dead_in if s >= 5e-4]
    paused = f", paused for {shown(timing['paused'])}" if timing["paused"] else ""
    return f"dead time {timing['dead_percent']:.1f} %" + (
        f" ({', '.join(where)})" if where else ""
    ) + paused  # fmt: skip
