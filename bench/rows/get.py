"""Single points of a long channel, beside bare redis-py."""

from collections.abc import Mapping

from bench.results import Result, Target, median
from bench.worker import Worker

_TIMES = 2000
_POINTS = 1_000_000


def measure(environment: Mapping[str, str]) -> list[Result]:
    """`get(-1)`, and `get(i)` anywhere in a million points of an entry each."""
    results = []
    with Worker("past:PastRole", environment) as past:
        channel = past.call("add_points", session="bench_long", count=_POINTS)
        for what, method, command in (
            ("get(-1)", "get_last", "XREVRANGE"),
            ("get(i)", "get_any", "XRANGE"),
        ):
            ours, bare = past.call(method, channel=channel, times=_TIMES)
            results.append(
                Result(
                    what=f"{what} at 10⁶ points",
                    ours=median(ours) * 1e3,
                    unit="ms",
                    target=Target(1.5, of_ratio=True),
                    runs=[median(ours) * 1e3],
                    compared_with=f"bare {command}",
                    theirs=median(bare) * 1e3,
                )
            )
    return results
