"""SIGTERM, and a terminal that was closed: the session ends as with Ctrl-C and `exit`.

The default would end the process at once, and leave axes moving, shutters open, and scans to be
found dead by Beacon.
"""

import os
import signal
from types import FrameType, TracebackType
from typing import Self

import gevent

from bliss.common.interrupts import Interrupts

_CAUSES = {
    signal.SIGHUP: "the end of its terminal (SIGHUP)",
    signal.SIGTERM: "SIGTERM",
}
_AGAIN = 10.0  #: s until Ctrl-C is pressed again, for nobody may be there to do it


class Leaving:
    """A context manager: inside it these signals interrupt what runs, and let the prompt go.

    A KeyboardInterrupt of theirs that nobody else took ends here.

    What does not end then is interrupted again every 10 s, as if somebody pressed Ctrl-C, until
    the session is closed.

    Args:
        interrupts: Get a cause, and then interrupts.
    """

    def __init__(self, interrupts: Interrupts) -> None:
        self.status: int | None = None  #: exit status, as of other commands that a signal has ended
        self._interrupts = interrupts
        self._terminals = [number for number in (1, 2) if os.isatty(number)]
        self._before: dict[signal.Signals, object] = {}
        self._pressing: gevent.Greenlet | None = None

    def __enter__(self) -> Self:
        for number in _CAUSES:
            if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
                self._before[number] = signal.signal(number, self._arrive)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        if self._pressing:
            self._pressing.kill()
        for number, before in self._before.items():
            signal.signal(number, before)  # type: ignore[arg-type]
        return self.status is not None and isinstance(error, KeyboardInterrupt)

    def _arrive(self, number: int, _frame: FrameType | None) -> None:
        signalled = signal.Signals(number)
        if signalled is signal.SIGHUP:
            self._forget_terminal()
            if self.status is not None:  # the kernel and the shell that started us both send it
                return
        if self.status is None:
            self.status = 128 + number
            self._interrupts.cause = _CAUSES[signalled]
            os.write(2, f"\nthis session ends, because of {_CAUSES[signalled]}\n".encode())
            gevent.get_hub().loop.run_callback(self._press)
        signal.raise_signal(signal.SIGINT)

    def _forget_terminal(self) -> None:
        """Have nobody fail because it can show nothing any more."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for number in self._terminals:
            os.dup2(nowhere, number)
        os.close(nowhere)

    def _press(self) -> None:
        self._pressing = gevent.spawn(_press_again_and_again)


def _press_again_and_again() -> None:
    while True:
        gevent.sleep(_AGAIN)
        signal.raise_signal(signal.SIGINT)
