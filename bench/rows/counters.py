"""Software time per point with many counters."""

from collections.abc import Mapping

from bench.results import Result, Target, median
from bench.worker import Worker

_ROUNDS = 5
_POINTS = 5_000
_COUNTERS = 20


def measure(environment: Mapping[str, str]) -> list[Result]:
    """A `loopscan` with no time to count; beside it one with a single counter."""
    many, one = [], []
    with Worker("counting:CountingRole", environment, patched=True) as session:
        session.call("many", npoints=_POINTS, counters=_COUNTERS)
        for _ in range(_ROUNDS):
            for times, counters in ((many, _COUNTERS), (one, 1)):
                taken = session.call("many", npoints=_POINTS, counters=counters)["wall"]
                times.append(taken / _POINTS * 1e3)
    return [
        Result(
            what=f"software time per point, loopscan of {_COUNTERS} counters",
            ours=median(many),
            unit="ms",
            target=Target(0.2),
            runs=many,
            compared_with="of 1 counter",
            theirs=median(one),
        )
    ]
