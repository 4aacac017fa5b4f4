"""An axis that moves on while points are taken.

    start - run-up      start                     stop        stop + reserve + run-up
         |--speeds up-----|------ the points -------|--reserve--|--slows down--|

The axis has reached its speed before the first point begins, and keeps it until the last one has
ended.  Where each point really began is read and published.
"""

import logging
import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal

from bliss.common import clock
from bliss.common.ending import Step
from bliss.common.errors import ArgumentError, DeviceError, LimitError, ScanError
from bliss.common.protocols import MovingAxis
from bliss.scanning._schedule import SHARE
from bliss.scanning.acquisition.timer import TimerMaster
from bliss.scanning.chain import AcquisitionMaster
from bliss.scanning.channel import AcquisitionChannel

_log = logging.getLogger(__name__)

Mode = Literal["TIME", "POSITION"]
"""What begins a point: that the last one is over, or that the axis is where the point begins."""

_SETTLING = 0.02  #: s at full speed before the first point
#: What is left behind the last point, should points be late: share of the way, or s at full speed
#: if that is more.  As much as limits allow; the axis is stopped when the last point has ended.
_RESERVES = ((0.25, 0.5), (0.1, 0.1), (0.02, 0.02))

Device = tuple[str, Callable[[], object]]
"""Name of a device that software reads at each point, and what reads it."""


