"""Values and events that several processes share: what one sets, the others have at once.

A `Channel` holds a value as long as any process holds the Channel:

    stop = Channel("stop_alignment", default_value=False)
    stop.value              # False: read locally, no round trip
    stop.value = True       # everyone's `value` is True now, and their callbacks are called

An `EventChannel` holds nothing; it passes on what is posted.

Values are None, bool, int, float, str, bytes, lists and dicts of these, and numpy arrays of numbers
(read-only on arrival); tuples become lists.  They are sent as msgpack, never pickled, and are at
most 1 MiB long.  This module needs neither gevent nor a session: one daemon thread per process
listens, from the first Channel until the last is closed.
"""

import weakref
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from bliss.beacon import get_beacon
from bliss.config import _values
from bliss.config._channel_bus import join
from bliss.config._server import SettingsServerError
from bliss.config._topics import Callbacks, EventTopic, Topic, ValueTopic

if TYPE_CHECKING:
    from bliss.beacon import Beacon

__all__ = ["Channel", "EventChannel", "SettingsServerError"]

_T = TypeVar("_T", bound=Topic)


class _Unset:
    """The value that is not given: None is a value."""

    def __repr__(self) -> str:
        return "<not given>"


_UNSET = _Unset()


class _Subscription(Generic[_T]):
    """What `Channel` and `EventChannel` have in common.

    It counts as open until `close`, or until nothing refers to it any more: keep it as long as its
    callbacks shall be called.
    """

    def __init__(self, name: str, topic: _T, beacon: "Beacon | None") -> None:
        self._name = name
        self._callbacks = Callbacks(topic.owner)
        self._bus, self._topic = join(beacon or get_beacon(), topic)
        self._closed = weakref.finalize(self, self._bus.release, self._topic)
        self._closed.atexit = False  # the end of the process closes the connection

    def __repr__(self) -> str:
        return f"<{self._topic.owner}{'' if self._closed.alive else ', closed'}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def name(self) -> str:
        """The name that all processes know it by."""
        return self._name

    def unregister_callback(self, callback: Callable[[Any], object]) -> None:
        """Call `callback` no more.

        Raises:
            ValueError: If it was not registered.
        """
        self._callbacks.remove(callback)

    def close(self) -> None:
        """Give it up, and wait until the server knows; harmless when done before."""
        self._callbacks.clear()
        if self._closed.detach():
            self._bus.leave(self._topic)

    def _open_topic(self) -> _T:
        if not self._closed.alive:
            raise ValueError(f"{self._topic.owner} is closed; make a new one")
        return self._topic

    def _add_callback(self, callback: Callable[[Any], object]) -> None:
        self._open_topic().add_callbacks(self._callbacks)
        self._callbacks.add(callback)


class Channel(_Subscription[ValueTopic]):
    """A value shared by all processes that hold a Channel of this name.

    The value lives in the settings server until the last holder closes the Channel or its
    connection ends, however that comes about.  When the server has to be started again, the
    processes that hold the Channel bring the value back.

    Args:
        name: What all processes know it by.
        value: Set for everyone, whatever was there.
        default_value: What `value` is here as long as nobody has set it.  It is not sent to
            anyone, so processes may have different defaults.
        callback: As for `register_callback`; called for the `value` given here, too.
        beacon: Whose settings server; that of `get_beacon()` when not given.

    Raises:
        BeaconNotFoundError: If there is no Beacon.
        SettingsServerError: If the settings server does not answer.
        TypeError: If `value` cannot be sent.
    """

    def __init__(
        self,
        name: str,
        value: Any = _UNSET,
        *,
        default_value: Any = None,
        callback: Callable[[Any], object] | None = None,
        beacon: "Beacon | None" = None,
    ) -> None:
        topic = ValueTopic(name)
        data = None if value is _UNSET else _values.encode(topic.owner, value)
        self._default = default_value
        super().__init__(name, topic, beacon)
        try:
            if data is None:
                self._topic.enter(self._bus.holder)
            if callback:
                self.register_callback(callback)
            if data is not None:
                self._topic.set(self._bus.holder, data)
        except BaseException:
            self.close()
            raise

    @property
    def value(self) -> Any:
        """The value that was last set by anyone, as far as known here: no round trip.

        Lists and dicts are made anew each time; to change one for everyone, set it again.

        Setting it is one round trip, after which the server has it and this process reads it.

        Raises:
            SettingsServerError: When set, if the settings server does not answer.
            TypeError: When set, if it cannot be sent.
        """
        return self._open_topic().value(self._default)

    @value.setter
    def value(self, value: Any) -> None:
        topic = self._open_topic()
        topic.set(self._bus.holder, _values.encode(topic.owner, value))

    def register_callback(self, callback: Callable[[Any], object]) -> None:
        """Call `callback(value)` for every value that is set from now on, by this process too.

        It is called on the listening thread, one value after the other, and should return soon.
        What it raises is logged.
        """
        self._add_callback(callback)


class EventChannel(_Subscription[EventTopic]):
    """Events for all processes that have an EventChannel of this name open, the poster's too.

    Nothing is kept: who is not there, or has just lost the connection, misses the event.

    Args:
        name: What all processes know it by.
        callback: As for `register_callback`.
        beacon: Whose settings server; that of `get_beacon()` when not given.

    Raises:
        BeaconNotFoundError: If there is no Beacon.
        SettingsServerError: If the settings server does not answer.
    """

    def __init__(
        self,
        name: str,
        *,
        callback: Callable[[list[Any]], object] | None = None,
        beacon: "Beacon | None" = None,
    ) -> None:
        super().__init__(name, EventTopic(name), beacon)
        if callback:
            self.register_callback(callback)

    def post(self, event: Any) -> None:
        """Send an event, anything that can be a Channel's value, to everyone: one round trip.

        Raises:
            SettingsServerError: If the settings server does not answer.
            TypeError: If the event cannot be sent.
        """
        topic = self._open_topic()
        topic.post(self._bus.holder, _values.encode(topic.owner, event))

    def register_callback(self, callback: Callable[[list[Any]], object]) -> None:
        """Call `callback(events)` with the list of events that came since its last call.

        It is called on the listening thread and should return soon.  What it raises is logged.
        """
        self._add_callback(callback)
