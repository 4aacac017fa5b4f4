"""A connection to the settings server that is subscribed to topics, and that can be woken."""

import selectors
import socket
from collections.abc import Collection
from contextlib import suppress
from typing import Any, cast

import redis

from bliss.config._topics import Holder, Topic

ANSWER_TIMEOUT = 5.0  #: seconds for the first answer
BATCH = 1000  #: messages taken in before callbacks are called


class Waker:
    """Ends another thread's wait; `wake` takes no lock, so a finalizer may call it."""

    def __init__(self) -> None:
        self._inlet, self.outlet = socket.socketpair()
        self._inlet.setblocking(False)
        self.outlet.setblocking(False)

    def wake(self) -> None:
        """End the wait that is under way, else the next one."""
        with suppress(OSError):  # full: there is a wake-up already; closed: nobody waits any more
            self._inlet.send(b"\0")

    def wait(self, timeout: float) -> None:
        """Wait to be woken, at most `timeout` seconds."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.outlet, selectors.EVENT_READ)
            if selector.select(timeout):
                self.drain()

    def drain(self) -> None:
        """Forget wake-ups."""
        with suppress(BlockingIOError):
            while self.outlet.recv(4096):
                pass

    def close(self) -> None:
        """Close both ends."""
        self._inlet.close()
        self.outlet.close()


class Link:
    """Such a connection, for as long as it lasts; for one thread.

    Any method may raise `redis.RedisError` or `OSError`: the connection is broken then.
    """

    def __init__(self, client: redis.Redis, holder: Holder, waker: Waker) -> None:
        self._holder = holder
        self._waker = waker
        self._subscribed: dict[str, Topic] = {}
        self._more = False
        self._pool = client.connection_pool
        self._connection = cast(Any, self._pool.get_connection())  # its hints are incomplete
        self._selector = selectors.DefaultSelector()
        try:
            self._announce()
            # redis-py has no public way to wait for a connection and for something else
            self._selector.register(self._connection._sock, selectors.EVENT_READ)
            self._selector.register(waker.outlet, selectors.EVENT_READ)
        except BaseException:
            self.close()
            raise

    def _announce(self) -> None:
        """Be alive as a holder, before anything is held."""
        self._connection.send_command("SUBSCRIBE", self._holder.id)
        if not self._connection.can_read(ANSWER_TIMEOUT):
            raise redis.TimeoutError(f"no answer to SUBSCRIBE within {ANSWER_TIMEOUT:g} s")
        self._connection.read_response()

    def subscribe(self, topics: dict[str, Topic]) -> None:
        """Be subscribed to these and no others."""
        new = [name for name, topic in topics.items() if self._subscribed.get(name) is not topic]
        old = self._subscribed.keys() - topics.keys()
        self._subscribed = topics
        self._send("SUBSCRIBE", new)
        self._send("UNSUBSCRIBE", old)

    def _send(self, command: str, names: Collection[str]) -> None:
        if names:
            self._connection.send_command(command, *names)

    def wait(self) -> bool:
        """Wait for a message or to be woken; whether there is a message."""
        if self._more:
            return True
        ready = [key.fileobj for key, _ in self._selector.select()]
        if self._waker.outlet in ready:
            self._waker.drain()
            ready.remove(self._waker.outlet)
        return bool(ready)

    def receive(self) -> None:
        """Take in the messages that have come, then let their topics call their callbacks."""
        touched: dict[str, Topic] = {}
        for _ in range(BATCH):
            kind, subscription, content = self._connection.read_response()
            topic = self._subscribed.get(subscription.decode())
            if topic and kind in (b"subscribe", b"message"):
                touched[topic.subscription] = topic
                if kind == b"message":
                    topic.receive(content)
                else:
                    topic.confirmed(self._holder)
            self._more = self._connection.can_read(0)
            if not self._more:
                break
        for topic in touched.values():
            topic.notify()

    def close(self) -> None:
        """Close the connection."""
        self._selector.close()
        self._connection.disconnect()
        self._pool.release(self._connection)
