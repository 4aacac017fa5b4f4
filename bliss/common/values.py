"""Values on the wire as msgpack: plain data and numpy arrays, never pickle.

An array is a msgpack extension of type 1: packed `[dtype, shape, bytes]`, one of `NUMBERS`, the
length of each axis, and the numbers in C order.  Whatever comes in, `unpack` returns plain data
and arrays or raises `FormatError`; nothing is executed.
"""

import math
import reprlib
from types import NoneType
from typing import Any

import msgpack
import numpy as np

from bliss.common.errors import FormatError

_NUMBERS = "|b1 |i1 <i2 <i4 <i8 |u1 <u2 <u4 <u8 <f2 <f4 <f8 <c8 <c16"
NUMBERS = frozenset(_NUMBERS.split())  #: numpy's names of the numbers that travel: little-endian

_ARRAY = 1  #: msgpack's extension type of an array
_TIMESTAMP_AS_FLOAT = 1  #: of msgpack's ways to return its own extension type, seconds since 1970
_LEAVES = frozenset([NoneType, bool, int, float, str, bytes])
_KEYS = (NoneType, bool, int, float, str, bytes, np.generic)
_EXPECTED = (
    "expected plain data (None, bool, int, float, str, bytes, list, dict) or a numpy array of "
    "numbers"
)


def pack(value: Any) -> bytes:
    """`value` as msgpack; tuples become lists, numpy scalars become Python numbers.

    Raises:
        TypeError: If `unpack` could not return it: it is not plain data (None, bool, int, float,
            str, bytes, list, dict) or an array of `NUMBERS` (of any byte order).
    """
    try:
        _check(value)
        packed: bytes = msgpack.packb(value, default=_pack_numpy)
    except (OverflowError, RecursionError, ValueError) as problem:
        raise TypeError(f"{reprlib.repr(value)} cannot be packed: {problem}") from None
    return packed


def _check(value: Any) -> None:
    """Refuse what msgpack packs but does not give back: keys that are not plain, extensions."""
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, _KEYS):
                raise TypeError(f"key {reprlib.repr(key)} of a dict: expected text or a number")
        value = value.values()
    elif isinstance(value, msgpack.ExtType | msgpack.Timestamp):
        raise TypeError(f"{reprlib.repr(value)}: {_EXPECTED}")
    elif not isinstance(value, list | tuple):
        return
    for item in value:
        if type(item) not in _LEAVES:
            _check(item)


def _pack_numpy(value: Any) -> Any:
    dtype = _little_endian(value)
    if dtype not in NUMBERS:
        raise TypeError(f"{reprlib.repr(value)} is a {_kind(value)}: {_EXPECTED}")
    if isinstance(value, np.generic):
        return value.item()
    little = np.asarray(value, dtype, order="C")
    return msgpack.ExtType(_ARRAY, msgpack.packb((dtype, little.shape, little.tobytes())))


def _little_endian(value: Any) -> str:
    """numpy's name of the type that `value` travels as; empty if it does not."""
    if isinstance(value, np.ma.MaskedArray):  # its mask would be lost
        return ""
    if isinstance(value, np.ndarray) or (isinstance(value, np.generic) and value.dtype.kind != "c"):
        return value.dtype.newbyteorder("<").str
    return ""


def _kind(value: Any) -> str:
    name = type(value).__name__
    return f"{name} of {value.dtype}" if isinstance(value, np.ndarray) else name


def unpack(data: bytes) -> Any:
    """The value that `pack` made these bytes from; its arrays are read-only.

    Raises:
        FormatError: If the bytes are anything else.
    """
    try:
        return msgpack.unpackb(
            data, ext_hook=_unpack_numpy, strict_map_key=False, timestamp=_TIMESTAMP_AS_FLOAT
        )
    except FormatError:
        raise
    except Exception as problem:  # noqa: BLE001 - msgpack raises a dozen kinds; all mean the same
        raise FormatError(f"{bytes(data[:20])!r} is not msgpack: {problem}") from None


def _unpack_numpy(code: int, data: bytes) -> np.ndarray:
    if code != _ARRAY:
        raise FormatError(f"msgpack extension {code}: expected {_ARRAY}, an array")
    dtype, shape, raw = msgpack.unpackb(data)
    if dtype not in NUMBERS:
        raise FormatError(
            f"an array of {dtype!r:.40}: expected one of {', '.join(sorted(NUMBERS))}"
        )
    if not all(type(length) is int and length >= 0 for length in shape):
        raise FormatError(f"an array of shape {shape!r:.40}: expected the lengths of its axes")
    expected = math.prod(shape) * np.dtype(dtype).itemsize
    if not isinstance(raw, bytes) or len(raw) != expected:
        raise FormatError(f"an array of {len(raw)} bytes: expected {expected} ({dtype}, {shape})")
    return np.frombuffer(raw, dtype).reshape(shape)
