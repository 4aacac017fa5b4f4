"""What a process knows of a Channel or EventChannel that it has open.

A topic is shared by all objects of that name in the process, and served by a `ChannelBus`.
"""

import logging
import threading
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from bliss.common.errors import FormatError
from bliss.config import _keys, _server, _values

if TYPE_CHECKING:
    from bliss.beacon import Beacon

_log = logging.getLogger("bliss.config.channels")


class Holder(NamedTuple):
    """In whose name a topic talks to the settings server."""

    beacon: "Beacon"
    id: str  #: pub/sub channel that this process is subscribed to, `"bliss:holder:5f0c…"`


class Callbacks:
    """The callbacks of one Channel; topics know them weakly, so that they keep no Channel alive."""

    def __init__(self, owner: str) -> None:
        self._owner = owner
        self._functions: tuple[Callable[[Any], object], ...] = ()

    def add(self, function: Callable[[Any], object]) -> None:
        """Call `function` from now on."""
        if not callable(function):
            raise TypeError(
                f"{self._owner}: a callback is a function of one value, not {function!r}"
            )
        self._functions = (*self._functions, function)

    def remove(self, function: Callable[[Any], object]) -> None:
        """Call `function` no more."""
        if function not in self._functions:
            raise ValueError(f"{self._owner}: {function!r} is not one of its callbacks")
        self._functions = tuple(f for f in self._functions if f != function)

    def clear(self) -> None:
        """Call nothing any more."""
        self._functions = ()

    def call(self, value: Any) -> None:
        """Call them all; what one raises is logged."""
        for function in self._functions:
            try:
                function(value)
            except Exception:  # noqa: BLE001 - whatever it is, the others must hear the value too
                _log.exception("%s: callback %r failed", self._owner, function)


class Topic(ABC):
    """One name that this process is subscribed to."""

    def __init__(self, owner: str, subscription: str) -> None:
        self.owner = owner  #: what messages begin with, `"Channel 'stop_alignment'"`
        self.subscription = subscription  #: its pub/sub channel
        self.users = 0  #: how many objects share it; the bus counts
        self.subscribed = threading.Event()  #: the server has confirmed it once
        self._lock = threading.Lock()
        self._callbacks: weakref.WeakSet[Callbacks] = weakref.WeakSet()
        self._pending: list[Any] = []
        self._garbage_seen = False

    def add_callbacks(self, callbacks: Callbacks) -> None:
        """Call these too, as long as someone else holds them."""
        with self._lock:
            self._callbacks.add(callbacks)

    def receive(self, message: bytes) -> None:
        """Take a message in; what it says is passed on by `notify`."""
        try:
            self._receive(message)
        except FormatError as problem:
            self._log_garbage(problem)

    def notify(self) -> None:
        """Call the callbacks with what came since the last time."""
        with self._lock:
            pending, self._pending = self._pending, []
            callbacks = list(self._callbacks)
        if pending:
            for each in callbacks:
                self._notify(each, pending)

    def confirmed(self, holder: Holder) -> None:
        """The server has (again) subscribed us: nothing that follows is missed."""
        self._catch_up(holder)
        self.subscribed.set()

    def _log_garbage(self, problem: FormatError) -> None:
        if not self._garbage_seen:
            self._garbage_seen = True
            _log.warning("%s: ignored a message (and will ignore others): %s", self.owner, problem)

    @abstractmethod
    def leave(self, holder: Holder) -> None:
        """Nobody in this process uses it any more."""

    @abstractmethod
    def _catch_up(self, holder: Holder) -> None: ...

    @abstractmethod
    def _receive(self, message: bytes) -> None: ...

    @abstractmethod
    def _notify(self, callbacks: Callbacks, pending: list[Any]) -> None: ...


