"""Checks of what was typed, before anything is made or moves."""

import math
from collections.abc import Sequence
from numbers import Real
from typing import Any

from bliss.common.errors import ArgumentError
from bliss.common.protocols import (
    Axis,
    Counter,
    counters_of,
    is_axis,
    is_counter,
    is_counter_container,
)
from hardware.measurement_group import ACTIVE_MG


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
    """The counters that `values` name: each of them, or what stands for several.

    Without any it is those of the active measurement group.

    Raises:
        ArgumentError: If there is none, or one is anything else.
    """
    found = [counter for value in values or [ACTIVE_MG] for counter in _named(command, value)]
    if not found:
        which = ", ".join(str(getattr(value, "name", value)) for value in values)
        raise ArgumentError(
            f"{command}: nothing to count{f' in {which:.40}' if which else ''}; name counters at "
            "the end, or make a measurement group the default with its set_active(): lscnt() and "
            "lsmg() list them"
        )
    unique: dict[tuple[int, str], Counter] = {}
    for counter in found:  # two objects may stand for one counter
        unique.setdefault((id(counter.controller), counter.name), counter)
    return list(unique.values())


def _named(command: str, value: Any) -> list[Counter]:
    if is_counter(value) or is_counter_container(value):
        return counters_of(value)
    raise ArgumentError(
        f"{command}: {value!r:.60} is not a counter, nor a device or group that has some; lscnt() "
        "lists the counters"
    )
