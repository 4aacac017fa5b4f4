"""One connection that reads the streams of a walk."""

import contextlib
import socket
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import redis

from bliss.data import keys
from bliss.data._bites import Bites
from bliss.data._raw import RawEvent
from bliss.data._server_run import SECTIONS, ServerRun, fields_in
from bliss.data._streams import FIRST
from bliss.data._walk import Walk


class StreamReader:
    """Reads many streams over a connection of its own: a read that waits disturbs nobody."""

    def __init__(self, client: redis.Redis) -> None:
        self._pool = client.connection_pool
        self._connection: Any = self._pool.get_connection()
        self._interrupted = False
        self._bites = Bites()
        self.is_connected = False  #: whether `connect` was called since the connection broke

    def connect(self) -> ServerRun:
        """Connect if that is needed, and return which run of the server answers.

        Raises:
            redis.ConnectionError: If it cannot be reached, or `interrupt` was called.
        """
        self._connection.connect()
        if self._interrupted:  # perhaps before there was a socket to shut down
            raise redis.ConnectionError("interrupted")
        info = self._ask("INFO", *SECTIONS)
        self.is_connected = True
        return ServerRun.of(fields_in(info))

    def disconnect(self) -> None:
        """Close the connection, in whatever state it is."""
        self._connection.disconnect()
        self.is_connected = False
        self._bites.be_careful()

    def close(self) -> None:
        """Give the connection back, closed: it may be in the middle of a read."""
        self._connection.disconnect()
        self._pool.release(self._connection)

    def interrupt(self) -> None:
        """Make a read fail that is under way in another thread, and every later one.

        The socket is shut down and not closed: a closed one would be made again by redis-py if the
        other thread is just about to read, which would then wait for ever.  An encrypted one is
        not asked itself: it would forget its state while the other thread uses it.
        """
        self._interrupted = True
        own = getattr(self._connection, "_sock", None)  # redis-py has no public way to it
        if own is not None:
            with contextlib.suppress(OSError):  # it has just been closed
                socket.socket.shutdown(own, socket.SHUT_RDWR)

    def pause(self) -> float:
        """Seconds to wait before the next read that waits for something new."""
        return self._bites.pause(time.monotonic())

    def read(self, streams: dict[str, str], *, block: bool) -> list[Any]:
        """New entries of `streams`; waits for some if `block`, otherwise may come back empty.

        Raises:
            redis.ConnectionError: If the connection broke, or `interrupt` was called.
        """
        if not streams:
            return []
        self._connection.send_packed_command(self._bites.command(streams, block=block))
        return self._bites.entries(self._connection.read_response(), time.monotonic())

    def no_streams(self, streams: Iterable[str]) -> list[str]:
        """Those of the keys that hold something else, which make a read of all fail."""
        asked = list(streams)
        types = self.ask_all([("TYPE", key) for key in asked])
        return holding_no_stream(dict(zip(asked, types, strict=True)))

    def ask_all(self, commands: Sequence[tuple[Any, ...]]) -> list[Any]:
        """The answers to several commands, errors among them."""
        self._connection.send_packed_command(self._connection.pack_commands(commands))
        return [self._answer_or_error() for _ in commands]

    def _answer_or_error(self) -> Any:
        try:
            return self._connection.read_response()
        except redis.ResponseError as error:
            return error

    def _ask(self, *command: object) -> Any:
        self._connection.send_command(*command)
        return self._connection.read_response()


def comparison(walk: Walk) -> list[tuple[Any, ...]]:
    """The commands whose answers say what a server lacks of what a walk has read from another."""
    lists = [("XREVRANGE", key, "+", "-", "COUNT", 1) for key in walk.lists]
    return lists + [("EXISTS", keys.node(scan)) for scan in walk.scans]


def take_comparison(walk: Walk, answers: Sequence[Any], time: float) -> list[RawEvent]:
    """Tell a walk what the answers to `comparison` say."""
    lists, scans = walk.lists, walk.scans
    last = {
        key: answer[0][0].decode() if answer else FIRST
        for key, answer in zip(lists, answers, strict=False)
        if not isinstance(answer, Exception)  # a key that holds something else is told of later
    }
    there = answers[len(lists) :]
    missing = [scan for scan, found in zip(scans, there, strict=True) if not found]
    return walk.moved(last, missing, time)


def holding_no_stream(types: Mapping[str, bytes]) -> list[str]:
    """The keys that hold something else than a stream, from what TYPE says of each."""
    return [key for key, kind in types.items() if kind not in (b"stream", b"none")]
