"""What was sent last, should another server turn out to lack it; touches no socket, no clock."""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bliss.common.errors import DataLostError

if TYPE_CHECKING:
    from bliss.data.append import Block

LONGEST = 10.0  #: seconds that a block is kept; a replica is behind by much less, if it works
MOST = 64 * 1024 * 1024  #: bytes of all that is kept


class Recent:
    """The blocks that the server has confirmed in the last seconds, as far as memory allows."""

    def __init__(self) -> None:
        self.ends: dict[str, int] = {}  #: how many points of each channel are confirmed
        self._kept: deque[tuple[float, int, Sequence[Block]]] = deque()
        self._size = 0

    def add(self, blocks: Sequence["Block"], now: float) -> None:
        """Keep blocks that were confirmed together, and drop what has become old."""
        size = 0
        for block in blocks:
            self.ends[block.channel] = block.end
            size += len(block.fields["d"])
        self._kept.append((now, size, blocks))
        self._size += size
        while self._kept and (self._size > MOST or now - self._kept[0][0] > LONGEST):
            self._size -= self._kept.popleft()[1]

    def lacking(self, stored: Mapping[str, int]) -> list[list["Block"]]:
        """The blocks that a server lacks, as they were sent together.

        Args:
            stored: How many points it has of each channel.

        Raises:
            DataLostError: If it lacks more than is kept.
        """
        behind = {name for name, end in self.ends.items() if stored[name] < end}
        reached = dict(stored)
        again = []
        for _, _, blocks in self._kept:
            missing = [
                block
                for block in blocks
                if block.channel in behind and block.end > stored[block.channel]
            ]
            for block in missing:
                _check_follows(block, reached[block.channel])
                reached[block.channel] = block.end
            if missing:
                again.append(missing)
        for name in behind:
            if reached[name] < self.ends[name]:
                raise _lost(name, reached[name], self.ends[name])
        return again


def _check_follows(block: "Block", reached: int) -> None:
    first = block.end - int(bytes(block.fields["n"]))
    if first > reached:
        raise _lost(block.channel, reached, first)


def _lost(channel: str, first: int, end: int) -> DataLostError:
    return DataLostError(
        f"{channel}: the points {first} to {end - 1} are lost: the data server failed, the replica"
        " that took its place lacks them, and they are no longer kept here"
    )
