"""Points as bytes and back.  Touches no socket; raises nothing but `FormatError`."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bliss.common import values
from bliss.common.errors import FormatError

VERSION = 1  #: of the format; a reader refuses any other
STRING = "str"  #: the `dtype` of a channel of text
VARYING = -1  #: the `shape` of a spectrum whose length differs from point to point, `(-1,)`

_SMALL = 4096  #: bytes; below, a copy costs less than a view
_MOST_AXES = 31  #: of a point; an array of numpy 1 has at most 32, and one is that of the points
_MOST_DIGITS = 18  #: of a number of points, so that it fits in 64 bits

Points = np.ndarray | list[Any]
"""A block in memory: an array of shape (n, *shape), or a list of n (text, spectra that vary)."""


@dataclass(frozen=True, slots=True)
class PointType:
    """What every point of a channel is: once in the channel's info, not in each block."""

    dtype: str  #: numpy's name with byte order, `"<f8"`, or `"str"`
    shape: tuple[int, ...]  #: of one point: `()`, `(2048,)`, `(-1,)`, `(480, 640)`

    def __post_init__(self) -> None:
        """Refuse what no block could follow.

        Raises:
            FormatError: If the dtype or the shape is not one of the format's.
        """
        if self.dtype != STRING and self.dtype not in values.NUMBERS:
            raise FormatError(
                f"dtype {self.dtype!r}: expected {STRING!r} or one of "
                f"{', '.join(sorted(values.NUMBERS))}; see numpy.dtype(…).str"
            )
        if self.dtype == STRING and self.shape:
            raise FormatError(f"shape {self.shape!r}: a point of text has none, ()")
        if len(self.shape) > _MOST_AXES:
            raise FormatError(f"shape of {len(self.shape)} axes: expected at most {_MOST_AXES}")
        if not all(type(n) is int and n > 0 for n in self.shape) and not self.varies:
            raise FormatError(
                f"shape {self.shape!r}: expected lengths of at least 1, or (-1,) for spectra whose "
                "length varies"
            )

    @property
    def varies(self) -> bool:
        """Whether points differ in length."""
        return self.shape == (VARYING,)

    @property
    def is_list(self) -> bool:
        """Whether points come as a list, as no array can hold them."""
        return self.varies or self.dtype == STRING

    @property
    def nbytes(self) -> int | None:
        """Bytes that every point takes; None if that differs."""
        return None if self.is_list else math.prod(self.shape) * np.dtype(self.dtype).itemsize


def encode_block(points: Points, kind: PointType) -> dict[str, bytes | memoryview]:
    """The fields of one stream entry that holds `points`, at least one.

    The bytes of an array of the right type and order are not copied.

    Raises:
        FormatError: If they are not points of this kind.
    """
    fields: dict[str, bytes | memoryview] = {"n": b"%d" % len(points)}
    if kind.dtype == STRING:
        fields["d"] = values.pack(points)
        return fields
    if kind.varies:
        spectra = [np.ascontiguousarray(point, kind.dtype) for point in points]
        if any(spectrum.ndim != 1 for spectrum in spectra):
            raise FormatError(f"{points!r:.60}: expected spectra, arrays with one axis")
        fields["l"] = np.array([len(spectrum) for spectrum in spectra], "<u4").tobytes()
        fields["d"] = b"".join(spectrum.tobytes() for spectrum in spectra)
        return fields
    array = np.ascontiguousarray(points, kind.dtype)
    if array.shape[1:] != kind.shape:
        raise FormatError(f"points of shape {array.shape[1:]}: expected {kind.shape}")
    fields["d"] = array.tobytes() if array.nbytes < _SMALL else array.reshape(-1).view("u1").data
    return fields


def decode_block(fields: Mapping[bytes, bytes], kind: PointType) -> Points:
    """The points of one stream entry; arrays are read-only.

    Raises:
        FormatError: If the bytes are not what `kind` says.
    """
    size = kind.nbytes
    if size is not None:
        return np.frombuffer(_raw_points(fields, size), kind.dtype).reshape(-1, *kind.shape)
    count, raw = length(fields), _raw(fields)
    if kind.dtype == STRING:
        return _decode_text(raw, count)
    return _decode_spectra(raw, fields.get(b"l", b""), count, np.dtype(kind.dtype))


