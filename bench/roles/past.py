"""A session that has done a lot, written straight into the server."""

import random
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from bliss.beacon import Beacon
from bliss.data import creation, encoding, keys
from bliss.data.append import Appender, Block
from bliss.data.creation import NewNode
from bliss.data.encoding import PointType
from bliss.data.node import ChannelNode, DataNode, make

_AT_ONCE = 100  #: scans that are created in one transaction
_BLOCKS = 2000  #: points that are appended in one
_FLOAT = PointType("<f8", ())


class PastRole:
    """Fills a session, and reads what is in it as any client does."""

    def __init__(self) -> None:
        self._beacon = Beacon(role="session")
        self._client: Any = self._beacon.redis("data")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._beacon.close()

    def fill(self, session: str, scans: int) -> None:
        """Run so many scans of no point, as far as anyone can see."""
        self._create([NewNode(session, "session"), NewNode(f"{session}:data", "container")])
        for first in range(0, scans, _AT_ONCE):
            names = [_scan(session, n) for n in range(first, min(first + _AT_ONCE, scans))]
            self._create([node for name in names for node in _nodes(name)])
            for name in names:
                self._end(name)

    def add_points(self, session: str, count: int) -> str:
        """A channel of so many points, an entry each; gives its `db_name`."""
        self.fill(session, 0)
        scan = _scan(session, 0)
        self._create(_nodes(scan))
        channel = f"{scan}:timer:value"
        appender = Appender(self._client)
        for first in range(0, count, _BLOCKS):
            points = range(first, min(first + _BLOCKS, count))
            fields = [encoding.encode_block([point], _FLOAT) for point in points]
            appender.append([Block(channel, p + 1, f) for p, f in zip(points, fields, strict=True)])
        appender.close()
        self._end(scan)
        return channel

    def first_event(self, session: str) -> float:
        """Seconds from the call of a walk to its first event, of a scan that begins meanwhile."""
        node, scan = self._session(session), _scan(session, time.monotonic_ns())
        began = threading.Event()

        def create() -> None:
            began.wait()
            self._create(_nodes(scan))

        creator = threading.Thread(target=create)
        creator.start()
        called = time.perf_counter()
        event = next(iter(node.walk_on_new_events(started_event=began)))
        taken = time.perf_counter() - called
        creator.join()
        self._end(scan)
        assert event.node.db_name == scan
        return taken

    def walk(self, session: str) -> list[float]:
        """Seconds that a walk over all there is takes, and how many nodes it gave."""
        began = time.perf_counter()
        count = sum(1 for _ in self._session(session).walk(wait=False))
        return [time.perf_counter() - began, count]

    def get_last(self, channel: str, times: int) -> list[list[float]]:
        """Seconds that `get(-1)` takes, and those of the same command of bare redis-py."""
        node, key = self._channel(channel), keys.data(channel)
        return _in_turn([lambda: node.get(-1), lambda: self._client.xrevrange(key, count=1)], times)

    def get_any(self, channel: str, times: int) -> list[list[float]]:
        """Seconds that `get(i)` takes, and those of the same command of bare redis-py."""
        node, key = self._channel(channel), keys.data(channel)
        indices = random.Random(1)
        most = len(node)

        def ours() -> None:
            index = indices.randrange(most)
            assert node.get(index) == index

        def bare() -> None:
            self._client.xrange(key, f"{indices.randrange(most) + 1}-0", count=1)

        return _in_turn([ours, bare], times)

    def _session(self, name: str) -> DataNode:
        return make(self._client, name, "session")

    def _channel(self, name: str) -> ChannelNode:
        node = make(self._client, name, "channel")
        assert isinstance(node, ChannelNode)
        return node

    def _create(self, nodes: list[NewNode]) -> None:
        creation.create_nodes(self._client, nodes)

    def _end(self, scan: str) -> None:
        creation.end_scan(self._client, scan, "complete", "", {})


def _scan(session: str, number: int) -> str:
    return f"{session}:data:{number}_ct"


def _nodes(scan: str) -> list[NewNode]:
    info = {"dtype": _FLOAT.dtype, "shape": _FLOAT.shape, "unit": None}
    return [
        NewNode(scan, "scan", {"title": "ct"}, scan),
        NewNode(f"{scan}:timer", "master", {}, scan),
        NewNode(f"{scan}:timer:value", "channel", info, scan),
    ]


def _in_turn(actions: list[Callable[[], object]], times: int) -> list[list[float]]:
    """Seconds that each action takes, so many times, in turn."""
    taken: list[list[float]] = [[] for _ in actions]
    for _ in range(times):
        for action, seconds in zip(actions, taken, strict=True):
            began = time.perf_counter()
            action()
            seconds.append(time.perf_counter() - began)
    return taken
