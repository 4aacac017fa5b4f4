"""Scans of areas and volumes: each axis all its way at each position of the next one."""

from collections.abc import Sequence
from typing import Any, Unpack

from bliss.common.protocols import Axis
from bliss.scanning.scan import Scan
from scans import _arguments as check
from scans import _step
from scans._options import Options, command
from scans._step import Call


@command()
def amesh(
    motor1: Axis,
    start1: float,
    stop1: float,
    intervals1: int,
    motor2: Axis,
    start2: float,
    stop2: float,
    intervals2: int,
    count_time: float,
    *counters: Any,
    backnforth: bool = False,
    **options: Unpack[Options],
) -> Scan:
    """Step an axis through its positions at each position of a second one.

        amesh(robx, 0, 1, 20, roby, 0, 2, 10, .01, diode1)

    The first axis is the fast one.  Only the axis whose position changes is moved.

    Args:
        motor1: The axis that steps at every point; `start1`, `stop1` and `intervals1` are its own.
        motor2: The axis that steps after each row; `start2`, `stop2` and `intervals2` are its own.
        count_time: Seconds a point.
        counters: What to count.
        backnforth: Whether the fast axis goes every second row backwards.
    """
    lines = [
        (motor1, start1, stop1, intervals1),
        (motor2, start2, stop2, intervals2),
    ]
    call = Call("amesh", count_time, counters, options)
    return _step.mesh(call, lines, backnforth=backnforth)


@command()
def dmesh(
    motor1: Axis,
    start1: float,
    stop1: float,
    intervals1: int,
    motor2: Axis,
    start2: float,
    stop2: float,
    intervals2: int,
    count_time: float,
    *counters: Any,
    backnforth: bool = False,
    **options: Unpack[Options],
) -> Scan:
    """Do a mesh around where the axes are, and return them.

        dmesh(robx, -1, 1, 20, roby, -2, 2, 10, .01, diode1)

    Where they are counts when the scan runs.  Args as those of `amesh`, with positions relative to
    that.
    """
    lines = [
        (motor1, start1, stop1, intervals1),
        (motor2, start2, stop2, intervals2),
    ]
    call = Call("dmesh", count_time, counters, options)
    return _step.mesh(call, lines, backnforth=backnforth, relative=True)


@command()
def a3mesh(
    motor1: Axis,
    start1: float,
    stop1: float,
    intervals1: int,
    motor2: Axis,
    start2: float,
    stop2: float,
    intervals2: int,
    motor3: Axis,
    start3: float,
    stop3: float,
    intervals3: int,
    count_time: float,
    *counters: Any,
    backnforth: bool = False,
    **options: Unpack[Options],
) -> Scan:
    """Do a mesh of three axes, the first one the fastest.

        a3mesh(robx, 0, 1, 5, roby, 0, 2, 5, robz, 0, 3, 5, .01, diode1)

    Args as those of `amesh`.
    """
    lines = [
        (motor1, start1, stop1, intervals1),
        (motor2, start2, stop2, intervals2),
        (motor3, start3, stop3, intervals3),
    ]
    call = Call("a3mesh", count_time, counters, options)
    return _step.mesh(call, lines, backnforth=backnforth)


@command()
def d3mesh(
    motor1: Axis,
    start1: float,
    stop1: float,
    intervals1: int,
    motor2: Axis,
    start2: float,
    stop2: float,
    intervals2: int,
    motor3: Axis,
    start3: float,
    stop3: float,
    intervals3: int,
    count_time: float,
    *counters: Any,
    backnforth: bool = False,
    **options: Unpack[Options],
) -> Scan:
    """Do a mesh of three axes around where they are, and return them.

        d3mesh(robx, -1, 1, 5, roby, -2, 2, 5, robz, -3, 3, 5, .01, diode1)

    Args as those of `dmesh`.
    """
    lines = [
        (motor1, start1, stop1, intervals1),
        (motor2, start2, stop2, intervals2),
        (motor3, start3, stop3, intervals3),
    ]
    call = Call("d3mesh", count_time, counters, options)
    return _step.mesh(call, lines, backnforth=backnforth, relative=True)


@command()
def anmesh(
    motor_tuple_list: Sequence[tuple[Axis, float, float, int]],
    count_time: float,
    *counters: Any,
    backnforth: bool = False,
    **options: Unpack[Options],
) -> Scan:
    """Do a mesh of any number of axes, the first one the fastest.

        anmesh([(robx, 0, 1, 20), (roby, 0, 2, 10)], .01, diode1)

    Args:
        motor_tuple_list: For each axis a tuple of the axis, its start, its stop, and how many
            intervals it has.
        count_time: Seconds a point.
        counters: What to count.
        backnforth: Whether every axis but the slowest goes every second time backwards.
    """
    lines = check.several(
        "anmesh", "motor_tuple_list", motor_tuple_list, "(axis, start, stop, intervals)"
    )
    call = Call("anmesh", count_time, counters, options)
    return _step.mesh(call, [(a, b, c, d) for a, b, c, d in lines], backnforth=backnforth)
