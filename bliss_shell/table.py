"""The table of a running scan, line by line; knows nothing of a terminal or a clock."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from bliss.scanning.gate import in_words

_WIDTH = 12  #: least width of a column, in characters
_AXIS = "axis:"  #: what channels of axes begin with
_INDENT = "  "
_NUMBER_WIDTH = 6  #: of the column that numbers the points


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    channel: str  #: full name, `"axis:robz"`
    label: str  #: `"robz[mm]"`

    @property
    def width(self) -> int:
        """In characters."""
        return max(_WIDTH, len(self.label))

    def is_named(self, pattern: str) -> bool:
        """Whether this is its full name, short name or alias, or a pattern of it."""
        names = (self.channel, self.channel.rpartition(":")[2], self.label.partition("[")[0])
        return any(fnmatchcase(name, pattern) for name in names)


def selected(columns: Sequence[Column], wanted: Sequence[str]) -> list[Column]:
    """The columns of the axes and those that are wanted, as they are; all if there are none such.

    Args:
        columns: That there are.
        wanted: Names or patterns; without any, all are wanted.
    """
    found = [column for name in wanted for column in columns if column.is_named(name)]
    if not found:
        return list(columns)
    axes = [column for column in columns if column.channel.startswith(_AXIS)]
    return list(dict.fromkeys([*axes, *found]))


class Table:
    """Takes points channel by channel, and gives the lines that are complete.

    Args:
        columns: Which channels, in order.
        width: Of the terminal; columns that do not fit are left out, and counted.
        upright: One line a channel instead of one a point, for a scan of a single point.
        row: Of a mesh: how many points before an empty line.
        marks: The channel that says what is special of a point, if there is one.
    """

    def __init__(
        self,
        columns: Sequence[Column],
        width: int,
        *,
        upright: bool = False,
        row: int = 0,
        marks: str | None = None,
    ) -> None:
        self.upright = upright
        self._row = row
        self._columns = list(columns) if upright else _fitting(columns, width)
        self.left_out = len(columns) - len(self._columns)
        self._marks = marks
        shown = [column.channel for column in self._columns] + ([marks] if marks else [])
        self._waiting: dict[str, list[Any]] = {channel: [] for channel in shown}
        self._rows = 0

    @property
    def rows(self) -> int:
        """How many lines have been given."""
        return self._rows

    def head(self) -> list[str]:
        """The line above the values."""
        if self.upright:
            return []
        cells = [f"{column.label:>{column.width}}" for column in self._columns]
        more = [f"+{self.left_out}"] if self.left_out else []
        return ["  ".join([f"{'#':>{_NUMBER_WIDTH}}", *cells, *more])]

    def add(self, channel: str, points: Sequence[Any]) -> None:
        """More points of a channel."""
        if channel in self._waiting:
            self._waiting[channel] += points

    def take(self) -> list[str]:
        """The lines of all points that every channel has by now."""
        complete = min((len(points) for points in self._waiting.values()), default=0)
        lines = [line for index in range(complete) for line in self._lines(index)]
        for points in self._waiting.values():
            del points[:complete]
        self._rows += complete
        return lines

    def _lines(self, index: int) -> list[str]:
        values = [_shown(self._waiting[column.channel][index]) for column in self._columns]
        if self.upright:
            width = max(len(column.label) for column in self._columns)
            pairs = zip(self._columns, values, strict=True)
            return [f"  {column.label:{width}}  {value:>{_WIDTH}}" for column, value in pairs]
        pairs = zip(self._columns, values, strict=True)
        cells = [f"{value:>{column.width}}" for column, value in pairs]
        number = self._rows + index
        line = "  ".join([f"{number:>{_NUMBER_WIDTH}}", *cells, *self._words(index)])
        return ["", line] if self._row and number and number % self._row == 0 else [line]

    def _words(self, index: int) -> list[str]:
        """What is special of a point."""
        return list(in_words(int(self._waiting[self._marks][index]))) if self._marks else []


def _fitting(columns: Sequence[Column], width: int) -> list[Column]:
    """As many columns, from the left, as there is room for; one at least."""
    taken = _NUMBER_WIDTH
    for count, column in enumerate(columns):
        taken += 2 + column.width
        if taken > width - 5 and count:  # leave room for the count of those left out
            return list(columns[:count])
    return list(columns)


def _shown(value: Any) -> str:
    try:
        return f"{float(value):.6g}"
    except (TypeError, ValueError):
        return f"{value!s:.12}"


def outcome_line(outcome: str, reason: str, points: int, npoints: int, seconds: float) -> str:
    """How a scan ended: `aborted after 3 of 10 points in 1.25 s: interrupted by Ctrl-C`."""
    of = f" of {npoints}" if points < npoints else ""
    noun = "point" if points == 1 and not of else "points"
    why = f": {reason}" if reason else ""
    return f"{outcome} after {points}{of} {noun} in {seconds:.2f} s{why}"


def footer(parts: Sequence[str], width: int) -> list[str]:
    """What stands below the values, in one line if it fits.

    >>> footer(["complete after 3 points", "dead time 1 %"], 40)
    ['complete after 3 points; dead time 1 %']
    >>> footer(["complete after 3 points", "dead time 1 % (axes 2.1 ms)"], 24)
    ['complete after 3 points', '  dead time 1 % (axes', '  2.1 ms)']

    Args:
        parts: That may stand in lines of their own.
        width: Of the terminal, in characters.
    """
    line = "; ".join(parts)
    if len(line) <= width:
        return [line]
    first, *others = parts
    lines = textwrap.wrap(first, width, subsequent_indent=_INDENT)
    for part in others:
        lines += textwrap.wrap(part, width, initial_indent=_INDENT, subsequent_indent=_INDENT)
    return lines
