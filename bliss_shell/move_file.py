"""The file that moves are written to: lines, of which the oldest go when there are too many."""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from bliss.common import clock
from bliss_shell.state_folder import session_folder

LARGEST = 10_000_000  #: bytes that a file may have before another one is begun
KEPT = 4  #: older files that are kept: moves.jsonl.1, the newest of them, to moves.jsonl.4
_CHUNK = 65_536  #: bytes read at once, from the end


def default_path(session: str, environment: Mapping[str, str] = os.environ) -> Path:
    """Of a session: `~/.local/state/bliss-shell/demo_session/moves.jsonl`."""
    return session_folder(session, environment) / "moves.jsonl"


class MoveFile:
    """Takes one line after the other, with one write each, and never raises.

    Args:
        path: Where; the folder is made.
        warn: Called with a sentence the first time that a line is lost.
        largest: Bytes that it may have before another one is begun.
        pause: s between two looks at how large it is, and whether it is there.
        what: The lines are, for the warning.
    """

    def __init__(
        self,
        path: Path,
        warn: Callable[[str], object],
        *,
        largest: int = LARGEST,
        pause: float = 1.0,
        what: str = "moves",
    ) -> None:
        self._what = what
        self.path = path
        self.problem = ""  #: why a line is missing, if one is
        self._warn = warn
        self._largest = largest
        self._pause = pause
        self._next_look = 0.0
        self._file: int | None = None
        self._is_torn = False  #: whether its last line is there in part
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._open()
        except OSError as error:
            self._lose(error.strerror)

    def write(self, line: bytes) -> None:
        """Append a line, which ends in a newline."""
        if self._file is None:
            return
        if clock.now() >= self._next_look:
            self._look()
        if self._is_torn:
            line = b"\n" + line
        try:
            self._is_torn = os.write(self._file, line) < len(line)
            if self._is_torn:
                self._lose("no space is left for a whole line")
        except OSError as error:
            self._lose(error.strerror)

    def _look(self) -> None:
        """Look whether it is there, and small enough; at each line that would cost too much."""
        assert self._file is not None  # noqa: S101 - only then is this called
        self._next_look = clock.now() + self._pause
        about = os.fstat(self._file)
        try:
            if about.st_size > self._largest:
                self._turn()
            elif not about.st_nlink:  # somebody has removed it
                self._reopen()
        except OSError as error:
            self._lose(error.strerror)

    def _lose(self, why: str | None) -> None:
        if not self.problem:
            self.problem = why or "it cannot be written"
            self._warn(f"{self._what} are not recorded in {self.path}: {self.problem}")

    def _open(self) -> None:
        self._file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        size = os.fstat(self._file).st_size
        self._is_torn = size > 0 and os.pread(self._file, 1, size - 1) != b"\n"

    def _reopen(self) -> None:
        before = self._file
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._open()
        if before is not None:
            os.close(before)

    def _turn(self) -> None:
        """Begin another file."""
        for number in range(KEPT - 1, 0, -1):
            if self._old(number).exists():
                self._old(number).replace(self._old(number + 1))
        self.path.replace(self._old(1))
        self._reopen()

    def _old(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")

    def close(self) -> None:
        """Write no more."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def newest_first(self) -> Iterator[bytes]:
        """Its lines, and those of the older files, from the last one back."""
        for path in [self.path, *(self._old(number) for number in range(1, KEPT + 1))]:
            yield from _backwards(path)


def _backwards(path: Path) -> Iterator[bytes]:
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:
        return
    try:
        end, rest = os.fstat(file).st_size, b""
        while end:
            start = max(0, end - _CHUNK)
            first, *lines = (os.pread(file, end - start, start) + rest).split(b"\n")
            yield from reversed(lines)
            end, rest = start, first
        yield rest
    finally:
        os.close(file)
