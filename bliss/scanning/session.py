"""The session that scans run in."""

import contextlib
import getpass
import socket
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import redis

from bliss.beacon import Beacon
from bliss.common.errors import BlissError, ScanError, SessionLockedError
from bliss.common.interrupts import Interrupts
from bliss.common.protocols import Axis
from bliss.common.scheduling import run_promptly
from bliss.config.settings import HashSetting
from bliss.data import keys
from bliss.scanning.states import ScanState

if TYPE_CHECKING:
    from bliss.scanning.scan import Scan

_END = 10.0  #: s that a scan has to end when its session does
_KEPT = 20  #: scans that `SCANS` remembers; their data is in the data server


class ScanListener:
    """Is told of every scan of a session; the calls are on the greenlet that runs the scan."""

    def on_scan_new(self, scan: "Scan") -> None:
        """Called when the scan's nodes are there, before anything moves."""

    def on_scan_checked(self, scan: "Scan", estimate: Any, warnings: list[str]) -> None:
        """Called when a scan was looked at, and could run; see `Scan.check`."""

    def on_scan_waiting(self, scan: "Scan", sentence: str) -> None:
        """Called now and then while the data server or an axis keeps the scan waiting; says who.

        On another greenlet than the scan's.
        """

    def on_scan_end(self, scan: "Scan") -> None:
        """Called when the scan's END is published."""


class Session:
    """Where scans get their number and their place in the data, and who is told of them.

    Args:
        name: As in `sessions.yml`.
        beacon: A connection with the role `session`.
        interrupts: Who gets a Ctrl-C; by default nobody in particular.
    """

    def __init__(self, name: str, beacon: Beacon, interrupts: Interrupts | None = None) -> None:
        self.name = name
        self.interrupts = interrupts or Interrupts()
        self.user = getpass.getuser()
        self.host = socket.gethostname()
        self.scans: deque[Scan] = deque(maxlen=_KEPT)  #: the last ones, newest last
        self.running: list[Scan] = []  #: those that run now, in the background too
        self.listeners: list[ScanListener] = []
        self.pause_reason = ""  #: why scans are to pause, as another process said
        self.suspenders: list[Any] = []  #: `bliss.scanning.suspenders.Suspender`s of every scan
        self.axes: Sequence[Axis] = ()  #: their positions go into the metadata of every scan
        self.container = keys.join(name, "data")  #: `db_name` of the node that scans are under
        self.beacon = beacon  #: a connection with the role `session`
        self._numbers = HashSetting(f"{name}:scan_numbers")

    @property
    def data(self) -> redis.Redis:
        """Client of the data server."""
        return self.beacon.redis("data")

    def admit(self, scan: "Scan") -> None:
        """Let a scan run, unless another one moves an axis of it.

        Raises:
            ScanError: If so.
        """
        wanted = scan.chain.real_axes
        for other in self.running:
            for axis in other.chain.real_axes:
                if axis in wanted:
                    raise ScanError(
                        f"{scan.name}: {axis.name} is moved by {other.name}, which runs; wait for "
                        f"it with wait(), or end it with stop()"
                    )
        self.running.append(scan)

    def release(self, scan: "Scan") -> None:
        """A scan has ended; harmless when it was not let run."""
        if scan in self.running:
            self.running.remove(scan)

    def end_scans(self) -> None:
        """Abort what runs in the background, and wait until all of it has ended."""
        for scan in list(self.running):
            scan.abort("the session ended")
        for scan in list(self.running):
            scan.wait_state(ScanState.DONE, timeout=_END)

    def next_scan_number(self, *, saved: bool) -> int:
        """A number no other scan of this session has; saved scans are counted apart.

        Raises:
            SessionLockedError: If this process has lost the session to another.
        """
        if self.beacon.lost_session:
            raise SessionLockedError(self.beacon.lost_session)
        return int(self._numbers.incr("saved" if saved else "unsaved"))

    def waits_for(self) -> list[str]:
        """The required consumers for want of whom the data server is full."""
        with contextlib.suppress(BlissError):
            return list(self.beacon.status().get("janitor", {}).get("waits_for", {}))
        return []

    def describe(self) -> dict[str, Any]:
        """What every scan's metadata says of the session."""
        return {"session_name": self.name, "user_name": self.user, "host_name": self.host}


_current: Session | None = None  # a process runs one session; see set_current_session


def set_current_session(session: Session | None) -> None:
    """Make `session` the one that scans run in, in this thread."""
    global _current  # noqa: PLW0603
    _current = session
    if session:
        run_promptly()  # who follows a scan computes, just when its next point is due


def current_session() -> Session:
    """The session that scans run in.

    Raises:
        ScanError: If none is open.
    """
    if _current is None:
        raise ScanError("no session is open in this process; start one with `bliss-shell -s NAME`")
    return _current
