"""A client of the data: a plain Python process, as any user's program is."""

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any

import numpy as np

from bench.beacon import SESSION
from bliss.config.channels import Channel
from bliss.data import node
from bliss.data.events import Gap, NewData, ScanEnd

_FOLLOW_TIMEOUT = 30.0  #: seconds


class ClientRole(AbstractContextManager["ClientRole"]):
    """Follows, reads and sets."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        pass

    def follow(self, count: int, followers: int = 1) -> Iterator[Any]:
        """Ages (s) of the next `count` points of the channel `stamp`, each an instant.

        Args:
            count: How many points.
            followers: How many threads follow, each for itself; the ages are those of all.
        """
        ages: list[float] = []
        stop = node.StopHandler()
        started = [threading.Event() for _ in range(followers)]
        threads = [threading.Thread(target=_follow, args=(count, ages, stop, e)) for e in started]
        for thread in threads:
            thread.start()
        for event in started:
            event.wait(_FOLLOW_TIMEOUT)
        yield "ready"
        deadline = time.monotonic() + _FOLLOW_TIMEOUT
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        stop.stop()
        for thread in threads:
            thread.join()
        yield ages

    def take_scan(self) -> Iterator[Any]:
        """Take all of the next scan: when its END came (monotonic), and how many points did not."""
        taken: list[float] = []
        started, stop = threading.Event(), node.StopHandler()
        thread = threading.Thread(target=_take_scan, args=(taken, stop, started))
        thread.start()
        started.wait(_FOLLOW_TIMEOUT)
        yield "ready"
        thread.join(_FOLLOW_TIMEOUT)
        stop.stop()
        thread.join()
        yield taken

    def readable(self, scan: str) -> int:
        """How many points of the channel `index` have the value that was emitted."""
        channel = node.get_node(f"{scan}:timer:indices:index")
        assert isinstance(channel, node.ChannelNode)
        points = channel.get_as_array(0, -1)
        return int(np.count_nonzero(points == np.arange(len(points))))

    def set_often(self, name: str, count: int, pause: float) -> None:
        """Set a Channel `count` times, to the instant at which it is set."""
        with Channel(name) as channel:
            for _ in range(count):
                channel.value = time.monotonic()
                time.sleep(pause)


def _follow(
    count: int, ages: list[float], stop: node.StopHandler, started: threading.Event
) -> None:
    session, mine = node.get_session_node(SESSION), 0
    for event in session.walk_on_new_events(
        filter="channel", stop_handler=stop, started_event=started
    ):
        if isinstance(event.data, NewData) and event.node.name.endswith(":stamp"):
            now = time.monotonic()
            ages += [now - stamp for stamp in np.asarray(event.data.data).tolist()]
            mine += event.data.npoints
            if mine >= count:
                return


def _take_scan(taken: list[float], stop: node.StopHandler, started: threading.Event) -> None:
    session, missing = node.get_session_node(SESSION), 0
    for event in session.walk_on_new_events(
        filter=("scan", "channel"), stop_handler=stop, started_event=started
    ):
        if isinstance(event.data, Gap):
            missing += event.data.last_index + 1 - event.data.first_index
        elif isinstance(event.data, ScanEnd):
            taken += [time.monotonic(), missing]
            return
