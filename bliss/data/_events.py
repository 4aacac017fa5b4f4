"""From what a walk says to what a program gets: nodes looked up, points decoded."""

import contextlib
import logging
import time
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
    looked_up = LookedUp(client, make, walk)
    with contextlib.closing(follow(client, walk, wait=wait, stop=stop)) as reads:
        for raw_events in reads:
            if not looked_up.look_up(raw_events, stop):
                return
            yield from looked_up.events(raw_events)


class LookedUp:
    """What has to be asked about the events of a walk: types of points, whether nodes are there.

    A scan that is announced may be gone, or a server that evicts may have taken a part of it: then
    it is gone, whole.
    """

    def __init__(self, client: redis.Redis, make: MakeNode, walk: Walk) -> None:
        self._client = client
        self._make = make
        self._walk = walk
        self._channels: dict[str, ChannelNode] = {}
        self._gone: list[str] = []  #: nodes that were announced and are not there
        self._told: set[str] = set()  #: the channels of which it was said that points are left out

    def is_known(self, raw_events: Sequence[RawEvent]) -> bool:
        """Whether `look_up` need not ask."""
        return not (_new_nodes(raw_events) or self._unknown(raw_events))

    def _unknown(self, raw_events: Sequence[RawEvent]) -> list[PointReader]:
        new_data = [raw for raw in raw_events if raw.type is EventType.NEW_DATA]
        readers = [self._channel(raw).points for raw in new_data]
        return [reader for reader in readers if not (reader.is_known or reader.problem)]

    def look_up(self, raw_events: Sequence[RawEvent], stop: StopHandler) -> bool:
        """Ask for all that `events` needs.

        Returns:
            Whether that was possible before the walk was stopped.
        """
        readers, new_nodes = self._unknown(raw_events), _new_nodes(raw_events)
        if not (readers or new_nodes):  # as nearly always
            return not stop.is_stopped
        outage = Outage(stop)
        while not stop.is_stopped:
            try:
                load_types(self._client, readers)
                self._gone = _not_there(self._client, new_nodes)
                return True
            except (redis.ConnectionError, redis.TimeoutError) as problem:
                outage.wait(problem)
        return False

    def events(self, raw_events: Iterable[RawEvent]) -> Iterator[Event]:
        """The public form of events; points that cannot be decoded are gaps."""
        gone, self._gone = self._gone, []
        for name in gone:
            raw_events = self._without_scan_of(name, list(raw_events))
        for raw in raw_events:
            if isinstance(raw.data, list):
                yield from self._new_data(self._channel(raw), raw.data)
            elif raw.node_type == "channel":
                yield Event(raw.type, self._channel(raw), raw.data)
            else:
                yield Event(raw.type, self._make(self._client, *raw[1:3]), raw.data)
        self._forget(self._walk.take_dropped())

    def _without_scan_of(self, name: str, raw_events: list[RawEvent]) -> list[RawEvent]:
        """The events without those of a scan that is not whole; its END if it had been told of."""
        scan = self._walk.scan_of(name) or name
        is_new = any(raw[:2] == (EventType.NEW_NODE, scan) for raw in raw_events)
        others = [raw for raw in raw_events if not keys.is_in(raw.db_name, scan)]
        return others + self._walk.lose(scan, time.time(), is_known=not is_new)

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

    def _forget(self, scans: Iterable[str]) -> None:
        """Forget the channels of scans that have ended."""
        for scan in scans:
            for name in [n for n in self._channels if n.startswith(scan + keys.SEPARATOR)]:
                del self._channels[name]
                self._told.discard(name)


def _new_nodes(raw_events: Iterable[RawEvent]) -> list[RawEvent]:
    return [raw for raw in raw_events if raw.type is EventType.NEW_NODE]


def _not_there(client: redis.Redis, new_nodes: Sequence[RawEvent]) -> list[str]:
    """Those of the nodes that are not there, or have lost their points; one round trip."""
    asked = [raw for raw in new_nodes if raw.node_type in keys.SCANS | {"channel"}]
    if not asked:
        return []
    with client.pipeline(transaction=False) as together:
        for raw in asked:
            together.exists(keys.node(raw.db_name))
            together.exists(*_beside(raw))
        answers = iter(together.execute())
    gone = []
    for raw in asked:
        is_there, is_whole = next(answers), next(answers) == len(_beside(raw))
        # a channel that was announced by mistake is no reason to give up its scan
        matters = is_there or raw.node_type in keys.SCANS
        if matters and not (is_there and is_whole):
            gone.append(raw.db_name)
    return gone


def _beside(raw: RawEvent) -> list[str]:
    """The keys that a node cannot be without, beside its own."""
    if raw.node_type == "channel":
        return [keys.data(raw.db_name)]
    return [keys.prepared(raw.db_name), keys.nodes(raw.db_name)]
