"""Ctrl-C, Ctrl-Z and Ctrl-S: what they do to what runs, and what is said on the screen."""

import os
import signal
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from bliss.common.interrupts import Interrupts
from bliss_shell.screen import InPlace

_SAID = {
    1: "stopping; once more stops everything at once",
    2: "stopping everything at once; once more gives the prompt back",
    3: "giving up on what does not answer",
}
_STDIN = 0


class Keyboard:
    """What keys do to what runs, and where that is said."""

    def __init__(self) -> None:
        self.in_place = InPlace()  #: what the screen shows that is not to stay
        self.interrupts = Interrupts(on_count=self._say_count)

    @contextmanager
    def handled(self) -> Iterator[None]:
        """Inside this block hand every SIGINT to `interrupts`; no other key stops anything.

        Ctrl-Z would stop the process while axes run on, and Ctrl-S the terminal, and so who writes
        there.  They are taken from the terminal: a signal would stop `make shell`, too.
        """
        before = signal.signal(signal.SIGINT, lambda _signal, _frame: self.interrupts.arrive())
        try:
            with _without_stops():
                yield
        finally:
            signal.signal(signal.SIGINT, before)

    def _say_count(self, count: int) -> None:
        """Say what this one does; called by signal handlers, where `print` is not safe."""
        if count in _SAID:
            before = self.in_place.erasure() or "\n"
            os.write(2, f"{before}{_SAID[count]}\n".encode())


@contextmanager
def _without_stops() -> Iterator[None]:
    if not _is_in_foreground():
        yield
        return
    before = termios.tcgetattr(_STDIN)
    flags, *others, keys = before
    keys = [b"\0" if key == termios.VSUSP else byte for key, byte in enumerate(keys)]
    termios.tcsetattr(_STDIN, termios.TCSANOW, [flags & ~termios.IXON, *others, keys])
    try:
        yield
    finally:
        if _is_in_foreground():
            with suppress(termios.error):  # it is gone
                termios.tcsetattr(_STDIN, termios.TCSANOW, before)


def _is_in_foreground() -> bool:
    """Whether there is a terminal that is ours; who changes another's is stopped."""
    try:
        return os.tcgetpgrp(_STDIN) == os.getpgrp()
    except OSError:  # it is none
        return False
