"""Memory of the session after a million points."""

from collections.abc import Mapping

from bench.results import Result, Target, median
from bench.worker import Worker

_RUNS = 3
_WARM_UP = 20_000
_POINTS = 1_000_000


def measure(environment: Mapping[str, str]) -> list[Result]:
    """Highest growth by one long `loopscan`, each time of a session that has done a short one."""
    runs = []
    for _ in range(_RUNS):
        with Worker("session:SessionRole", environment, patched=True) as session:
            session.call("memory_growth", npoints=_WARM_UP)
            runs.append(session.call("memory_growth", npoints=_POINTS) / 1e6)
    return [
        Result(
            what="growth of the session by 10⁶ points",
            ours=median(runs),
            unit="MB",
            target=Target(10),
            runs=runs,
        )
    ]
