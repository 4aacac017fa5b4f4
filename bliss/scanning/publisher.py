"""Sends points to the data server while the scan goes on.

One greenlet, one connection.  What is waiting goes out as one transaction, so that a follower
wakes once and gets all channels; what comes meanwhile waits for the answer and goes out next, as
larger blocks.  At light load every point leaves at once, at heavy load the blocks grow, and the
scan never waits for a round trip.

A block that was not answered is sent again with the same bounds, so that the server can tell that
it has it: the id of an entry is the index of its last point.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

import gevent
import redis
from gevent.event import Event

from bliss.common import clock
from bliss.common.errors import BeaconError, DataLostError
from bliss.data import encoding
from bliss.data.append import Appender, Block, ServerFullError
from bliss.scanning._batches import LARGEST, size_of
from bliss.scanning._waiting import FULL, Waiting
from bliss.scanning.channel import AcquisitionChannel

_log = logging.getLogger(__name__)

_MOST_WAITING = 64 * 1024 * 1024  #: bytes that wait before the scan has to
_FIRST_RETRY = 0.02  #: s, after the connection broke or the server was full; doubles up to
_LAST_RETRY = 0.5  #: s
_NO_SERVER = 10.0  #: s without an answer before the scan is given up
_NO_BEACON = 2.0  #: s without a Beacon before the scan is given up: its data is gone with it
FAILOVER = 60.0  #: s that a service of somebody else has to put a replica in its place
_IDLE = 1.0  #: s without points after which it is looked whether the server is still there


_Sent = tuple[AcquisitionChannel, Block]


class Publisher:
    """Publishes the points of one scan.

    Args:
        client: Of the data server.
        scan: The scan's `db_name`.
        nodes: `db_name` of each channel's node.
        on_published: Called after each answer with the number of points it confirmed per channel.
        on_failure: Called once, with the error, when nothing more can be published.
        waiting: Told of every wait for the server; closed with this.
    """

    def __init__(
        self,
        client: redis.Redis,
        scan: str,
        nodes: Mapping[AcquisitionChannel, str],
        *,
        on_published: Callable[[dict[AcquisitionChannel, int]], None],
        on_failure: Callable[[BaseException], None],
        waiting: Waiting,
    ) -> None:
        self._client = client
        self._scan = scan
        self._nodes = nodes
        self._on_published = on_published
        self._on_failure = on_failure
        self._waits = waiting
        self.is_outside = False  #: whether the server is not Beacon's own; known once it is used
        self._counts = dict.fromkeys(nodes, 0)  #: points taken from each channel so far
        self._dirty: dict[AcquisitionChannel, None] = {}  #: channels with points, in order
        self._waiting = 0  #: bytes emitted and not yet taken
        self._sending = 0  #: bytes taken and not yet confirmed
        self._has_work = Event()
        self._has_room = Event()
        self._closing = False
        self._problem: BaseException | None = None
        self._greenlet = gevent.spawn(self._run)
        for channel in nodes:
            channel.connect(self)

    def wake(self, channel: AcquisitionChannel, size: int) -> None:
        """A channel has `size` bytes of new points; waits while too much waits to be sent."""
        self._waiting += size
        if channel not in self._dirty:
            self._dirty[channel] = None
            self._has_work.set()
        if self._waiting + self._sending > _MOST_WAITING and not self._greenlet.dead:
            self._has_room.clear()
            self._has_room.wait()

    def close(self) -> None:
        """Have what waits sent, and then end; `join` waits for that."""
        for channel in self._nodes:
            self._dirty[channel] = None  # also what an interrupt kept from being told of
        self._closing = True
        self._has_work.set()

    def join(self) -> None:
        """Wait until it has ended.

        Raises:
            DataLostError: If points could not be published.
        """
        self._greenlet.join()
        if self._problem:
            raise self._problem

    def _run(self) -> None:
        try:
            appender = Appender(self._client, self._scan)
            try:
                while self._dirty or not self._closing:
                    if self._has_work.wait(_IDLE):
                        self._has_work.clear()
                        self._send(appender)
                    else:
                        self._persist(appender, partial(appender.check, self._scan))
                self._persist(appender, appender.finish)
                points = max(self._counts.values(), default=0)
                _log.debug("%s: published all of %d points", self._scan, points)
            finally:
                appender.close()
        except BaseException as error:  # noqa: BLE001 - raised in the scan, or by `close`
            self._problem = error
            self._on_failure(error)
        finally:
            self._waits.close()
            self._has_room.set()

    def _send(self, appender: Appender) -> None:
        while self._dirty:
            dirty, self._dirty = self._dirty, {}
            self._sending, self._waiting = self._waiting, 0
            for together in self._transactions(dirty):
                blocks = [block for _, block in together]
                self._persist(appender, partial(appender.append, blocks))
                self._confirm(together)
            self._sending = 0
            self._has_room.set()

    def _transactions(self, dirty: Iterable[AcquisitionChannel]) -> Iterator[list[_Sent]]:
        """All that waits; in one transaction, unless it is too large for one."""
        together: list[_Sent] = []
        size = 0
        for channel in dirty:
            for points in channel.take() if channel.has_points else ():
                if together and size + size_of(points) > LARGEST:
                    yield together
                    together, size = [], 0
                self._counts[channel] += len(points)
                fields = encoding.encode_block(points, channel.kind)
                together.append(
                    (channel, Block(self._nodes[channel], self._counts[channel], fields))
                )
                size += size_of(points)
        if together:
            yield together

    def _confirm(self, together: Sequence[_Sent]) -> None:
        counts: dict[AcquisitionChannel, int] = {}
        for channel, block in together:
            counts[channel] = counts.get(channel, 0) + int(bytes(block.fields["n"]))
        self._on_published(counts)

    def _persist(self, appender: Appender, attempt: Callable[[], None]) -> None:
        """Attempt the same until it is answered."""
        retry, began = _FIRST_RETRY, clock.now()
        self._waits.begin()
        while True:
            try:
                attempt()
                self.is_outside = appender.is_outside
                return self._waits.over()
            except ServerFullError:
                began = clock.now()  # it answers; the janitor makes room
                self._waits.goes_on(FULL)
            except (redis.ConnectionError, redis.TimeoutError) as problem:
                appender.disconnect()
                patience = _NO_BEACON if isinstance(problem, BeaconError) else _NO_SERVER
                if self.is_outside:
                    patience = FAILOVER
                if clock.now() - began > patience:
                    raise DataLostError(f"the data server is lost: {problem}") from None
                _log.warning("the data server does not answer (%s); trying again", problem)
            gevent.sleep(retry)
            retry = min(2 * retry, _LAST_RETRY)
