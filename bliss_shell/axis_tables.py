"""The commands that show axes."""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TextIO

from bliss.common.ending import first_of
from bliss.common.errors import BlissError, DeviceError
from bliss_shell.columns import Column, lines_of
from bliss_shell.numbers import aligned, digits_of
from bliss_shell.screen import width_of
from bliss_shell.side_by_side import ask, why
from bliss_shell.targets import check_axis

COMMANDS = ("wa", "wm", "wu", "sta", "stm", "lsmot", "sync")

_AXIS = Column("axis")
_USER = (Column("user", is_number=True), Column("", gap=1))  #: the unit stands behind the number
_DIAL = (Column("dial", is_number=True), Column("", gap=1))
_WM = ("user", "dial", "offset", "low", "high", "velocity")

Cells = Callable[[Any], Sequence[str]]
"""What stands in the row of an axis behind its name; reads the axis."""


class AxisTables:
    """The commands that show axes, and the one that has their hardware looked at again.

    All axes are read side by side.  One that fails, or does not answer within a second, says why
    in its row.

    Args:
        axes: Those of the session.
        out: Where they are shown, standard output by default.
    """

    def __init__(self, axes: Sequence[Any], out: TextIO | None = None) -> None:
        self._axes = axes
        self._out = out

    def wa(self) -> None:
        """Show where all axes are: user and dial positions."""
        self._table(self._axes, (_AXIS, *_USER, *_DIAL), _user_and_dial)

    def wu(self) -> None:
        """Show where all axes are: user positions only."""
        self._table(self._axes, (_AXIS, *_USER), _user)

    def wm(self, *axes: Any) -> None:
        """Show user and dial position, offset, limits (user positions) and velocity of axes.

            wm(robx, roby)

        Args:
            axes: Which; all if none is given.
        """
        columns = (_AXIS, Column("unit"), *(Column(title, is_number=True) for title in _WM))
        self._table(self._chosen("wm", axes), columns, _all_numbers)

    def sta(self, *axes: Any) -> None:
        """Show the states of axes, and of one in FAULT why.

        Args:
            axes: Which; all if none is given.
        """
        self._table(self._chosen("sta", axes), (_AXIS, Column("state")), _state)

    def stm(self, *axes: Any) -> None:
        """Show the states of axes, where they are, and what their states mean.

            stm(robx)

        Args:
            axes: Which; all if none is given.
        """
        columns = (_AXIS, *_USER, Column("state"), Column("meaning"))
        self._table(self._chosen("stm", axes), columns, _state_in_words)

    def lsmot(self) -> None:
        """List the axes of the session: position, unit, state and controller."""
        self._table(self._axes, (_AXIS, *_USER, Column("state"), Column("controller")), _listed)

    def sync(self, *axes: Any) -> None:
        """Believe the hardware: initialize axes again, and tell them their settings.

            sync()
            sync(robx)

        Args:
            axes: Which; all if none is given.

        Raises:
            DeviceError: If one fails; it names all that did.
        """
        chosen = self._chosen("sync", axes)
        answers = ask(chosen, lambda axis: axis.sync_hard(), limit=None)
        errors = [_named(axis, e) for axis, e in answers.items() if isinstance(e, BaseException)]
        if error := first_of(errors):
            raise error

    def _chosen(self, command: str, axes: Sequence[Any]) -> Sequence[Any]:
        for axis in axes:
            check_axis(command, axis)
        return list(dict.fromkeys(axes)) or self._axes

    def _table(self, axes: Sequence[Any], columns: Sequence[Column], cells: Cells) -> None:
        out = self._out or sys.stdout
        answers: Mapping[Any, Any] = ask(axes, cells)
        rows = [[axis.name, *_row(axis, answer)] for axis, answer in answers.items()]
        if not rows:
            print("this session has no axes", file=out)
            return
        for line in lines_of(columns, rows, width_of(out)):
            print(line, file=out)


def _row(axis: Any, answer: Sequence[str] | BaseException) -> Sequence[str]:
    if isinstance(answer, BaseException):
        return [f"not known: {why(axis, answer)}"]
    return answer


def _named(axis: Any, error: BaseException) -> BaseException:
    if isinstance(error, BlissError) and axis.name in str(error):
        return error
    return DeviceError(f"{axis.name}: {why(axis, error)}")


def _amount(axis: Any, position: float) -> list[str]:
    return [aligned(position, digits_of(axis)), axis.unit or ""]


def _user_and_dial(axis: Any) -> Sequence[str]:
    return [*_user(axis), *_amount(axis, axis.dial)]


def _user(axis: Any) -> Sequence[str]:
    return _amount(axis, axis.position)


def _all_numbers(axis: Any) -> Sequence[str]:
    low, high = axis.limits
    numbers = (axis.position, axis.dial, axis.offset, low, high)
    digits = digits_of(axis)
    return [
        axis.unit or "",
        *(aligned(number, digits) for number in numbers),
        _velocity(axis, digits),
    ]


def _velocity(axis: Any, digits: int) -> str:
    try:
        return aligned(axis.velocity, digits)
    except NotImplementedError:
        return "-"


def _state(axis: Any) -> Sequence[str]:
    state = axis.state
    if "FAULT" in state and hasattr(state, "meaning"):
        return [f"{state} ({state.meaning('FAULT')})"]
    return [str(state)]


def _state_in_words(axis: Any) -> Sequence[str]:
    state = axis.state
    known = [state.meaning(name) for name in state] if hasattr(state, "meaning") else []
    meaning = "; ".join(words for words in known if words)
    return [*_user(axis), str(state), meaning]


def _listed(axis: Any) -> Sequence[str]:
    controller = getattr(getattr(axis, "controller", None), "name", "")
    return [*_user(axis), str(axis.state), controller]
