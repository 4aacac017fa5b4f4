"""A shell to be maltreated: typed at, interrupted, asked how it is."""

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

from tests.beacon_process import BeaconProcess
from tests.terminal import Terminal

ANSWER = 15.0  #: s until the prompt has to be back
_PROMPT = r"DEMO_SESSION \[(\d+)\]:"
AGAIN = 2.0  #: s until a question is typed again: what was typed may have been cleared


class Keyboard(Terminal):
    """The shell at a Beacon, with `inside` in its namespace."""

    def __init__(self, beacon: BeaconProcess, home: Path) -> None:
        super().__init__(
            *("-s", "demo_session"), home=home, environment={"BEACON_HOST": beacon.host}
        )
        self._asked = 0
        try:
            self.wait_for_prompt()
            self.run("from tests.campaign.inside import Inside")
            self.run("inside = Inside(SCANS, robx, roby, robz)")
        except BaseException:
            self.__exit__()
            raise

    def forget(self) -> None:
        """Forget what was shown so far."""
        self.raw, self.text, self._line = bytearray(), "", b""

    def interrupt_by(self, way: str) -> None:
        """Ctrl-C: as the key, or as the signal from another process."""
        if way == "key":
            self.interrupt()
        else:
            os.kill(self.process.pid, signal.SIGINT)

    def ask(self, line: str = "", timeout: float = ANSWER) -> dict[str, Any]:
        """Type a line that runs a command, and then tell how the session is.

        Without a command it is typed again when no answer comes: an interrupt may have cleared it.
        """
        self._asked += 1
        question = f"inside.tell({self._asked})"
        typed = f"\x15{line}; {question}\r" if line else f"\x15{question}\r"
        deadline = time.monotonic() + timeout
        self.type(typed)
        while True:
            left = deadline - time.monotonic()
            try:
                answer = self.wait_for(
                    rf"^STATE {self._asked} (\{{.*?\}})$", left if line else min(AGAIN, left)
                )
            except AssertionError:
                assert self.process.poll() is None, f"the shell has ended:\n{self.text}"
                if line or time.monotonic() > deadline:
                    raise
                self.type(typed)
            else:
                told: dict[str, Any] = json.loads(answer[1])
                self._number = int(self.wait_for(_PROMPT, since=answer.end())[1])
                return told
