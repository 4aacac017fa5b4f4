"""The table at the prompt: a client of the data server like any other."""

import shutil
import sys
from typing import TextIO

import gevent
from gevent.event import Event

from bliss.data.events import EventType, NewData, ScanEnd
from bliss.data.node import ChannelNode, DataNode, StopHandler
from bliss.scanning.scan import Scan
from bliss.scanning.session import ScanListener
from bliss_shell.table import Column, Table, footer

_DRAW = 0.1  #: s between two drawings; what comes meanwhile is read at once, so this costs little
_LAST_WORDS = 2.0  #: s that the prompt waits for the table when the scan has ended
_HIDDEN = "timer:epoch"  #: of use to programs only


class LiveTable(ScanListener):
    """Shows each scan while it runs.

    Args:
        out: Where, standard output by default.
    """

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out
        self._greenlet: gevent.Greenlet | None = None
        self._scan: Scan | None = None
        self._stop = StopHandler()
        self._hurry = Event()

    def on_scan_new(self, scan: Scan) -> None:
        """Begin to follow the scan, unless one that it is part of is shown."""
        if self._scan:
            return
        self._scan, self._stop = scan, StopHandler()
        self._hurry.clear()
        self._say(f"{scan.name}: {scan.scan_info['title']}")
        if scan.save and not scan.consumers:
            self._say("not saved: no writer is running")
        self._greenlet = gevent.spawn(self._follow, scan.node)

    def on_scan_waiting(self, scan: Scan, sentence: str) -> None:  # noqa: ARG002
        """Show for whom the scan waits."""
        self._say(sentence)

    def on_scan_end(self, scan: Scan) -> None:
        """Wait until all of it is shown."""
        if scan is not self._scan or self._greenlet is None:
            return
        self._hurry.set()
        self._greenlet.join(_LAST_WORDS if scan.is_published else 0)
        if not self._greenlet.dead:
            self._say(f"{scan!r}; the table is incomplete, as the data server does not answer")
            self._stop.stop()
            self._greenlet.kill()
        self._scan = None

    def _follow(self, node: DataNode) -> None:
        info = node.info.get_all()
        channels: list[ChannelNode] = []
        table = None
        for event in node.walk_events(stop_handler=self._stop):
            if event.type is EventType.NEW_NODE and isinstance(event.node, ChannelNode):
                channels.append(event.node)
            elif event.type is EventType.PREPARED_SCAN:
                table = self._begin(channels, single=info["npoints"] == 1)
            elif isinstance(event.data, NewData) and table:
                table.add(event.node.name, list(event.data.data))
                self._draw(table)
            elif isinstance(event.data, ScanEnd):
                end, rows = event.data, table.rows if table else 0
                seconds = end.time - info["start_timestamp"]
                self._say(footer(end.outcome, end.reason, rows, info["npoints"], seconds))

    def _begin(self, channels: list[ChannelNode], *, single: bool) -> Table:
        columns = [_column(node) for node in channels if node.shape == () and node.name != _HIDDEN]
        # outside a terminal there is no width to keep to
        width = shutil.get_terminal_size((10_000, 24)).columns
        table = Table(columns, width, upright=single)
        self._say(*table.head())
        return table

    def _draw(self, table: Table) -> None:
        lines = table.take()
        if lines:
            self._say(*lines)
            self._hurry.wait(_DRAW)

    def _say(self, *lines: str) -> None:
        for line in lines:
            print(line, file=self._out or sys.stdout, flush=True)


def _column(node: ChannelNode) -> Column:
    info = node.info.get_all()
    unit = f"[{info['unit']}]" if info.get("unit") else ""
    return Column(node.name, (info.get("alias") or node.name.rpartition(":")[2]) + unit)
