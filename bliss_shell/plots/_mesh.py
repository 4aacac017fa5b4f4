"""A mesh as a heat map in characters."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from bliss_shell.plots._frame import Frame
from bliss_shell.plots._scale import Scale, scale
from bliss_shell.plots._style import BLANK, Cell, Mark, Style, clipped, text_of

_RAMP = ".:-=+*#%@"  #: from the lowest value to the highest, where there are no colours
#: likewise, numbers of the 256 colours of terminals: from violet over green to yellow, as viridis
_COLOURS = (53, 54, 60, 24, 30, 29, 35, 71, 77, 113, 149, 184, 220)
_MARK = "97;41"  #: white on red

Values = np.ndarray[Any, np.dtype[np.float64]]


def draw_mesh(
    x: Any,
    y: Any,
    values: Any,
    width: int,
    height: int,
    *,
    title: str = "",
    x_label: str = "",
    y_label: str = "",
    v_label: str = "",
    marks: Sequence[Mark] = (),
    style: Style | None = None,
) -> list[str]:
    """A mesh with its axes and a scale of its values.

    Args:
        x: Positions to the right, rising, shape (n,).
        y: Positions upwards, rising, shape (m,).
        values: Shape (n, m); blank where they are not finite.
        width: Characters that no line is wider than, 20 at least.
        height: Lines, 10 at least.
        title: The line above.
        x_label: What is to the right, with its unit.
        y_label: What is upwards, with its unit.
        v_label: What the values are, with their unit.
        marks: Places that get the first letter of their name.
        style: What may be used; by default Unicode without colours.

    Returns:
        The lines, the upper one first.
    """
    x, y, values = (np.asarray(array, float) for array in (x, y, values))
    look, known = style or Style(), values[np.isfinite(values)]
    if not len(known):
        return [f"{y_label}   {title}", "", "no point yet"]
    across, upwards, range_ = _around(x), _around(y), scale(known.min(), known.max())
    frame = Frame(title, x_label, y_label, width, height - 1, across, upwards, look)
    is_double = look.unicode and look.colours >= 256
    tall = frame.rows * (2 if is_double else 1)
    picture = _fitted(_fitted(values, x, across, frame.columns).T, y, upwards, tall)[::-1]
    part = (picture - range_.low) / (range_.high - range_.low)
    rows = _double(part) if is_double else _simple(part, look)
    for mark in reversed(marks):  # the first one is on top
        row = frame.rows - 1 - upwards.index(mark.at[1], frame.rows)
        letter = mark.name[:1].upper()
        rows[row][across.index(mark.at[0], frame.columns)] = Cell(
            letter, _MARK if look.colours else ""
        )
    legend = _legend(known.min(), known.max(), v_label, look)
    names = "  ".join(f"{mark.name[:1].upper()}: {mark.name}" for mark in marks)
    return [*frame.around(rows, clipped(names, frame.columns)), legend]


def _around(positions: Values) -> Scale:
    """From half a step before the first position to half a step behind the last one."""
    if len(positions) == 1:
        return scale(positions[0], positions[0])
    half = (positions[-1] - positions[0]) / (len(positions) - 1) / 2
    return Scale(positions[0] - half, positions[-1] + half)


def _fitted(values: Values, positions: Values, over: Scale, count: int) -> Values:
    """As many rows as there is room for: each the mean of those in it, or that of the nearest."""
    edges = np.linspace(over.low, over.high, count + 1)
    cell = np.clip(np.searchsorted(edges, positions, side="right") - 1, 0, count - 1)
    if len(np.unique(cell)) == count:
        sums, counts = np.zeros((count, values.shape[1])), np.zeros((count, values.shape[1]))
        known = np.isfinite(values)
        np.add.at(sums, cell, np.where(known, values, 0.0))
        np.add.at(counts, cell, known)
        means = np.full(sums.shape, np.nan)
        np.divide(sums, counts, out=means, where=counts > 0)
        return means
    middles = (edges[:-1] + edges[1:]) / 2
    nearest = np.abs(middles[:, None] - positions[None, :]).argmin(axis=1)
    return np.asarray(values[nearest])


def _simple(part: Values, style: Style) -> list[list[Cell]]:
    if style.colours >= 256:
        return [[_coloured(" ", value) for value in row] for row in part.tolist()]
    return [
        [BLANK if math.isnan(value) else Cell(_RAMP[_level(value, len(_RAMP))]) for value in row]
        for row in part.tolist()
    ]


def _double(part: Values) -> list[list[Cell]]:
    """Two rows a line: the upper half of each character is of one colour, the lower of another."""
    return [
        [_halves(above, below) for above, below in zip(*pair, strict=True)]
        for pair in zip(part[::2].tolist(), part[1::2].tolist(), strict=True)
    ]


def _halves(above: float, below: float) -> Cell:
    if math.isnan(above) and math.isnan(below):
        return BLANK
    if math.isnan(above):
        return Cell("▄", f"38;5;{_colour(below)}")
    if math.isnan(below):
        return Cell("▀", f"38;5;{_colour(above)}")
    return Cell("▀", f"38;5;{_colour(above)};48;5;{_colour(below)}")


def _coloured(text: str, value: float) -> Cell:
    return BLANK if math.isnan(value) else Cell(text, f"48;5;{_colour(value)}")


def _colour(part: float) -> int:
    return _COLOURS[_level(part, len(_COLOURS))]


def _level(part: float, count: int) -> int:
    return min(int(part * count), count - 1)


def _legend(low: float, high: float, label: str, style: Style) -> str:
    if style.colours >= 256:
        bar = text_of([Cell(" ", f"48;5;{colour}") for colour in _COLOURS])
    else:
        bar = _RAMP
    return f"{low:.6g} {bar} {high:.6g}   {label}"
