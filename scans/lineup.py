"""A scan that ends where a counter is highest."""

from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np

from bliss.common.ending import Step
from bliss.common.errors import ArgumentError, ScanError
from bliss.common.protocols import Axis, Counter
from bliss.scanning.acquisition.axes import StepMaster
from bliss.scanning.chain import walk_below
from bliss.scanning.scan import Scan
from scans import _arguments as check
from scans import _step
from scans._options import Options, command
from scans._step import Call


class PeakMaster(StepMaster):
    """Steps an axis, and goes to where a channel had its highest value.

    Only when all went well: an axis that was interrupted stays where it is.

    Args:
        axis: What steps.
        positions: Where to.
        channel: Full name of the one whose highest value counts.
    """

    def __init__(self, axis: Axis, positions: Sequence[float], channel: str) -> None:
        super().__init__([(axis, positions)])
        self._axis = axis
        self._channel = channel
        self._position = 0.0  #: of the point in hand
        self._highest = -np.inf
        self._peak: float | None = None

    def prepare(self) -> None:
        """Listen to axis and counter."""
        super().prepare()
        self.channels[0].add_listener(self._on_position)
        for device, _ in walk_below(self):
            for channel in device.channels:
                if channel.name == self._channel:
                    channel.add_listener(self._on_value)

    def _on_position(self, points: Any) -> None:
        self._position = float(points[-1])

    def _on_value(self, points: Any) -> None:
        value = float(points[-1])
        if value > self._highest:
            self._highest, self._peak = value, self._position

    def after_steps(self, *, in_time: bool) -> list[Step]:
        """Going to the peak."""
        return [Step("going to the peak", self._go, optional=True)] if in_time else []

    def _go(self) -> None:
        if self._peak is None:
            raise ScanError(f"{self._axis.name}: there is no highest value to go to")
        self.go({self._axis: self._peak})


@command()
def lineup(
    motor: Axis,
    start: float,
    stop: float,
    intervals: int,
    count_time: float,
    counter: Any,
    **options: Unpack[Options],
) -> Scan:
    """Step an axis as `ascan` does, then go to where the counter was highest.

        lineup(robz, -5, 5, 50, .01, sim_ct_gauss)

    Args:
        motor: The axis.
        start: Position of the first point, in the axis' unit.
        stop: Position of the last point.
        intervals: One less than the number of points.
        count_time: Seconds a point.
        counter: What to look at.
    """
    ((target,), typed) = _step.way("lineup", [(motor, start, stop)], intervals)
    counted = _number(counter)
    master = PeakMaster(*target, f"{counted.controller.name}:{counted.name}")
    call = Call("lineup", count_time, [counted], options)
    return _step.scan(call, master, typed, {"data_dim": 1})


def _number(value: Any) -> Counter:
    counters = check.counters("lineup", [value])
    if len(counters) > 1 or counters[0].shape != ():
        found = ", ".join(f"{c.name} of shape {c.shape}" for c in counters)
        raise ArgumentError(f"lineup: counts {found:.100}: expected one counter of numbers")
    return counters[0]
