"""From what a walk says to what a program gets: nodes looked up, points decoded."""

import contextlib
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import redis

from bliss.common.errors import FormatError
from bliss.data import keys
from bliss.data._follow import Outage, StopHandler, follow
from bliss.data._points import load_types
from bliss.data._raw import RawEvent
from bliss.data._walk import Walk
from bliss.data.events import Event, EventType, Gap, NewData

if TYPE_CHECKING:
    from bliss.data._nodes import ChannelNode

_log = logging.getLogger(__name__)

MakeNode = Callable[[redis.Redis, str, str], Any]
"""Makes the node of a `db_name` and a type: a `DataNode`, or a `ChannelNode`."""


def events_of(
    walk: Walk, client: redis.Redis, make: MakeNode, *, wait: bool, stop: StopHandler
) -> Iterator[Event]:
    """Yield the events of a walk.

    Args:
        walk: Where it begins and what is wanted.
        client: Of the data server.
        make: Makes the nodes.
        wait: Whether to wait for more when all there is has been yielded.
        stop: Ends it from another thread.
    """
    looked_up = LookedUp(client, make)
    with contextlib.closing(follow(client, walk, wait=wait, stop=stop)) as reads:
        for raw_events in reads:
            if not looked_up.types(raw_events, stop):
                return
            for raw in raw_events:
                yield looked_up.event(raw)
            looked_up.forget(walk.take_dropped())


class LookedUp:
    """The channels of the scans that run, each looked up once."""

    def __init__(self, client: redis.Redis, make: MakeNode) -> None:
        self._client = client
        self._make = make
        self._channels: dict[str, ChannelNode] = {}

    def knows(self, raw_events: Sequence[RawEvent]) -> bool:
        """Whether `types` need not ask."""
        new_data = [raw for raw in raw_events if raw.type is EventType.NEW_DATA]
        return all(self._channel(raw).points.is_known for raw in new_data)

    def types(self, raw_events: Sequence[RawEvent], stop: StopHandler) -> bool:
        """Ask for what points need to be decoded, in one round trip for all channels.

        Returns:
            Whether that was possible before the walk was stopped.
        """
        new_data = [raw for raw in raw_events if raw.type is EventType.NEW_DATA]
        readers = [self._channel(raw).points for raw in new_data]
        outage = Outage(stop)
        while not stop.is_stopped:
            try:
                load_types(self._client, readers)
                return True
            except (redis.ConnectionError, redis.TimeoutError) as problem:
                outage.wait(problem)
        return False

    def event(self, raw: RawEvent) -> Event:
        """The public form of an event; points that cannot be decoded are a gap."""
        is_channel = raw.node_type == "channel"
        node = self._channel(raw) if is_channel else self._make(self._client, *raw[1:3])
        if not isinstance(raw.data, list):
            return Event(raw.type, node, raw.data)
        first, end = raw.data[0].first_index, raw.data[-1].end
        try:
            return Event(raw.type, node, NewData(first, node.points.decode(raw.data)))
        except FormatError as problem:
            _log.warning("%s: points %d to %d are left out: %s", node, first, end - 1, problem)
            return Event(EventType.GAP, node, Gap(first, end - 1))

    def _channel(self, raw: RawEvent) -> "ChannelNode":
        if raw.db_name not in self._channels:
            self._channels[raw.db_name] = self._make(self._client, *raw[1:3])
        return self._channels[raw.db_name]

    def forget(self, scans: Iterable[str]) -> None:
        """Forget the channels of scans that have ended."""
        for scan in scans:
            for name in [n for n in self._channels if n.startswith(scan + keys.SEPARATOR)]:
                del self._channels[name]
