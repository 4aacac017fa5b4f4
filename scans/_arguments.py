"""Checks of what was typed, before anything is made or moves."""

import math
from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np

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

MOST = 10**9  #: points of a scan; more are a slip of the finger


def shown(value: Any) -> str:
    """A value in a message: in one line, and not too long."""
    return f"{' '.join(repr(value).split()):.60}"


def number(command: str, what: str, value: Any, *, least: float | None = None) -> float:
    """`value` as a finite number, at least `least`.

    Raises:
        ArgumentError: If it is anything else.
    """
    expected = "a number" if least is None else f"a number, {least:g} or more"
    if isinstance(value, bool) or not isinstance(value, Real) or not _is_float(value):
        raise ArgumentError(f"{command}: {what} is {shown(value)}: expected {expected}")
    if not math.isfinite(value) or (least is not None and value < least):
        raise ArgumentError(f"{command}: {what} is {value}: expected {expected}")
    return float(value)


def _is_float(value: Real) -> bool:
    try:
        float(value)
    except OverflowError:
        return False
    return True


def whole(command: str, what: str, value: Any, *, least: int) -> int:
    """`value` as an integer, at least `least` and at most `MOST`.

    Raises:
        ArgumentError: If it is anything else.
    """
    checked = number(command, what, value, least=least)
    if checked != int(checked):
        raise ArgumentError(f"{command}: {what} is {value}: expected a whole number")
    if checked > MOST:
        raise ArgumentError(f"{command}: {what} is {value}: expected {MOST} or less")
    return int(checked)


def numbers(command: str, what: str, values: Any) -> list[float]:
    """`values` as a list of finite numbers, one at least.

    Raises:
        ArgumentError: If they are anything else.
    """
    if isinstance(values, np.ndarray):
        values = values.tolist()
    if not isinstance(values, list | tuple | range) or not values:
        raise ArgumentError(f"{command}: {what} are {shown(values)}: expected a list of numbers")
    return [number(command, f"{what}[{index}]", each) for index, each in enumerate(values)]


def several(command: str, what: str, values: Any, each: str) -> list[Sequence[Any]]:
    """`values` as a list of tuples, one at least, as `each` shows one.

    Raises:
        ArgumentError: If they are anything else.
    """
    length = each.count(",") + 1
    if isinstance(values, list | tuple) and values:
        wrong = [v for v in values if not (isinstance(v, list | tuple) and len(v) == length)]
        if not wrong:
            return list(values)
        values = wrong[0]
    raise ArgumentError(f"{command}: {what} has {shown(values)}: expected [{each}, ...]")


def axis(command: str, value: Any) -> Axis:
    """`value` if it is an axis.

    Raises:
        ArgumentError: If it is anything else.
    """
    if not is_axis(value):
        raise ArgumentError(f"{command}: {shown(value)} is not an axis; `wa()` lists the axes")
    return value


def once(command: str, axes: Sequence[Axis]) -> None:
    """Raise `ArgumentError` if an axis is there twice."""
    for index, each in enumerate(axes):
        if any(each is other for other in axes[:index]):
            raise ArgumentError(f"{command}: {each.name} is given twice; give each axis once")


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
