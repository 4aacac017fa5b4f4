"""The one standard axis: what every axis does the same way, whatever drives it.

What a particular motor controller does is in an `AxisController`, a small object that several
axes may share; an `Axis` has one, and adds what a user expects of an axis.
"""

import math
import sys
from collections.abc import Sequence
from typing import Any

import gevent

from bliss.common import clock
from bliss.common.errors import DeviceError, LimitError, SettingError
from hardware.axis_controller import AxisController, AxisState

#: While an axis moves and nobody knows for how long, its state is read this often (s).
POLL_INTERVAL = 0.01


class Axis:
    """Something that moves to a position and stops.

    Args:
        name: What the user types, `"robz"`.
        controller: What drives it.
        unit: Of its positions, `"mm"`.
        velocity: In unit/s, above 0.
        acceleration: In unit/s2, above 0.
        limits: Lowest and highest position; None where there is no limit.
    """

    def __init__(
        self,
        name: str,
        controller: AxisController,
        *,
        unit: str | None = None,
        velocity: float,
        acceleration: float,
        limits: Sequence[float | None] = (None, None),
    ) -> None:
        self.name = name
        self.unit = unit
        self._controller = controller
        self._target: float | None = None
        self.velocity = velocity
        self.acceleration = acceleration
        self.limits = limits

    @property
    def controller(self) -> AxisController:
        """What drives the axis."""
        return self._controller

    @property
    def position(self) -> float:
        """User position, read from the hardware: `-4.98`."""
        return self._to_user(self._controller.read_position(self))

    @property
    def dial(self) -> float:
        """Position as the hardware has it, read from it."""
        return self._controller.read_position(self)

    @property
    def state(self) -> AxisState:
        """`READY`, `MOVING` or `FAULT`, read from the hardware."""
        return self._controller.read_state(self)

    @property
    def is_moving(self) -> bool:
        """Whether a move is under way, read from the hardware."""
        return self._controller.read_state(self) is AxisState.MOVING

    @property
    def velocity(self) -> float:
        """Velocity of the next move, in unit/s."""
        return self._velocity

    @velocity.setter
    def velocity(self, velocity: float) -> None:
        self._velocity = self._above_zero("velocity", velocity)

    @property
    def acceleration(self) -> float:
        """Acceleration and deceleration of the next move, in unit/s2."""
        return self._acceleration

    @acceleration.setter
    def acceleration(self, acceleration: float) -> None:
        self._acceleration = self._above_zero("acceleration", acceleration)

    @property
    def limits(self) -> tuple[float, float]:
        """Lowest and highest user position: `(-20.0, 20.0)`; infinite where there is none.

        Set it to a pair, with None for no limit.
        """
        return self._limits

    @limits.setter
    def limits(self, limits: Sequence[float | None]) -> None:
        self._limits = self._checked_limits(limits)

    @property
    def low_limit(self) -> float:
        """Lowest user position."""
        return self._limits[0]

    @low_limit.setter
    def low_limit(self, low: float | None) -> None:
        self.limits = (low, self.high_limit)

    @property
    def high_limit(self) -> float:
        """Highest user position."""
        return self._limits[1]

    @high_limit.setter
    def high_limit(self, high: float | None) -> None:
        self.limits = (self.low_limit, high)

    def check_target(self, target: float) -> None:
        """Raise `LimitError` when `target` (user position) cannot be reached; touches nothing."""
        self._checked_target(target)

    def start_move(self, target: float) -> None:
        """Start to move to `target` (user position) and return at once.

        Raises:
            LimitError: If the target is not a position within the limits.
            DeviceError: If the axis is moving, or cannot be moved.
        """
        self._start(self._ready_for(target))

    def wait_move(self) -> None:
        """Wait for the end of the move; who is interrupted while waiting decides what to stop.

        Raises:
            DeviceError: If the move failed.
        """
        if self._wait_standstill() is AxisState.FAULT:
            raise DeviceError(
                f"{self.name}: the move to {self._amount(self._target)} failed at "
                f"{self._amount(self.position)}: {self._controller.read_fault(self)}"
            )

    def move(self, target: float, wait: bool = True) -> None:
        """Move to `target` (user position); an interrupted move stops the axis.

        Args:
            target: User position, within the limits.
            wait: Return at the end of the move, not at its start.

        Raises:
            LimitError: If the target is not a position within the limits.
            DeviceError: If the axis is moving, cannot be moved, or failed on its way.
        """
        position = self._ready_for(target)
        try:
            self._start(position)
            if wait:
                self.wait_move()
        except BaseException as reason:
            self._stop_because(reason)
            raise

    def rmove(self, distance: float, wait: bool = True) -> None:
        """Move by `distance` from where the axis is now; otherwise as `move`."""
        self.move(self.position + self._number("distance", distance), wait)

    def stop(self) -> None:
        """Decelerate, and return once the axis stands still; harmless on an axis at rest."""
        try:
            self._controller.stop_motion(self)
        finally:  # an axis that cannot be stopped comes to its target
            self._wait_standstill()

    def __info__(self) -> str:
        """What a user wants to see, read from the hardware now."""
        low, high = self._limits
        unit = self.unit or "unit"
        return (
            f"{self.name}: axis of {self._controller.name}, {self.state}\n"
            f"  position      {self._amount(self.position)}\n"
            f"  limits        {low} to {self._amount(high)}\n"
            f"  velocity      {self._velocity} {unit}/s\n"
            f"  acceleration  {self._acceleration} {unit}/s2"
        )

    def __repr__(self) -> str:
        return f"<Axis {self.name}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ARG002 - IPython's protocol
        nested = len(printer.stack) > 1  # in a list, say
        printer.text(repr(self) if nested else self.__info__())

    def _to_user(self, dial: float) -> float:
        return dial

    def _to_dial(self, position: float) -> float:
        return position

    def _ready_for(self, target: float) -> float:
        position = self._checked_target(target)
        if self.is_moving:
            raise DeviceError(
                f"{self.name}: is moving to {self._amount(self._target)} already; "
                f"wait with {self.name}.wait_move() or end it with {self.name}.stop()"
            )
        return position

    def _start(self, position: float) -> None:
        self._target = position
        self._controller.start_motion(self, self._to_dial(position))

    def _wait_standstill(self) -> AxisState:
        while (state := self.state) is AxisState.MOVING:
            end = self._controller.motion_end(self)
            # Only the last part is waited for in one go: a stop or a fault may come before.
            if end is not None and 0 < end - clock.now() <= 2 * POLL_INTERVAL:
                clock.sleep_until(end)
            else:
                gevent.sleep(POLL_INTERVAL)
        return state

    def _stop_because(self, reason: BaseException) -> None:
        try:
            self.stop()
        except Exception as problem:  # noqa: BLE001 - the first error is raised, with this one
            reason.add_note(f"and the axis could not be stopped: {problem}")

    def _checked_target(self, target: float) -> float:
        try:
            position = self._number("position", target)
        except SettingError as problem:
            raise LimitError(str(problem)) from None
        low, high = self._limits
        if position < low:
            raise self._beyond(position, "low", low)
        if position > high:
            raise self._beyond(position, "high", high)
        return position

    def _beyond(self, position: float, which: str, limit: float) -> LimitError:
        return LimitError(
            f"{self.name}: {self._amount(position)} is beyond the {which} limit "
            f"({self._amount(limit)}); see {self.name}.limits"
        )

    def _checked_limits(self, limits: Sequence[float | None]) -> tuple[float, float]:
        try:
            low, high = limits
        except (TypeError, ValueError):
            raise SettingError(
                f"{self.name}: {limits!r} are no limits; expected a pair, (lowest, highest)"
            ) from None
        low = -math.inf if low in (None, -math.inf) else self._number("low limit", low)
        high = math.inf if high in (None, math.inf) else self._number("high limit", high)
        if low > high:
            raise SettingError(
                f"{self.name}: the low limit ({self._amount(low)}) is above the high limit "
                f"({self._amount(high)})"
            )
        return low, high

    def _above_zero(self, what: str, value: float) -> float:
        number = self._number(what, value)
        if number <= 0:
            raise SettingError(f"{self.name}: {value!r} is no {what}; expected a number above 0")
        return number

    def _number(self, what: str, value: Any) -> float:
        """`value` as a finite float; neither a text nor a bool is one, whatever `float` says."""
        if getattr(value, "shape", None) == ():
            value = value.item()
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if is_number and -sys.float_info.max <= value <= sys.float_info.max:
            return float(value)
        raise SettingError(f"{self.name}: {value!r} is no {what}; expected a finite number")

    def _amount(self, value: float | None) -> str:
        return f"{value} {self.unit}" if self.unit else str(value)
