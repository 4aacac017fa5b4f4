"""What drives an axis: the part that differs from one make of motor controller to the next."""

from enum import StrEnum
from typing import Protocol


class AxisState(StrEnum):
    """What an axis does: `axis.state == "READY"` holds, too."""

    READY = "READY"  #: stands still and can be moved
    MOVING = "MOVING"
    FAULT = "FAULT"  #: stands still because something failed


class DrivenAxis(Protocol):
    """What a controller sees of an axis: which one it is, and how it shall move."""

    name: str  #: `"robz"`
    unit: str | None  #: `"mm"`

    @property
    def velocity(self) -> float:
        """Of the next move, in unit/s."""

    @property
    def acceleration(self) -> float:
        """Of the next move, in unit/s2."""


class AxisController(Protocol):
    """What a motor controller can do; positions here are dial positions, times `clock.now()`."""

    name: str  #: `"simulated_motors"`

    def read_position(self, axis: DrivenAxis) -> float:
        """Where the axis is now: `-4.98`."""

    def read_state(self, axis: DrivenAxis) -> AxisState:
        """What the axis does now."""

    def read_fault(self, axis: DrivenAxis) -> str:
        """Why the state is FAULT: `"limit switch"`."""

    def start_motion(self, axis: DrivenAxis, target: float) -> None:
        """Start to move and return at once, or raise `DeviceError`."""

    def stop_motion(self, axis: DrivenAxis) -> None:
        """Begin to decelerate and return at once; harmless on an axis at rest."""

    def motion_end(self, axis: DrivenAxis) -> float | None:
        """When the move under way, or the last one, ends; None where this is not known."""
