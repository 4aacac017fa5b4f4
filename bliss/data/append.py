"""Appending blocks of points to channels, all of one moment in one transaction.

The commands are put together here and not by redis-py, because the time per point matters: an
image goes from its array to the socket without being copied, and a block of a few numbers costs
a microsecond or two.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import redis

from bliss.common.errors import DataError, DataLostError
from bliss.data import encoding, keys

_GONE = "{}: its data is gone, as the data server was restarted or emptied"
_LARGE = 16 * 1024  #: bytes; from here on a value is sent from where it is, below it is joined

Piece = bytes | memoryview


class ServerFullError(DataError):
    """The data server has no room now; the same can be sent again later."""


@dataclass(frozen=True, slots=True)
class Block:
    """Points on their way: always sent with these bounds, however often."""

    channel: str  #: `db_name` of the channel
    end: int  #: how many points the channel has with these
    fields: dict[str, bytes | memoryview]  #: of the stream entry


class Appender:
    """One connection to the data server that blocks are appended over."""

    def __init__(self, client: redis.Redis) -> None:
        self._pool = client.connection_pool
        self._connection: Any = self._pool.get_connection()

    def close(self) -> None:
        """Give the connection back."""
        self._pool.release(self._connection)

    def disconnect(self) -> None:
        """Close the connection, in whatever state it is; the next `append` makes it again."""
        self._connection.disconnect()

    def append(self, blocks: Sequence[Block]) -> None:
        """Append blocks to their channels; a follower gets all of them with one wake-up.

        Raises:
            redis.ConnectionError: If no answer came: send the same blocks again.
            ServerFullError: If the server had no room: send the same blocks again, later.
            DataLostError: If a channel's stream is gone.
        """
        pieces: list[Piece] = [_MULTI]
        for block in blocks:
            pieces += _xadd(block)
        pieces.append(_EXEC)
        replies = self._exchange(_joined(pieces), len(blocks) + 2)
        for reply in replies:
            _check_accepted(reply)
        for block, result in zip(blocks, replies[-1], strict=True):
            _check_stored(block, result)

    def check(self, scan: str) -> None:
        """Look whether the server is there and knows the scan.

        Raises:
            redis.ConnectionError: If no answer came.
            DataLostError: If the scan is gone.
        """
        (found,) = self._exchange([_command(b"EXISTS", keys.node(scan).encode())], 1)
        _check_accepted(found)
        if not found:
            raise DataLostError(_GONE.format(scan))

    def _exchange(self, pieces: Sequence[Piece], count: int) -> list[Any]:
        """Send, and read so many replies; whatever interrupts it, no late reply finds a reader."""
        try:
            self._connection.send_packed_command(pieces, check_health=False)
            return [self._reply() for _ in range(count)]
        except BaseException:
            self._connection.disconnect()
            raise

    def _reply(self) -> Any:
        try:
            return self._connection.read_response()
        except redis.ResponseError as error:
            return error


def _check_accepted(reply: object) -> None:
    """Raise if the whole transaction was refused, with the reason that came first."""
    if not isinstance(reply, redis.ResponseError):
        return
    # a server that became full between the first command and EXEC says so in EXECABORT's text
    if isinstance(reply, redis.OutOfMemoryError) or "OOM" in str(reply):
        raise ServerFullError("the data server is full")
    raise reply


def _check_stored(block: Block, result: object) -> None:
    if result is None:
        raise DataLostError(_GONE.format(block.channel))
    if isinstance(result, Exception) and "equal or smaller" not in str(result):
        raise result  # else the block is there: its first answer was lost on the way


def _command(*words: bytes) -> bytes:
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(w), w) for w in words)


_MULTI = _command(b"MULTI")
_EXEC = _command(b"EXEC")


def _xadd(block: Block) -> list[Piece]:
    key = keys.data(block.channel).encode()
    entry_id = encoding.block_id(block.end - 1).encode()
    pieces: list[Piece] = [
        b"*%d\r\n$4\r\nXADD\r\n$%d\r\n%b\r\n$10\r\nNOMKSTREAM\r\n$%d\r\n%b\r\n"
        % (4 + 2 * len(block.fields), len(key), key, len(entry_id), entry_id)
    ]
    for name, value in block.fields.items():
        pieces += b"$%d\r\n%b\r\n$%d\r\n" % (len(name), name.encode(), len(value)), value, b"\r\n"
    return pieces


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    """The same with small pieces joined, so that there is one send for all of them."""
    joined: list[Piece] = []
    small: list[Piece] = []
    for piece in pieces:
        if len(piece) < _LARGE:
            small.append(piece)
            continue
        joined += b"".join(small), piece
        small = []
    return [*joined, b"".join(small)]
