"""All nodes of a session that has done much."""

from collections.abc import Mapping

from bench.results import Result, median
from bench.worker import Worker

_RUNS = 3
_SCANS = 5000
_NODES = 3 * _SCANS + 1  #: each scan has a master and a channel; and their container


def measure(environment: Mapping[str, str]) -> list[Result]:
    """`walk(wait=False)` from its call to its end."""
    runs = []
    with Worker("past:PastRole", environment) as past:
        past.call("fill", session="bench_full", scans=_SCANS)
        for _ in range(_RUNS):
            taken, nodes = past.call("walk", session="bench_full")
            if nodes != _NODES:
                raise RuntimeError(f"the walk gave {nodes:g} nodes; there are {_NODES}")
            runs.append(taken)
    return [
        Result(
            what="walk over 5,000 scans, wait=False",
            ours=median(runs),
            unit="s",
            target=None,
            runs=runs,
        )
    ]
