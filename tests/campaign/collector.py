"""A program that takes all points of the session, and says in JSON what it has, scan by scan.

Run as `python -m tests.campaign.collector walk|async|consumer`: three ways to the same points.
"""

import asyncio
import json
import sys
import time
from dataclasses import asdict

from bliss.data import aio, node
from bliss.data.consumer import Consumer
from bliss.data.events import Event, EventType, Gap, NewData
from tests.campaign.tally import ScanTally

SESSION = "demo_session"


class _Listening:
    """Stands in for an event, to tell that whatever happens from now on will be seen."""

    def set(self) -> None:
        _say({"listening": True})


class _Collector:
    def __init__(self) -> None:
        self._scans: dict[str, ScanTally] = {}

    def take(self, event: Event) -> None:
        name = event.node.db_name
        if event.type is EventType.NEW_NODE and event.node.type == "scan":
            self._scans[name] = ScanTally()
            _say({"new": name})
        elif isinstance(event.data, NewData | Gap):
            self._scan_of(name).take(name, event.data, time.monotonic())
        elif event.type is EventType.END_SCAN:
            _say({"end": name, "outcome": event.data.outcome, **asdict(self._scans.pop(name))})

    def _scan_of(self, channel: str) -> ScanTally:
        return next(tally for scan, tally in self._scans.items() if channel.startswith(f"{scan}:"))


def _walk(collector: _Collector) -> None:
    session = node.get_session_node(SESSION)
    for event in session.walk_on_new_events(started_event=_Listening()):
        collector.take(event)


def _walk_async(collector: _Collector) -> None:
    asyncio.run(_collect(collector))


async def _collect(collector: _Collector) -> None:
    session = node.get_session_node(SESSION)
    async for event in aio.walk_on_new_events(session, started_event=_Listening()):
        collector.take(event)


def _consume(collector: _Collector) -> None:
    with Consumer("collector", SESSION) as consumer:
        _say({"listening": True})
        for event in consumer.events():
            collector.take(event)
            consumer.mark(event)


WAYS = {"walk": _walk, "async": _walk_async, "consumer": _consume}


def _say(what: dict[str, object]) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    WAYS[sys.argv[1]](_Collector())
