"""Ctrl-C at the prompt: the signal, and what is said on the screen."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from bliss.common.interrupts import Interrupts
from bliss_shell.screen import InPlace

_SAID = {
    1: "stopping; once more stops everything at once",
    2: "stopping everything at once; once more gives the prompt back",
    3: "giving up on what does not answer",
}


def say(in_place: InPlace, count: int) -> None:
    """Say what this Ctrl-C does; called by the signal handler, where `print` is not safe.

    Args:
        in_place: What the screen shows that is not to stay.
        count: How many Ctrl-C there were.
    """
    if count in _SAID:
        before = in_place.erasure() or "\n"
        os.write(2, f"{before}{_SAID[count]}\n".encode())


@contextmanager
def handled_by(interrupts: Interrupts) -> Iterator[None]:
    """Hand every SIGINT to `interrupts` inside this block."""
    before = signal.signal(signal.SIGINT, lambda _signal, _frame: interrupts.arrive())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
