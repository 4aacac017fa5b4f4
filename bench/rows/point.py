"""Software time per point, beside Bluesky."""

from collections.abc import Mapping

from bench.results import Result, Target, median
from bench.worker import Worker

_ROUNDS = 5
_POINTS = 20_000
_BLUESKY_POINTS = 200


def measure(environment: Mapping[str, str]) -> list[Result]:
    """A `loopscan` with no time to count, published; Bluesky publishes nothing here."""
    ours: list[float] = []
    theirs: dict[str, list[float]] = {"count": [], "scan": []}
    with (
        Worker("session:SessionRole", environment, patched=True) as session,
        Worker("bluesky_engine:BlueskyRole", environment) as bluesky,
    ):
        session.call("loopscan", npoints=_POINTS, count_time=0)
        for plan in theirs:
            bluesky.call(plan, npoints=_BLUESKY_POINTS)
        for _ in range(_ROUNDS):
            taken = session.call("loopscan", npoints=_POINTS, count_time=0)["wall"]
            ours.append(taken / _POINTS * 1e3)
            for plan, times in theirs.items():
                taken = bluesky.call(plan, npoints=_BLUESKY_POINTS)
                times.append(taken / _BLUESKY_POINTS * 1e3)
    return [
        Result(
            what="software time per point, loopscan",
            ours=median(ours),
            unit="ms",
            target=Target(0.05),
            runs=ours,
            compared_with=f"Bluesky {plan}",
            theirs=median(times),
        )
        for plan, times in theirs.items()
    ]
