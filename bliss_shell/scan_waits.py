"""A scan that waits for an axis says for which, and how long."""

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import gevent

from bliss.scanning.scan import Scan
from bliss.scanning.session import ScanListener
from bliss_shell.move_log import MoveLog
from bliss_shell.screen import arrow
from bliss_shell.waits import FIRST, Rhythm, sentence

_LOOK = 0.5  #: s between two looks


class ScanWaits(ScanListener):
    """Tells of the axes of a scan whose move lasts.

    Args:
        log: Knows which moves are under way.
        tell: Called with the scan and a sentence.
    """

    def __init__(self, log: MoveLog, tell: Callable[[Scan, str], object]) -> None:
        self._log = log
        self._tell = tell
        self._watching: dict[Scan, gevent.Greenlet] = {}

    def on_scan_new(self, scan: Scan) -> None:
        """Begin to watch its axes."""
        axes = axes_of(scan)
        if axes:
            self._watching[scan] = gevent.spawn(self._watch, axes, partial(self._tell, scan))

    def on_scan_end(self, scan: Scan) -> None:
        """Watch them no longer."""
        greenlet = self._watching.pop(scan, None)
        if greenlet:
            greenlet.kill()

    def _watch(self, axes: list[Any], tell: Callable[[str], object]) -> None:
        rhythm = Rhythm()
        while True:
            gevent.sleep(_LOOK)
            late = self._log.late(axes, least=FIRST)
            seconds = max((self._log.seconds(move) for move in late.values()), default=0.0)
            if rhythm.is_due(seconds):
                targets = {axis: move.target for axis, move in late.items()}
                tell(sentence(targets, seconds, arrow(sys.stdout)))


def axes_of(scan: Scan) -> list[Any]:
    """The axes that a scan moves."""
    found = (axis for device in scan.chain.devices for axis in getattr(device, "axes", ()))
    return list(dict.fromkeys(found))
