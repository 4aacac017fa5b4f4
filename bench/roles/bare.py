"""What redis-py does without us, on the same servers: the least that anything built on it costs."""

import struct
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

import numpy as np
import redis

from bliss.beacon import Beacon

_KEY = "bench:bare"
_RING = 4  #: values that are sent in turn
_KEPT = 50  #: entries that are kept: the server has 1 GB


class BareRole:
    """Plain redis-py."""

    def __init__(self) -> None:
        self._beacon = Beacon(role="session")
        self._data, self._settings = self._client("data"), self._client("settings")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._data.close()
        self._settings.close()
        self._beacon.close()

    def images(self, count: int, size: int, kept: int = _KEPT) -> float:
        """Seconds that `count` times XADD of `size` bytes takes, of which the last are kept."""
        random = np.random.default_rng(1)
        images = [random.bytes(size) for _ in range(_RING)]
        began = time.perf_counter()
        for index in range(count):
            self._data.xadd(_KEY, {"d": images[index % _RING]}, maxlen=kept, approximate=False)
        return time.perf_counter() - began

    def add_stamps(self, count: int, period: float, streams: int = 1, size: int = 0) -> float:
        """XADD `count` instants, one every `period` seconds; the seconds that takes.

        Args:
            count: How many.
            period: Seconds between two.
            streams: To so many streams, of each moment in one transaction.
            size: Bytes of another value beside it.
        """
        beside = {"s": b"s" * size} if size else {}
        began = following = time.monotonic()
        for _ in range(count):
            following += period
            time.sleep(max(0.0, following - time.monotonic()))
            fields: Any = {"d": struct.pack("<d", time.monotonic()), **beside}
            if streams == 1:
                self._data.xadd(_KEY, fields)
                continue
            with self._data.pipeline() as together:
                for key in _stamp_keys(streams):
                    together.xadd(key, fields)
                together.execute()
        return time.monotonic() - began

    def read_stamps(self, count: int, streams: int = 1) -> Iterator[Any]:
        """Ages (s) of `count` entries that a blocking XREAD gives, of the first of the streams."""
        ages: list[float] = []
        last: dict[Any, Any] = {}
        for key in _stamp_keys(streams):
            newest: Any = self._data.xrevrange(key, count=1)
            last[key.encode()] = newest[0][0] if newest else b"0-0"
        yield "ready"
        while len(ages) < count:
            reply: Any = self._data.xread(last, block=0)
            now = time.monotonic()
            for key, entries in reply:
                last[key] = entries[-1][0]
                if key == _KEY.encode():
                    ages += [now - struct.unpack("<d", fields[b"d"])[0] for _, fields in entries]
        yield ages

    def take_images(self, count: int) -> Iterator[Any]:
        """When (monotonic) a blocking XREAD had given the last of `count` entries."""
        newest: Any = self._data.xrevrange(_KEY, count=1)
        last, taken = newest[0][0] if newest else b"0-0", 0
        yield "ready"
        while taken < count:
            reply: Any = self._data.xread({_KEY: last}, block=0)
            ((_, entries),) = reply
            last, taken = entries[-1][0], taken + len(entries)
        yield time.monotonic()

    def publish_often(self, count: int, pause: float) -> None:
        """PUBLISH the instant `count` times."""
        for _ in range(count):
            self._settings.publish(_KEY, struct.pack("<d", time.monotonic()))
            time.sleep(pause)

    def listen(self, count: int) -> Iterator[Any]:
        """Ages (s) of `count` messages."""
        ages: list[float] = []
        with self._settings.pubsub() as messages:  # type: ignore[no-untyped-call]
            messages.subscribe(_KEY)
            messages.parse_response()
            yield "ready"
            while len(ages) < count:
                data = messages.parse_response()[2]
                ages.append(time.monotonic() - struct.unpack("<d", data)[0])
        yield ages

    def _client(self, name: str) -> "redis.Redis":
        where = self._beacon.server(name)
        return redis.Redis(
            host=where["host"],
            port=where["port"],
            username=where["username"],
            password=where["password"],
            protocol=2,
            socket_timeout=None,
        )


def _stamp_keys(streams: int) -> list[str]:
    return [_KEY, *(f"{_KEY}:{number}" for number in range(1, streams))]
