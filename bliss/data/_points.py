"""The points of a channel: finding them by index in its stream, and decoding them."""

import contextlib
from collections.abc import Iterable, Iterator, Sequence
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
from bliss.data._raw import Fields, RawBlock, number_of
from bliss.data._wrong import expecting, is_wrong_type, wrong_type
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
        self.problem = ""  #: why its type cannot be known, when that was asked for in vain

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
            load_types(self._client, [self])
        if self._kind is None:
            raise FormatError(self.problem)
        return self._kind

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        """Around reading its stream: say of which channel what comes is not of the format."""
        with expecting("stream", self._key):
            try:
                yield
            except FormatError as problem:
                raise FormatError(f"{self._name}: {problem}") from None

    def count(self) -> int:
        """How many points have come, whether they are still there or not."""
        with self._reading():
            last = self._client.xrevrange(self._key, count=1)
            return encoding.count_at(last[0][0]) if last else self._count_of_empty()

    def first(self) -> int:
        """Index of the oldest point that is still there; `count()` if none is."""
        with self._reading():
            oldest = self._client.xrange(self._key, count=1)
            return encoding.bounds(*oldest[0])[0] if oldest else self._count_of_empty()

    def _count_of_empty(self) -> int:
        try:
            state = self._client.xinfo_stream(self._key)
        except redis.ResponseError:  # there is no such stream (any more)
            return 0
        return number_of(state["last-generated-id"])

    def empty(self) -> Points:
        """No points, of the right type."""
        kind = self.kind
        try:
            return [] if kind.is_list else np.empty((0, *kind.shape), kind.dtype)
        except ValueError as problem:  # more than can be addressed, even if there is none
            raise FormatError(f"{self._name}: shape {kind.shape!r:.60}: {problem}") from None

    def one(self, index: int) -> Any:
        """The point at `index`; -1 is the last.

        Raises:
            PointError: If it is not there.
        """
        wanted = index if index == -1 else self._absolute(index)
        with self._reading():
            if index == -1:
                entries = self._client.xrevrange(self._key, count=1)
            else:
                entries = self._client.xrange(self._key, encoding.block_id(wanted), count=1)
            if not entries:
                raise self._missing(index)
            first, end = encoding.bounds(*entries[0])
            wanted = end - 1 if index == -1 else wanted
        if wanted < first:
            raise self._missing(index)
        return _own(self._decoded(entries[0][1])[wanted - first])

    def _decoded(self, fields: Fields) -> Points:
        kind = self.kind
        with self._reading():
            return encoding.decode_block(fields, kind)

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
        with self._reading(), self._client.pipeline(transaction=True) as together:
            together.xrange(self._key, low, high)
            together.xrange(self._key, high, count=1)  # the block that holds `until`
            inside, ending = together.execute()
        entries = inside if inside and ending and inside[-1][0] == ending[0][0] else inside + ending
        blocks = []
        for entry_id, fields in entries:
            with self._reading():
                start, end = encoding.bounds(entry_id, fields)
            if start > first:
                break
            blocks.append(self._decoded(fields)[first - start : last + 1 - start])
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
        if self.problem:
            raise FormatError(self.problem)
        wanted = [(fields, end - first) for first, end, fields in blocks]
        return encoding.decode_blocks(wanted, self.kind)

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
            together.xrange(self._key, encoding.block_id(max(index, 0)), count=1)
            together.exists(keys.node(self._name))
            for ancestor in ancestors:
                together.exists(keys.end(ancestor))
            stream, later, exists, *ends = together.execute(raise_on_error=False)
        who = f"{self._name}: point {index}"
        if not exists or isinstance(stream, Exception):
            return PointTrimmedError(f"{who} is gone: the scan's data has expired")
        count = number_of(stream["last-generated-id"])
        index += count if index < 0 else 0
        first = encoding.bounds(*stream["first-entry"])[0] if stream["first-entry"] else count
        if 0 <= index < first:
            return PointTrimmedError(f"{who} is gone: the {first} oldest points were trimmed")
        if later and encoding.bounds(*later[0])[0] > index >= 0:
            return PointTrimmedError(f"{who} is gone: its block was deleted")
        if any(ends) and not first <= index < count:
            return PointNeverError(f"{who} will never come: the scan ended with {count} points")
        return PointNotYetError(f"{who} has not come yet: {count} points have")


def _own(point: Any) -> Any:
    return point.copy() if isinstance(point, np.ndarray) else point


def _ancestors(db_name: str) -> Iterable[str]:
    while db_name := keys.parent_of(db_name):
        yield db_name


def load_types(client: redis.Redis, readers: Iterable[PointReader]) -> None:
    """Ask for the types of all the readers that do not know theirs, in one round trip.

    Where a node says nothing, or what is not of the format, that is the reader's `problem`.
    """
    unknown = [reader for reader in readers if reader._kind is None]
    if not unknown:
        return
    with client.pipeline(transaction=False) as together:
        for reader in unknown:
            together.hget(keys.node(reader._name), "version")
            together.hmget(keys.info(reader._name), "dtype", "shape")
        answers = iter(together.execute(raise_on_error=False))
    for reader in unknown:
        try:
            reader._kind = _type_of(reader._name, next(answers), next(answers))
            reader.problem = ""
        except FormatError as problem:
            reader.problem = str(problem)


def _type_of(name: str, version: Any, raw: Any) -> PointType:
    check_hash(keys.node(name), version)
    check_hash(keys.info(name), raw)
    if version is None or None in raw:
        raise FormatError(f"{name}: its type is not there; it has expired, or is no channel")
    check_version(name, version)
    try:
        dtype, shape = map(values.unpack, raw)
        if not isinstance(dtype, str) or not isinstance(shape, list):
            raise FormatError(f"dtype {dtype!r} and shape {shape!r}: expected text and a list")
        return PointType(dtype, tuple(shape))
    except FormatError as problem:
        raise FormatError(f"{name}: {problem}") from None


def check_hash(key: str, answer: object) -> None:
    """Refuse what the server answered about a hash, if it is an error.

    Raises:
        FormatError: If the key holds something else.
    """
    if is_wrong_type(answer):
        raise wrong_type(key, "hash")
    if isinstance(answer, Exception):
        raise answer


def check_version(name: str, version: bytes | None) -> None:
    """Refuse a node of another version of the format.

    Raises:
        FormatError: If it is.
    """
    if version != b"%d" % encoding.VERSION:
        raise FormatError(
            f"{name} is of version {version!r:.20} of the format: expected {encoding.VERSION}; "
            "use the release of this library that wrote it"
        )
