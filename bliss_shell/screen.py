"""What is known of the place where commands show things."""

import os
import shutil
from collections.abc import Callable
from typing import TextIO

CLEAR_LINE = "\r\x1b[K"  #: go to its beginning, and clear it
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


class Picture:
    """Lines that change in place on a terminal, and are not shown elsewhere.

    Args:
        out: Where.
        messages: Gives how many lines others have written there, which are to stay.
    """

    def __init__(self, out: TextIO, messages: Callable[[], int] = lambda: 0) -> None:
        self.is_live = is_live(out)
        self._out = out
        self._messages = messages
        self._seen = messages()
        self._lines = 0  #: of the last frame

    def draw(self, lines: list[str]) -> None:
        """Show these instead of those before."""
        if self.is_live:
            above, width, height = self._lines_above(), width_of(self._out) or 80, height_of()
            self._write(frame(lines, max(above - 1, 0), width, height))
            self._lines = min(len(lines), height - 1)

    def leave(self, lines: list[str]) -> None:
        """Show these, in place of those before on a terminal, and leave them there."""
        self.clear()
        self._write("".join(f"{line}\n" for line in lines))

    def clear(self) -> None:
        """Take away what is shown."""
        above = self._lines_above()
        if above:
            up = f"\x1b[{above - 1}A" if above > 1 else ""
            self._write(f"\r{up}{_CLEAR_BELOW}")
        self._lines = 0

    def _lines_above(self) -> int:
        """How many lines of the last frame can be written over."""
        if self._messages() != self._seen:
            self._seen, self._lines = self._messages(), 0
        return self._lines

    def _write(self, text: str) -> None:
        print(text, end="", file=self._out, flush=True)
