"""How an axis shows itself when its name is typed."""

from typing import TYPE_CHECKING

from bliss.common.ending import in_words
from bliss.common.errors import BlissError

if TYPE_CHECKING:
    from collections.abc import Callable

    from hardware.axis import Axis


_DIGITS = 9  #: behind the point; what comes after is rounding


def info(axis: "Axis") -> str:
    """What a user wants to see of an axis, read from the hardware now.

    What cannot be read says why, in its place: an axis whose controller is lost shows itself too.
    """
    unit = axis.unit or "unit"

    def amount(value: float) -> str:
        return axis.amount(round(value, _DIGITS))

    low, high = axis.limits
    rows = [
        ("position", _asked(lambda: amount(axis.position))),
        ("dial", _asked(lambda: amount(axis.dial))),
        ("offset, sign", f"{amount(axis.offset)}, {axis.sign:+d}"),
        ("limits", f"{round(low, _DIGITS)} to {amount(high)}"),
        ("velocity", _asked(lambda: f"{axis.velocity} {unit}/s")),
        (
            "acceleration",
            _asked(lambda: f"{axis.acceleration} {unit}/s2 ({axis.acctime:g} s to full speed)"),
        ),
    ]
    if axis.config.steps_per_unit is not None:
        rows.append(("steps", f"{axis.steps_per_unit:g} per {unit}"))
    if axis.config.encoder:
        rows.insert(1, ("encoder", _asked(lambda: amount(axis.measured_position))))
    if axis.backlash:
        rows.append(("backlash", axis.amount(axis.backlash)))
    if axis.tolerance:
        rows.append(("tolerance", axis.amount(axis.tolerance)))
    if axis.motion_hooks:
        rows.append(("hooks", ", ".join(type(hook).__name__ for hook in axis.motion_hooks)))
    lines = [f"  {name:14}{value}" for name, value in rows]
    more = _asked(lambda: axis.controller.info(axis))
    head = f"{axis.name}: axis of {axis.controller.name}, {_asked(lambda: repr_of(axis))}"
    return "\n".join([head, *lines, *(f"  {line}" for line in more.splitlines())])


def repr_of(axis: "Axis") -> str:
    """Its state, and why it is in FAULT if it is."""
    state = axis.state
    return f"{state} ({state.meaning('FAULT')})" if "FAULT" in state else str(state)


def _asked(read: "Callable[[], str]") -> str:
    try:
        return read()
    except BlissError as problem:
        return f"not known ({in_words(problem)})"
