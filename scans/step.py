"""Scans that step axes together from one point to the next."""

from collections.abc import Sequence
from typing import Any, Unpack

from bliss.common.protocols import Axis
from bliss.scanning.scan import Scan
from scans import _arguments as check
from scans import _step
from scans._options import Options, command
from scans._step import Call


@command()
def ascan(
    motor: Axis,
    start: float,
    stop: float,
    intervals: int,
    count_time: float,
    *counters: Any,
    **options: Unpack[Options],
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
    """
    call = Call("ascan", count_time, counters, options)
    return _step.line(call, [(motor, start, stop)], intervals)


@command()
def dscan(
    motor: Axis,
    start: float,
    stop: float,
    intervals: int,
    count_time: float,
    *counters: Any,
    **options: Unpack[Options],
) -> Scan:
    """Step an axis around where it is, count at each point, and return to where it was.

        dscan(robz, -1, 1, 20, .1, sim_ct_gauss)

    Where it is counts when the scan runs.  Args as those of `ascan`, with `start` and `stop`
    relative to that position.
    """
    call = Call("dscan", count_time, counters, options)
    return _step.line(call, [(motor, start, stop)], intervals, relative=True)


@command()
def a2scan(
    motor1: Axis,
    start1: float,
    stop1: float,
    motor2: Axis,
    start2: float,
    stop2: float,
    intervals: int,
    count_time: float,
    *counters: Any,
    **options: Unpack[Options],
) -> Scan:
    """Step two axes together, each from its start to its stop, and count at each point.

        a2scan(robx, 0, 1, roby, 0, 2, 10, .1, diode1)

    Args as those of `ascan`.
    """
    lines = [(motor1, start1, stop1), (motor2, start2, stop2)]
    return _step.line(Call("a2scan", count_time, counters, options), lines, intervals)


@command()
def a3scan(
    motor1: Axis,
    start1: float,
    stop1: float,
    motor2: Axis,
    start2: float,
    stop2: float,
    motor3: Axis,
    start3: float,
    stop3: float,
    intervals: int,
    count_time: float,
    *counters: Any,
    **options: Unpack[Options],
) -> Scan:
    """Step three axes together, each from its start to its stop, and count at each point.

        a3scan(robx, 0, 1, roby, 0, 2, robz, 0, 3, 10, .1, diode1)

    Args as those of `a2scan`.
    """
    lines = [
        (motor1, start1, stop1),
        (motor2, start2, stop2),
        (motor3, start3, stop3),
    ]
    call = Call("a3scan", count_time, counters, options)
    return _step.line(call, lines, intervals)


@command()
def a4scan(
    motor1: Axis,
    start1: float,
    stop1: float,
    motor2: Axis,
    start2: float,
    stop2: float,
    motor3: Axis,
    start3: float,
    stop3: float,
    motor4: Axis,
    start4: float,
    stop4: float,
    intervals: int,
    count_time: float,
    *counters: Any,
    **options: Unpack[Options],
) -> Scan:
    """Step four axes together, each from its start to its stop, and count at each point.

        a4scan(m1, 0, 1, m2, 0, 1, m3, 0, 1, m4, 0, 1, 10, .1, diode1)

    Args as those of `a2scan`.
    """
    lines = [
        (motor1, start1, stop1),
        (motor2, start2, stop2),
        (motor3, start3, stop3),
        (motor4, start4, stop4),
    ]
    call = Call("a4scan", count_time, counters, options)
    return _step.line(call, lines, intervals)


@command()
def a5scan(
    motor1: Axis,
    start1: float,
    stop1: float,
    motor2: Axis,
    start2: float,
    stop2: float,
    motor3: Axis,
    start3: float,
    stop3: float,
    motor4: Axis,
    start4: float,
    stop4: float,
    motor5: Axis,
    start5: float,
    stop5: float,
    intervals: int,
    count_time: float,
    *counters: Any,
    **options: Unpack[Options],
) -> Scan:
    """Step five axes together, each from its start to its stop, and count at each point.

        a5scan(m1, 0, 1, m2, 0, 1, m3, 0, 1, m4, 0, 1, m5, 0, 1, 10, .1, diode1)

    Args as those of `a2scan`.
    """
    lines = [
        (motor1, start1, stop1),
        (motor2, start2, stop2),
        (motor3, start3, stop3),
        (motor4, start4, stop4),
        (motor5, start5, stop5),
    ]
    call = Call("a5scan", count_time, counters, options)
    return _step.line(call, lines, intervals)


@command()
def d2scan(
    motor1: Axis,
    start1: float,
    stop1: float,
    motor2: Axis,
    start2: float,
    stop2: float,
    intervals: int,
    count_time: float,
    *counters: Any,
    **options: Unpack[Options],
) -> Scan:
    """Step two axes together around where they are, and return them.

        d2scan(robx, -1, 1, roby, -2, 2, 10, .1, diode1)

    Args as those of `dscan`.
    """
    lines = [
        (motor1, start1, stop1),
        (motor2, start2, stop2),
    ]
    call = Call("d2scan", count_time, counters, options)
    return _step.line(call, lines, intervals, relative=True)


@command()
def d3scan(
    motor1: Axis,
    start1: float,
    stop1: float,
    motor2: Axis,
    start2: float,
    stop2: float,
    motor3: Axis,
    start3: float,
    stop3: float,
    intervals: int,
    count_time: float,
    *counters: Any,
    **options: Unpack[Options],
) -> Scan:
    """Step three axes together around where they are, and return them.

        d3scan(robx, -1, 1, roby, -2, 2, robz, -3, 3, 10, .1, diode1)

    Args as those of `dscan`.
    """
    lines = [
        (motor1, start1, stop1),
        (motor2, start2, stop2),
        (motor3, start3, stop3),
    ]
    call = Call("d3scan", count_time, counters, options)
    return _step.line(call, lines, intervals, relative=True)


@command()
def d4scan(
    motor1: Axis,
    start1: float,
    stop1: float,
    motor2: Axis,
    start2: float,
    stop2: float,
    motor3: Axis,
    start3: float,
    stop3: float,
    motor4: Axis,
    start4: float,
    stop4: float,
    intervals: int,
    count_time: float,
    *counters: Any,
    **options: Unpack[Options],
) -> Scan:
    """Step four axes together around where they are, and return them.

        d4scan(m1, -1, 1, m2, -1, 1, m3, -1, 1, m4, -1, 1, 10, .1, diode1)

    Args as those of `dscan`.
    """
    lines = [
        (motor1, start1, stop1),
        (motor2, start2, stop2),
        (motor3, start3, stop3),
        (motor4, start4, stop4),
    ]
    call = Call("d4scan", count_time, counters, options)
    return _step.line(call, lines, intervals, relative=True)


@command()
def d5scan(
    motor1: Axis,
    start1: float,
    stop1: float,
    motor2: Axis,
    start2: float,
    stop2: float,
    motor3: Axis,
    start3: float,
    stop3: float,
    motor4: Axis,
    start4: float,
    stop4: float,
    motor5: Axis,
    start5: float,
    stop5: float,
    intervals: int,
    count_time: float,
    *counters: Any,
    **options: Unpack[Options],
) -> Scan:
    """Step five axes together around where they are, and return them.

        d5scan(m1, -1, 1, m2, -1, 1, m3, -1, 1, m4, -1, 1, m5, -1, 1, 10, .1, diode1)

    Args as those of `dscan`.
    """
    lines = [
        (motor1, start1, stop1),
        (motor2, start2, stop2),
        (motor3, start3, stop3),
        (motor4, start4, stop4),
        (motor5, start5, stop5),
    ]
    call = Call("d5scan", count_time, counters, options)
    return _step.line(call, lines, intervals, relative=True)


@command()
def anscan(
    motor_tuple_list: Sequence[tuple[Axis, float, float]],
    intervals: int,
    count_time: float,
    *counters: Any,
    **options: Unpack[Options],
) -> Scan:
    """Step any number of axes together, and count at each point.

        anscan([(robx, 0, 1), (roby, 0, 2)], 10, .1, diode1)

    Args:
        motor_tuple_list: For each axis a tuple of the axis, its start and its stop.
        intervals: One less than the number of points.
        count_time: Seconds a point.
        counters: What to count.
    """
    lines = check.several("anscan", "motor_tuple_list", motor_tuple_list, "(axis, start, stop)")
    call = Call("anscan", count_time, counters, options)
    return _step.line(call, [(axis, start, stop) for axis, start, stop in lines], intervals)


@command()
def dnscan(
    motor_tuple_list: Sequence[tuple[Axis, float, float]],
    intervals: int,
    count_time: float,
    *counters: Any,
    **options: Unpack[Options],
) -> Scan:
    """Step any number of axes together around where they are, and return them.

        dnscan([(robx, -1, 1), (roby, -2, 2)], 10, .1, diode1)

    Args as those of `anscan`, with positions relative to where the axes are when it runs.
    """
    lines = check.several("dnscan", "motor_tuple_list", motor_tuple_list, "(axis, start, stop)")
    call = Call("dnscan", count_time, counters, options)
    return _step.line(
        call, [(axis, start, stop) for axis, start, stop in lines], intervals, relative=True
    )
