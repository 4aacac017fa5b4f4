"""What was emitted, as blocks of a size that suits the server."""

import sys
from collections.abc import Iterator, Sequence

import numpy as np

from bliss.common.errors import ScanError
from bliss.data.encoding import Points, join

JOINED = 1 << 20  #: bytes; smaller pieces are joined up to this, a larger one goes as it is
LARGEST = 32 << 20  #: bytes of a block; the server refuses a value of 64 MiB


def size_of(points: Points) -> int:
    """Bytes that points take."""
    if isinstance(points, np.ndarray):
        return points.nbytes
    return sum(getattr(point, "nbytes", sys.getsizeof(point)) for point in points)


def batches(pieces: Sequence[Points]) -> Iterator[Points]:
    """The same points, in order, in blocks of at most `LARGEST` bytes.

    Raises:
        ScanError: If a single point is larger.
    """
    small: list[Points] = []
    size = 0
    for whole in pieces:
        for piece in _cut(whole):
            bytes_of_it = size_of(piece)
            if small and size + bytes_of_it > JOINED:
                yield join(small)
                small, size = [], 0
            small.append(piece)
            size += bytes_of_it
    if small:
        yield join(small)


def _cut(points: Points) -> Iterator[Points]:
    """Parts of at most `LARGEST` bytes."""
    parts = -(-size_of(points) // LARGEST)
    if parts > len(points):
        raise ScanError(
            f"a point of {size_of(points) // len(points)} bytes cannot be published: "
            f"the largest has {LARGEST}; emit it in parts"
        )
    if parts <= 1:
        yield points
        return
    step = max(len(points) // parts, 1)
    for start in range(0, len(points), step):
        yield points[start : start + step]
