"""Many sessions at one data server: who publishes for all of them, and who follows each."""

import threading
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

import psutil

from bliss.beacon import Beacon
from bliss.data import creation, encoding
from bliss.data.append import Appender, Block
from bliss.data.creation import NewNode
from bliss.data.encoding import PointType
from bliss.data.node import StopHandler, make

_FLOAT = PointType("<f8", ())
_CHANNELS = 3
_TIMEOUT = 60.0  #: seconds


class CrowdRole:
    """Scans of many sessions, each with a connection of its own, without the sessions."""

    def __init__(self) -> None:
        self._beacon = Beacon(role="session")
        self._client: Any = self._beacon.redis("data")
        self._appenders: dict[str, Appender] = {}
        self._ends: dict[str, int] = {}
        server = self._beacon.status()["servers"]["data"]
        self._server = psutil.Process(server["pid"])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for appender in self._appenders.values():
            appender.close()
        self._beacon.close()

    def begin(self, sessions: int, channels: int = _CHANNELS) -> None:
        """Let so many sessions begin a scan of so many channels each."""
        for number in range(sessions):
            session = _session(number)
            scan = f"{session}:data:{time.monotonic_ns()}_scan"
            names = [f"{scan}:timer:channel{index}" for index in range(channels)]
            info = {"dtype": _FLOAT.dtype, "shape": _FLOAT.shape}
            creation.create_nodes(
                self._client,
                [
                    NewNode(session, "session"),
                    NewNode(f"{session}:data", "container"),
                    NewNode(scan, "scan", {}, scan),
                    NewNode(f"{scan}:timer", "master", {}, scan),
                    *(NewNode(name, "channel", info, scan) for name in names),
                ],
            )
            creation.mark_prepared(self._client, scan)
            self._appenders[scan] = Appender(self._client, scan)
            self._ends[scan] = 0

    def publish(self, points: int, period: float, channels: int = _CHANNELS) -> dict[str, float]:
        """A point of each session in turn, so many in all; CPU seconds that took, and all of them.

        Args:
            points: How many.
            period: Seconds between two.
            channels: Of each scan.
        """
        scans = list(self._appenders)
        used, mine, began = self._used(), time.process_time(), time.monotonic()
        for number in range(points):
            time.sleep(max(0.0, began + number * period - time.monotonic()))
            scan = scans[number % len(scans)]
            self._ends[scan] += 1
            fields = encoding.encode_block([0.5], _FLOAT)
            self._appenders[scan].append(
                [
                    Block(f"{scan}:timer:channel{index}", self._ends[scan], fields)
                    for index in range(channels)
                ]
            )
        wall = time.monotonic() - began
        return {"wall": wall, "server": self._used() - used, "own": time.process_time() - mine}

    def end(self) -> None:
        """End the scans."""
        for scan, appender in self._appenders.items():
            creation.end_scan(self._client, scan, "complete", "", {})
            appender.close()
        self._appenders.clear()

    def follow(self, sessions: int) -> Iterator[Any]:
        """Follow each session until its scan ends."""
        stop = StopHandler()
        started = [threading.Event() for _ in range(sessions)]
        threads = [
            threading.Thread(target=self._follow, args=(_session(number), stop, event))
            for number, event in enumerate(started)
        ]
        for thread in threads:
            thread.start()
        for event in started:
            event.wait(_TIMEOUT)
        used = time.process_time()
        yield "ready"
        for thread in threads:
            thread.join(_TIMEOUT)
        stop.stop()
        yield time.process_time() - used

    def _follow(self, session: str, stop: StopHandler, started: threading.Event) -> None:
        node = make(self._client, session, "session")
        for event in node.walk_on_new_events(stop_handler=stop, started_event=started):
            if event.type is event.type.END_SCAN:
                return

    def _used(self) -> float:
        times = self._server.cpu_times()
        return times.user + times.system


def _session(number: int) -> str:
    return f"bench_{number}"
