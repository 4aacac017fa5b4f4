"""A real shell at a terminal emulator: what a person sees, line by line."""

import os
import re
import time
from pathlib import Path

import pyte

from tests.terminal import WAIT, Terminal

ROWS = 50


class _Answering(pyte.Screen):
    """Tells where its cursor is, as terminals do."""

    keyboard = -1

    def write_process_input(self, data: str) -> None:
        os.write(self.keyboard, data.encode())


class Screen(Terminal):
    """`bliss-shell` with a keyboard and a screen of so many columns."""

    def __init__(
        self, *arguments: str, home: Path, environment: dict[str, str], columns: int = 160
    ) -> None:
        self.home = home
        self.emulator = _Answering(columns, ROWS)
        self._stream = pyte.ByteStream(self.emulator)
        environment = {"PROMPT_TOOLKIT_NO_CPR": "0", **environment}
        super().__init__(*arguments, home=home, environment=environment, columns=columns)
        self.emulator.keyboard = self._screen

    def _read(self, timeout: float) -> bool:
        before = len(self.raw)
        done = super()._read(timeout)
        self._stream.feed(self.raw[before:])
        return done

    def resize(self, *, columns: int) -> None:
        """Make the window wider or narrower."""
        super().resize(columns=columns)
        self.emulator.resize(ROWS, columns)

    @property
    def is_wide(self) -> bool:
        """Whether there is room for more than the usual 80 columns."""
        return self.emulator.columns > 80

    @property
    def lines(self) -> list[str]:
        """What the screen shows, without what is empty at the end of lines and screen."""
        return "\n".join(line.rstrip() for line in self.emulator.display).rstrip().split("\n")

    def wait_to_see(self, pattern: str, timeout: float = WAIT) -> list[str]:
        """Wait until the screen as a whole matches; what it shows then."""
        return self._wait(lambda shown: re.search(pattern, shown, re.M), pattern, timeout)

    def wait_not_to_see(self, pattern: str, timeout: float = WAIT) -> list[str]:
        """Wait until nothing on the screen matches."""
        return self._wait(lambda shown: not re.search(pattern, shown, re.M), pattern, timeout)

    def _wait(self, is_there, what: str, timeout: float) -> list[str]:
        deadline = time.monotonic() + timeout
        while not is_there("\n".join(self.lines)):
            if not self._read(deadline - time.monotonic()):
                shown = "\n".join(self.lines)
                raise AssertionError(f"{what!r}: not within {timeout} s; the screen:\n{shown}")
        return self.lines

    def new_line(self) -> None:
        """Clear the line that is typed, and the screen."""
        self.type("\x15\x0c")
        self.wait_to_see(r"\A\w+ \[\d+\]:$")

    def skip_prompts(self) -> None:
        """Count from the prompt that is there now."""
        self._number = int(re.findall(r"\[(\d+)\]:", "\n".join(self.lines))[-1])
