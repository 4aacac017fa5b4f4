"""The table at the prompt: a client of the data server like any other."""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TextIO

import gevent
from gevent.event import Event
from gevent.lock import BoundedSemaphore

from bliss.data.events import EventType, NewData, ScanEnd
from bliss.data.node import ChannelNode, DataNode, StopHandler
from bliss.scanning.scan import Scan
from bliss.scanning.session import ScanListener
from bliss.scanning.timing import summary
from bliss_shell.activities import waits_of
from bliss_shell.progress import progress
from bliss_shell.screen import InPlace, is_live, width_of
from bliss_shell.table import Column, Table, footer, outcome_line, selected
from bliss_shell.terminal_output import show

_DRAW = 0.1  #: s between two drawings; what comes meanwhile is read at once, so this costs little
_TICK = 0.5  #: s between two progress lines while no points come
_LAST_WORDS = 2.0  #: s that the prompt waits for the table when the scan has ended
_MARKS = "timer:flags"  #: shown as words behind the points that they are about
_HIDDEN = ("timer:epoch", _MARKS)  #: no columns: of use to programs only
_NO_LIMIT = 10_000  #: characters a line
_WORTH_SAYING = 2.0  #: s that a scan should take at least for its estimate to be shown


class LiveTable(ScanListener):
    """Shows each scan while it runs.

    Of scans in the background, which must not disturb who types, and of groups of scans it only
    says that they begin and how they ended.

    Args:
        wanted: Gives names of the columns that are wanted; all are if it gives none.
        in_place: What is there that changes in place.
        out: Where, standard output by default.
    """

    def __init__(
        self,
        wanted: Callable[[], Sequence[str]] = list,
        in_place: InPlace | None = None,
        out: TextIO | None = None,
    ) -> None:
        self._wanted = wanted
        self._in_place = in_place or InPlace()
        self._out = out
        self._greenlet: gevent.Greenlet | None = None
        self._scan: Scan | None = None
        self._stop = StopHandler()
        self._hurry = Event()
        self._table: Table | None = None
        self._one_at_a_time = BoundedSemaphore()  #: says something
        self._hangs = False  #: whether the terminal did not take what was said last

    def on_scan_new(self, scan: Scan) -> None:
        """Begin to follow the scan."""
        where = ", in the background" if scan.is_background else ""
        self._say(f"{scan.name}: {scan.scan_info['title']}{where}")
        estimate = scan.scan_info.get("estimate", {})
        if (estimate.get("seconds") or 0) >= _WORTH_SAYING:
            self._say(f"about {estimate['text']}")
        if scan.save and not scan.consumers:
            self._say("not saved: no writer is running")
        if self._is_brief(scan) or self._scan:
            return
        self._scan, self._stop = scan, StopHandler()
        self._hurry.clear()
        self._table = None
        self._greenlet = gevent.spawn(self._follow, scan.node)
        ticker = gevent.spawn(self._tick)
        self._greenlet.link(lambda _: ticker.kill(block=False))

    def on_scan_checked(self, scan: Scan, estimate: Any, warnings: list[str]) -> None:
        """Say what was found."""
        self._say(f"{scan.scan_info['title']}: can run, about {estimate}", *warnings)

    def on_scan_waiting(self, scan: Scan, sentence: str) -> None:
        """Show for whom the scan waits."""
        self._say(sentence if scan is self._scan else f"{scan.name}: {sentence}")

    def on_scan_end(self, scan: Scan) -> None:
        """Wait until all of it is shown."""
        if self._is_brief(scan):
            info, why = scan.scan_info, f": {scan.reason}" if scan.reason else ""
            seconds = info["end_timestamp"] - info["start_timestamp"]
            self._say(f"{scan.name}: {info['outcome']} after {seconds:.2f} s{why}")
        if scan is not self._scan or self._greenlet is None:
            return
        self._hurry.set()
        self._greenlet.join(_LAST_WORDS if scan.is_published else 0)
        if not self._greenlet.dead:
            self._stop.stop()
            self._greenlet.kill()
            self._say(
                f"{scan!r}; the table is incomplete, as the data server, or the terminal, "
                "does not answer"
            )
        self._scan = self._table = None

    @staticmethod
    def _is_brief(scan: Scan) -> bool:
        return scan.is_background or scan.node_type != "scan"

    def _follow(self, node: DataNode) -> None:
        info = node.info.get_all()
        channels: list[ChannelNode] = []
        table = None
        for event in node.walk_events(stop_handler=self._stop):
            if event.type is EventType.NEW_NODE and isinstance(event.node, ChannelNode):
                channels.append(event.node)
            elif event.type is EventType.PREPARED_SCAN:
                self._table = table = self._begin(channels, info)
            elif isinstance(event.data, NewData) and table:
                table.add(event.node.name, list(event.data.data))
                self._draw(table)
            elif isinstance(event.data, ScanEnd):
                end, rows = event.data, table.rows if table else 0
                self._table = None
                seconds = end.time - info["start_timestamp"]
                how = outcome_line(end.outcome, end.reason, rows, info["npoints"], seconds)
                timing = node.info.get("timing") if rows > 1 else None
                self._say(*footer([how, *([summary(timing)] if timing else [])], self._width))

    def _begin(self, channels: list[ChannelNode], info: Mapping[str, Any]) -> Table:
        marks = next((node.name for node in channels if node.name == _MARKS), None)
        columns = [
            _column(node) for node in channels if node.shape == () and node.name not in _HIDDEN
        ]
        single, row = info["npoints"] == 1, info.get("npoints1", 0)
        if not single:
            columns = selected(columns, self._wanted())
        table = Table(columns, self._width, upright=single, row=row, marks=marks)
        self._say(*table.head())
        return table

    @property
    def _width(self) -> int:
        """Characters a line; outside a terminal there is no limit to keep to."""
        return width_of(self._out or sys.stdout) or _NO_LIMIT

    def _draw(self, table: Table) -> None:
        lines = table.take()
        if lines:
            self._say(*lines, patience=None)
            self._hurry.wait(_DRAW)

    def _tick(self) -> None:
        """Keep the progress line up to date."""
        while True:
            gevent.sleep(_TICK)
            if self._table:
                self._say()

    def _progress(self) -> str:
        """The line below the table; empty where there is none."""
        scan, table, out = self._scan, self._table, self._out or sys.stdout
        if not scan or not table or table.upright or not is_live(out):
            return ""
        info = scan.scan_info
        seconds = time.time() - info["start_timestamp"] - scan.paused_time
        estimate = info.get("estimate", {}).get("seconds") or 0.0
        if seconds < _WORTH_SAYING and estimate < _WORTH_SAYING:
            return ""
        line = progress(table.rows, info["npoints"], seconds, estimate, waits_of(scan))
        return f"  {line}"[: (width_of(out) or 80) - 1]

    def _say(self, *lines: str, patience: float | None = _LAST_WORDS) -> None:
        """Show lines, and below them how far the scan is; not for long if the terminal hangs."""
        if self._hangs and patience is not None:
            patience = 0.0
        if self._one_at_a_time.acquire(timeout=patience):
            try:
                self._write(lines, patience)
            finally:
                self._one_at_a_time.release()

    def _write(self, lines: Sequence[str], patience: float | None) -> None:
        below = self._progress()
        if not lines and not below:
            return
        text = self._in_place.erasure() + "".join(f"{line}\n" for line in lines)
        self._in_place.lines = bool(below)
        self._hangs = True  # nobody else runs before it really does
        self._hangs = not show(f"{text}{below}", self._out or sys.stdout, patience=patience)


def _column(node: ChannelNode) -> Column:
    info = node.info.get_all()
    unit = f"[{info['unit']}]" if info.get("unit") else ""
    return Column(node.name, (info.get("alias") or node.name.rpartition(":")[2]) + unit)
