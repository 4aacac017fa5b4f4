"""What a follower has been given of each channel: enough to tell whether it was all of it, once."""

import zlib
from dataclasses import dataclass, field

import numpy as np

from bliss.data.events import Gap, NewData


@dataclass
class Tally:
    """The points of one channel as they came."""

    count: int = 0  #: index of the next point
    checksum: int = 0  #: CRC-32 of the points, whatever the blocks
    again: int = 0  #: points that came twice
    missing: int = 0  #: points that a GAP said are gone
    skipped: int = 0  #: points that did not come, and nothing was said

    def take(self, data: NewData | Gap) -> None:
        """Note what came."""
        if isinstance(data, Gap):
            self.missing += data.last_index + 1 - data.first_index
            self.count = max(self.count, data.last_index + 1)
            return
        self.skipped += max(0, data.first_index - self.count)
        known = min(max(0, self.count - data.first_index), data.npoints)
        self.again += known
        self.checksum = checksum(np.asarray(data.data)[known:], self.checksum)
        self.count = max(self.count, data.first_index + data.npoints)


@dataclass
class ScanTally:
    """The channels of one scan."""

    channels: dict[str, Tally] = field(default_factory=dict)
    pause: float = 0.0  #: s, the longest between two arrivals of points
    last: float | None = None  #: when the last ones came

    def take(self, channel: str, data: NewData | Gap, now: float) -> None:
        """Note what came, and when."""
        self.channels.setdefault(channel, Tally()).take(data)
        if self.last is not None:
            self.pause = max(self.pause, now - self.last)
        self.last = now


def checksum(points: np.ndarray, before: int = 0) -> int:
    """CRC-32 of these points after others."""
    return zlib.crc32(np.ascontiguousarray(points), before)
