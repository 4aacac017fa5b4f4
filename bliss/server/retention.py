"""What may go from the data server, and when: a function of what is there; touches no socket.

What is confirmed goes first, whole scans, the oldest ones before; then points that every required
consumer has; then, of scans without one, the oldest points.  Nothing else ever goes.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

START = 0.85  #: of the memory, from which on room is made
ENOUGH = 0.80  #: of the memory, down to which
ROUNDING = 1e-9  #: of what was needed; so little is nothing


@dataclass(frozen=True, slots=True)
class ChannelState:
    """The stream of a channel."""

    name: str  #: its `db_name`
    first: int  #: index of the oldest point that is there
    end: int  #: how many points have come
    size: int  #: bytes of what is there
    marks: Mapping[str, int] = field(default_factory=dict)
    """How many points each required consumer has."""

    def bytes_of(self, points: int) -> float:
        """What so many of its points take."""
        return self.size * points / max(1, self.end - self.first)

    @property
    def spare(self) -> int:
        """How many of its points may go: no unmarked one, and never the last."""
        return max(0, min((self.end - 1, *self.marks.values())) - self.first)


@dataclass(frozen=True, slots=True)
class ScanState:
    """A scan that runs, or has ended and is not confirmed."""

    name: str  #: its `db_name`
    has_ended: bool
    stored: Mapping[str, bool] = field(default_factory=dict)
    """Whether each required consumer has said that it has all of it, its END too."""
    channels: Sequence[ChannelState] = ()


@dataclass(frozen=True, slots=True)
class Trim:
    """The oldest points of a channel go."""

    channel: str
    count: int  #: of all points that have come, so many are not there afterwards


def bytes_to_free(used: int, limit: int) -> float:
    """How much has to go now; 0 as long as there is room, or no limit."""
    return used - ENOUGH * limit if limit and used >= START * limit else 0.0


def is_confirmed(scan: ScanState) -> bool:
    """Whether a scan may be given its time to live."""
    return (
        scan.has_ended
        and all(scan.stored.values())
        and all(mark >= each.end for each in scan.channels for mark in each.marks.values())
    )


def oldest(scans: Iterable[tuple[str, float]], need: float) -> Iterator[str]:
    """The scans to delete so that `need` bytes go, of confirmed ones with sizes, oldest first."""
    for name, size in scans:
        if need <= 0:
            return
        yield name
        need -= size


def to_trim(scans: Sequence[ScanState], need: float) -> list[Trim]:
    """The points to trim so that `need` bytes go, or as many as may.

    What all its required consumers have goes first, as nothing is lost by that.  Every channel
    gives the same share, so that all of a scan reaches back to about the same instant.
    """
    trims = []
    for are_required in (True, False):
        channels = [c for scan in scans if bool(scan.stored) is are_required for c in scan.channels]
        total = sum(each.bytes_of(each.spare) for each in channels)
        share = min(1.0, need / total) if total > 0 and need > 0 else 0.0
        counts = [(each, math.ceil(share * each.spare)) for each in channels]
        trims += [Trim(each.name, each.first + count) for each, count in counts if count]
        freed = sum(each.bytes_of(count) for each, count in counts)
        need = need - freed if need - freed > ROUNDING * need else 0.0
    return trims


def waited_for(scans: Iterable[ScanState]) -> dict[str, int]:
    """The required consumers that have not got all there is, and how many bytes each lacks."""
    lacking: dict[str, int] = {}
    for each in (channel for scan in scans for channel in scan.channels):
        for consumer, mark in each.marks.items():
            if mark < each.end:
                size = round(each.bytes_of(each.end - max(mark, each.first)))
                lacking[consumer] = lacking.get(consumer, 0) + size
    return lacking
