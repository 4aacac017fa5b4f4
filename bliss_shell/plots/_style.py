"""What characters and colours a picture may have, and how its lines are put together."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True)
class Style:
    """What the place can show where a picture goes."""

    unicode: bool = True  #: lines and dots of Unicode, else ASCII only
    colours: int = 0  #: how many colours besides its own: 0, 8 or 256


ASCII = Style(unicode=False)


@dataclass(frozen=True)
class Mark:
    """A place that is pointed at."""

    name: str  #: `"peak"`
    at: tuple[float, ...]  #: a position, or one for each axis


@dataclass(frozen=True)
class Cell:
    """One character; `colour` is what its escape sequence has between `[` and `m`."""

    text: str
    colour: str = ""


BLANK = Cell(" ")
MARK_COLOURS = ("35", "36")  #: of the first mark and the others: magenta, cyan


def text_of(cells: Sequence[Cell]) -> str:
    """A line of cells, with as few escape sequences as it needs."""
    parts = []
    for colour, run in groupby(cells, key=lambda cell: cell.colour):
        text = "".join(cell.text for cell in run)
        parts.append(f"\x1b[{colour}m{text}\x1b[0m" if colour else text)
    return "".join(parts)


def clipped(text: str, width: int) -> str:
    """A text that is not wider than that."""
    return text if len(text) <= width else f"{text[: max(width - 1, 0)]}~"
