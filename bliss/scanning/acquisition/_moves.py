"""Moving several axes at once, through the protocol that every axis follows.

Axes that depend on each other, as calculated ones do, may have two static methods more, which get
`{axis: position}` of all of them: `check_together` and `start_together`; and `real_axes`, those
that are moved when they are.
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
