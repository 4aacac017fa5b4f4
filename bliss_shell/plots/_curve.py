"""A curve in characters.

Each column of dots shows from the lowest to the highest value that the curve has in it, so that a
million points cost no more than they must, and none of them is missed.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from bliss_shell.plots._frame import Frame, spread
from bliss_shell.plots._scale import Scale, scale
from bliss_shell.plots._style import BLANK, MARK_COLOURS, Cell, Mark, Style

_MARGIN = 0.04  #: of the range of values, above and below them
_BRAILLE = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])  #: bits of the dots
_ASCII = " '.:"  #: no dot, the upper, the lower, both

Dots = np.ndarray[Any, np.dtype[np.bool_]]


def draw(
    x: Any,
    y: Any,
    width: int,
    height: int,
    *,
    title: str = "",
    x_label: str = "",
    y_label: str = "",
    marks: Sequence[Mark] = (),
    style: Style | None = None,
) -> list[str]:
    """A curve with its axes.

    Args:
        x: Positions, shape (n,), in any order; a pair that is not finite is left out.
        y: Values, shape (n,).
        width: Characters that no line is wider than, 20 at least.
        height: Lines, 9 at least.
        title: The line above.
        x_label: What the positions are, with their unit.
        y_label: What the values are, with their unit.
        marks: Positions that get a vertical line and a name.
        style: What may be used; by default Unicode without colours.

    Returns:
        The lines, the upper one first.
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    good = np.isfinite(x) & np.isfinite(y)
    order = np.argsort(x[good], kind="stable")
    x, y = x[good][order], y[good][order]
    look = style or Style()
    if not len(x):
        return [f"{y_label}   {title}", "", "no point yet"]
    across, upwards = scale(x[0], x[-1]), scale(y.min(), y.max(), _MARGIN)
    frame = Frame(title, x_label, y_label, width, height, across, upwards, look)
    high, wide = (4, 2) if look.unicode else (2, 1)
    dots = _dots(x, y, across, upwards, frame.rows * high, frame.columns * wide)
    shown = [mark for mark in marks if across.low <= mark.at[0] <= across.high]
    columns = [across.index(mark.at[0], frame.columns) for mark in shown]
    rows = _with_marks(_characters(dots, look), columns, look)
    return frame.around(rows, _names(shown, columns, frame.columns))


def _dots(x: Any, y: Any, across: Scale, upwards: Scale, rows: int, columns: int) -> Dots:
    """Which dots the curve goes through, shape (rows, columns), the upper row first."""
    at = (x - across.low) / (across.high - across.low) * (columns - 1)
    up = (upwards.high - y) / (upwards.high - upwards.low) * (rows - 1)
    low, high = np.full(columns, np.inf), np.full(columns, -np.inf)
    between = np.arange(np.ceil(at[0]), np.floor(at[-1]) + 1)
    for place, value in ((np.rint(at), up), (between, np.interp(between, at, up))):
        column = place.astype(int)
        np.minimum.at(low, column, value)
        np.maximum.at(high, column, value)
    used = np.flatnonzero(np.isfinite(low))
    # each column reaches to halfway to the one before, so that steep flanks have no gaps
    middle = (low[used][1:] + high[used][1:] + low[used][:-1] + high[used][:-1]) / 4
    for part in (used[1:], used[:-1]):
        low[part], high[part] = np.minimum(low[part], middle), np.maximum(high[part], middle)
    row = np.arange(rows)[:, None]
    return np.asarray((row >= np.rint(low)) & (row <= np.rint(high)))


def _characters(dots: Dots, style: Style) -> list[list[Cell]]:
    if style.unicode:
        blocks = dots.reshape(dots.shape[0] // 4, 4, dots.shape[1] // 2, 2)
        codes = np.einsum("rhcw,hw->rc", blocks, _BRAILLE)
        return [[Cell(chr(0x2800 + c)) if c else BLANK for c in row] for row in codes.tolist()]
    pairs = dots.reshape(dots.shape[0] // 2, 2, dots.shape[1])
    codes = pairs[:, 0] + 2 * pairs[:, 1].astype(int)
    return [[Cell(_ASCII[c]) for c in row] for row in codes.tolist()]


def _with_marks(rows: list[list[Cell]], columns: list[int], style: Style) -> list[list[Cell]]:
    line = "┊" if style.unicode else "!"
    for number, column in enumerate(columns):
        colour = MARK_COLOURS[min(number, 1)] if style.colours else ""
        for row in rows:
            if row[column] == BLANK:
                row[column] = Cell(line, colour)
    return rows


def _names(marks: Sequence[Mark], columns: Sequence[int], width: int) -> str:
    """The names of the marks above their lines; of those that are too near to each other as one."""
    groups: list[tuple[list[str], int]] = []
    for column, mark in sorted(zip(columns, marks, strict=True), key=lambda pair: pair[0]):
        if groups and column - groups[-1][1] < len("".join(groups[-1][0])) + len(mark.name):
            groups[-1][0].append(mark.name)
        else:
            groups.append(([mark.name], column))
    return spread([", ".join(names) for names, _ in groups], [c for _, c in groups], width)
