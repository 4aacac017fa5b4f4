"""How soon a new follower has its first event, in a session that has done much or nothing."""

from collections.abc import Mapping

from bench.results import Result, Target, median
from bench.worker import Worker

_RUNS = 15
_SCANS = 5000


def measure(environment: Mapping[str, str]) -> list[Result]:
    """From the call of the walk; the scan begins as soon as the walk has."""
    runs: dict[str, list[float]] = {"bench_full": [], "bench_new": []}
    with Worker("past:PastRole", environment) as past:
        past.call("fill", session="bench_full", scans=_SCANS)
        past.call("fill", session="bench_new", scans=0)
        for _ in range(_RUNS):
            for session, times in runs.items():
                times.append(past.call("first_event", session=session) * 1e3)
    return [
        Result(
            what="first event in a session of 5,000 scans",
            ours=median(runs["bench_full"]),
            unit="ms",
            target=Target(50),
            runs=runs["bench_full"],
            compared_with="in a new one",
            theirs=median(runs["bench_new"]),
        )
    ]
