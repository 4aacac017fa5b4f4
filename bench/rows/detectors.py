"""Dead time per point with a spectrometer and a camera, beside what these need themselves."""

from collections.abc import Mapping

from bench.results import Result, median
from bench.worker import Worker

_ROUNDS = 5
_POINTS = 100
_COUNT_TIME = 0.01  #: s
_DETECTORS = {"mca1": "a spectrum of 2048", "camera1": "an image of 320 x 240"}


def measure(environment: Mapping[str, str]) -> list[Result]:
    """A `loopscan` from call to return, less the time in which it counts."""
    results = []
    with Worker("counting:CountingRole", environment, patched=True) as session:
        for name, what in _DETECTORS.items():
            session.call("detector", name=name, npoints=2, count_time=_COUNT_TIME)
            runs = []
            for _ in range(_ROUNDS):
                taken = session.call(
                    "detector", name=name, npoints=_POINTS, count_time=_COUNT_TIME
                )["wall"]
                runs.append((taken / _POINTS - _COUNT_TIME) * 1e3)
            results.append(
                Result(
                    what=f"dead time per point, loopscan with {what}",
                    ours=median(runs),
                    unit="ms",
                    target=None,
                    runs=runs,
                    compared_with="its readout",
                    theirs=session.call("readout", name=name) * 1e3,
                )
            )
    return results
