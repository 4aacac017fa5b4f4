"""How long a scan should take, and where its time went; pure, but for what earlier scans taught."""

import math
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

_FIRST_GUESS = 0.001  #: s of dead time a point, as long as no scan of the kind has been run
_FIRST_DOUBT = 1.0  #: share of it that the first guess may be wrong by
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


class DeadTimes:
    """What scans of a kind took a point beside motion and counting.

    Args:
        store: Where it is kept, a list for each kind: how many scans, mean and variance of the
            dead time a point in s.
    """

    def __init__(self, store: MutableMapping[str, Any]) -> None:
        self._store = store

    def estimate(self, kind: str, plan: Plan) -> Estimate:
        """How long a scan should take.

        The error is that of one scan among its like: the spread of those before.
        """
        count, mean, variance = self._store.get(kind) or (0, _FIRST_GUESS, 0.0)
        doubt = math.sqrt(variance) if count > 1 else _FIRST_DOUBT * mean
        known = plan.motion + plan.counting + plan.pauses
        return Estimate(known + mean * plan.npoints, doubt * plan.npoints, plan)

    def learn(self, kind: str, dead: float, npoints: int) -> None:
        """Remember what a scan took.

        Args:
            kind: Of the scan.
            dead: Its dead time in s, all of it.
            npoints: How many points it took.
        """
        if npoints < 1:
            return
        count, mean, variance = self._store.get(kind) or (0, 0.0, 0.0)
        # Welford's update (Technometrics 4, 419, 1962), with a memory that fades
        count = min(count + 1, _MEMORY)
        step = dead / npoints - mean
        mean += step / count
        variance = (1 - 1 / count) * (variance + step**2 / count)
        self._store[kind] = [count, mean, variance]


def account(
    plan: Plan, taken: int, total: float, paused: float, spent: Mapping[str, float]
) -> dict[str, Any]:
    """Where the time of a scan went.

    Args:
        plan: What was known before.
        taken: How many points it took.
        total: Seconds from its first point to its last.
        paused: Seconds that it paused.
        spent: Seconds in the hands of `"axes"` and of `"counters"`, measured.

    Returns:
        Seconds, as metadata of the scan: `{"total": …, "motion": …, "counting": …, "paused": …,
        "sleeping": …, "dead": …, "dead_percent": …, "dead_in": {"axes": …, "counters": …,
        "rest": …}}`.
    """
    share = taken / plan.npoints if plan.npoints else 1.0
    motion, counting, sleeping = (
        min(each * share, total) for each in (plan.motion, plan.counting, plan.pauses)
    )
    dead = max(0.0, total - motion - counting - paused - sleeping)
    late = {
        "axes": max(0.0, spent.get("axes", 0.0) - motion),
        "counters": max(0.0, spent.get("counters", 0.0) - counting),
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
    """`dead time 3.1 % (axes 12.0 ms, counters 4.0 ms, rest 1.0 ms)`."""
    where = [f"{name} {shown(s)}" for name, s in timing["dead_in"].items() if s >= 5e-4]
    paused = f", paused for {shown(timing['paused'])}" if timing["paused"] else ""
    return f"dead time {timing['dead_percent']:.1f} %" + (
        f" ({', '.join(where)})" if where else ""
    ) + paused  # fmt: skip
