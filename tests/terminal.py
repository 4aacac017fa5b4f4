"""A real shell at a pseudo-terminal, read as a person does: from the screen."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from pathlib import Path

from tests.beacon_process import python_environment

SHELL = "from bliss_shell.main import main; raise SystemExit(main())"
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07]*\x07|\x1b[=>()][0-9A-B]?|\r")
#: this terminal does not tell where its cursor is
_ENVIRONMENT = {"TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1"}
START = 30.0  #: seconds until the first prompt
WAIT = 20.0  #: seconds


def _plain(shown: bytes) -> str:
    """What was shown, without escape codes; each is within a line."""
    return _ESCAPES.sub("", shown.decode(errors="replace"))


def _log_in() -> None:
    """Begin a session of its own, as a terminal does: keys and a hang-up are signals in it."""
    os.login_tty(0)
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)  # tests may run where they are ignored


class Terminal:
    """`bliss-shell` with a keyboard and a screen.

    Args:
        arguments: Of `bliss-shell`.
        home: The home folder it sees.
        environment: More variables.
        columns: Of the screen, until it is resized.
        through: A command that runs it, such as `("nohup",)`.
    """

    def __init__(
        self,
        *arguments: str,
        home: Path,
        environment: dict[str, str],
        columns: int = 160,
        through: Sequence[str] = (),
    ) -> None:
        self.text = ""  #: all that was shown so far, without escape codes
        self.raw = bytearray()  #: all that was shown so far, as it came
        self._line = b""  #: the last line, as it came
        self.environment = environment
        self._number = 0
        self._screen, keyboard = pty.openpty()
        self.resize(columns=columns)
        self.process = subprocess.Popen(
            [*through, sys.executable, "-c", SHELL, *arguments],
            env=python_environment(**_ENVIRONMENT) | environment | {"HOME": str(home)},
            cwd=home,
            stdin=keyboard,
            stdout=keyboard,
            stderr=keyboard,
            # the child execs at once; no other thread has a say in it
            preexec_fn=_log_in,  # noqa: PLW1509
        )
        os.close(keyboard)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._close_screen()

    def wait_for(self, pattern: str, timeout: float = WAIT, since: int = 0) -> re.Match:
        """Wait until the screen has shown something that matches."""
        deadline = time.monotonic() + timeout
        compiled = re.compile(pattern, re.S | re.M)
        while not (match := compiled.search(self.text, since)):
            if not self._read(deadline - time.monotonic()):
                raise AssertionError(
                    f"no {pattern!r} within {timeout} s; the terminal shows:\n{self.text}"
                )
        return match

    def watch(self, seconds: float) -> None:
        """Read what is shown for so long."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._read(left)

    def _read(self, timeout: float) -> bool:
        """Read what the shell has written; False if nothing came in time, or it has ended."""
        ready, _, _ = select.select([self._screen], [], [], max(0, timeout))
        try:
            shown = os.read(self._screen, 65536) if ready else b""
        except OSError:  # how Linux tells that the other side is closed
            shown = b""
        self.raw += shown
        before = len(_plain(self._line))
        lines = self._line + shown
        self.text = self.text[: len(self.text) - before] + _plain(lines)
        self._line = lines[lines.rfind(b"\n") + 1 :]
        return bool(shown)

    def wait_for_prompt(self, timeout: float = START) -> None:
        """Wait for the first prompt."""
        self._number = int(self.wait_for(r"DEMO_SESSION \[(\d+)\]:", timeout)[1])

    def type(self, text: str) -> int:
        """Type without Enter; where the text shown after it begins."""
        since = len(self.text)
        os.write(self._screen, text.encode())
        return since

    def run(self, line: str, timeout: float = WAIT) -> str:
        """Type a line, wait for the next prompt, give back what was shown."""
        since = self.type(line + "\r")
        return self.finish(since, timeout)

    def finish(self, since: int, timeout: float = WAIT) -> str:
        """Wait for the next prompt, give back what was shown."""
        self._number += 1
        self.wait_for(rf"DEMO_SESSION \[{self._number}\]:", timeout, since)
        return self.text[since:]

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self.type("\x03")

    def resize(self, *, columns: int) -> None:
        """Make the window wider or narrower."""
        fcntl.ioctl(self._screen, termios.TIOCSWINSZ, struct.pack("4H", 50, columns, 0, 0))

    def signal(self, number: int) -> None:
        """Send the shell a signal, as `kill` does."""
        self.process.send_signal(number)

    def hang_up(self) -> int:
        """Close the window, as when a connection is cut; the exit status of the shell."""
        self._close_screen()
        return self.process.wait(WAIT)

    def _close_screen(self) -> None:
        screen, self._screen = self._screen, -1
        if screen >= 0:
            os.close(screen)

    def leave(self) -> int:
        """Type `exit`; the exit status."""
        self.type("exit\r")
        return self.wait_for_end()

    def wait_for_end(self) -> int:
        """Read until it has ended; the exit status."""
        deadline = time.monotonic() + WAIT
        while self._read(deadline - time.monotonic()):
            pass
        return self.process.wait(WAIT)
