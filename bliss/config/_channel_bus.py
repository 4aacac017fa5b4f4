"""One connection and one thread a process that bring in what other processes set or post.

The thread alone touches the connection.  Whenever it is woken it compares the topics that are open
with those it is subscribed to; otherwise it waits for messages.  Every connection is a new holder:
what an earlier one held is freed by the server, whatever became of it.

Closing is a message to the thread, as the garbage collector may close a Channel anywhere, even in
a thread that holds a lock: `release` takes none.
"""

import logging
import threading
import uuid
from collections import deque
from typing import TYPE_CHECKING, TypeVar, cast

import redis

from bliss.common.errors import BlissError
from bliss.config import _keys
from bliss.config._channel_link import Link, Waker
from bliss.config._server import SettingsServerError, reported
from bliss.config._topics import Holder, Topic

if TYPE_CHECKING:
    from bliss.beacon import Beacon

_log = logging.getLogger("bliss.config.channels")

TIMEOUT = 5.0  #: seconds that opening or closing waits for the server
FIRST_DELAY, LAST_DELAY = 0.05, 2.0  #: seconds between attempts to connect again

_BROKEN = (redis.RedisError, BlissError, OSError)

T = TypeVar("T", bound=Topic)

# The buses of this process, one a Beacon, each here only while something is open on it.
_buses: "dict[Beacon, ChannelBus]" = {}
_buses_lock = threading.Lock()  # also guards which topics a bus has, and how many use each


def join(beacon: "Beacon", topic: T) -> "tuple[ChannelBus, T]":
    """Open a topic, or use the one of the same name that is open.

    Returns:
        The bus that serves it until `leave` or `release`, and the topic to use.

    Raises:
        BeaconNotFoundError: If there is no Beacon.
        SettingsServerError: If the settings server does not answer.
    """
    with _buses_lock:
        if beacon not in _buses:
            with reported(f"{topic.owner} cannot be opened"):
                _buses[beacon] = ChannelBus(beacon)
        bus = _buses[beacon]
        shared = bus.add(topic)
    try:
        bus.wait_subscribed(shared)
    except BaseException:
        bus.leave(shared)
        raise
    return bus, shared


class ChannelBus:
    """Serves topics as long as there are any; made and found by `join`."""

    def __init__(self, beacon: "Beacon") -> None:
        self.holder = Holder(beacon, "")  #: ourselves, as long as the present connection lasts
        self._topics: dict[str, Topic] = {}
        self._released: deque[tuple[Topic, threading.Event | None]] = deque()
        self._delay = 0.0
        self._link: Link | None = None
        self._waker = Waker()
        try:
            self._connect()
        except BaseException:
            self._waker.close()
            raise
        self._thread = threading.Thread(target=self._run, name="bliss channels", daemon=True)
        self._thread.start()

    def add(self, topic: T) -> T:
        """Serve a topic, or count one more user of its namesake; for `join`, which has the lock."""
        shared = self._topics.setdefault(topic.subscription, topic)
        shared.users += 1
        self._waker.wake()
        return cast(T, shared)  # the subscription's name says which kind it is

    def wait_subscribed(self, topic: Topic) -> None:
        """Wait until nothing that happens to the topic can be missed."""
        # a callback that opens a Channel must not wait for its own thread; it catches up afterwards
        if not self._is_mine() and not topic.subscribed.wait(TIMEOUT):
            raise SettingsServerError(
                f"{topic.owner} cannot be opened: no answer from the settings server within "
                f"{TIMEOUT:g} s; see what `bliss-beacon` says"
            )

    def release(self, topic: Topic, done: threading.Event | None = None) -> None:
        """One user less; returns at once, takes no lock."""
        self._released.append((topic, done))
        self._waker.wake()

    def leave(self, topic: Topic) -> None:
        """One user less; returns when the server knows, and the last one's thread has ended."""
        done = threading.Event()
        self.release(topic, done)
        if not self._is_mine() and done.wait(TIMEOUT) and not self._topics:
            self._thread.join(TIMEOUT)

    def _is_mine(self) -> bool:
        return threading.current_thread() is self._thread

    def _run(self) -> None:
        done: list[threading.Event] = []
        try:
            while self._settle_released(done):
                _set_all(done)
                try:
                    self._serve()
                except _BROKEN as problem:
                    self._drop_link(problem)
        finally:
            self._drop_link()
            self._waker.close()
            with _buses_lock:
                if _buses.get(self.holder.beacon) is self:
                    del _buses[self.holder.beacon]
            _set_all(done)

    def _settle_released(self, done: list[threading.Event]) -> bool:
        """Give up topics that have no user left; whether any other is left."""
        while self._released:
            topic, event = self._released.popleft()
            done.extend([event] if event else [])
            with _buses_lock:
                topic.users -= 1
                unused = topic.users == 0
                if unused:
                    del self._topics[topic.subscription]
            if unused:
                self._give_up(topic)
        with _buses_lock:
            if not self._topics:
                del _buses[self.holder.beacon]  # at once: the next to open needs another bus
            return bool(self._topics)

    def _give_up(self, topic: Topic) -> None:
        if self._link is None:  # then the holder that had it is gone
            return
        try:
            topic.leave(self.holder)
        except _BROKEN as problem:
            self._drop_link(problem)

    def _serve(self) -> None:
        if self._link is None:
            self._reconnect()
        if self._link is None:
            return
        with _buses_lock:
            topics = dict(self._topics)
        self._link.subscribe(topics)
        if self._link.wait():
            self._link.receive()

    def _connect(self) -> None:
        beacon = self.holder.beacon
        holder = Holder(beacon, _keys.holder(uuid.uuid4().hex))
        self._link = Link(beacon.redis("settings"), holder, self._waker)
        self.holder = holder

    def _reconnect(self) -> None:
        if self._delay:
            self._waker.wait(self._delay)
        if self._released:
            return
        self._delay = min(max(2 * self._delay, FIRST_DELAY), LAST_DELAY)
        self._connect()
        self._delay = 0.0
        _log.info("Channels are connected to the settings server again")

    def _drop_link(self, problem: Exception | None = None) -> None:
        if self._link is None:
            return
        if problem:
            _log.warning("Channels lost the settings server (%s); connecting again", problem)
        self._link.close()
        self._link = None


def _set_all(events: list[threading.Event]) -> None:
    for event in events:
        event.set()
    events.clear()
