"""From what a walk says to what a program gets: nodes looked up, points decoded."""

import contextlib
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import redis

from bliss.common.errors import FormatError
from bliss.data import keys
from bliss.data._follow import Outage, StopHandler, follow
from bliss.data._points import PointReader, load_types
from bliss.data._raw import RawBlock, RawEvent
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
            yield from looked_up.events(raw_events)
            looked_up.forget(walk.take_dropped())


class LookedUp:
    """The channels of the scans that run, each looked up once."""

    def __init__(self, client: redis.Redis, make: MakeNode) -> None:
        self._client = client
        self._make = make
        self._channels: dict[str, ChannelNode] = {}
        self._told: set[str] = set()  #: the channels of which it was said that points are left out

    def knows(self, raw_events: Sequence[RawEvent]) -> bool:
        """Whether `types` need not ask."""
        return not self._unknown(raw_events)

    def _unknown(self, raw_events: Sequence[RawEvent]) -> list[PointReader]:
        new_data = [raw for raw in raw_events if raw.type is EventType.NEW_DATA]
        readers = [self._channel(raw).points for raw in new_data]
        return [reader for reader in readers if not (reader.is_known or reader.problem)]

    def types(self, raw_events: Sequence[RawEvent], stop: StopHandler) -> bool:
        """Ask for what points need to be decoded, in one round trip for all channels.

        Returns:
            Whether that was possible before the walk was stopped.
        """
        readers = self._unknown(raw_events)
        outage = Outage(stop)
        while not stop.is_stopped:
            try:
                load_types(self._client, readers)
                return True
            except (redis.ConnectionError, redis.TimeoutError) as problem:
                outage.wait(problem)
        return False

    def events(self, raw_events: Iterable[RawEvent]) -> Iterator[Event]:
        """The public form of events; points that cannot be decoded are gaps."""
        for raw in raw_events:
            if isinstance(raw.data, list):
                yield from self._new_data(self._channel(raw), raw.data)
            elif raw.node_type == "channel":
                yield Event(raw.type, self._channel(raw), raw.data)
            else:
                yield Event(raw.type, self._make(self._client, *raw[1:3]), raw.data)

    def _new_data(self, node: "ChannelNode", blocks: list[RawBlock]) -> Iterator[Event]:
        first, last = blocks[0].first_index, blocks[-1].end - 1
        try:
            data = NewData(first, node.points.decode(blocks))
        except FormatError as problem:
            if len(blocks) > 1 and not node.points.problem:  # perhaps it is only one of them
                for block in blocks:
                    yield from self._new_data(node, [block])
                return
            self._tell(node, first, last, problem)
            yield Event(EventType.GAP, node, Gap(first, last))
        else:
            yield Event(EventType.NEW_DATA, node, data)

    def _tell(self, node: "ChannelNode", first: int, last: int, problem: FormatError) -> None:
        """Say once of a channel that points are left out; the gaps say which."""
        if node.db_name not in self._told:
            self._told.add(node.db_name)
            _log.warning("%s: points %d to %d are left out: %s", node, first, last, problem)

    def _channel(self, raw: RawEvent) -> "ChannelNode":
        if raw.db_name not in self._channels:
            self._channels[raw.db_name] = self._make(self._client, *raw[1:3])
        return self._channels[raw.db_name]

    def forget(self, scans: Iterable[str]) -> None:
        """Forget the channels of scans that have ended."""
        for scan in scans:
            for name in [n for n in self._channels if n.startswith(scan + keys.SEPARATOR)]:
                del self._channels[name]
                self._told.discard(name)
