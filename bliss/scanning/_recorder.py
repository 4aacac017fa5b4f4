"""A scan's own nodes: creates them, publishes into them, ends them."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import gevent
import redis

from bliss.common import clock
from bliss.common.ending import StepSkippedError
from bliss.common.errors import ScanError
from bliss.data import creation, keys
from bliss.data.append import ServerFullError
from bliss.data.node import DataNode, make
from bliss.scanning._waiting import FULL, Waiting
from bliss.scanning.chain import AcquisitionChain, AcquisitionObject
from bliss.scanning.channel import AcquisitionChannel
from bliss.scanning.publisher import FAILOVER, Publisher
from bliss.scanning.session import Session

_LOOK = 0.05  #: s between looks whether somebody is in a hurry meanwhile
_HURRIED = 0.5  #: s that who is in a hurry waits for the data server
_RETRY = 0.1  #: s between attempts while there is no room, or no connection
_PUBLISH = 5.0  #: s without a connection until the END is given up


class PublishedLaterError(StepSkippedError):
    """The data server keeps a scan's end waiting; it is published when that can be."""


class Recorder:
    """The data side of one scan.

    Args:
        session: Whose scan it is.
        name: Of the scan's node, `"1_ascan"`.
        chain: Its devices; each gets a node, and each channel.
        consumers: That it requires: what they have not marked is kept.
        node_type: Of the scan's node, `"scan_group"` if it is made of others.

    Raises:
        ScanError: If two channels would have the same node.
    """

    def __init__(
        self,
        session: Session,
        name: str,
        chain: AcquisitionChain,
        consumers: Sequence[str] = (),
        *,
        node_type: str = "scan",
    ) -> None:
        self._client = session.data
        self._session = session
        self._consumers = consumers
        self._node_type = node_type
        self._publisher: Publisher | None = None
        self._end: gevent.Greenlet | None = None
        self._telling: gevent.Greenlet | None = None
        self._making: gevent.Greenlet | None = None  #: what creates or announces the scan
        self._waiting: Waiting | None = None  #: watches the wait that is the last one
        self.db_name = keys.join(session.container, name)
        self.channels: dict[AcquisitionChannel, str] = {}
        self._below: list[creation.NewNode] = []
        for device, path in chain.walk():
            self._add(device, path)

    def _add(self, device: AcquisitionObject, path: Sequence[str]) -> None:
        name = self.db_name
        for part in path:
            name = keys.join(name, part)
        self._below.append(creation.NewNode(name, device.node_type, scan=self.db_name))
        for channel in device.channels:
            channel_name = keys.join(name, channel.short_name)
            if channel_name in self.channels.values():
                raise ScanError(f"two channels of one name, {channel.name}; rename one of them")
            self.channels[channel] = channel_name
            kind = channel.kind
            info = {"dtype": kind.dtype, "shape": kind.shape, "unit": channel.unit}
            if channel.alias:
                info["alias"] = channel.alias
            self._below.append(
                creation.NewNode(channel_name, "channel", info, self.db_name, self._consumers)
            )

    def create(self, info: Mapping[str, Any], say: Callable[[str], None]) -> None:
        """Create all nodes at once, when there is room.

        Args:
            info: The scan's metadata.
            say: Told of a wait for the server.
        """
        nodes = [
            creation.NewNode(self._session.name, "session"),
            creation.NewNode(self._session.container, "container"),
            creation.NewNode(self.db_name, self._node_type, info, self.db_name, self._consumers),
            *self._below,
        ]
        self._when_there_is_room(partial(creation.create_nodes, self._client, nodes), say)

    def _when_there_is_room(self, work: Callable[[], object], say: Callable[[str], None]) -> None:
        waiting = self._waiting = Waiting(say, self._session.waits_for)
        waiting.begin()
        try:
            while True:
                with contextlib.suppress(ServerFullError):
                    self._make(work)
                    return
                waiting.goes_on(FULL)
                gevent.sleep(_RETRY)
        finally:
            waiting.close()

    def _make(self, work: Callable[[], object]) -> None:
        """Do it in a greenlet of its own: who is interrupted leaves it to come to its end.

        What was sent of it may reach the server after the END, and the scan would never end.
        """
        self._making = gevent.spawn(_error_of, work)
        error = self._making.get()
        if error:
            raise error

    @property
    def node(self) -> DataNode:
        """The scan's node."""
        return make(self._client, self.db_name, self._node_type)

    def channel_nodes(self) -> dict[AcquisitionChannel, DataNode]:
        """The node of each channel."""
        return {
            channel: make(self._client, db_name, "channel")
            for channel, db_name in self.channels.items()
        }

    def start(
        self,
        on_published: Callable[[dict[AcquisitionChannel, int]], None],
        on_failure: Callable[[BaseException], None],
        say: Callable[[str], None],
    ) -> None:
        """Announce that the scan is prepared, and publish from now on; `say` is told of waits."""
        self._when_there_is_room(partial(creation.mark_prepared, self._client, self.db_name), say)
        with self._session.interrupts.shielded():  # one that is not noted would run for ever
            self._waiting = Waiting(say, self._session.waits_for)
            self._publisher = Publisher(
                self._client,
                self.db_name,
                self.channels,
                on_published=on_published,
                on_failure=on_failure,
                waiting=self._waiting,
            )

    def tell(self, info: Mapping[str, Any]) -> None:
        """Have clients see metadata that has changed, soon; a full server may refuse it."""
        self._telling = gevent.spawn(self._tell, self._telling, dict(info))

    def _tell(self, before: gevent.Greenlet | None, info: Mapping[str, Any]) -> None:
        if before:
            before.join()  # one after the other
        _error_of(partial(creation.change_info, self._client, self.db_name, info))

    def flush(self, is_hurried: Callable[[], bool]) -> None:
        """Publish what waits; nothing can be emitted after.

        Raises:
            DataLostError: If points could not be published.
            PublishedLaterError: If somebody is in a hurry and the server keeps them waiting.
        """
        if self._publisher:
            self._publisher.close()
            self._wait(gevent.spawn(_error_of, self._publisher.join), is_hurried)

    def end(
        self,
        outcome: str,
        reason: str,
        info: Mapping[str, Any],
        is_hurried: Callable[[], bool],
    ) -> None:
        """Publish the END, after all points.

        Raises:
            PublishedLaterError: If somebody is in a hurry and the server keeps them waiting.
        """
        publish = partial(self._publish_end, outcome, reason, dict(info))
        self._end = gevent.spawn(_error_of, publish)
        self._wait(self._end, is_hurried)

    @property
    def waits(self) -> str:
        """For whom it waits, and how long; empty if it does not, or not for long."""
        return self._waiting.in_short if self._waiting else ""

    @property
    def is_published(self) -> bool:
        """Whether nothing more is to be published."""
        return self._end is not None and self._end.ready()

    def _publish_end(self, outcome: str, reason: str, info: Mapping[str, Any]) -> None:
        if self._making:
            self._making.join()
        if self._publisher:
            _error_of(self._publisher.join)  # told by `flush`
        if self._telling:
            self._telling.join()  # what it tells is old by then
        is_outside = self._publisher is not None and self._publisher.is_outside
        deadline = clock.now() + (FAILOVER if is_outside else _PUBLISH)
        while True:
            try:
                creation.end_scan(self._client, self.db_name, outcome, reason, info)
            except redis.ConnectionError:
                if clock.now() > deadline:
                    raise
                gevent.sleep(_RETRY)
            else:
                return

    def _wait(self, work: gevent.Greenlet, is_hurried: Callable[[], bool]) -> None:
        """Wait for work that goes on by itself when the wait is given up."""
        hurried = 0.0
        while not work.ready():
            work.join(_LOOK)
            hurried = hurried + _LOOK if is_hurried() else 0.0
            if hurried > _HURRIED and not work.ready():
                raise PublishedLaterError(
                    f"{self.db_name}: its last points and its end are published as soon as "
                    "the data server takes them; do not leave the session before"
                )
        if work.value:
            raise work.value


def _error_of(work: Callable[[], object]) -> Exception | None:
    try:
        work()
    except Exception as error:  # noqa: BLE001 - raised by who waits for it, if somebody does
        return error
    return None
