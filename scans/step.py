"""Scans that step an axis: `ascan` and `dscan`."""

from functools import partial
from typing import Any

import numpy as np

from bliss.common.ending import Step
from bliss.common.protocols import Axis
from bliss.scanning.acquisition.axes import StepMaster
from bliss.scanning.chain import AcquisitionChain
from bliss.scanning.default_chain import counting
from bliss.scanning.scan import Scan
from scans import _arguments as check
from scans._make import finish, make


def ascan(
    motor: Axis,
    start: float,
    stop: float,
    intervals: int,
    count_time: float,
    *counters: Any,
    name: str | None = None,
    title: str | None = None,
    save: bool = True,
    run: bool = True,
    sleep_time: float = 0.0,
    scan_info: dict[str, Any] | None = None,
) -> Scan:
    """Step an axis from `start` to `stop`, and count at each point.

        ascan(robz, -5, 5, 500, .001, sim_ct_gauss_noise)

    Args:
        motor: The axis.
        start: Position of the first point, in the axis' unit.
        stop: Position of the last point.
        intervals: One less than the number of points.
        count_time: Seconds a point.
        counters: What to count.
        name: Of the scan's data node; "ascan" by default.
        title: What table and file show; the command by default.
        save: Whether a writer is to store it.
        run: False gives the scan back before it runs, to hook it; `s.run()` then runs it.
        sleep_time: Seconds between two points.
        scan_info: More metadata for the scan.

    Raises:
        ArgumentError: If an argument is not what is needed.
        LimitError: If a position is outside the axis' limits; nothing has moved.
    """
    axis = check.axis("ascan", motor)
    first = check.number("ascan", "start", start)
    last = check.number("ascan", "stop", stop)
    scan = _step_scan(
        "ascan", axis, first, last, first, last, intervals, count_time, counters,
        name=name, title=title, save=save, sleep_time=sleep_time, scan_info=scan_info,
    )  # fmt: skip
    return finish(scan, run=run)


def dscan(
    motor: Axis,
    start: float,
    stop: float,
    intervals: int,
    count_time: float,
    *counters: Any,
    name: str | None = None,
    title: str | None = None,
    save: bool = True,
    run: bool = True,
    sleep_time: float = 0.0,
    scan_info: dict[str, Any] | None = None,
) -> Scan:
    """Step an axis around where it is, count at each point, and return to where it was.

        dscan(robz, -1, 1, 20, .1, sim_ct_gauss)

    Args as those of `ascan`, with `start` and `stop` relative to the position now.

    Raises:
        ArgumentError: If an argument is not what is needed.
        LimitError: If a position is outside the axis' limits; nothing has moved.
    """
    axis = check.axis("dscan", motor)
    below = check.number("dscan", "start", start)
    above = check.number("dscan", "stop", stop)
    origin = axis.position
    scan = _step_scan(
        "dscan", axis, below, above, origin + below, origin + above, intervals, count_time,
        counters, name=name, title=title, save=save, sleep_time=sleep_time, scan_info=scan_info,
    )  # fmt: skip
    returning = Step(
        f"returning {axis.name} to {origin:g}", partial(_go, axis, origin), optional=True
    )
    scan.add_step_at_end(returning)
    return finish(scan, run=run)


def _go(axis: Axis, position: float) -> None:
    try:
        axis.start_move(position)
        axis.wait_move()
    except BaseException:
        axis.stop()
        raise


def _step_scan(
    command: str,
    axis: Axis,
    shown_start: float,
    shown_stop: float,
    start: float,
    stop: float,
    intervals: int,
    count_time: float,
    counters: tuple[Any, ...],
    *,
    sleep_time: float,
    **about: Any,
) -> Scan:
    """The scan of `ascan` and `dscan`; `shown_…` is what was typed."""
    intervals = check.whole(command, "intervals", intervals, least=1)
    count_time = check.number(command, "count_time", count_time, least=0)
    pause = check.number(command, "sleep_time", sleep_time, least=0)
    chosen = check.counters(command, counters)
    master = StepMaster([(axis, np.linspace(start, stop, intervals + 1).tolist())])
    master.slaves.append(counting(count_time, chosen))
    arguments = (axis.name, shown_start, shown_stop, intervals, count_time)
    chain = AcquisitionChain(master, master.npoints, sleep_time=pause)
    return make(chain, command, arguments, count_time=count_time, **about)
