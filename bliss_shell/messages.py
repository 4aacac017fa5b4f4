"""What libraries log and warn of goes to the session's log; to the screen only what is ours.

Ours is also what Python warns of in the user's own code.
"""

import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from bliss_shell.complaints import OURS
from bliss_shell.screen import InPlace

_INSTALLED = (str(Path(sys.prefix).resolve()), str(Path(sys.base_prefix).resolve()))


class Messages(logging.Handler):
    """Takes every message of `logging`.

    Args:
        keep: Called with each.
        in_place: What the screen shows that changes in place.
    """

    def __init__(self, keep: Callable[[logging.LogRecord], object], in_place: InPlace) -> None:
        super().__init__()
        self._keep = keep
        self._in_place = in_place

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it, and show it if it is for the user; who logs does not fail if that fails."""
        try:
            self._take(record)
        except Exception:  # noqa: BLE001 - as every handler of `logging`
            self.handleError(record)

    def _take(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.WARNING:
            self._keep(record)
        is_ours = record.name.partition(".")[0] in OURS
        was_asked_for = record.levelno < logging.WARNING and logging.getLogger(record.name).level
        if is_ours or was_asked_for:
            print(f"{self._in_place.erasure()}{_shown(record)}", file=sys.stderr)


def _shown(record: logging.LogRecord) -> str:
    text = record.getMessage()
    return text if record.levelno >= logging.WARNING else f"{record.name}: {text}"


@contextmanager
def messages_to(keep: Callable[[logging.LogRecord], object], in_place: InPlace) -> Iterator[None]:
    """Have all messages and warnings of this process taken, inside this block."""
    root, handler, before = logging.getLogger(), Messages(keep, in_place), warnings.showwarning
    root.addHandler(handler)
    logging.captureWarnings(True)
    captured = warnings.showwarning

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        if is_for_the_user(category, filename):
            print(f"{in_place.erasure()}{category.__name__}: {message}", file=sys.stderr)
        captured(message, category, filename, lineno, file, line)

    warnings.showwarning = show
    try:
        yield
    finally:
        warnings.showwarning = captured
        logging.captureWarnings(False)
        warnings.showwarning = before
        root.removeHandler(handler)


def is_for_the_user(category: type[Warning], filename: str) -> bool:
    """Whether a warning is one of ours, or of the user's own code."""
    if category.__module__.partition(".")[0] in OURS:
        return True
    path = Path(filename)
    return not path.is_absolute() or not str(path.resolve()).startswith(_INSTALLED)
