"""Scans in which the axis moves on while points are taken."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Unpack

from bliss.common.errors import ArgumentError
from bliss.common.protocols import (
    Counter,
    MovingAxis,
    is_moving_axis,
    is_sampling_controller,
)
from bliss.scanning.acquisition.continuous import ContinuousMaster, Device, Mode
from bliss.scanning.chain import AcquisitionChain
from bliss.scanning.default_chain import counting
from bliss.scanning.scan import Scan
from scans import _arguments as check
from scans._make import make
from scans._options import Chosen, Options, chosen, command

LEAST_TIME = 1e-4  #: s that a point takes at least to be read and published


@command()
def fscan(
    motor: MovingAxis,
    start: float,
    stop: float,
    npoints: int,
    acq_time: float,
    *counters: Any,
    latency_time: float = 0.0,
    scan_mode: Mode = "TIME",
    **options: Unpack[Options],
) -> Scan:
    """Move an axis from `start` to `stop` at constant speed, and count on the way.

        fscan(robz, -5, 5, 100, .01, sim_ct_gauss)

    The axis gathers speed before `start` and slows down behind `stop`; its velocity is set back at
    the end.  Each point says where it really began, and when.

    Args:
        motor: The axis.
        start: Position at which the first point begins, in the axis' unit.
        stop: Position at which the last point ends.
        npoints: How many points.
        acq_time: Seconds a point; with the number of points it makes the velocity.
        counters: What to count.
        latency_time: Seconds between two points, for devices that have to be read in between.
        scan_mode: What begins a point: "TIME", that the last one is over, or "POSITION", that the
            axis is at its turn.
    """
    given = chosen("fscan", options)
    axis = _axis(motor)
    way = _way(start, stop)
    points = check.whole("fscan", "npoints", npoints, least=1)
    seconds = check.number("fscan", "acq_time", acq_time, least=LEAST_TIME)
    latency = check.number("fscan", "latency_time", latency_time, least=0)
    _check_rest(scan_mode, given)
    counted = check.counters("fscan", counters)
    master = ContinuousMaster(
        axis, *way, points, seconds, latency_time=latency, mode=scan_mode, read=_read(counted)
    )  # fmt: skip
    master.check()
    chain = AcquisitionChain(master)
    chain.add(master, counting(seconds, counted, points))
    info = {"count_time": seconds, "data_dim": 1, "scan_mode": scan_mode}
    return make(chain, "fscan", [axis, start, stop, npoints, acq_time], given, info)


def _axis(value: Any) -> MovingAxis:
    axis = check.axis("fscan", value)
    if not is_moving_axis(axis):
        raise ArgumentError(
            f"fscan: {axis.name} has no velocity, so nothing can be counted while it moves; "
            "see ascan"
        )
    return axis


def _way(start: Any, stop: Any) -> tuple[float, float]:
    first = check.number("fscan", "start", start)
    last = check.number("fscan", "stop", stop)
    if first == last:
        raise ArgumentError(f"fscan: start and stop are both {first:g}: expected a way to go")
    return first, last


def _check_rest(scan_mode: Any, given: Chosen) -> None:
    if not isinstance(scan_mode, str) or scan_mode not in ("TIME", "POSITION"):
        raise ArgumentError(
            f"fscan: scan_mode is {check.shown(scan_mode)}: expected 'TIME' or 'POSITION'"
        )
    if given.sleep_time:
        raise ArgumentError(
            f"fscan: sleep_time is {given.sleep_time:g}: the axis does not wait; see latency_time"
        )


def _read(counters: Sequence[Counter]) -> list[Device]:
    """What software reads at each point, device by device."""
    groups: dict[int, tuple[Any, list[Counter]]] = {}
    for counter in counters:
        controller = counter.controller
        groups.setdefault(id(controller), (controller, []))[1].append(counter)
    return [
        (controller.name, partial(controller.read_all, group))
        for controller, group in groups.values()
        if is_sampling_controller(controller)
    ]