class ValueTopic(Topic):
    """A Channel: the last value and its seq, which only grows."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Channel {name!r}", _keys.channel_changes(name))
        self._keys = [_keys.channel(name), _keys.CHANNEL_INDEX]
        self._wanted = False  # someone here has asked to be a holder
        self._entered = False  # and became one, on whichever connection
        self._known: tuple[int, bytes | None] = (0, None)
        self._notified = 0  # seq of the last value that callbacks know or need not know

    def value(self, default: Any) -> Any:
        """The value that was last set anywhere, else `default`; made anew, so it can be changed."""
        _, data = self._known
        return default if data is None else _values.decode(self.owner, data)

    def enter(self, holder: Holder) -> None:
        """Become a holder and learn the value; nothing if done before."""
        if self._entered:
            return
        self._wanted = True  # before we ask: the connection may break and be made again meanwhile
        found = self._open(holder)
        self._entered = True
        if found:
            self._learn(*found)
            with self._lock:
                self._notified = max(self._notified, found[0])

    def set(self, holder: Holder, data: bytes) -> None:
        """Set the value for everyone, and become a holder."""
        asked = f"{self.owner} cannot be set"
        args = (holder.id, self.subscription, data, self._known[0])
        self._wanted = True
        seq = int(_server.call(holder.beacon, asked, "bliss_channel_set", self._keys, *args))
        self._entered = True
        self._learn(seq, data)

    def leave(self, holder: Holder) -> None:
        """Hold it no more; the last holder takes the value along."""
        if _only_reads(holder):
            return
        asked = f"{self.owner} cannot be closed"
        _server.call(holder.beacon, asked, "bliss_channel_close", self._keys, holder.id)

    def _open(self, holder: Holder) -> tuple[int, bytes] | None:
        seq, data = self._known
        args = [holder.id, self.subscription] + ([] if data is None else [seq, data])
        asked = f"{self.owner} cannot be opened"
        if _only_reads(holder):
            with _server.reported(asked):
                found: Any = holder.beacon.redis("settings").hmget(self._keys[0], "seq", "value")
        else:
            found = _server.call(holder.beacon, asked, "bliss_channel_open", self._keys, *args)
        if found is None or None in found:
            return None
        try:
            return self._checked(*found)
        except FormatError as problem:
            self._log_garbage(problem)
            return None

    def _checked(self, seq: bytes, data: bytes) -> tuple[int, bytes]:
        if not seq.isdigit() or len(seq) > 18:
            raise FormatError(f"{self.owner}: {seq!r:.30} is not the number of a change")
        _values.decode(self.owner, data)
        return int(seq), data

    def _learn(self, seq: int, data: bytes) -> None:
        with self._lock:
            if seq > self._known[0]:
                self._known = (seq, data)

    def _catch_up(self, holder: Holder) -> None:
        # on the first subscription, whoever opens does that himself, unless it is a callback
        if self._wanted and (found := self._open(holder)):
            self._change(*found)

    def _receive(self, message: bytes) -> None:
        seq, _, data = message.partition(b" ")
        self._change(*self._checked(seq, data))

    def _change(self, seq: int, data: bytes) -> None:
        self._learn(seq, data)
        with self._lock:
            if seq > self._notified:
                self._notified = seq
                self._pending.append(data)

    def _notify(self, callbacks: Callbacks, pending: list[Any]) -> None:
        for data in pending:
            callbacks.call(_values.decode(self.owner, data))


class EventTopic(Topic):
    """An EventChannel: what comes is passed on and forgotten."""

    def __init__(self, name: str) -> None:
        super().__init__(f"EventChannel {name!r}", _keys.events(name))

    def post(self, holder: Holder, data: bytes) -> None:
        """Send an event to everyone who is subscribed."""
        with _server.reported(f"{self.owner} cannot post"):
            holder.beacon.redis("settings").publish(self.subscription, data)

    def leave(self, holder: Holder) -> None:
        """Nothing is kept in the server."""

    def _catch_up(self, holder: Holder) -> None:
        pass

    def _receive(self, message: bytes) -> None:
        event = _values.decode(self.owner, message)
        with self._lock:
            self._pending.append(event)

    def _notify(self, callbacks: Callbacks, pending: list[Any]) -> None:
        callbacks.call(list(pending))


def _only_reads(holder: Holder) -> bool:
    """Whether it may not be a holder: what it sees lives as long as somebody else holds it."""
    return holder.beacon.role == "viewer"
