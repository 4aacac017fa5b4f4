"""What is known of the place where commands show things."""

import os
import shutil
from typing import TextIO

from bliss_shell.terminal_output import show

_CLEAR_LINE, _CLEAR_BELOW = "\x1b[K", "\x1b[J"


def is_live(out: TextIO) -> bool:
    """Whether what was written there can be written over."""
    return out.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def width_of(out: TextIO) -> int | None:
    """Characters a line; None where there is no limit to keep to: in a file, say."""
    return shutil.get_terminal_size().columns if out.isatty() else None


def height_of() -> int:
    """Lines of the terminal."""
    return shutil.get_terminal_size().lines


def arrow(out: TextIO) -> str:
    """`→`, or what stands for it where that cannot be written."""
    try:
        "→".encode(out.encoding or "utf-8")
    except UnicodeEncodeError:
        return "->"
    return "→"


def frame(lines: list[str], above: int, width: int, height: int) -> str:
    """What a terminal needs to show `lines` over those of the frame before.

    Args:
        lines: What to show; those that do not fit are counted instead.
        above: How many lines the cursor is below the first one of the frame before.
        width: Of the terminal, in characters.
        height: Of the terminal, in lines.
    """
    if len(lines) > height - 1:
        left_out = len(lines) - (height - 2)
        lines = [*lines[: height - 2], f"... and {left_out} more"]
    up = f"\x1b[{above}A" if above else ""
    # one with colours has escape sequences, and is as long as it should be
    cut = (line if "\x1b" in line else line[: width - 1] for line in lines)
    return f"\r{up}" + "\n".join(line + _CLEAR_LINE for line in cut) + _CLEAR_BELOW


class InPlace:
    """What a terminal shows that changes in place, whoever draws it; the cursor is at its end.

    Who has something to say that is to stay takes it away before: it is drawn again below.
    """

    def __init__(self) -> None:
        self.lines = 0  #: how many

    def erasure(self) -> str:
        """What takes it away, when it is written; empty if there is nothing."""
        lines, self.lines = self.lines, 0
        if not lines:
            return ""
        up = f"\x1b[{lines - 1}A" if lines > 1 else ""
        return f"\r{up}{_CLEAR_BELOW}"


class Picture:
    """Lines that change in place on a terminal, and are not shown elsewhere.

    Args:
        out: Where.
        in_place: What is there that changes in place.
    """

    def __init__(self, out: TextIO, in_place: InPlace | None = None) -> None:
        self.is_live = is_live(out)
        self._out = out
        self._in_place = in_place or InPlace()

    def draw(self, lines: list[str]) -> None:
        """Show these instead of those before."""
        if self.is_live:
            above, width, height = self._in_place.lines, width_of(self._out) or 80, height_of()
            self._in_place.lines = min(len(lines), height - 1)
            self._write(frame(lines, max(above - 1, 0), width, height))

    def leave(self, lines: list[str]) -> None:
        """Show these, in place of those before on a terminal, and leave them there."""
        self.clear()
        self._write("".join(f"{line}\n" for line in lines))

    def clear(self) -> None:
        """Take away what is shown."""
        self._write(self._in_place.erasure())

    def _write(self, text: str) -> None:
        show(text, self._out)