class ContinuousMaster(AcquisitionMaster):
    """Moves an axis at constant speed and triggers its slaves meanwhile.

    The velocity is set back when the scan has ended, whatever ended it; the axis is left where it
    came to rest behind the last point.

    Args:
        axis: What moves.
        start: User position at which the first point begins.
        stop: User position at which the last one ends.
        npoints: How many points.
        acq_time: Seconds a point.
        latency_time: Seconds between the end of a point and the beginning of the next.
        mode: What begins a point.
        read: What software reads at each point; it is tried before anything moves.
    """

    is_continuous = True

    def __init__(
        self,
        axis: MovingAxis,
        start: float,
        stop: float,
        npoints: int,
        acq_time: float,
        *,
        latency_time: float = 0.0,
        mode: Mode = "TIME",
        read: Sequence[Device] = (),
    ) -> None:
        super().__init__("axis")
        self.axes = [axis]
        self.npoints = npoints
        self._axis = axis
        self._start = start
        self._stop = stop
        self._acq_time = acq_time
        self._latency = latency_time
        self._by_time = mode == "TIME"
        self._read = read
        self._period = acq_time + latency_time
        self._velocity = abs(stop - start) / (npoints * self._period)
        self._step = (stop - start) / npoints
        self._direction = math.copysign(1.0, stop - start)
        self._reserve = 0.0
        self._usual_velocity: float | None = None  #: to be set back
        self._index = 0
        self._due = 0.0  #: instant at which the next point is to begin, by time
        self._missed = 0  #: how many positions could not begin a point, as the one before was late
        self._reached = -math.inf  #: in the direction of the move
        self._position = AcquisitionChannel(f"{self.name}:{axis.name}", unit=axis.unit)
        self.channels = [self._position]

    def check(self) -> None:
        """Look whether axis and counters are fast enough, and the way is free."""
        self._check_velocity()
        self._check_counters()
        self._check_target(self._run_up)
        for share, seconds in _RESERVES:
            self._reserve = max(share * abs(self._stop - self._start), seconds * self._velocity)
            try:
                self._check_target(self._end)
            except LimitError:
                if (share, seconds) == _RESERVES[-1]:
                    raise
            else:
                return

    def _check_target(self, target: float) -> None:
        try:
            self._axis.check_target(target)
        except LimitError as problem:
            raise LimitError(
                f"{problem}; it needs that way to gather speed, or to slow down"
            ) from None

    def _check_velocity(self) -> None:
        low, high = getattr(self._axis, "velocity_limits", (0.0, math.inf))
        highest = self._axis.velocity if math.isinf(high) else high
        if not (low <= self._velocity <= highest and self._velocity > 0):
            bound = (
                f"at most at {self._amount(highest)}/s; count longer, or take more points"
                if self._velocity > highest
                else f"at least at {self._amount(low)}/s; count less long, or take fewer points"
            )
            raise ArgumentError(
                f"{self._axis.name}: {self.npoints} points of {self._period:g} s from "
                f"{self._start:g} to {self._amount(self._stop)} need "
                f"{self._amount(self._velocity)}/s, and it moves {bound}"
            )

    def _check_counters(self) -> None:
        for name, read in self._read:
            read()  # the first time may take longer
            began = clock.now()
            read()
            taken = clock.now() - began
            if taken > self._acq_time:
                raise ArgumentError(
                    f"{name}: reading it takes {taken * 1e3:.3g} ms, and a point lasts "
                    f"{self._acq_time * 1e3:.3g} ms; count longer, or leave it out"
                )

    @property
    def _ramp(self) -> float:
        """The way from standstill to the velocity: v**2 / 2a."""
        return self._velocity**2 / self._axis.acceleration / 2

    @property
    def _run_up(self) -> float:
        """Where the axis sets out."""
        return self._start - self._direction * (self._ramp + _SETTLING * self._velocity)

    @property
    def _end(self) -> float:
        """Where it would come to rest if nobody stopped it."""
        return self._stop + self._direction * (self._reserve + self._ramp)

    def _amount(self, value: float) -> str:
        return f"{value:g} {self._axis.unit}" if self._axis.unit else f"{value:g}"

    def describe(self) -> dict[str, Any]:
        """From where to where, and how fast."""
        return {
            "start": [self._start],
            "stop": [self._stop],
            "velocity": self._velocity,
            "latency_time": self._latency,
        }

    def start(self) -> None:
        """Go to where the axis gathers speed."""
        self._axis.start_move(self._run_up)
        self._axis.wait_move()

    def _set_out(self) -> None:
        self._usual_velocity = self._axis.velocity
        self._axis.velocity = self._velocity
        self._axis.start_move(self._end)

    def trigger(self) -> None:
        """Wait for the beginning of the next point, then begin it on all slaves.

        The axis sets out for the first one.
        """
        if self._index == 0:
            self._set_out()
        position = self._begin_by_time() if self._by_time else self._begin_by_position()
        self._check_progress(position)
        if self._index == self.npoints - 1:
            self._tell_delay(position)
        until = self._end_of_point(position)
        for slave in self.slaves:
            if isinstance(slave, TimerMaster):
                slave.until = until
        self._index += 1
        self._position.emit(position)
        self.trigger_slaves()

    def _tell_delay(self, position: float) -> None:
        """Say of the last point that it is not where it was asked for."""
        due = self._stop - self._step
        if (position - due) * self._direction > abs(self._step):
            _log.warning(
                "%s: the last point begins at %s instead of %s, as the devices took their time at "
                "each point; give them some latency_time",
                *(self._axis.name, self._amount(position), self._amount(due)),
            )

    def _begin_by_time(self) -> float:
        """Wait for the instant of the next point; gives where the axis is then."""
        if self._index == 0:
            self._wait_for(self._start)
            self._due = clock.now()
        clock.sleep_until(self._due)
        if clock.now() > self._due + SHARE * self._period:
            self._due = clock.now()  # all later ones are put off too
            self._note_late()
        return self._axis.position

    def _begin_by_position(self) -> float:
        """Wait for the position of the next point; gives where the axis is then."""
        has_missed = False
        while True:
            due = self._next_position
            self._check_room(due)
            self._wait_for(due)
            position = self._axis.position
            missed = int((position - due) / self._step)
            if not missed:
                if has_missed or (position - due) / self._step > SHARE:
                    self._note_late()
                return position
            has_missed = True
            self._missed += missed + 1

    def _note_late(self) -> None:
        if self.passage:
            self.passage.note_late()

    @property
    def _next_position(self) -> float:
        return self._start + (self._index + self._missed) * self._step

    def _wait_for(self, position: float) -> None:
        """Wait until the axis has come to a position."""
        before = math.inf
        while (left := (position - self._axis.position) * self._direction) > 0:
            if left >= before:
                self._check_moving()
            before = left
            clock.sleep(left / self._velocity)

    def _end_of_point(self, position: float) -> float:
        """The instant at which a point that begins now ends; notes when the next begins."""
        if self._by_time:
            end = self._due + self._acq_time
            self._due += self._period
            return end
        left = (self._next_position + self._step - position) * self._direction
        return clock.now() + left / self._velocity - self._latency

    def _check_progress(self, position: float) -> None:
        """Raise unless the axis moves on, and the point in hand ends before it slows down."""
        reached = position * self._direction
        if reached <= self._reached:
            self._check_moving()
        self._reached = reached
        self._check_room(position)

    def _check_room(self, position: float) -> None:
        if (position + self._step - self._stop) * self._direction <= self._reserve:
            return
        due = self._start + self._index * self._step
        raise ScanError(
            f"{self._axis.name}: point {self._index} of {self.npoints} would begin at "
            f"{self._amount(position)} instead of {self._amount(due)}, as the counters are too "
            f"slow: each point has {self._period:g} s; give them more, or some latency_time"
        )

    def _check_moving(self) -> None:
        if self._axis.is_moving:
            return
        self._axis.wait_move()  # which knows why
        raise DeviceError(
            f"{self._axis.name}: stands still at {self._amount(self._axis.position)}, before the "
            f"scan's end at {self._amount(self._stop)}"
        )

    def wait_ready(self) -> None:
        """Wait until all slaves have emitted the point."""
        self.wait_slaves()

    def stop_steps(self) -> list[Step]:
        """Stopping the axis."""
        return [Step(f"stopping {self._axis.name}", self._axis.stop, again=True)]

    def after_steps(self, *, in_time: bool) -> list[Step]:  # noqa: ARG002
        """Setting the velocity back."""
        usual = self._usual_velocity
        if usual is None:
            return []
        what = f"setting the velocity of {self._axis.name} back to {self._amount(usual)}/s"
        return [Step(what, partial(setattr, self._axis, "velocity", usual), again=True)]
