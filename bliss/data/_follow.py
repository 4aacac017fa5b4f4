"""The threaded walk: reads the streams that a `Walk` names and feeds it what comes."""

import logging
import threading
import time
from collections.abc import Callable, Generator

import redis

from bliss.data._raw import RawEvent
from bliss.data._reader import StreamReader, comparison, take_comparison
from bliss.data._walk import Walk
from bliss.data._wrong import is_wrong_type

_log = logging.getLogger(__name__)

FIRST_RETRY = 0.05  #: s, after the connection broke; doubles up to
LAST_RETRY = 1.0  #: s


class StopHandler:
    """Ends a walk from another thread, also one that waits.

    Pass it to a walk as `stop_handler=`, and call `stop()` when it should end.
    """

    def __init__(self) -> None:
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._interrupts: list[Callable[[], None]] = []

    @property
    def is_stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """End the walk; harmless when it has ended."""
        self._stopped.set()
        with self._lock:
            for interrupt in self._interrupts:
                interrupt()

    def wait(self, timeout: float) -> bool:
        """Wait for `stop` for so many seconds, and say whether it was called."""
        return self._stopped.wait(timeout)

    def watch(self, interrupt: Callable[[], None]) -> None:
        """Call this too when stopped, to end a read that waits; at once if that has happened."""
        with self._lock:
            self._interrupts.append(interrupt)
        if self.is_stopped:
            interrupt()

    def unwatch(self, interrupt: Callable[[], None]) -> None:
        """The opposite of `watch`; when it returns, `interrupt` is not and will not be called."""
        with self._lock:
            self._interrupts.remove(interrupt)


class Outage:
    """Waits longer and longer while the data server does not answer, and tells of it once."""

    def __init__(self, stop: StopHandler) -> None:
        self._stop = stop
        self._retry = FIRST_RETRY

    def wait(self, problem: Exception) -> None:
        """Wait until it is time to try again; returns at once when the walk is stopped."""
        if self._retry == FIRST_RETRY and not self._stop.is_stopped:
            _log.warning("the data server does not answer (%s); trying again", problem)
        self._stop.wait(self._retry)
        self._retry = min(2 * self._retry, LAST_RETRY)

    def over(self) -> None:
        """It answers."""
        self._retry = FIRST_RETRY


def follow(
    client: redis.Redis, walk: Walk, *, wait: bool, stop: StopHandler
) -> Generator[list[RawEvent], None, None]:
    """Yield what each read of the walk's streams means, until it is finished or stopped.

    Without `wait`, it also ends when all there is has been read.  A broken connection is made
    again, for as long as it takes; a server that came back empty is read from its beginning.
    """
    reader = StreamReader(client)
    stop.watch(reader.interrupt)
    outage = Outage(stop)
    try:
        while not (stop.is_stopped or walk.finished):
            try:
                events = _step(reader, walk, stop, wait=wait)
            except (redis.ConnectionError, redis.TimeoutError) as problem:
                reader.disconnect()
                outage.wait(problem)
                continue
            outage.over()
            if events is None:
                return
            for text in walk.take_problems():
                _log.warning("%s", text)
            if events:
                yield events
    finally:
        stop.unwatch(reader.interrupt)
        reader.close()


def _step(
    reader: StreamReader, walk: Walk, stop: StopHandler, *, wait: bool
) -> list[RawEvent] | None:
    """Connect, or read once, and return what that means; None: that was all there is."""
    if not reader.is_connected:
        return walk.connected_to(reader.connect(), time.time())
    if walk.has_moved:
        return take_comparison(walk, reader.ask_all(comparison(walk)), time.time())
    block = wait and walk.settled
    if block and (pause := reader.pause()):
        stop.wait(pause)
    try:
        reply = reader.read(walk.streams, block=block)
    except redis.ResponseError as problem:
        if not is_wrong_type(problem):
            raise
        walk.leave_out(reader.no_streams(walk.streams))
        return []
    if not reply and walk.settled and not wait:
        return None
    return walk.feed(reply)
