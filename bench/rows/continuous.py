"""How fast points can follow each other while an axis moves at constant speed."""

from collections.abc import Mapping

from bench.results import Result
from bench.worker import Worker

_RATES = (500, 1000, 2000, 3000, 4000, 5000, 7000, 10_000)  #: points a second that are tried
_SECONDS = 2.0
_TRIES = 2  #: at each rate, as something else may have been busy
_KEPT_UP = 0.9  #: share of what is asked for; below it higher rates are not tried


def measure(environment: Mapping[str, str]) -> list[Result]:
    """An `fscan` with one counter, asked for more and more points a second."""
    runs: list[float] = []
    with Worker("scans:ScansRole", environment, patched=True) as session:
        for rate in _RATES:
            tries = [session.call("continuous", rate=rate, seconds=_SECONDS) for _ in range(_TRIES)]
            runs.append(max(tries))
            if runs[-1] < _KEPT_UP * rate:
                break
    return [
        Result(
            what="points a second of a continuous scan",
            ours=max(runs),
            unit="/s",
            target=None,
            runs=runs,
        )
    ]
