"""Scans that only count: `ct`, `sct`, `loopscan` and `timescan`."""

from collections.abc import Sequence
from typing import Any, Unpack

from bliss.scanning.chain import AcquisitionChain
from bliss.scanning.default_chain import counting
from bliss.scanning.scan import Scan
from scans import _arguments as check
from scans._make import make
from scans._options import Options, chosen, command


@command()
def loopscan(npoints: int, count_time: float, *counters: Any, **options: Unpack[Options]) -> Scan:
    """Count `npoints` times; nothing moves.

        loopscan(10, .1, diode1)

    Args:
        npoints: How often.
        count_time: Seconds a point.
        counters: What to count.
    """
    points = check.whole("loopscan", "npoints", npoints, least=1)
    return _count("loopscan", [npoints, count_time], points, count_time, counters, options)


@command()
def timescan(
    count_time: float, *counters: Any, npoints: int = 0, **options: Unpack[Options]
) -> Scan:
    """Count until Ctrl-C, or until a watchdog has seen enough.

        timescan(1, diode1)

    Args:
        count_time: Seconds a point.
        counters: What to count.
        npoints: How often; 0 goes on for ever.
    """
    points = check.whole("timescan", "npoints", npoints, least=0)
    return _count("timescan", [count_time], points, count_time, counters, options)


@command(save=False)
def ct(count_time: float = 1.0, *counters: Any, **options: Unpack[Options]) -> Scan:
    """Count once; it is not saved.

        ct(1, diode1)

    Args:
        count_time: Seconds.
        counters: What to count.
    """
    return _count("ct", [count_time], 1, count_time, counters, options, save=False)


@command()
def sct(count_time: float = 1.0, *counters: Any, **options: Unpack[Options]) -> Scan:
    """Count once, and save it.

        sct(1, diode1)

    Args as those of `ct`.
    """
    return _count("sct", [count_time], 1, count_time, counters, options)


def _count(
    command: str,
    typed: Sequence[Any],
    npoints: int,
    count_time: Any,
    counters: Sequence[Any],
    options: Options,
    *,
    save: bool = True,
) -> Scan:
    given = chosen(command, options, save=save)
    seconds = check.number(command, "count_time", count_time, least=0)
    timer = counting(seconds, check.counters(command, counters), npoints)
    chain = AcquisitionChain(timer, npoints, sleep_time=given.sleep_time)
    return make(chain, command, typed, given, {"count_time": seconds, "data_dim": 1})
