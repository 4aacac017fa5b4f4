"""Axes that exist only here, and move as real ones do: in real time, with a trapezoidal profile."""

import math
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from bliss.common import clock
from bliss.common.errors import ConfigError, DeviceError
from hardware.axis import Axis
from hardware.axis_controller import AxisState, DrivenAxis
from hardware.configuration import DeviceConfig, checked
from hardware.motion import Profile


class AxisConfig(DeviceConfig):
    """One entry of `axes` in the configuration."""

    name: str = Field(min_length=1)
    unit: str | None = None
    velocity: float = Field(gt=0)  #: unit/s
    acceleration: float = Field(gt=0)  #: unit/s2
    limits: Annotated[list[float | None], Field(min_length=2, max_length=2)] | None = None
    position: float = 0.0  #: at the start of the session


class SimulatedAxesConfig(DeviceConfig):
    """A controller of simulated axes in the configuration."""

    axes: list[AxisConfig] = Field(min_length=1)


class SimulatedAxisController:
    """Drives simulated axes; `fail_start` and `fail_move` let tests see them fail.

    Args:
        name: Of the controller.
        config: `axes`, a list of entries with `name`, `unit`, `velocity`, `acceleration`,
            `limits` and the initial `position`.
    """

    def __init__(self, name: str, config: Mapping[str, Any]) -> None:
        self.name = name
        self._motors: dict[str, _Motor] = {}
        self._axes: dict[str, Axis] = {}
        for entry in checked(SimulatedAxesConfig, name, config).axes:
            self._add(entry)

    @property
    def devices(self) -> dict[str, object]:
        """The axes by name."""
        return dict(self._axes)

    def read_position(self, axis: DrivenAxis) -> float:
        """Where the axis is at this instant."""
        return self._motors[axis.name].position(clock.now())

    def read_state(self, axis: DrivenAxis) -> AxisState:
        """What the axis does at this instant."""
        return self._motors[axis.name].state(clock.now())

    def read_fault(self, axis: DrivenAxis) -> str:
        """Why the axis is in FAULT."""
        return self._motors[axis.name].fault

    def start_motion(self, axis: DrivenAxis, target: float) -> None:
        """Start to move and return at once."""
        self._motors[axis.name].start(axis, target)

    def stop_motion(self, axis: DrivenAxis) -> None:
        """Begin to decelerate and return at once."""
        self._motors[axis.name].stop(clock.now())

    def motion_end(self, axis: DrivenAxis) -> float:
        """When the last move ends, should nothing happen before."""
        return self._motors[axis.name].profile.end_time

    def fail_start(self, axis: DrivenAxis, reason: str = "simulated failure") -> None:
        """Make the axis refuse its next move."""
        self._motors[axis.name].refusal = reason

    def fail_move(
        self, axis: DrivenAxis, *, after: float, reason: str = "simulated failure"
    ) -> None:
        """Make the next move of the axis break off `after` seconds, with the axis in FAULT."""
        self._motors[axis.name].plan_fault(after, reason)

    def _add(self, entry: AxisConfig) -> None:
        if entry.name in self._axes:
            raise ConfigError(f"{self.name}: there are two axes of the name {entry.name!r}")
        try:
            axis = Axis(
                entry.name,
                self,
                unit=entry.unit,
                velocity=entry.velocity,
                acceleration=entry.acceleration,
                limits=entry.limits or (None, None),
            )
        except ValueError as problem:
            raise ConfigError(f"{self.name}: {problem}") from None
        self._axes[entry.name] = axis
        self._motors[entry.name] = _Motor(entry.position)

    def __repr__(self) -> str:
        return f"<SimulatedAxisController {self.name}: {', '.join(self._axes)}>"


class _Motor:
    """The simulated mechanics of one axis."""

    def __init__(self, position: float) -> None:
        self.profile = Profile.between(position, position, velocity=1.0, acceleration=1.0)
        self.fault = ""
        self.refusal = ""
        self._fault_time = math.inf
        self._planned_fault: tuple[float, str] | None = None

    def position(self, instant: float) -> float:
        return self.profile.position(min(instant, self._fault_time))

    def state(self, instant: float) -> AxisState:
        if instant < min(self.profile.end_time, self._fault_time):
            return AxisState.MOVING
        return AxisState.FAULT if self._fault_time < self.profile.end_time else AxisState.READY

    def plan_fault(self, after: float, reason: str) -> None:
        self._planned_fault = (after, reason)

    def start(self, axis: DrivenAxis, target: float) -> None:
        if self.refusal:
            reason, self.refusal = self.refusal, ""
            raise DeviceError(f"{axis.name}: cannot be moved to {target} {axis.unit}: {reason}")
        instant = clock.now()
        after, self.fault = self._planned_fault or (math.inf, "")
        self._planned_fault = None
        position = self.position(instant)
        self._fault_time = instant + after
        self.profile = Profile.between(
            position,
            target,
            velocity=axis.velocity,
            acceleration=axis.acceleration,
            start_time=instant,
        )

    def stop(self, instant: float) -> None:
        if self.state(instant) is AxisState.MOVING:
            self.profile = self.profile.stopped_at(instant)
