"""Scans that only count: `ct`, `loopscan` and `timescan`."""

from typing import Any

from bliss.scanning.chain import AcquisitionChain
from bliss.scanning.default_chain import counting
from bliss.scanning.scan import Scan
from scans import _arguments as check
from scans._make import finish, make


def loopscan(
    npoints: int,
    count_time: float,
    *counters: Any,
    name: str | None = None,
    title: str | None = None,
    save: bool = True,
    run: bool = True,
    sleep_time: float = 0.0,
    scan_info: dict[str, Any] | None = None,
) -> Scan:
    """Count `npoints` times; nothing moves.

        loopscan(10, .1, diode1)

    Args:
        npoints: How often.
        count_time: Seconds a point.
        counters: What to count.
        name: Of the scan's data node; "loopscan" by default.
        title: What table and file show; the command by default.
        save: Whether a writer is to store it.
        run: False gives the scan back before it runs, to hook it; `s.run()` then runs it.
        sleep_time: Seconds between two points.
        scan_info: More metadata for the scan.

    Raises:
        ArgumentError: If an argument is not what is needed.
    """
    npoints = check.whole("loopscan", "npoints", npoints, least=1)
    scan = _counting_scan(
        "loopscan", (npoints, count_time), npoints, count_time, counters,
        name=name, title=title, save=save, sleep_time=sleep_time, scan_info=scan_info,
    )  # fmt: skip
    return finish(scan, run=run)


def timescan(
    count_time: float,
    *counters: Any,
    npoints: int = 0,
    name: str | None = None,
    title: str | None = None,
    save: bool = True,
    run: bool = True,
    sleep_time: float = 0.0,
    scan_info: dict[str, Any] | None = None,
) -> Scan:
    """Count until Ctrl-C, or until a watchdog has seen enough.

        timescan(1, diode1)

    Args as those of `loopscan`; `npoints` other than 0 ends it by itself.

    Raises:
        ArgumentError: If an argument is not what is needed.
    """
    npoints = check.whole("timescan", "npoints", npoints, least=0)
    scan = _counting_scan(
        "timescan", (count_time,), npoints, count_time, counters,
        name=name, title=title, save=save, sleep_time=sleep_time, scan_info=scan_info,
    )  # fmt: skip
    return finish(scan, run=run)


def ct(
    count_time: float = 1.0,
    *counters: Any,
    name: str | None = None,
    title: str | None = None,
    save: bool = False,
    run: bool = True,
    scan_info: dict[str, Any] | None = None,
) -> Scan:
    """Count once.

        ct(1, diode1)

    Args as those of `loopscan`; it is not saved unless `save=True`.

    Raises:
        ArgumentError: If an argument is not what is needed.
    """
    scan = _counting_scan(
        "ct", (count_time,), 1, count_time, counters,
        name=name, title=title, save=save, sleep_time=0.0, scan_info=scan_info,
    )  # fmt: skip
    return finish(scan, run=run)


def _counting_scan(
    command: str,
    arguments: tuple[Any, ...],
    npoints: int,
    count_time: float,
    counters: tuple[Any, ...],
    *,
    sleep_time: float,
    **about: Any,
) -> Scan:
    count_time = check.number(command, "count_time", count_time, least=0)
    pause = check.number(command, "sleep_time", sleep_time, least=0)
    timer = counting(count_time, check.counters(command, counters))
    chain = AcquisitionChain(timer, npoints, sleep_time=pause)
    return make(chain, command, arguments, count_time=count_time, **about)
