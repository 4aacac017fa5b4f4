"""What to ask for in a read of streams, and when; touches no socket, no clock."""

from collections.abc import Mapping
from typing import Any

import hiredis

from bliss.data import keys
from bliss.data._pace import Pace

_FIRST_COUNT = 10  #: entries of each stream in the first read
_MOST_COUNT = 2000  #: entries of each stream in one read
_REPLY = 8 * 1024 * 1024  #: bytes of one reply; the server cuts a client off that takes much more


class Bites:
    """How much to ask for in a read, and what the answer says.

    How large an entry is turns out when it has come.  So a read asks for twice as many as the last
    one gave at most, and for less when that was too much: a backlog of images comes in bites.
    """

    def __init__(self) -> None:
        self._count = _FIRST_COUNT
        self._pace = Pace()

    def pause(self, now: float) -> float:
        """Seconds to wait before the next read that waits for something new, as of `Pace`."""
        return self._pace.pause(now)

    def command(self, streams: Mapping[str, str], *, block: bool) -> list[bytes]:
        """The command that reads what is new in `streams`, packed.

        By hiredis itself: redis-py's way to it takes longer than the rest of this.
        """
        wait = ("BLOCK", 0) if block else ()
        words = ("XREAD", "COUNT", self._count, *wait, "STREAMS", *streams, *streams.values())
        return [hiredis.pack_command(words)]

    def entries(self, reply: Any, now: float) -> list[Any]:
        """The entries in its answer, by stream.

        Args:
            reply: The answer; None if there is nothing new.
            now: When it came, by the clock of `pause`.
        """
        reply = reply or ()
        most = max((len(entries) for _, entries in reply), default=0)
        if most < self._count:  # else there is more, which was not asked for: a backlog
            blocks = [len(entries) for key, entries in reply if keys.is_data(key)]
            self._pace.took(max(blocks, default=0), now)
        self._count = _next_count(reply, most)
        return [(key, [_entry(*raw) for raw in entries]) for key, entries in reply]

    def be_careful(self) -> None:
        """The connection broke: perhaps the reply was too large for the server."""
        self._count = 1


def _next_count(reply: Any, most: int) -> int:
    """How many entries of each stream to ask for, after a read that gave these."""
    size = sum(sum(map(len, flat)) for _, entries in reply for _, flat in entries)
    count = min(max(2 * most, _FIRST_COUNT), _MOST_COUNT)
    return count if size <= _REPLY else max(1, min(count, most * _REPLY // size))


def _entry(entry_id: bytes, flat: list[bytes]) -> tuple[bytes, dict[bytes, bytes]]:
    if len(flat) == 4:  # a block of points, as nearly all are: a third of the time
        return entry_id, {flat[0]: flat[1], flat[2]: flat[3]}
    return entry_id, dict(zip(flat[::2], flat[1::2], strict=True))
