"""What scans that step cost at each point, beyond what motion and counting take."""

from collections.abc import Mapping

from bench.results import Result, median
from bench.worker import Worker

_RUNS = 3


def measure(environment: Mapping[str, str]) -> list[Result]:
    """The document's `ascan`, and an `amesh` of 50 x 50 points; with a live table."""
    with Worker("scans:ScansRole", environment, patched=True) as session:
        session.call("show_table")
        session.call("loopscan", npoints=10, count_time=0.001)
        scans = {
            "ascan, 501 points": [session.call("ascan_dead_time") for _ in range(_RUNS)],
            "amesh, 50 x 50 points": [session.call("mesh_dead_time") for _ in range(_RUNS)],
        }
    return [
        Result(
            what=f"dead time per point, {scan}",
            ours=median(runs) * 1e3,
            unit="ms",
            target=None,
            runs=[run * 1e3 for run in runs],
        )
        for scan, runs in scans.items()
    ]
