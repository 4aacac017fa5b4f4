"""Axes that exist only here, and move as real ones do: in real time, with a trapezoidal profile."""

import math
from collections.abc import Sequence
from typing import ClassVar

import gevent
from pydantic import Field

from bliss.common import clock
from bliss.common.errors import DeviceError
from hardware.axis_config import AxisConfig, ControllerConfig, Pair
from hardware.axis_controller import AxisController, Motion
from hardware.axis_state import AxisState
from hardware.driven_axis import DrivenAxis
from hardware.simulated_motor import SimulatedMotor


class SimulatedAxisConfig(AxisConfig):
    """One entry of `axes`."""

    velocity: float = Field(gt=0)  #: unit/s
    acceleration: float = Field(gt=0)  #: unit/s2
    position: float = 0.0  #: dial, when it is used for the first time
    switches: Pair | None = None  #: dial positions of the limit switches
    home: float = 0.0  #: dial position of the home switch


class SimulatedAxesConfig(ControllerConfig):
    """A controller of simulated axes in the configuration."""

    axes: Sequence[SimulatedAxisConfig] = Field(min_length=1)


class SimulatedAxisController(AxisController):
    """Drives simulated axes.

    They have no memory of their own: a session begins with them where the last one left them.
    `motor(axis)` is the simulated motor, which can be told to fail.
    """

    Config: ClassVar[type[ControllerConfig]] = SimulatedAxesConfig
    remembers = False

    def initialize(self) -> None:
        """Switch it on."""
        self.delay = 0.0  #: s that it takes to answer
        self.is_lost = False  #: whether it does not answer at all
        self._motors: dict[str, SimulatedMotor] = {}

    def initialize_axis(self, axis: DrivenAxis) -> None:
        """Mount a motor, where it was last seen."""
        config, steps = axis.config, axis.steps_per_unit
        seen = axis.settings["seen"]
        motor = SimulatedMotor((config.position if seen is None else seen) * steps)
        low, high = config.switches or (None, None)
        ends = sorted(
            steps * (end if limit is None else limit)
            for limit, end in ((low, -math.inf), (high, math.inf))
        )
        motor.switches = (ends[0], ends[1])
        motor.home_position = config.home * steps
        motor.velocity, motor.acceleration = (
            config.velocity * abs(steps),
            config.acceleration * abs(steps),
        )
        if axis.name not in self._motors:  # a motor does not jump when its axis is asked again
            self._motors[axis.name] = motor

    def motor(self, axis: DrivenAxis) -> SimulatedMotor:
        """The motor behind an axis, to be told how to fail."""
        self.ensure(axis)
        return self._motors[axis.name]

    def _ask(self, axis: DrivenAxis) -> SimulatedMotor:
        """The motor, once the electronics have answered."""
        if self.delay:
            gevent.sleep(self.delay)
        if self.is_lost:
            raise DeviceError(f"{axis.name}: {self.name} does not answer")
        return self._motors[axis.name]

    def read_position(self, axis: DrivenAxis) -> float:
        """Where the axis is at this instant."""
        return self._ask(axis).position(clock.now())

    def read_encoder(self, axis: DrivenAxis) -> float:
        """Where the axis is, as its encoder has it: that is where it is."""
        encoder = axis.config.encoder
        if encoder is None:
            return super().read_encoder(axis)
        return self.read_position(axis) / axis.steps_per_unit * float(encoder.steps_per_unit)

    def state(self, axis: DrivenAxis) -> AxisState:
        """What the axis does at this instant."""
        return self._ask(axis).state(clock.now())

    def motion_end(self, axis: DrivenAxis) -> float | None:
        """When the last motion ends, should nothing happen before."""
        return self._motors[axis.name].end_time()

    def start_one(self, motion: Motion) -> None:
        """Begin a motion."""
        self.start_all([motion])

    def start_all(self, motions: Sequence[Motion]) -> None:
        """Begin motions at the same instant."""
        motors = [self._ask(motion.axis) for motion in motions]
        now = clock.now()
        for motion, motor in zip(motions, motors, strict=True):
            axis = motion.axis
            try:
                motor.start(motion.target, now=now)
            except DeviceError as problem:
                where = axis.amount(axis.dial_to_user(motion.target / axis.steps_per_unit))
                raise DeviceError(f"{axis.name}: cannot be moved to {where}: {problem}") from None

    def stop(self, axis: DrivenAxis) -> None:
        """Begin to decelerate."""
        self._ask(axis).stop(clock.now())

    def read_velocity(self, axis: DrivenAxis) -> float:
        """Velocity of the next motion."""
        return self._ask(axis).velocity

    def set_velocity(self, axis: DrivenAxis, velocity: float) -> None:
        """Set the velocity of the next motion."""
        self._ask(axis).velocity = velocity

    def read_acceleration(self, axis: DrivenAxis) -> float:
        """Acceleration of the next motion."""
        return self._ask(axis).acceleration

    def set_acceleration(self, axis: DrivenAxis, acceleration: float) -> None:
        """Set the acceleration of the next motion."""
        self._ask(axis).acceleration = acceleration

    def set_position(self, axis: DrivenAxis, position: float) -> None:
        """Call the place where the axis is `position`."""
        self._ask(axis).set_position(position, clock.now())

    def set_on(self, axis: DrivenAxis) -> None:
        """Give the motor power."""
        self._ask(axis).is_on = True

    def set_off(self, axis: DrivenAxis) -> None:
        """Take its power away."""
        self._ask(axis).is_on = False

    def home_search(self, axis: DrivenAxis, direction: int) -> None:  # noqa: ARG002 - it knows the way
        """Begin to go to the home switch."""
        self._ask(axis).home(clock.now())

    def limit_search(self, axis: DrivenAxis, direction: int) -> None:
        """Begin to go to a limit switch."""
        try:
            self._ask(axis).search_limit(direction, clock.now())
        except DeviceError as problem:
            raise DeviceError(f"{axis.name}: {problem}") from None

    def start_jog(self, axis: DrivenAxis, velocity: float) -> None:
        """Begin to move until stopped."""
        self._ask(axis).jog(velocity, clock.now())
