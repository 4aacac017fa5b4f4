"""Scans through positions that are given one by one."""

from collections.abc import Sequence
from typing import Any, Unpack

from bliss.common.protocols import Axis
from bliss.scanning.scan import Scan
from scans import _arguments as check
from scans import _step
from scans._options import Options, command
from scans._step import Call


@command()
def pointscan(
    motor: Axis,
    positions: Sequence[float],
    count_time: float,
    *counters: Any,
    **options: Unpack[Options],
) -> Scan:
    """Go to each of some positions, and count there.

        pointscan(robx, [0, 1, 4, 9], .1, diode1)

    Args:
        motor: The axis.
        positions: Where to count, in the axis' unit; a list or an array.
        count_time: Seconds a point.
        counters: What to count.
    """
    return _step.points(Call("pointscan", count_time, counters, options), [(motor, positions)])


@command()
def lookupscan(
    motor_positions_list: Sequence[tuple[Axis, Sequence[float]]],
    count_time: float,
    *counters: Any,
    **options: Unpack[Options],
) -> Scan:
    """Go with several axes, together, through positions of their own, and count there.

        lookupscan([(robx, [0, 1, 4]), (roby, [5, 5, 6])], .1, diode1)

    Args:
        motor_positions_list: For each axis a tuple of the axis and its positions, as many for each.
        count_time: Seconds a point.
        counters: What to count.
    """
    lists = check.several(
        "lookupscan", "motor_positions_list", motor_positions_list, "(axis, positions)"
    )
    call = Call("lookupscan", count_time, counters, options)
    return _step.points(call, [(axis, positions) for axis, positions in lists])
