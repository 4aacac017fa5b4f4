"""Moving several axes at once, through the protocol that every axis follows.

Axes that depend on each other, as calculated ones do, may have two static methods more, which get
`{axis: position}` of all of them: `check_together` and `start_together`; and `real_axes`, those
that are moved when they are.  An axis with a method `check_ready` is asked before each scan; one
with a method `prepare_move` is told, while the counters count, where it goes next.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from bliss.common.ending import Ending, Step, first_of
from bliss.common.protocols import Axis
from bliss.scanning._path import Path

Targets = Mapping[Axis, float]
"""User positions to go to."""


def together(axes: Sequence[Axis], what: str) -> Any:
    """The function that does something with all these axes at once; None if there is none."""
    functions = {getattr(type(axis), what, None) for axis in axes}
    return functions.pop() if len(axes) > 1 and len(functions) == 1 else None


def prepare(targets: Targets) -> None:
    """Have moves worked out that begin soon, by axes that can do that."""
    for axis, position in targets.items():
        if prepare_move := getattr(axis, "prepare_move", None):
            prepare_move(position)


def start(targets: Targets) -> None:
    """Begin all moves; one that cannot be begun leaves the others moving."""
    if len(targets) > 1 and (start_together := together(list(targets), "start_together")):
        start_together(targets)
        return
    for axis, position in targets.items():
        axis.start_move(position)


def go(targets: Targets) -> None:
    """Move and wait; whatever interrupts that, the axes stand still afterwards."""
    try:
        start(targets)
        for axis in targets:
            axis.wait_move()
    except BaseException as reason:
        stops = [Step(f"stopping {axis.name}", axis.stop, again=True) for axis in targets]
        first_of(Ending([stops], [reason]).run())  # which notes on the reason what went wrong
        raise


def duration(axes: Sequence[Axis], start: Sequence[float], path: Path) -> float:
    """Seconds that the moves along a path should take; what an axis does not know counts nothing.

    Args:
        axes: What moves.
        start: Where they are.
        path: Where they go, point by point.
    """
    timers = [getattr(axis, "expected_time", None) for axis in axes]
    known: dict[tuple[int, float, float], float] = {}
    total, before = 0.0, tuple(start)
    for point in path:
        longest = 0.0
        for index, timer in enumerate(timers):
            here, there = before[index], point[index]
            if timer is None or here == there:
                continue
            # moves over the same distance, the same way, last as long: a mesh has few of them
            key = (index, round(there - here, 9), 0.0)
            if key not in known:
                known[key] = timer(here, there)
            longest = max(longest, known[key])
        total, before = total + longest, tuple(point)
    return total


def check(axes: Sequence[Axis], path: Path) -> None:
    """Raise `LimitError` when a point of a path cannot be reached; nothing moves.

    Limits of a real axis enclose a range, so its outermost positions are enough; calculated ones
    are asked about every point.
    """
    for axis, positions in zip(axes, path.positions, strict=True):
        is_real = not getattr(axis, "real_axes", ())
        for position in (min(positions), max(positions)) if is_real else positions:
            axis.check_target(position)
    check_together = together(axes, "check_together")
    if check_together and any(getattr(axis, "real_axes", ()) for axis in axes):
        for point in path:
            check_together(dict(zip(axes, point, strict=True)))
