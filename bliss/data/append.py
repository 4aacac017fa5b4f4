"""Appending blocks of points to channels, all of one moment in one transaction.

The commands are put together here and not by redis-py, because the time per point matters: an
image goes from its array to the socket without being copied, and a block of a few numbers costs
a microsecond or two.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import redis

from bliss.common.errors import DataError, DataLostError
from bliss.data import encoding, keys
from bliss.data._recent import Recent
from bliss.data._server_run import SECTIONS, ServerRun, fields_in

_GONE = "{}: its data is gone, as the data server was restarted or emptied"
_ENDED = "{}: it was ended by another, who took this session for dead; see its END for why"
_NOT_BEGUN = "{}: the data server failed, and the replica that took its place lacks its beginning"
_REPLICAS_TIMEOUT = 1.0  #: s that replicas have to get what the server has
_LARGE = 16 * 1024  #: bytes; from here on a value is sent from where it is, below it is joined

Piece = bytes | memoryview


class EndedByAnotherError(DataLostError):
    """The scan has an END that its session has not written: it was given up for dead."""


class ServerFullError(DataError):
    """The data server has no room now; the same can be sent again later."""


@dataclass(frozen=True, slots=True)
class Block:
    """Points on their way: always sent with these bounds, however often."""

    channel: str  #: `db_name` of the channel
    end: int  #: how many points the channel has with these
    fields: dict[str, bytes | memoryview]  #: of the stream entry


class Appender:
    """One connection to the data server that blocks are appended over.

    Args:
        client: Of the data server.
        scan: The `db_name` of the scan that all blocks are of; without, its END is not looked for.

    A server that is not Beacon's own may be replaced by its replica, which lacks what it was sent
    last.  So after each connect to another one it is sent again what that lacks.
    """

    def __init__(self, client: redis.Redis, scan: str | None = None) -> None:
        self._pool = client.connection_pool
        self._scan = scan
        # one command more for all blocks: nobody may go on for long with a scan that has ended
        self._begin = _MULTI + (_command(b"EXISTS", keys.end(scan).encode()) if scan else b"")
        self._connection: Any = self._pool.get_connection()
        self._is_settled = False  #: whether the server is known to have all that was confirmed
        self._run: ServerRun | None = None
        self._recent = Recent()

    def close(self) -> None:
        """Give the connection back."""
        self._pool.release(self._connection)

    def disconnect(self) -> None:
        """Close the connection, in whatever state it is; the next `append` makes it again."""
        self._is_settled = False
        self._connection.disconnect()

    def append(self, blocks: Sequence[Block]) -> None:
        """Append blocks to their channels; a follower gets all of them with one wake-up.

        Raises:
            redis.ConnectionError: If no answer came: send the same blocks again.
            ServerFullError: If the server had no room: send the same blocks again, later.
            DataLostError: If a channel's stream is gone, or the server lacks points of it that are
                no longer kept here.
        """
        if not self._is_settled:
            self._settle({block.channel for block in blocks})
        self._send(blocks)
        if self.is_outside:
            self._recent.add(blocks, time.monotonic())

    def finish(self) -> None:
        """Wait until a replica has all of it, if there is any, before the END is sent.

        Raises:
            redis.ConnectionError: If no answer came: call it again.
            DataLostError: As `append`.
        """
        if not self._is_settled:
            self._settle(())
        if not self.is_outside:
            return
        (info,) = self._exchange([_command(b"INFO", b"replication")], 1)
        if int(fields_in(info).get("connected_slaves", 0)):
            timeout = b"%d" % round(_REPLICAS_TIMEOUT * 1000)
            self._exchange([_command(b"WAIT", b"1", timeout)], 1)

    @property
    def is_outside(self) -> bool:
        """Whether the server is not Beacon's own; known once it has been connected to."""
        return getattr(self._connection, "is_outside", False)

    def _settle(self, channels: Iterable[str]) -> None:
        """Connect; if another run of the server answers, see that it has what was confirmed."""
        self._connection.connect()
        if self.is_outside:
            asked = [_command(b"INFO", *(section.encode() for section in SECTIONS))]
            (info,) = self._exchange(asked, 1)
            _check_accepted(info)
            run = ServerRun.of(fields_in(info))
            if run != self._run:
                self._repair(sorted(self._recent.ends.keys() | set(channels)))
            self._run = run
        self._is_settled = True

    def _repair(self, channels: Sequence[str]) -> None:
        """Send again what the server lacks of channels.

        It has all up to some moment, so what follows the points of one channel is no surprise.

        Raises:
            DataLostError: If it lacks more than what is kept here.
        """
        above = sorted({name for channel in channels for name in _names_above(channel)})
        asked = [*map(keys.data, channels), *map(keys.prepared, above)]
        commands = [_command(b"XINFO", b"STREAM", key.encode()) for key in asked]
        answers = self._exchange(commands, len(asked)) if asked else []
        last = [_last_number(answer) for answer in answers]
        for scan, number in zip(above, last[len(channels) :], strict=True):
            if number == 0:  # None is of what is no scan
                raise DataLostError(_NOT_BEGUN.format(scan))
        stored = {}
        for channel, number in zip(channels, last, strict=False):
            if number is None:
                raise DataLostError(_GONE.format(channel))
            stored[channel] = number
        for blocks in self._recent.lacking(stored):
            self._send(blocks)

    def _send(self, blocks: Sequence[Block]) -> None:
        pieces: list[Piece] = [self._begin]
        for block in blocks:
            pieces += _xadd(block)
        pieces.append(_EXEC)
        looks = 1 if self._scan else 0
        replies = self._exchange(_joined(pieces), len(blocks) + looks + 2)
        for reply in replies:
            _check_accepted(reply)
        results = replies[-1]
        if looks and results[0]:
            raise EndedByAnotherError(_ENDED.format(self._scan))
        for block, result in zip(blocks, results[looks:], strict=True):
            _check_stored(block, result)

    def check(self, scan: str) -> None:
        """Look whether the server is there, and the scan still goes on.

        Raises:
            redis.ConnectionError: If no answer came.
            DataLostError: If the scan is gone, or has been ended by another.
        """
        if not self._is_settled:
            self._settle(())
        wanted = (keys.end(scan), keys.node(scan))
        ended, found = self._exchange([_command(b"EXISTS", key.encode()) for key in wanted], 2)
        _check_accepted(ended)
        _check_accepted(found)
        if ended:
            raise EndedByAnotherError(_ENDED.format(scan))
        if not found:
            raise DataLostError(_GONE.format(scan))

    def _exchange(self, pieces: Sequence[Piece], count: int) -> list[Any]:
        """Send, and read so many replies; whatever interrupts it, no late reply finds a reader."""
        try:
            self._connection.send_packed_command(pieces, check_health=False)
            return [self._reply() for _ in range(count)]
        except BaseException:
            self.disconnect()
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


def _names_above(channel: str) -> list[str]:
    parts = channel.split(keys.SEPARATOR)
    return [keys.SEPARATOR.join(parts[:count]) for count in range(1, len(parts))]


def _last_number(answer: Any) -> int | None:
    """The number of the last entry that a stream ever had, from XINFO; None if there is none."""
    if isinstance(answer, redis.ResponseError):
        if "no such key" not in str(answer):
            raise answer
        return None
    fields = dict(zip(answer[::2], answer[1::2], strict=True))
    return encoding.count_at(fields[b"last-generated-id"])


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
