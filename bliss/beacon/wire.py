"""The wire protocol of Beacon: what the bytes mean; touches no socket.

A frame is a length (4 bytes, big-endian) and that many bytes of msgpack, always a map with text
keys.  The client speaks first and every request has one answer, in order:

    {"op": "hello", "version": 1, "role": "client", "client": "f3…", "nonce": …,
     "user": …, "host": …, "pid": …}
    {"result": {"protocol": 1, "release": "0.1.0", "config": "/data/sessions.yml"}}
    {"op": "session_config", "name": "demo_session"}
    {"result": {…}}      or      {"error": "UnknownSessionError", "message": "no session …"}

`client` is a random name that all connections of a client have, also when it connects again.

Whom Beacon does not trust, it asks to prove the password before it answers the hello, and then
proves that it knows it too (see `proof`):

    {"challenge": {"nonce": …, "salt": …}}
    {"op": "prove", "proof": …}
    {"result": {"protocol": 1, …, "proof": …}}

A client that holds a session (role `session`) or is a consumer of one (role `writer`) may give
signs of life, on another connection too; once it has, a session is given up when they cease:

    {"op": "beat"}
    {"result": {"next": 5.0, "sessions": ["demo_session"],
     "consumers": [["writer", "demo_session"]]}}

says what it holds, and within how many seconds the next one is expected.  What it misses it asks
for once more, with `"again": true`: the session's unfinished scans are its own then.
"""

import struct
from collections.abc import Mapping
from typing import Any

import msgpack

from bliss.common import errors

VERSION = 1  #: of this protocol; both sides must speak the same
MAX_FRAME = 1 << 20  #: bytes; a longer frame is refused before memory is set aside for it

_LENGTH = struct.Struct(">I")
HEADER_SIZE = _LENGTH.size  #: bytes

#: Errors that cross the wire under their own name; every other one arrives as `BeaconError`.
_ERRORS: dict[str, type[errors.BlissError]] = {
    error.__name__: error
    for error in (
        errors.ConfigError,
        errors.UnknownSessionError,
        errors.SessionLockedError,
        errors.ConsumerTakenError,
    )
}


class WireError(errors.BeaconError, ValueError):
    """Bytes that are not a frame of Beacon's protocol, or a message too long for one."""


def encode(message: Mapping[str, Any]) -> bytes:
    """The frame that holds `message`.

    Raises:
        WireError: If the message is too long, or holds what msgpack cannot.
    """
    try:
        payload: bytes = msgpack.packb(message)
    except (TypeError, ValueError, OverflowError) as error:
        raise WireError(f"a message to or from Beacon cannot be packed: {error}") from error
    _check_length(len(payload))
    return _LENGTH.pack(len(payload)) + payload


def payload_length(header: bytes) -> int:
    """How many bytes follow `header`, the first four of a frame.

    Raises:
        WireError: If that is more than `MAX_FRAME`.
    """
    (length,) = _LENGTH.unpack(header)
    _check_length(length)
    return int(length)


def decode(payload: bytes) -> dict[str, Any]:
    """The message in a frame's payload.

    Raises:
        WireError: If the payload is not one msgpack map with text keys.
    """
    try:
        message = msgpack.unpackb(payload)
    except (ValueError, TypeError, OverflowError, RecursionError, msgpack.UnpackException) as error:
        raise WireError(f"expected a msgpack map, got {payload[:16]!r}: {error}") from error
    if not isinstance(message, dict) or not all(isinstance(key, str) for key in message):
        raise WireError(f"expected a msgpack map with text keys, got {payload[:16]!r}")
    return message


def error_answer(error: errors.BlissError) -> dict[str, str]:
    """The answer that lets `raise_error` raise `error` on the other side."""
    kind = next((name for name in _names_of(error) if name in _ERRORS), "BeaconError")
    return {"error": kind, "message": str(error)}


def raise_error(answer: Mapping[str, Any]) -> None:
    """Raise the error that `answer` holds, if any."""
    if "error" in answer:
        kind = _ERRORS.get(str(answer["error"]), errors.BeaconError)
        raise kind(str(answer.get("message", answer["error"])))


def _names_of(error: BaseException) -> list[str]:
    return [base.__name__ for base in type(error).__mro__]


def _check_length(length: int) -> None:
    if length > MAX_FRAME:
        raise WireError(f"a frame of {length} bytes: expected at most {MAX_FRAME}")
