"""One connection that reads the streams of a walk."""

import contextlib
import socket
from collections.abc import Iterable, Mapping
from typing import Any

import redis

_FIRST_COUNT = 10  #: entries of each stream in the first read
_MOST_COUNT = 2000  #: entries of each stream in one read
_REPLY = 8 * 1024 * 1024  #: bytes of one reply; the server cuts a client off that takes much more


class Bites:
    """How much to ask for in a read, and what the answer says; touches no socket.

    How large an entry is turns out when it has come.  So a read asks for twice as many as the last
    one gave at most, and for less when that was too much: a backlog of images comes in bites.
    """

    def __init__(self) -> None:
        self._count = _FIRST_COUNT

    def command(self, streams: Mapping[str, str], *, block: bool) -> tuple[Any, ...]:
        """The command that reads what is new in `streams`."""
        wait = ("BLOCK", 0) if block else ()
        return ("XREAD", "COUNT", self._count, *wait, "STREAMS", *streams, *streams.values())

    def entries(self, reply: Any) -> list[Any]:
        """The entries in its answer, by stream."""
        self._count = _next_count(reply or ())
        return [(key, [_entry(*raw) for raw in entries]) for key, entries in reply or ()]

    def be_careful(self) -> None:
        """The connection broke: perhaps the reply was too large for the server."""
        self._count = 1


class StreamReader:
    """Reads many streams over a connection of its own: a read that waits disturbs nobody."""

    def __init__(self, client: redis.Redis) -> None:
        self._pool = client.connection_pool
        self._connection: Any = self._pool.get_connection()
        self._interrupted = False
        self._bites = Bites()
        self.is_connected = False  #: whether `connect` was called since the connection broke

    def connect(self) -> str:
        """Connect if that is needed, and return which run of the server answers.

        Raises:
            redis.ConnectionError: If it cannot be reached, or `interrupt` was called.
        """
        self._connection.connect()
        if self._interrupted:  # perhaps before there was a socket to shut down
            raise redis.ConnectionError("interrupted")
        info = self._ask("INFO", "server")
        self.is_connected = True
        return run_id_in(info)

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
        other thread is just about to read, which would then wait for ever.
        """
        self._interrupted = True
        own = getattr(self._connection, "_sock", None)  # redis-py has no public way to it
        if own is not None:
            with contextlib.suppress(OSError):  # it has just been closed
                own.shutdown(socket.SHUT_RDWR)

    def read(self, streams: dict[str, str], *, block: bool) -> list[Any]:
        """New entries of `streams`; waits for some if `block`, otherwise may come back empty.

        Raises:
            redis.ConnectionError: If the connection broke, or `interrupt` was called.
        """
        if not streams:
            return []
        return self._bites.entries(self._ask(*self._bites.command(streams, block=block)))

    def no_streams(self, streams: Iterable[str]) -> list[str]:
        """Those of the keys that hold something else, which make a read of all fail."""
        asked = list(streams)
        commands = self._connection.pack_commands([("TYPE", key) for key in asked])
        self._connection.send_packed_command(commands)
        return holding_no_stream({key: self._connection.read_response() for key in asked})

    def _ask(self, *command: object) -> Any:
        self._connection.send_command(*command)
        return self._connection.read_response()


def run_id_in(info: bytes) -> str:
    """The name that a server gives to the time since its start, from its INFO."""
    return info.partition(b"run_id:")[2].partition(b"\r")[0].decode()


def holding_no_stream(types: Mapping[str, bytes]) -> list[str]:
    """The keys that hold something else than a stream, from what TYPE says of each."""
    return [key for key, kind in types.items() if kind not in (b"stream", b"none")]


def _next_count(reply: Any) -> int:
    """How many entries of each stream to ask for, after a read that gave these."""
    most = max((len(entries) for _, entries in reply), default=0)
    size = sum(len(part) for _, entries in reply for _, flat in entries for part in flat)
    count = min(max(2 * most, _FIRST_COUNT), _MOST_COUNT)
    return count if size <= _REPLY else max(1, min(count, most * _REPLY // size))


def _entry(entry_id: bytes, flat: list[bytes]) -> tuple[bytes, dict[bytes, bytes]]:
    return entry_id, dict(zip(flat[::2], flat[1::2], strict=True))
