"""From what is typed behind a command that moves axes to where each of them is to go."""

from collections.abc import Callable, Sequence
from typing import Any

from bliss.common.errors import ArgumentError
from bliss.common.protocols import is_axis
from hardware._numbers import number
from hardware.axis import Axis

Meaning = Callable[[Axis, Any], float]
"""From what is typed for an axis to a user position; reads the axis, moves nothing."""


def absolute(_axis: Axis, position: Any) -> float:
    """A user position as it is; whether it is one is checked when the move begins."""
    return position  # type: ignore[no-any-return]


def relative(axis: Axis, distance: Any) -> float:
    """A distance from where the axis was sent, or else is now."""
    checked = number(axis.name, "distance", distance)
    return axis.set_position + checked


def dial(axis: Axis, position: Any) -> float:
    """A dial position."""
    return axis.dial_to_user(number(axis.name, "dial position", position))


def targets_of(command: str, pairs: Sequence[Any], meaning: Meaning) -> dict[Axis, float]:
    """The user position for each axis of a command.

    Args:
        command: Its name.
        pairs: Axis, number, axis, number, …
        meaning: Of the numbers.

    Raises:
        ArgumentError: If they are no pairs, one is of something else than an axis, or an axis is
            given twice.
        SettingError: If a distance or dial position is not a number.
        DeviceError: If an axis that has to be read does not answer.
    """
    axes, values = pairs[::2], pairs[1::2]
    if not pairs or len(axes) != len(values):
        raise ArgumentError(
            f"{command}: expected pairs of axis and number, as in {command}(robx, 1, roby, 2)"
        )
    for axis in axes:
        check_axis(command, axis)
    for axis in axes:
        if sum(axis is other for other in axes) > 1:
            raise ArgumentError(
                f"{command}: an axis is given twice, {axis.name}; give each axis one number"
            )
    return {axis: meaning(axis, value) for axis, value in zip(axes, values, strict=True)}


def check_axis(command: str, value: Any) -> None:
    """Raise `ArgumentError` if `value` is not an axis."""
    if not is_axis(value):
        raise ArgumentError(f"{command}: {value!r:.60} is not an axis; wa() lists the axes")
