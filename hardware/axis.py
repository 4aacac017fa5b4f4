"""The one standard axis: what every axis does the same way, whatever drives it.

What a particular motor controller does is in an `AxisController`; several axes may share one.
An `Axis` adds what a user expects of an axis: user and dial positions, limits, settings that
outlive the session (`hardware.driven_axis`), and moves that are checked, waited for and stopped.
"""

import math
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import suppress
from itertools import pairwise
from typing import Any

from bliss.common.errors import DeviceError, SettingError
from hardware import _start
from hardware._claim import check_not_stopped, claimed
from hardware._info import info
from hardware._last_seen import ANYWHERE
from hardware._move import Move
from hardware._numbers import above_zero, number
from hardware.axis_config import AxisConfig
from hardware.axis_controller import AxisController, Motion
from hardware.axis_state import AxisState
from hardware.driven_axis import DrivenAxis
from hardware.motion import Profile
from hardware.motion_hook import MotionHook
from hardware.move_listener import MoveListener


class Axis(DrivenAxis):
    """Something that moves to a position and stops.

    Positions are user positions in `unit`, unless a name says dial.

    Args:
        name: What the user types, `"robz"`.
        controller: What drives it.
        config: Its entry in the configuration.
        settings: Where its settings are kept.
    """

    def __init__(
        self,
        name: str,
        controller: AxisController,
        config: AxisConfig,
        settings: MutableMapping[str, Any],
    ) -> None:
        super().__init__(name, controller, config, settings)
        self.motion_hooks: list[MotionHook] = list(config.motion_hooks)
        self.listeners: list[MoveListener] = []
        self.checks_encoder = config.check_encoder
        self._move: Move | None = None

    @property
    def state(self) -> AxisState:
        """What it does, read from the hardware: `READY`, `MOVING`, `READY LIMPOS`, `FAULT` …"""
        state = super().state
        if self._move and self._move.has_legs and "MOVING" not in state and "FAULT" not in state:
            return state.with_("MOVING", without="READY")
        return state

    @property
    def set_position(self) -> float:
        """Where it was last sent if it is there, so that errors do not add up; else `position`."""
        position, sent = self.position, self._sent
        if sent is None or abs(position - sent) > max(self.resolution, self.tolerance or 0.0):
            return position
        return sent

    def check_target(self, target: float) -> None:
        """Raise `LimitError` when the axis, or a real one behind it, cannot go there."""
        _start.check({self: target})

    @staticmethod
    def check_together(targets: Mapping["Axis", float]) -> None:
        """Raise when these axes, or real ones behind them, cannot all go there at once.

        Raises:
            LimitError: If one cannot.
            ArgumentError: If two of them need the same axis in different places.
        """
        _start.check(targets)

    @staticmethod
    def start_together(targets: Mapping["Axis", float]) -> None:
        """As `start_move` of all of them at once; if one cannot begin, those that did are stopped.

        Raises:
            LimitError: If a position is outside limits; nothing has moved.
            DeviceError: If an axis moves already, or cannot be moved.
        """
        _start.start(targets)

    def start_move(self, target: float) -> None:
        """Start to move to `target` and return at once; `wait_move` has to follow.

        Raises:
            LimitError: If the target is not a position within the limits.
            DeviceError: If the axis is moving, or cannot be moved.
        """
        _start.start({self: target})

    def prepare_move(self, target: float) -> None:
        """Work out a move to `target` that begins soon; `start_move` then need not.

        Asks where the axis is and what it does, and changes nothing; harmless if it never begins,
        or if anything is done with the axis before.
        """
        _start.prepare(self, target)

    def wait_move(self) -> None:
        """Wait for the end of the move; who is interrupted while waiting decides what to stop.

        Raises:
            DeviceError: If the move failed, or did not end where it should.
        """
        move = self._move
        if move is None:
            Move(self).wait_standstill()
            return
        try:
            move.wait()
        finally:
            if move is self._move and move.is_done:
                self._move = None

    def move(self, target: float, wait: bool = True) -> None:
        """Move to `target`; an interrupted move stops the axis.

        Args:
            target: User position, within the limits.
            wait: Return at the end of the move, not at its start.

        Raises:
            LimitError: If the target is not a position within the limits.
            DeviceError: If the axis is moving, cannot be moved, or failed on its way.
        """
        self.start_move(target)
        self._go_on(wait)

    def rmove(self, distance: float, wait: bool = True) -> None:
        """Move by `distance` from where the axis was sent, or else is; otherwise as `move`."""
        self.move(self.set_position + number(self.name, "distance", distance), wait)

    def home(self, direction: int = 1, wait: bool = True) -> None:
        """Look for the home switch, at first upwards (1) or downwards (-1).

        Raises:
            NotSupportedError: If it has none.
            DeviceError: If it is moving, or failed on its way.
        """
        self._search(self._hardware.home_search, direction, wait)

    def limit_search(self, direction: int, wait: bool = True) -> None:
        """Move to the upper (1) or lower (-1) limit switch, whatever the limits set here.

        Raises:
            NotSupportedError: If it cannot.
            DeviceError: If it is moving, or failed on its way.
        """
        self._search(self._hardware.limit_search, direction, wait)

    def _search(self, begin: Any, direction: int, wait: bool) -> None:
        if direction not in (1, -1):
            raise SettingError(f"{self.name}: {direction!r} is no direction; expected 1 or -1")
        turned = self.sign * math.copysign(1, self.steps_per_unit)
        self._start_without_target(lambda: begin(self, int(direction * turned)))
        self._go_on(wait)

    def jog(self, velocity: float) -> None:
        """Move at a velocity, in unit/s with its sign, until `stop()` or to its limit.

        Raises:
            DeviceError: If it is moving, or cannot be moved.
        """
        speed = number(self.name, "velocity", velocity)
        above_zero(self.name, "velocity", abs(speed))
        limit = self.high_limit if speed > 0 else self.low_limit
        if math.isinf(limit):
            steps = speed * self.sign * self.steps_per_unit
            self._start_without_target(lambda: self._hardware.start_jog(self, steps))
        else:
            self._jog_to(limit, abs(speed))
        self._go_on(wait=False)

    def _jog_to(self, limit: float, speed: float) -> None:
        usual, is_set = self.velocity, False

        def set_velocity(value: float) -> None:
            nonlocal is_set
            is_set = True
            self._hardware.set_velocity(self, value * abs(self.steps_per_unit))

        try:
            _start.start(
                {self: limit},
                before=lambda: set_velocity(speed),
                after=lambda _move: set_velocity(usual),
            )
        except BaseException:
            if is_set:
                set_velocity(usual)
            raise

    def _start_without_target(self, begin: Callable[[], object]) -> None:
        with claimed([self], lambda axis: axis.moves_already(None)):
            self.check_ready()
            dial = self.dial
            move = Move(self, start=self.dial_to_user(dial), start_dial=dial)
            self.on_move_start(move)
            try:
                begin()
                check_not_stopped([self])
            except BaseException as reason:
                _start.stop([self], reason)
                self.end_move(move)
                raise

    def _go_on(self, wait: bool) -> None:
        if not wait:
            self.watch_move()
            return
        try:
            self.wait_move()
        except BaseException as reason:
            _start.stop([self], reason)
            raise

    def watch_move(self) -> None:
        """Have the move under way brought to its end though nobody waits for it."""
        if self._move:
            self._move.watch()

    def begin_stop(self) -> None:
        """Begin to decelerate, and return at once; harmless on an axis at rest."""
        if self.claim:
            self.claim.is_stopped = True
        if self._move:
            self._move.is_stopped = True
            self._sent = None
        self._hardware.stop(self)

    def stop(self) -> None:
        """Decelerate, and return once the axis stands still; harmless on an axis at rest."""
        move = self._move
        try:
            self.begin_stop()
        finally:  # an axis that cannot be stopped comes to its target
            Move(self).wait_standstill()
            if move:
                self.end_move(move)

    # What the start and the end of a move ask for

    def check_ready(self) -> None:
        """Raise `DeviceError` unless a move can begin."""
        state = self.state
        if "MOVING" in state:
            target = self._move.target if self._move else None
            raise DeviceError(f"{self.name}: {self.moves_already(target)}")
        for name in ("OFF", "DISABLED"):
            if name in state:
                raise DeviceError(f"{self.name}: cannot be moved, it {state.meaning(name)}")
        if self._move and not self._move.is_done:
            self._move.settle()

    def moves_already(self, target: float | None) -> str:
        """What is told to who wants to move it meanwhile, in words that follow its name."""
        where = "" if target is None else f" to {self.amount(target)}"
        return (
            f"is moving{where} already; "
            f"wait with {self.name}.wait_move() or end it with {self.name}.stop()"
        )

    def legs_to(self, target: float, start: float) -> list[float]:
        """The dial positions on the way to a user position; two where backlash is undone."""
        end = self.user_to_dial(target)
        if not self.backlash or target == start or (target > start) == (self.backlash > 0):
            return [end]
        low, high = self.limits
        return [self.user_to_dial(min(max(target - self.backlash, low), high)), end]

    def motion_to(self, dial: float, start: float) -> Motion:
        """What the controller is told, to go from one dial position to another."""
        steps = self.steps_per_unit
        return Motion(self, dial * steps, (dial - start) * steps)

    def expected_time(self, start: float, target: float) -> float:
        """Seconds that a move between two user positions should take; 0 where that is not known."""
        if self.real_axes:
            return self._controller.expected_time(self, start, target)
        places = [self.user_to_dial(start), *self.legs_to(target, start)]
        return sum(self.duration(end - begin) for begin, end in pairwise(places))

    def duration(self, distance: float) -> float:
        """Seconds that a motion by so many units should take; 0 where that is not known."""
        velocity, acceleration = self.settings["velocity"], self.settings["acceleration"]
        if not velocity or not acceleration:
            return 0.0
        profile = Profile.between(0.0, distance, velocity=velocity, acceleration=acceleration)
        return profile.duration

    def motion_end(self) -> float | None:
        """When the hardware says that its motion ends, if it does."""
        return self._controller.motion_end(self)

    def begin_leg(self, dial: float) -> float:
        """Begin another leg of the move; gives how far it goes, in units."""
        start = self.dial
        self._controller.start_one(self.motion_to(dial, start))
        return dial - start

    def distance_from(self, target: float) -> float | None:
        """How far it stands from a user position; None where no tolerance says what is far."""
        if self.tolerance is None:
            return None
        return abs((self.measured_position if self.checks_encoder else self.position) - target)

    def end_move(self, move: Move) -> None:
        """Note the end of a move that was stopped, or could not begin; what failed is known."""
        move.is_stopped = True
        with suppress(Exception):
            move.wait()
        if move is self._move:
            self._move = None

    def on_move_start(self, move: Move) -> None:
        """A move is about to begin."""
        self._move, self._sent = move, move.target
        going_to = ANYWHERE if move.last is None else move.last
        self.settings.saw(soon=self._controller.remembers, seen=move.start_dial, going_to=going_to)
        for listener in self.listeners:
            listener.on_move_start(self, move.start, move.target)

    def on_move_end(self, problem: Exception | None) -> None:
        """The axis stands still."""
        if problem:
            self._sent = None
        dial = self.dial
        self.settings.saw(seen=dial, going_to=None)
        for listener in self.listeners:
            listener.on_move_end(self, self.dial_to_user(dial), problem)

    def __info__(self) -> str:
        """What a user wants to see, read from the hardware now."""
        return info(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ARG002 - IPython's protocol
        nested = len(printer.stack) > 1  # in a list, say
        printer.text(repr(self) if nested else self.__info__())
