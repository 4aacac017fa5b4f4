"""What goes on in a session while the prompt waits; asks no hardware and no server."""

import time
from collections.abc import Callable

from bliss.scanning.scan import Scan
from bliss.scanning.session import Session
from bliss.scanning.states import ScanState
from bliss.scanning.timing import shown
from bliss_shell.move_log import MoveLog

_NAMED = 3  #: axes that are named


class Activities:
    """Scans that run in the background, axes that move, and Channels that are watched.

    Args:
        session: The session.
        log: Knows which axes move.
        watched: Gives what the Channels are, in words.
    """

    def __init__(
        self, session: Session, log: MoveLog, watched: Callable[[], list[str]] = list
    ) -> None:
        self._session = session
        self._log = log
        self._watched = watched

    def now(self) -> list[str]:
        """In words, one text each: `["3_loopscan 12.0 s left", "robx moves"]`."""
        names = [axis.name for axis in self._log.under_way]
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        verb = "moves" if len(names) == 1 else "move"
        moving = [f"{', '.join(names[:_NAMED])}{more} {verb}"] if names else []
        scans = [scan_in_words(each) for each in list(self._session.running)]
        return [*scans, *moving, *self._watched()]


def scan_in_words(scan: Scan) -> str:
    """What a scan does that runs: `3_loopscan about 12.0 s left`, `3_loopscan paused: no beam`."""
    waits = waits_of(scan)
    if waits:
        return f"{scan.name} {waits[0]}"
    info = scan.scan_info
    if "start_timestamp" not in info:
        return f"{scan.name} begins"
    seconds = time.time() - info["start_timestamp"] - scan.paused_time
    estimate = info.get("estimate", {}).get("seconds") or 0.0
    if estimate > seconds and info["npoints"]:
        return f"{scan.name} about {shown(estimate - seconds)} left"
    return f"{scan.name} for {shown(seconds)}"


def waits_of(scan: Scan) -> list[str]:
    """What a scan waits for, if it does: `["paused: no beam", "waiting for writer, 12 s"]`."""
    reasons = scan.pauses if scan.state is ScanState.PAUSED else []
    return [f"paused: {reason}" for reason in reasons] + [scan.waits] * bool(scan.waits)
