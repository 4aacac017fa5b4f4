"""The axes around a picture: ticks, labels, and the names of what is marked."""

from collections.abc import Sequence
from dataclasses import dataclass

from bliss_shell.plots._scale import Scale, labels
from bliss_shell.plots._style import Cell, Style, clipped, text_of

_LEAST_WIDTH = 20  #: characters of a picture
_LEAST_HEIGHT = 4  #: lines of the picture within its axes
_PER_TICK = (10, 3)  #: characters and lines that a tick takes at least
_OUTSIDE = 5  #: lines above and below


@dataclass(frozen=True)
class Frame:
    """Where the picture is, and what is around it.

    Args:
        title: The line above all.
        x_label: What is to the right, with its unit.
        y_label: What is upwards, with its unit.
        width: Of all, in characters.
        height: Of all, in lines.
        x: The scale to the right.
        y: The scale upwards.
        style: What may be used.
    """

    title: str
    x_label: str
    y_label: str
    width: int
    height: int
    x: Scale
    y: Scale
    style: Style

    @property
    def rows(self) -> int:
        """Lines within the axes."""
        return max(self.height - _OUTSIDE, _LEAST_HEIGHT)

    @property
    def columns(self) -> int:
        """Characters within the axes."""
        return max(self.width, _LEAST_WIDTH) - self._gutter - 1

    @property
    def _y_ticks(self) -> list[float]:
        return self.y.ticks(max(self.rows // _PER_TICK[1], 2))

    @property
    def _gutter(self) -> int:
        return max((len(text) for text in labels(self._y_ticks)), default=0) + 1

    def around(self, rows: Sequence[Sequence[Cell]], names: str) -> list[str]:
        """All lines.

        Args:
            rows: What is within the axes, the upper line first.
            names: The line with the names of marks.
        """
        left = " " * (self._gutter + 1)
        corner, line, tick = "└─┴" if self.style.unicode else "+-+"
        ticks = self.x.ticks(max(self.columns // _PER_TICK[0], 2))
        places = [self.x.index(value, self.columns) for value in ticks]
        axis = "".join(tick if i in places else line for i in range(self.columns))
        return [
            clipped(f"{self.y_label}   {self.title}", max(self.width, _LEAST_WIDTH)),
            f"{left}{names}".rstrip(),
            *self._with_y_axis(rows),
            f"{' ' * self._gutter}{corner}{axis}",
            f"{left}{spread(labels(ticks), places, self.columns)}".rstrip(),
            f"{left}{self.x_label[: self.columns]:^{self.columns}}".rstrip(),
        ]

    def _with_y_axis(self, rows: Sequence[Sequence[Cell]]) -> list[str]:
        ticks = self._y_ticks
        where = {
            self.rows - 1 - self.y.index(value, self.rows): text
            for value, text in zip(ticks, labels(ticks), strict=True)
        }
        bar, tick = "│┤" if self.style.unicode else "|+"
        return [
            f"{where.get(i, ''):>{self._gutter - 1}} {tick if i in where else bar}"
            + text_of(row).rstrip()
            for i, row in enumerate(rows)
        ]


def spread(texts: Sequence[str], places: Sequence[int], width: int) -> str:
    """Texts in one line, each centred at its place; those that would touch one before are left out.

    >>> spread(["a", "bb", "c"], [0, 1, 5], 6)
    'a    c'
    """
    line = ""
    for text, place in zip(texts, places, strict=True):
        start = min(max(place - (len(text) - 1) // 2, 0), max(width - len(text), 0))
        if not line or start > len(line):
            line = line.ljust(start) + text
    return line
