"""A scan's own nodes: creates them, publishes into them, ends them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bliss.common.errors import ScanError
from bliss.data import creation, keys
from bliss.data.node import DataNode, make
from bliss.scanning.chain import AcquisitionChain, AcquisitionObject
from bliss.scanning.channel import AcquisitionChannel
from bliss.scanning.publisher import Publisher
from bliss.scanning.session import Session


class Recorder:
    """The data side of one scan.

    Args:
        session: Whose scan it is.
        name: Of the scan's node, `"1_ascan"`.
        chain: Its devices; each gets a node, and each channel.

    Raises:
        ScanError: If two channels would have the same node.
    """

    def __init__(self, session: Session, name: str, chain: AcquisitionChain) -> None:
        self._client = session.data
        self._session = session
        self._publisher: Publisher | None = None
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
            self._below.append(creation.NewNode(channel_name, "channel", info, scan=self.db_name))

    def create(self, info: Mapping[str, Any]) -> None:
        """Create all nodes at once; `info` is the scan's metadata."""
        nodes = [
            creation.NewNode(self._session.name, "session"),
            creation.NewNode(self._session.container, "container"),
            creation.NewNode(self.db_name, "scan", info, scan=self.db_name),
            *self._below,
        ]
        creation.create_nodes(self._client, nodes)

    @property
    def node(self) -> DataNode:
        """The scan's node."""
        return make(self._client, self.db_name, "scan")

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
    ) -> None:
        """Announce that the scan is prepared, and publish from now on."""
        creation.mark_prepared(self._client, self.db_name)
        with self._session.interrupts.shielded():  # one that is not noted would run for ever
            self._publisher = Publisher(
                self._client,
                self.db_name,
                self.channels,
                on_published=on_published,
                on_failure=on_failure,
            )

    def flush(self) -> None:
        """Publish what waits; nothing can be emitted after."""
        if self._publisher:
            self._publisher.close()

    def end(self, outcome: str, reason: str, info: Mapping[str, Any]) -> None:
        """Publish the END."""
        creation.end_scan(self._client, self.db_name, outcome, reason, info)