def decode_blocks(blocks: Sequence[tuple[Mapping[bytes, bytes], int]], kind: PointType) -> Points:
    """The points of several stream entries that follow each other, as one block; read-only.

    Args:
        blocks: Each entry, at least one, with how many of its points are wanted: the last so many.
        kind: What all of them are.

    Raises:
        FormatError: If the bytes are not what `kind` says.
    """
    size = kind.nbytes
    if size is None:
        return [p for fields, wanted in blocks for p in decode_block(fields, kind)[-wanted:]]
    raw = b"".join([_raw_points(fields, size)[-wanted * size :] for fields, wanted in blocks])
    return np.frombuffer(raw, kind.dtype).reshape(-1, *kind.shape)


def _raw_points(fields: Mapping[bytes, bytes], size: int) -> bytes:
    """The bytes of an entry whose points take `size` bytes each."""
    count, raw = length(fields), _raw(fields)
    if len(raw) != count * size:
        expected = f"{count * size} ({count} points)"
        raise FormatError(f"a block of {len(raw)} bytes: expected {expected}")
    return raw


def _raw(fields: Mapping[bytes, bytes]) -> bytes:
    raw = fields.get(b"d")
    if raw is None:
        raise FormatError(f"a block without its points: fields {sorted(fields)!r:.60}")
    return raw


def length(fields: Mapping[bytes, bytes]) -> int:
    """How many points a stream entry holds.

    Raises:
        FormatError: If it does not say so.
    """
    text = fields.get(b"n", b"")
    count = int(text) if text.isdigit() and len(text) <= _MOST_DIGITS else 0
    if count < 1:
        raise FormatError(f"a block of {text!r:.30} points: expected a number of at least 1")
    return count


def _decode_text(raw: bytes, count: int) -> list[str]:
    texts = values.unpack(raw)
    if not isinstance(texts, list) or len(texts) != count:
        raise FormatError(f"a block of text: expected a list of {count}")
    if not all(isinstance(text, str) for text in texts):
        raise FormatError("a block of text: expected nothing else in its list")
    return texts


def _decode_spectra(raw: bytes, lengths: bytes, count: int, dtype: np.dtype) -> list[np.ndarray]:
    if len(lengths) != 4 * count:
        raise FormatError(f"lengths of {len(lengths)} bytes: expected {4 * count}")
    ends = np.cumsum(np.frombuffer(lengths, "<u4"), dtype=np.int64)
    if int(ends[-1]) * dtype.itemsize != len(raw):
        raise FormatError(f"spectra of {len(raw)} bytes: expected {int(ends[-1]) * dtype.itemsize}")
    return np.split(np.frombuffer(raw, dtype), ends[:-1])


def join(blocks: Sequence[Points]) -> Points:
    """Blocks of one channel, at least one, one after the other as one block."""
    if len(blocks) == 1:
        return blocks[0]
    if isinstance(blocks[0], np.ndarray):
        return np.concatenate(blocks)
    return [point for block in blocks for point in block]


def block_id(last_index: int) -> str:
    """The id of the entry whose last point has this index; ids start at 1, indices at 0."""
    return f"{last_index + 1}-0"


def count_at(entry_id: bytes | str) -> int:
    """How many points a channel has up to and with the entry of this id.

    Raises:
        FormatError: If it is not an id of the format.
    """
    text = entry_id.decode("ascii", "replace") if isinstance(entry_id, bytes) else entry_id
    number, _, sequence = text.partition("-")
    if sequence != "0" or not number.isdecimal() or len(number) > _MOST_DIGITS:
        raise FormatError(f"entry id {text!r:.40}: expected the number of points, as in '501-0'")
    return int(number)


def bounds(entry_id: bytes, fields: Mapping[bytes, bytes]) -> tuple[int, int]:
    """Index of the first point of an entry, and of the one after its last.

    Raises:
        FormatError: If the entry is not of the format.
    """
    end, count = count_at(entry_id), length(fields)
    if count > end:
        raise FormatError(f"entry {entry_id!r} of {count} points: expected at most {end}")
    return end - count, end
