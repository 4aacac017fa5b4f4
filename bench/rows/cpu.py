"""CPU that the session uses in a `loopscan` at 1 kHz."""

from collections.abc import Mapping

from bench.results import Result, Target, median
from bench.worker import Worker

_RUNS = 5
_POINTS = 1000


def measure(environment: Mapping[str, str]) -> list[Result]:
    """CPU time over wall time."""
    with Worker("session:SessionRole", environment, patched=True) as session:
        session.call("loopscan", npoints=_POINTS, count_time=0.001)
        runs = [session.call("loopscan", npoints=_POINTS, count_time=0.001) for _ in range(_RUNS)]
    shares = [100 * run["cpu"] / run["wall"] for run in runs]
    return [
        Result(
            what="CPU of the session in a loopscan at 1 kHz",
            ours=median(shares),
            unit="% of a core",
            target=Target(40),
            runs=shares,
        )
    ]
