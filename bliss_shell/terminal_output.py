"""Writing to a terminal that may stand still: its user selects text, or the connection hangs.

`print` would stand still with it, and all greenlets too: points would wait, and nobody would see
an axis that fails.
"""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import gevent
from gevent.socket import wait_write


def show(text: str, out: TextIO, *, patience: float | None = None) -> bool:
    """Write, and let other greenlets run while the terminal takes nothing.

    Args:
        text: What to write.
        out: Where.
        patience: s after which the rest is not written; None: never.

    Returns:
        Whether all is written.
    """
    if not isinstance(out, io.TextIOWrapper) or not out.isatty():
        print(text, end="", file=out, flush=True)
        return True
    out.flush()
    rest = text.encode(out.encoding, out.errors or "replace")
    with _not_blocking(out.fileno()) as terminal, gevent.Timeout(patience, False):
        while rest:
            try:
                rest = rest[os.write(terminal, rest) :]
            except BlockingIOError:
                wait_write(terminal)
    return not rest


@contextmanager
def _not_blocking(number: int) -> Iterator[int]:
    """The same terminal, opened once more: how it is open for others is theirs too."""
    terminal = os.open(os.ttyname(number), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        yield terminal
    finally:
        os.close(terminal)
