"""Moves of several axes: begun together, and over when all stand still or one has failed."""

from collections.abc import Mapping, Sequence

from bliss.common import protocols
from bliss.common.ending import Step
from hardware import _start
from hardware.axis import Axis
from hardware.group import Group

Targets = Mapping[Axis, float]
"""User positions to go to."""


def check(targets: Targets) -> None:
    """Raise what says that these moves cannot begin; nothing moves.

    Raises:
        LimitError: If a position is outside the limits of an axis, or of a real one behind it.
        ArgumentError: If two of them need the same axis in different places.
        DeviceError: If an axis moves already, or cannot be moved.
    """
    for axis in _start.check(targets):
        axis.check_ready()


def start(targets: Targets, *, wait: bool) -> None:
    """Begin moves that were checked.

    Args:
        targets: Where to.
        wait: Whether `wait_for` follows; else each move is looked after by itself.
    """
    Group(*targets).start(targets)
    if not wait:
        for axis in targets:
            axis.watch_move()


def wait_for(axes: Sequence[Axis]) -> None:
    """Wait until all stand still; when one fails, the others are stopped.

    Raises:
        DeviceError: What the first one that failed says.
    """
    Group(*axes).wait_move()


def stop_steps(axes: Sequence[protocols.Axis]) -> list[Step]:
    """Stopping all, as steps of an ending that run side by side."""
    return [Step(f"stopping {axis.name}", axis.stop, again=True) for axis in axes]
