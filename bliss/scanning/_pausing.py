"""What a scan knows of its pauses: its gate, the suspenders at work, and what there was."""

import time
from collections.abc import Callable
from typing import Any

from bliss.common import clock
from bliss.scanning.gate import Gate
from bliss.scanning.session import Session
from bliss.scanning.suspenders import Watchers
from bliss.scanning.timing import shown


class Pausing:
    """Tells of the pauses of one scan, and remembers them.

    Args:
        on_wait: Called with True when the scan begins to wait at a point, with False when it
            goes on.
        say: Told in a sentence why it pauses, and when it goes on.
    """

    def __init__(self, on_wait: Callable[[bool], object], say: Callable[[str], object]) -> None:
        self._say = say
        self._watchers = Watchers()
        self._known: dict[str, float] = {}  #: reasons, and since when in s since the epoch
        self._since = 0.0
        #: `[{"reason": "beam: 3 mA is below 10", "since": 1.7e9, "until": 1.7e9 or None}]`
        self.history: list[dict[str, Any]] = []
        self.gate = Gate(self._on_change, on_wait)

    def begin(self, session: Session) -> None:
        """Have the session's suspenders watch."""
        self._watchers.begin(session.suspenders, self.gate)

    def end(self) -> None:
        """Have them watch no longer; nor can anybody else have the scan pause."""
        self._watchers.end()
        self.gate.remove()
        for pause in self.history:
            pause["until"] = pause["until"] or time.time()

    def _on_change(self) -> None:
        now = {pause.reason for pause in self.gate.pauses}
        for pause in self.history:
            if pause["until"] is None and pause["reason"] not in now:
                pause["until"] = time.time()
        new = now - {pause["reason"] for pause in self.history if pause["until"] is None}
        if new and len(self.gate.pauses) == len(new):
            self._since = clock.now()
        for reason in sorted(new):
            self.history.append({"reason": reason, "since": time.time(), "until": None})
            says = "cannot pause on its way" if self.gate.is_passed else "pauses"
            self._say(f"{says}: {reason}")
        if not now and not self.gate.is_passed:
            self._say(f"going on, after {shown(clock.now() - self._since)}")
