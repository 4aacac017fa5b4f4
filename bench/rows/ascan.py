"""The document's `ascan`: what it takes beyond the time its motion and counting need."""

from collections.abc import Mapping

from bench.results import Result, Target, median
from bench.worker import Worker

_RUNS = 5


def measure(environment: Mapping[str, str]) -> list[Result]:
    """501 points with a live table, as typed at the prompt."""
    with Worker("session:SessionRole", environment, patched=True) as session:
        session.call("show_table")
        session.call("loopscan", npoints=10, count_time=0.001)
        runs = [session.call("ascan") for _ in range(_RUNS)]
    # the first run moves less before its first point, so each is compared with what it needs
    ratios = [run["wall"] / run["needed"] for run in runs]
    needed = median([run["needed"] for run in runs])
    return [
        Result(
            what="ascan, 501 points, call to return",
            ours=median(ratios) * needed,
            unit="s",
            target=Target(1.05, of_ratio=True),
            runs=[run["wall"] for run in runs],
            compared_with="motion and counting",
            theirs=needed,
        )
    ]
