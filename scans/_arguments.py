"""Checks of what was typed, before anything is made or moves."""

import math
from collections.abc import Sequence
from numbers import Real
from typing import Any

from bliss.common.errors import ArgumentError
from bliss.common.protocols import Axis, Counter, is_axis, is_counter


def number(command: str, what: str, value: Any, *, least: float | None = None) -> float:
    """`value` as a finite number, at least `least`.

    Raises:
        ArgumentError: If it is anything else.
    """
    expected = "a number" if least is None else f"a number, {least:g} or more"
    if isinstance(value, bool) or not isinstance(value, Real):
        raise ArgumentError(f"{command}: {what} is {value!r:.60}: expected {expected}")
    if not math.isfinite(value) or (least is not None and value < least):
        raise ArgumentError(f"{command}: {what} is {value}: expected {expected}")
    return float(value)


def whole(command: str, what: str, value: Any, *, least: int) -> int:
    """`value` as an integer, at least `least`.

    Raises:
        ArgumentError: If it is anything else.
    """
    checked = number(command, what, value, least=least)
    if checked != int(checked):
        raise ArgumentError(f"{command}: {what} is {value}: expected a whole number")
    return int(checked)


def axis(command: str, value: Any) -> Axis:
    """`value` if it is an axis.

    Raises:
        ArgumentError: If it is anything else.
    """
    if not is_axis(value):
        raise ArgumentError(f"{command}: {value!r:.60} is not an axis; `wa()` lists the axes")
    return value


def counters(command: str, values: Sequence[Any]) -> list[Counter]:
    """`values` if each of them is a counter, and none is there twice.

    Raises:
        ArgumentError: If there is none, or one is anything else.
    """
    if not values:
        raise ArgumentError(f"{command}: nothing to count; name one or more counters at the end")
    for value in values:
        if not is_counter(value):
            raise ArgumentError(f"{command}: {value!r:.60} is not a counter")
    return list(dict.fromkeys(values))
