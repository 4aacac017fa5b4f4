"""The nodes of the tree, as a client sees them."""

import logging
import operator
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import redis

from bliss.common.errors import FormatError, NodeNotFoundError
from bliss.data import keys
from bliss.data._events import events_of
from bliss.data._find import newest_below
from bliss.data._follow import StopHandler
from bliss.data._info import Info
from bliss.data._interest import Filter, interest_of
from bliss.data._points import PointReader, check_hash, check_version
from bliss.data._raw import parse_child
from bliss.data._snapshot import walk_from_now
from bliss.data._walk import Walk
from bliss.data._wrong import expecting
from bliss.data.events import Event

if TYPE_CHECKING:
    import threading

_log = logging.getLogger(__name__)


class DataNode:
    """A session, container, scan, master or channel.

    It holds no data: whatever is asked of it comes from the data server at that moment.
    """

    def __init__(self, db_name: str, node_type: str, client: redis.Redis) -> None:
        self.db_name = db_name  #: `"demo_session:data:1_ascan:axis:robz"`
        self.type = (
            node_type  #: `session`, `container`, `scan`, `scan_group`, `master`, `slave`, `channel`
        )
        self.db_connection = client  #: of the data server
        self.info = Info(client, db_name)

    def __repr__(self) -> str:
        return f"<{self.type} {self.db_name}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DataNode) and other.db_name == self.db_name

    def __hash__(self) -> int:
        return hash(self.db_name)

    @property
    def name(self) -> str:
        """The last part of `db_name`; of a channel the full name, `"axis:robz"`."""
        return self.db_name.rpartition(keys.SEPARATOR)[2]

    @property
    def fullname(self) -> str:
        """As `name`."""
        return self.name

    @property
    def node_type(self) -> str:
        """As `type`."""
        return self.type

    @property
    def exists(self) -> bool:
        """Whether it is in the server: not before its session first ran, nor once it expired."""
        return bool(self.db_connection.exists(keys.node(self.db_name)))

    @property
    def parent(self) -> "DataNode | None":
        """The node above it; None above a session."""
        parent = keys.parent_of(self.db_name)
        return load(self.db_connection, parent) if parent else None

    @property
    def iterator(self) -> "DataNode":
        """The node itself; BLISS has its walks on a separate object."""
        return self

    def children(self) -> Iterator["DataNode"]:
        """The nodes right below it, in the order they were created."""
        key = keys.children(self.db_name)
        with expecting("stream", key):
            entries: Any = self.db_connection.xrange(key)
        for _, fields in entries:
            try:
                yield self._child(fields)
            except FormatError as problem:
                _log.warning("%s: %s; the node is left out", key, problem)

    @property
    def last_child(self) -> "DataNode | None":
        """The child created last."""
        key = keys.children(self.db_name)
        with expecting("stream", key):
            last: Any = self.db_connection.xrevrange(key, count=1)
        return self._child(last[0][1]) if last else None

    def _child(self, fields: dict[bytes, bytes]) -> "DataNode":
        return make(self.db_connection, *parse_child(self.db_name, fields))

    def walk(
        self,
        filter: Filter = None,  # noqa: A002 - BLISS's name
        *,
        include_filter: Filter = None,
        exclude_children: str | Collection[str] = (),
        wait: bool = True,
        stop_handler: StopHandler | None = None,
        started_event: "threading.Event | None" = None,
    ) -> Iterator["DataNode"]:
        """Yield all nodes below, and with `wait` go on with those that will be created.

        Args:
            filter: Which nodes to yield.
            include_filter: The same; BLISS has both names.
            exclude_children: Types of nodes below which not to look.
            wait: Whether to wait for more when all there is has been yielded.
            stop_handler: Ends the walk from another thread.
            started_event: Set when the walk has begun.
        """
        wanted = filter if filter is not None else include_filter
        walk = Walk(interest_of(wanted, exclude_children, data=False), self.db_name)
        walk.add(self.db_name, self.type, self.scan_name())
        for event in self._events(walk, wanted, wait, stop_handler, started_event):
            yield event.node

    def walk_from_last(
        self,
        filter: Filter = None,  # noqa: A002 - BLISS's name
        *,
        include_filter: Filter = None,
        exclude_children: str | Collection[str] = (),
        include_last: bool = True,
        wait: bool = True,
        stop_handler: StopHandler | None = None,
        started_event: "threading.Event | None" = None,
    ) -> Iterator["DataNode"]:
        """Yield the node below that was created last, then those that will be created.

        Args as those of `walk`; `include_last=False` leaves the first one out.  However many there
        are, only the newest are looked at.
        """
        wanted = filter if filter is not None else include_filter
        interest = interest_of(wanted, exclude_children, data=False)
        walk = walk_from_now(
            self.db_connection, interest, self.db_name, self.type, self.scan_name()
        )
        matches = wanted if callable(wanted) else lambda _node: True
        last = newest_below(self, interest, matches, make) if include_last else None
        if last is not None:
            yield last
        if wait:
            for event in self._events(walk, wanted, wait, stop_handler, started_event):
                if event.node != last:  # it may have been created while it was looked for
                    yield event.node

    def walk_events(
        self,
        filter: Filter = None,  # noqa: A002 - BLISS's name
        *,
        include_filter: Filter = None,
        exclude_children: str | Collection[str] = (),
        wait: bool = True,
        stop_handler: StopHandler | None = None,
        started_event: "threading.Event | None" = None,
    ) -> Iterator[Event]:
        """Yield all that has happened below since the beginning, then what happens.

        A walk of a scan ends after its END.  Arguments as in `walk`.
        """
        wanted = filter if filter is not None else include_filter
        walk = Walk(interest_of(wanted, exclude_children, data=True), self.db_name)
        walk.add(self.db_name, self.type, self.scan_name())
        yield from self._events(walk, wanted, wait, stop_handler, started_event)

    def walk_on_new_events(
        self,
        filter: Filter = None,  # noqa: A002 - BLISS's name
        *,
        include_filter: Filter = None,
        exclude_children: str | Collection[str] = (),
        stop_handler: StopHandler | None = None,
        started_event: "threading.Event | None" = None,
    ) -> Iterator[Event]:
        """Yield what happens below from now on.

        It may begin before the session has ever run.  Arguments as in `walk`.
        """
        wanted = filter if filter is not None else include_filter
        interest = interest_of(wanted, exclude_children, data=True)
        walk = walk_from_now(
            self.db_connection, interest, self.db_name, self.type, self.scan_name()
        )
        yield from self._events(walk, wanted, True, stop_handler, started_event)

    def scan_name(self) -> str | None:
        """The scan it is or is in."""
        if self.type in ("session", "container"):
            return None
        node: DataNode | None = self
        while node and node.type not in keys.SCANS:
            node = node.parent
        return node.db_name if node else None

    def _events(
        self,
        walk: Walk,
        wanted: Filter,
        wait: bool,
        stop_handler: StopHandler | None,
        started_event: "threading.Event | None",
    ) -> Iterator[Event]:
        if started_event:
            started_event.set()
        stop = stop_handler or StopHandler()
        for event in events_of(walk, self.db_connection, make, wait=wait, stop=stop):
            if not callable(wanted) or wanted(event.node):
                yield event


