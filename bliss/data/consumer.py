"""A required consumer: a program that stores data, which is kept until it has been stored.

```python
from bliss.data.consumer import Consumer

with Consumer("text", "demo_session") as consumer:
    for event in consumer.events():
        ...  # store it, safely
        consumer.mark(event)
```

While it runs, every scan of the session that is to be saved names it.  What it has not marked is
neither trimmed nor deleted, whatever happens to it: started again, it goes on behind its marks.  A
block that was stored but not marked comes again then; `first_index` says so.
"""

import time
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

import redis

from bliss.beacon import Beacon
from bliss.data import keys
from bliss.data._events import events_of
from bliss.data._follow import Outage, StopHandler
from bliss.data._interest import Interest
from bliss.data._nodes import make
from bliss.data._snapshot import walk_of_stored
from bliss.data._walk import Walk
from bliss.data.events import Event, EventType, Gap, NewData


class Consumer:
    """A required consumer of one session's scans.

    Args:
        name: What scans know it by, `"writer"`; the same when it is started again.
        session: The session whose scans it stores.
        beacon: Where that is; a connection of its own by default.
        stop_handler: Ends `events` from another thread.
    """

    def __init__(
        self,
        name: str,
        session: str,
        *,
        beacon: Beacon | None = None,
        stop_handler: StopHandler | None = None,
    ) -> None:
        self.name = name
        self.session = session
        self._beacon = beacon or Beacon(role="writer")
        self._owns_beacon = beacon is None
        self._client: Any = self._beacon.redis("data")
        self._stop = stop_handler or StopHandler()
        self._others: set[str] = set()  #: scans that do not name it, and have not ended yet

    def __enter__(self) -> Self:
        self._beacon.announce_consumer(self.name, self.session)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop.stop()
        if kind is None:  # else it may be started again, and scans go on naming it for a while
            self._beacon.withdraw_consumer(self.name, self.session)
        if self._owns_beacon:
            self._beacon.close()

    def events(self) -> Iterator[Event]:
        """Yield what happens in the scans that name it: first what it has not marked yet.

        As a walk of new events, except that a scan that it finds at its start is told of again:
        its NEW_NODE, those below it, PREPARED; then only the points that were not marked.
        """
        walk, scans = walk_of_stored(self._client, Interest(), self.session, self.name)
        for scan, node_type in scans.items():
            yield Event(EventType.NEW_NODE, make(self._client, scan, node_type), None)
        for event in events_of(walk, self._client, make, wait=True, stop=self._stop):
            if event.type is EventType.NEW_NODE and event.node.type in keys.SCANS:
                self._look_at(event.node.db_name, walk)
            if not self._is_anothers(event):
                yield event

    def _look_at(self, scan: str, walk: Walk) -> None:
        """Leave a scan alone that does not name this consumer."""
        if not self._is_named(scan):
            self._others = {name for name in self._others if walk.scan_of(name)} | {scan}
            walk.lose(scan, time.time(), is_known=False)

    def _is_named(self, scan: str) -> bool:
        try:
            groups = self._persist(lambda: self._client.xinfo_groups(keys.prepared(scan)))
        except redis.ResponseError:  # the scan is gone
            return False
        return any(group["name"] == self.name.encode() for group in groups or ())

    def _is_anothers(self, event: Event) -> bool:
        return any(keys.is_in(event.node.db_name, scan) for scan in self._others)

    def mark(self, event: Event) -> None:
        """Say that all up to and with this event is safely stored.

        Works also when the server is full; waits while it does not answer.
        """
        if isinstance(event.data, NewData):
            end = event.data.first_index + event.data.npoints
            self._set(keys.data(event.node.db_name), f"{end}-0")
        elif isinstance(event.data, Gap):
            self._set(keys.data(event.node.db_name), f"{event.data.last_index + 1}-0")
        elif event.type is EventType.END_SCAN:
            self._set(keys.prepared(event.node.db_name), keys.STORED)

    def _set(self, key: str, position: str) -> None:
        try:
            self._persist(lambda: self._client.xgroup_setid(key, self.name, position))
        except redis.ResponseError as problem:  # the scan is gone: nobody waits for the mark
            if "NOGROUP" not in str(problem) and "no such key" not in str(problem).lower():
                raise

    def _persist(self, command: Any) -> Any:
        """The answer to a command that may be repeated; None when it was stopped meanwhile."""
        outage = Outage(self._stop)
        while not self._stop.is_stopped:
            try:
                return command()
            except (redis.ConnectionError, redis.TimeoutError) as problem:
                outage.wait(problem)
        return None
