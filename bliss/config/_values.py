"""Values of Channels and settings as bytes: those of `bliss.common.values`, of bounded size."""

from typing import Any

from bliss.common import values
from bliss.common.errors import FormatError

LIMIT = 1 << 20  #: bytes; one value must not hold up everyone else's


def encode(owner: str, value: Any) -> bytes:
    """`value` as bytes that `decode` can read.

    Args:
        owner: What the value is for, to begin a message with: `"Channel 'stop_alignment'"`.
        value: Plain data or a numpy array of numbers.

    Raises:
        TypeError: If it is anything else.
        ValueError: If it is too large.
    """
    try:
        data = values.pack(value)
    except TypeError as problem:
        raise TypeError(f"{owner}: {problem}") from None
    try:
        values.unpack(data)
    except FormatError:
        raise TypeError(
            f"{owner}: {value!r:.80} could not be read again; "
            "expected keys of a dict to be text or numbers"
        ) from None
    if len(data) > LIMIT:
        raise ValueError(
            f"{owner}: a value of {len(data)} bytes is too large (at most {LIMIT}); "
            "larger data belongs in a scan"
        )
    return data


def decode(owner: str, data: bytes) -> Any:
    """The value that `encode` made these bytes from.

    Raises:
        FormatError: If the bytes are anything else.
    """
    try:
        return values.unpack(data)
    except FormatError as problem:
        raise FormatError(f"{owner}: {problem}") from None
