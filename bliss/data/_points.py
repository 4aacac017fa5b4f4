"""The points of a channel: finding them by index in its stream, and decoding them."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import redis

from bliss.common import values
from bliss.common.errors import (
    FormatError,
    PointNeverError,
    PointNotYetError,
    PointTrimmedError,
)
from bliss.data import encoding, keys
from bliss.data._raw import RawBlock, number_of
from bliss.data.encoding import Points, PointType

_REPLY = 8 * 1024 * 1024  #: bytes asked for at once; the server cuts a client off above much more
_ENTRY = 100  #: bytes that an entry takes beside its points; each point may have its own
_GUESS = 64 * 1024  #: bytes of a point where that differs


class PointReader:
    """Reads one channel.

    Blocks are found by the index of their last point, which is their id: the block that holds a
    point is the first one whose id is beyond its index.
    """

    def __init__(self, client: redis.Redis, db_name: str) -> None:
        self._client: Any = client
        self._name = db_name
        self._key = keys.data(db_name)
        self._kind: PointType | None = None

    @property
    def is_known(self) -> bool:
        """Whether the type of its points has been asked for."""
        return self._kind is not None

    @property
    def kind(self) -> PointType:
        """Type of its points; never changes, so it is asked for once.

        Raises:
            FormatError: If the channel does not say, or says what is not of the format.
        """
        if self._kind is None:
            for problem in load_types(self._client, [self]):
                raise problem
        assert self._kind is not None  # noqa: S101 - it is known, or there was a problem
        return self._kind

    def count(self) -> int:
        """How many points have come, whether they are still there or not."""
        last = self._client.xrevrange(self._key, count=1)
        return encoding.count_at(last[0][0]) if last else self._count_of_empty()

    def _count_of_empty(self) -> int:
        try:
            state = self._client.xinfo_stream(self._key)
        except redis.ResponseError:  # there is no such stream (any more)
            return 0
        return number_of(state["last-generated-id"])

    def empty(self) -> Points:
        """No points, of the right type."""
        kind = self.kind
        return [] if kind.is_list else np.empty((0, *kind.shape), kind.dtype)

    def one(self, index: int) -> Any:
        """The point at `index`; -1 is the last.

        Raises:
            PointError: If it is not there.
        """
        wanted = index
        if index == -1:
            entries = self._client.xrevrange(self._key, count=1)
        else:
            wanted = self._absolute(index)
            entries = self._client.xrange(self._key, encoding.block_id(wanted), count=1)
        if not entries:
            raise self._missing(index)
        first, end = encoding.bounds(*entries[0])
        wanted = end - 1 if index == -1 else wanted
        if wanted < first:
            raise self._missing(index)
        return _own(encoding.decode_block(entries[0][1], self.kind)[wanted - first])

    def several(self, first: int, last: int) -> Points:
        """The points from `first` to `last`, both included; the caller's own.

        Raises:
            PointError: If one of them is not there.
        """
        asked = first
        if first < 0 or last < 0:
            count = self.count()
            first = first + count if first < 0 else first
            last = last + count if last < 0 else last
        if last < first:
            return self.empty()
        if first < 0:
            raise self._missing(asked)
        pieces: list[Points] = []
        most = max(1, _REPLY // (_ENTRY + (self.kind.nbytes or _GUESS)))
        while first <= last:
            more = self._blocks(first, min(last, first + most - 1), last)
            pieces += more
            first += sum(map(len, more))
        return self._joined(pieces)

    def _blocks(self, first: int, until: int, last: int) -> list[Points]:
        """The points from `first` to the end of the block that holds `until`, at most to `last`."""
        low, high = encoding.block_id(first), encoding.block_id(until)
        with self._client.pipeline(transaction=True) as together:
            together.xrange(self._key, low, high)
            together.xrange(self._key, high, count=1)  # the block that holds `until`
            inside, ending = together.execute()
        entries = inside if inside and ending and inside[-1][0] == ending[0][0] else inside + ending
        blocks = []
        for entry in entries:
            start, end = encoding.bounds(*entry)
            if start > first:
                break
            points = encoding.decode_block(entry[1], self.kind)
            blocks.append(points[first - start : last + 1 - start])
            first = end
        if first <= until:
            raise self._missing(first)
        return blocks

    def _joined(self, pieces: Sequence[Points]) -> Points:
        if self.kind.is_list:
            return [_own(point) for piece in pieces for point in piece]
        return np.concatenate(pieces)  # copies also a single one

    def sliced(self, part: slice) -> Points:
        """The points that a slice of an array of all would have."""
        wanted = range(*part.indices(self.count()))
        if not wanted:
            return self.empty()
        low, high = min(wanted[0], wanted[-1]), max(wanted[0], wanted[-1])
        return self.several(low, high)[:: abs(wanted.step)][:: 1 if wanted.step > 0 else -1]

    def as_array(self, points: Any) -> np.ndarray:
        """One point, or several, as an array: of objects where they differ in length."""
        if not isinstance(points, list) or not self.kind.varies:
            return np.asarray(points)
        array = np.empty(len(points), object)
        for index, point in enumerate(points):
            array[index] = point
        return array

    def decode(self, blocks: Sequence[RawBlock]) -> Points:
        """The points of blocks that a walk has read; read-only.

        Raises:
            FormatError: If they are not of the channel's type.
        """
        points = encoding.join(
            [
                encoding.decode_block(block.fields, self.kind)[block.first_index - block.end :]
                for block in blocks
            ]
        )
        if isinstance(points, np.ndarray):
            points.flags.writeable = False
        return points

    def _absolute(self, index: int) -> int:
        if index >= 0:
            return index
        count = self.count()
        if index + count < 0:
            raise self._missing(index)
        return index + count

    def _missing(self, index: int) -> IndexError:
        """The error for a point that is not there: no more, never, or not yet.

        All that decides is asked for at one instant: points, END and expiry may come meanwhile.
        """
        ancestors = list(_ancestors(self._name))
        with self._client.pipeline(transaction=True) as together:
            together.xinfo_stream(self._key)
            together.exists(keys.node(self._name))
            for ancestor in ancestors:
                together.exists(keys.end(ancestor))
            stream, exists, *ends = together.execute(raise_on_error=False)
        who = f"{self._name}: point {index}"
        if not exists or isinstance(stream, Exception):
            return PointTrimmedError(f"{who} is gone: the scan's data has expired")
        count = number_of(stream["last-generated-id"])
        index += count if index < 0 else 0
        first = encoding.bounds(*stream["first-entry"])[0] if stream["first-entry"] else count
        if 0 <= index < first:
            return PointTrimmedError(f"{who} is gone: the {first} oldest points were trimmed")
        if any(ends) and not first <= index < count:
            return PointNeverError(f"{who} will never come: the scan ended with {count} points")
        return PointNotYetError(f"{who} has not come yet: {count} points have")


def _own(point: Any) -> Any:
    return point.copy() if isinstance(point, np.ndarray) else point


def _ancestors(db_name: str) -> Iterable[str]:
    while db_name := keys.parent_of(db_name):
        yield db_name


def load_types(client: redis.Redis, readers: Iterable[PointReader]) -> list[FormatError]:
    """Ask for the types of all the readers that do not know theirs, in one round trip.

    Returns:
        One error for each that cannot know: its node says nothing, or what is not of the format.
    """
    unknown = [reader for reader in readers if reader._kind is None]
    if not unknown:
        return []
    with client.pipeline(transaction=False) as together:
        for reader in unknown:
            together.hget(keys.node(reader._name), "version")
            together.hmget(keys.info(reader._name), "dtype", "shape")
        answers = iter(together.execute())
    problems = []
    for reader in unknown:
        try:
            reader._kind = _type_of(reader._name, next(answers), next(answers))
        except FormatError as problem:
            problems.append(problem)
    return problems


def _type_of(name: str, version: bytes | None, raw: Sequence[bytes | None]) -> PointType:
    if version is None or None in raw:
        raise FormatError(f"{name}: its type is not there; it has expired, or is no channel")
    check_version(name, version)
    dtype, shape = (values.unpack(part) for part in raw if part is not None)
    if not isinstance(dtype, str) or not isinstance(shape, list):
        raise FormatError(f"{name}: dtype {dtype!r} and shape {shape!r}: expected text and a list")
    try:
        return PointType(dtype, tuple(shape))
    except FormatError as problem:
        raise FormatError(f"{name}: {problem}") from None


def check_version(name: str, version: bytes) -> None:
    """Refuse a node of another version of the format.

    Raises:
        FormatError: If it is.
    """
    if version != b"%d" % encoding.VERSION:
        raise FormatError(
            f"{name} is of version {version!r:.20} of the format: expected {encoding.VERSION}; "
            "use the release of this library that wrote it"
        )
