"""Tables of text; knows nothing of a terminal.

>>> columns = (Column("axis"), Column("user", is_number=True), Column("", gap=1))
>>> print(*lines_of(columns, [["robx", "1.0000", "mm"], ["roby", "no answer"]]), sep="\\n")
axis    user
robx  1.0000 mm
roby  no answer
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

_LEAST_TEXT = 20  #: characters a line that a text gets which does not fit


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    title: str
    is_number: bool = False  #: numbers stand at the right of their column
    gap: int = 2  #: spaces before it, unless it is the first one


Row = Sequence[str]
"""A cell a column; one with fewer ends in a text that takes the rest of the line."""


def lines_of(columns: Sequence[Column], rows: Sequence[Row], width: int | None = None) -> list[str]:
    """The table, with its head.

    Args:
        columns: The last one may hold long texts, which are wrapped.
        rows: What stands in them.
        width: Characters a line, if there is a limit.  Numbers that do not fit stand one a line.
    """
    widths = [_width(column, at, columns, rows) for at, column in enumerate(columns)]
    fixed = sum(widths[:-1]) + sum(column.gap for column in columns[1:])
    if width is not None and fixed + (widths[-1] if columns[-1].is_number else 0) > width:
        return [line for row in rows for line in _upright(columns, row)]
    head = _line([column.title for column in columns], columns, widths, width)
    return [*head, *(line for row in rows for line in _line(row, columns, widths, width))]


def _width(column: Column, at: int, columns: Sequence[Column], rows: Sequence[Row]) -> int:
    cells = (row[at] for row in rows if at < len(row) - (len(row) < len(columns)))
    return max([len(column.title), *map(len, cells)])


def _line(
    row: Row, columns: Sequence[Column], widths: Sequence[int], width: int | None
) -> list[str]:
    *cells, last = row
    gaps = [" " * column.gap for column in columns[1:]]
    padded = [_padded(*parts) for parts in zip(cells, columns, widths, strict=False)]
    start = "".join(cell + gap for cell, gap in zip(padded, gaps, strict=False))
    if len(row) == len(columns) and columns[-1].is_number:
        return [start + last.rjust(widths[-1])]
    if width is None or len(start) + len(last) <= width:
        return [(start + last).rstrip()]
    return textwrap.wrap(
        last,
        max(width, len(start) + _LEAST_TEXT),
        initial_indent=start,
        subsequent_indent=" " * len(start),
    )


def _padded(cell: str, column: Column, width: int) -> str:
    return cell.rjust(width) if column.is_number else cell.ljust(width)


def _upright(columns: Sequence[Column], row: Row) -> list[str]:
    """One line a value, below the first one."""
    first, *others = row
    if len(row) < len(columns):
        return [first, *(f"  {other}" for other in others)]
    named = [(c.title, cell) for c, cell in zip(columns[1:], others, strict=True) if cell]
    title = max((len(name) for name, _ in named), default=0)
    value = max((len(cell) for _, cell in named), default=0)
    return [first, *(f"  {name:{title}}  {cell:>{value}}" for name, cell in named)]
