"""Scans written straight into a data server, and a data server that can be filled."""

import contextlib
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from bliss.data import creation, encoding, keys
from bliss.data.append import Appender, Block
from bliss.data.encoding import PointType
from bliss.server.binary import find_binary
from tests.beacon_process import ROOT, free_port

FLOAT = PointType("<f8", ())


class ScanWriter:
    """A scan with one master, `axis`, and channels below it.

    Args:
        client: Of the data server, allowed to write.
        name: Of the scan.
        channels: Types of the channels by name; one of numbers, `x`, by default.
        session: The session it is in.
        appender: To send with; one of its own by default.
        consumers: That it requires.
    """

    def __init__(
        self,
        client: redis.Redis,
        name: str = "1_scan",
        channels: Mapping[str, PointType] = {"x": FLOAT},
        session: str = "tree",
        appender: Appender | None = None,
        consumers: Sequence[str] = (),
    ) -> None:
        self._client = client
        self.name = f"{session}:data:{name}"
        self.types = dict(channels)
        self._consumers = consumers
        self.counts = dict.fromkeys(channels, 0)
        self._own = None if appender else Appender(client)
        self.appender = appender or self._own
        creation.create_nodes(
            client,
            [
                creation.NewNode(session, "session"),
                creation.NewNode(f"{session}:data", "container"),
                creation.NewNode(self.name, "scan", {"title": name}, self.name, consumers),
                creation.NewNode(f"{self.name}:axis", "master", scan=self.name),
                *(self._channel(channel) for channel in channels),
            ],
        )

    def _channel(self, channel: str) -> creation.NewNode:
        kind = self.types[channel]
        info = {"dtype": kind.dtype, "shape": kind.shape, "unit": "mm"}
        name = self.channel(channel)
        return creation.NewNode(name, "channel", info, self.name, self._consumers)

    def channel(self, name: str) -> str:
        return f"{self.name}:axis:{name}"

    def prepared(self) -> Self:
        creation.mark_prepared(self._client, self.name)
        return self

    def block(self, channel: str, points: Any) -> Block:
        """The next points of a channel, to be sent."""
        self.counts[channel] += len(points)
        fields = encoding.encode_block(points, self.types[channel])
        return Block(self.channel(channel), self.counts[channel], fields)

    def send(self, **points: Any) -> Self:
        """Append one block to each of the channels named."""
        self.appender.append([self.block(name, some) for name, some in points.items()])
        return self

    def trim(self, channel: str, blocks_left: int) -> None:
        self._client.xtrim(keys.data(self.channel(channel)), maxlen=blocks_left, approximate=False)

    def delete(self) -> None:
        """Remove all of the scan, as when it expires."""
        inside = [name.decode() for name in self._client.smembers(keys.nodes(self.name))]
        self._client.delete(*keys.of_scan(self.name, inside))
        self._client.srem(keys.unfinished(keys.session_of(self.name)), self.name)

    def end(self, outcome: str = "complete", reason: str = "") -> Self:
        creation.end_scan(self._client, self.name, outcome, reason, {"outcome": outcome})
        self.close()
        return self

    def close(self) -> None:
        """Give its connection back, closed, so that a test leaves none."""
        if self._own:
            self._own.disconnect()
            self._own.close()
            self._own = None


@contextlib.contextmanager
def data_server() -> Iterator[redis.Redis]:
    """A data server of its own with our functions, and its client that may do everything."""
    port = free_port()
    process = subprocess.Popen(
        [
            *(find_binary(None), "--port", str(port), "--bind", "127.0.0.1", "--save", ""),
            *("--maxmemory-policy", "noeviction"),
        ],
        stdout=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
    )
    client = redis.Redis(port=port, protocol=2, retry=Retry(NoBackoff(), 0), socket_timeout=None)
    try:
        _wait_for(client, process)
        client.function_load((Path(ROOT) / "bliss/data/functions.lua").read_text(), replace=True)
        yield client
    finally:
        client.close()
        process.kill()
        process.wait()


def port_of(server: redis.Redis) -> int:
    """Where a server listens."""
    return int(server.connection_pool.connection_kwargs["port"])


def _wait_for(client: redis.Redis, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        with contextlib.suppress(redis.ConnectionError):
            client.ping()
            return
        time.sleep(0.01)
    raise AssertionError(f"the server ended with {process.returncode}")


def fill(client: redis.Redis) -> None:
    """Make the server full."""
    client.config_set("maxmemory", 1)


def make_room(client: redis.Redis) -> None:
    """Make the server take data again."""
    client.config_set("maxmemory", 0)
