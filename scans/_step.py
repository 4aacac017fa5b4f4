"""The one maker of all scans that step axes; the commands only say which, and whereto."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bliss.common.errors import ArgumentError
from bliss.common.protocols import Axis
from bliss.scanning.acquisition.axes import StepMaster
from bliss.scanning.chain import AcquisitionChain
from bliss.scanning.default_chain import counting
from bliss.scanning.scan import Scan
from scans import _arguments as check
from scans._make import make
from scans._options import chosen

MOST_STEPS = 10**7  #: of one axis; more are a slip of the finger


@dataclass(frozen=True, slots=True)
class Call:
    """What was typed, but for the axes."""

    command: str
    count_time: Any
    counters: Sequence[Any]
    options: Mapping[str, Any]


Line = tuple[Any, Any, Any]
"""An axis, its first and its last position."""

Lines = Sequence[tuple[Any, Any, Any, Any]]
"""Each axis with its first and its last position, and its number of intervals."""


def line(call: Call, lines: Sequence[Line], intervals: Any, *, relative: bool = False) -> Scan:
    """All axes together, in equal steps, each from its start to its stop."""
    targets, typed = way(call.command, lines, intervals)
    return scan(call, StepMaster(targets, relative=relative), typed, {"data_dim": 1})


def way(
    command: str, lines: Sequence[Line], intervals: Any
) -> tuple[list[tuple[Axis, list[float]]], list[Any]]:
    """The positions of each axis on such a way; and what was typed."""
    numbers = _numbered(len(lines))
    axes = _axes(command, [axis for axis, _, _ in lines])
    steps = _steps(command, "intervals", intervals)
    targets = [
        (axis, _positions(command, number, start, stop, steps))
        for axis, number, (_, start, stop) in zip(axes, numbers, lines, strict=True)
    ]
    return targets, [*(part for each in lines for part in each), intervals]


def mesh(call: Call, lines: Lines, *, backnforth: Any, relative: bool = False) -> Scan:
    """Each axis all its way at each position of the next one, the first axis fastest."""
    command = call.command
    if not isinstance(backnforth, bool):
        raise ArgumentError(
            f"{command}: backnforth is {check.shown(backnforth)}: expected True or False"
        )
    numbers = _numbered(len(lines))
    axes = _axes(command, [axis for axis, *_ in lines])
    counts = [
        _steps(command, f"intervals{number}", intervals)
        for number, (*_, intervals) in zip(numbers, lines, strict=True)
    ]
    targets = [
        (axis, _positions(command, number, start, stop, count))
        for axis, number, count, (_, start, stop, _) in zip(
            axes, numbers, counts, lines, strict=True
        )
    ]
    master = StepMaster(targets, mesh=True, backnforth=backnforth, relative=relative)
    check.whole(command, "the number of points", master.npoints, least=1)
    about = {f"npoints{n}": count + 1 for n, count in enumerate(counts, 1)}
    about |= {"data_dim": len(axes), "backnforth": backnforth}
    return scan(call, master, [part for each in lines for part in each], about)


def points(call: Call, lists: Sequence[tuple[Any, Any]]) -> Scan:
    """All axes together, through lists of positions of one length."""
    command = call.command
    axes = _axes(command, [axis for axis, _ in lists])
    targets = [
        (axis, check.numbers(command, f"positions{number}", positions))
        for axis, number, (_, positions) in zip(axes, _numbered(len(lists)), lists, strict=True)
    ]
    lengths = {axis.name: len(positions) for axis, positions in targets}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{length} for {name}" for name, length in lengths.items())
        raise ArgumentError(f"{command}: there are {told}: expected as many positions for each")
    typed = [part for each in lists for part in each]
    return scan(call, StepMaster(targets), typed, {"data_dim": 1})


def _numbered(count: int) -> list[str]:
    """What is behind the names of arguments: nothing if there is only one axis."""
    return [""] if count == 1 else [str(number) for number in range(1, count + 1)]


def _axes(command: str, values: Sequence[Any]) -> list[Axis]:
    axes = [check.axis(command, value) for value in values]
    check.once(command, axes)
    return axes


def _steps(command: str, what: str, value: Any) -> int:
    steps = check.whole(command, what, value, least=1)
    if steps > MOST_STEPS:
        raise ArgumentError(f"{command}: {what} is {value}: expected {MOST_STEPS} or less")
    return steps


def _positions(command: str, number: str, start: Any, stop: Any, steps: int) -> list[float]:
    first = check.number(command, f"start{number}", start)
    last = check.number(command, f"stop{number}", stop)
    if abs(first) + abs(last) == np.inf:
        raise ArgumentError(f"{command}: from {first:g} to {last:g} is too far")
    return [float(position) for position in np.linspace(first, last, steps + 1)]


def scan(call: Call, master: StepMaster, typed: Sequence[Any], about: Mapping[str, Any]) -> Scan:
    """The scan of a master that steps."""
    options = chosen(call.command, call.options)
    count_time = check.number(call.command, "count_time", call.count_time, least=0)
    counters = check.counters(call.command, call.counters)
    chain = AcquisitionChain(master, sleep_time=options.sleep_time)
    chain.add(master, counting(count_time, counters, master.npoints))
    info = {"count_time": count_time, **about}
    return make(chain, call.command, [*typed, call.count_time], options, info)
