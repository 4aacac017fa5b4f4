"""What an axis that is waited for does, in a sentence; nothing is said of a short wait."""

from collections.abc import Mapping
from typing import Any

from bliss.common.protocols import Axis
from bliss_shell.numbers import digits_of, short
from bliss_shell.side_by_side import ask, why
from bliss_shell.ways import Way, how_far

FIRST = 2.0  #: s of waiting after which it is said
_SHOWN = 3  #: axes in a sentence

Targets = Mapping[Any, float | None]
"""Where axes are to go; None where that is not known."""


class Rhythm:
    """When to say something of a wait again: each time after twice as long.

    >>> rhythm = Rhythm()
    >>> [seconds for seconds in range(20) if rhythm.is_due(seconds)]
    [2, 4, 8, 16]
    """

    def __init__(self) -> None:
        self._next = FIRST

    def is_due(self, seconds: float) -> bool:
        """Whether it is time, after so long; a wait that begins again is said early again."""
        if seconds < FIRST:
            self._next = FIRST
        is_due = seconds >= self._next
        if is_due:
            self._next = 2 * seconds
        return is_due


def sentence(
    targets: Targets,
    seconds: float,
    arrow: str,
    width: int | None = None,
    ways: Mapping[Any, Way] | None = None,
) -> str:
    """What is waited for: `waiting for roby: MOVING 1.23 → 2.0, 14 s`; reads the axes.

    Args:
        targets: Where they are to go; those that stand still already are not named.
        seconds: How long that has taken.
        arrow: How one is written.
        width: Characters that there is room for; one axis is named in any case.
        ways: Of axes that move; it ends with how far they are then: `, 61 %, 9.0 s left`.
    """
    answers = ask(list(targets), _read)
    late = [axis for axis, answer in answers.items() if _is_late(answer)] or list(targets)
    waits = [f"{axis.name}: {_way(axis, answers[axis], targets[axis], arrow)}" for axis in late]
    places = [(way, answers[axis]) for axis, way in (ways or {}).items()]
    known = [(way, answer[1]) for way, answer in places if isinstance(answer, tuple)]
    far = f", {how_far(known, seconds)}" if known else ""
    for count in range(min(len(waits), _SHOWN), 0, -1):
        more = [f"{len(waits) - count} more"] if len(waits) > count else []
        said = f"waiting for {', '.join([*waits[:count], *more])}, {seconds:.0f} s{far}"
        if width is None or len(said) < width:
            break
    return said


Answer = tuple[Any, float] | BaseException
"""State and position, or why they are not known."""


def _read(axis: Axis) -> tuple[Any, float]:
    return axis.state, axis.position


def _is_late(answer: Answer) -> bool:
    return isinstance(answer, BaseException) or "MOVING" in str(answer[0])


def _way(axis: Axis, answer: Answer, target: float | None, arrow: str) -> str:
    if isinstance(answer, BaseException):
        return why(axis, answer)
    state, position = answer
    digits = digits_of(axis)
    to = "" if target is None else f" {arrow} {short(target, digits)}"
    return f"{state} {short(position, digits)}{to}"
