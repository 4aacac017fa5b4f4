"""Keys that hold something else than the format says; the server says WRONGTYPE, but not where."""

import contextlib
from collections.abc import Iterator

import redis

from bliss.common.errors import FormatError


def is_wrong_type(answer: object) -> bool:
    """Whether the server refused a command because a key holds something else."""
    return isinstance(answer, redis.ResponseError) and "WRONGTYPE" in str(answer)


def wrong_type(key: str, expected: str) -> FormatError:
    """The error for a key that should hold a stream, a hash or a set."""
    return FormatError(f"{key} holds something else than a {expected}; another program wrote it")


@contextlib.contextmanager
def expecting(expected: str, key: str) -> Iterator[None]:
    """Around commands about one key: say which one it is that holds something else.

    Raises:
        FormatError: If it does.
    """
    try:
        yield
    except redis.ResponseError as problem:
        if not is_wrong_type(problem):
            raise
        raise wrong_type(key, expected) from None
