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
_GOES_ON = "Ctrl-Z is off: axes would run on, a scan be lost. Ctrl-C ends what runs"


class Keyboard:
    """What keys do to what runs, and where that is said."""

    def __init__(self) -> None:
        self.in_place = InPlace()  #: what the screen shows that is not to stay
        self.interrupts = Interrupts(on_count=self._say_count)

    @contextmanager
    def handled(self) -> Iterator[None]:
        """Inside this block hand every SIGINT to `interrupts`, and let no SIGTSTP stop us.

        Ctrl-S does not stop the terminal, which would stop who writes there.
        """
        handlers = {
            signal.SIGINT: lambda _signal, _frame: self.interrupts.arrive(),
            signal.SIGTSTP: lambda _signal, _frame: self._go_on(),
        }
        before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        try:
            with _without_flow_control():
                yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _go_on(self) -> None:
        os.killpg(0, signal.SIGCONT)  # what the user started from here, such as an editor, too
        self._say(_GOES_ON)

    def _say_count(self, count: int) -> None:
        if count in _SAID:
            self._say(_SAID[count])

    def _say(self, sentence: str) -> None:
        """Show it; called by signal handlers, where `print` is not safe."""
        before = self.in_place.erasure() or "\n"
        os.write(2, f"{before}{sentence}\n".encode())


@contextmanager
def _without_flow_control() -> Iterator[None]:
    if not _is_in_foreground():
        yield
        return
    before = termios.tcgetattr(_STDIN)
    flags, *others = before
    termios.tcsetattr(_STDIN, termios.TCSANOW, [flags & ~termios.IXON, *others])
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