class ChannelNode(DataNode):
    """The points of one counter or axis in a scan.

    Indices are those of a numpy array, but `get` includes its end, as in BLISS.
    """

    def __init__(self, db_name: str, node_type: str, client: redis.Redis) -> None:
        super().__init__(db_name, node_type, client)
        self.points = PointReader(client, db_name)

    @property
    def name(self) -> str:
        """The full name, `"simulation_counter_controller:sim_ct_gauss"`."""
        return keys.SEPARATOR.join(self.db_name.split(keys.SEPARATOR)[-2:])

    @property
    def dtype(self) -> str:
        """Type of a point, with its byte order: `"<f8"`, or `"str"`."""
        return self.points.kind.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a point: `()`, `(2048,)`; -1 where it varies."""
        return self.points.kind.shape

    @property
    def unit(self) -> str | None:
        """Unit of the values."""
        return self.info.get("unit")

    @property
    def alias(self) -> str | None:
        """Another name that the session has for it."""
        return self.info.get("alias")

    def __len__(self) -> int:
        return self.points.count()

    def __bool__(self) -> bool:
        return True  # a node without points is a node

    def get(self, first: int, last: int | None = None) -> Any:
        """One point, or with `last` all from `first` to `last`, both included.

        The arrays are the caller's own.

        Args:
            first: Index of a point; -1 is the last one.
            last: Index of a point; -1 is the last one.

        Raises:
            PointNotYetError: If the point may still come.
            PointNeverError: If the scan ended before it.
            PointTrimmedError: If it was there and has gone.
        """
        return self.points.one(first) if last is None else self.points.several(first, last)

    def get_as_array(self, first: int, last: int | None = None) -> np.ndarray:
        """As `get`, always as an array.

        Returns:
            Shape (n, *shape), or `shape` for one point; spectra that vary in length are in an array
            of objects, shape (n,).
        """
        return self.points.as_array(self.get(first, last))

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return self.points.sliced(index)
        return self.points.one(operator.index(index))


def make(client: redis.Redis, db_name: str, node_type: str) -> DataNode:
    """The node of that name, whose type is known; the server is not asked."""
    kind = ChannelNode if node_type == "channel" else DataNode
    return kind(db_name, node_type, client)


def load(client: redis.Redis, db_name: str) -> DataNode:
    """The node of that name.

    Raises:
        NodeNotFoundError: If there is none.
        FormatError: If it is of another version of the format.
    """
    (node,) = load_all(client, [db_name])
    if node is None:
        raise NodeNotFoundError(
            f"no node {db_name!r}: it never was, or its data has expired; "
            "see bliss.data.node.get_session_node(…).walk(wait=False) for what is there"
        )
    return node


def load_all(client: redis.Redis, db_names: Iterable[str]) -> list[DataNode | None]:
    """The nodes of those names, None for each that is not there; one round trip.

    Raises:
        FormatError: If one is of another version of the format, or no node at all.
    """
    names = list(db_names)
    with client.pipeline(transaction=False) as together:
        for name in names:
            together.hmget(keys.node(name), "node_type", "version")
        answers: Any = together.execute(raise_on_error=False)
    return [_known(client, *each) for each in zip(names, answers, strict=True)]


def _known(client: redis.Redis, db_name: str, answer: Any) -> DataNode | None:
    check_hash(keys.node(db_name), answer)
    node_type, version = answer
    if node_type is None and version is None:
        return None
    check_version(db_name, version)
    try:
        return make(client, db_name, node_type.decode())
    except (AttributeError, UnicodeDecodeError):
        raise FormatError(f"{db_name}: node_type {node_type!r:.40}: expected text") from None
