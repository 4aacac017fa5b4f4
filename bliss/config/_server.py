"""The settings server, as Channels and settings ask it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import redis

from bliss.common.errors import BlissError

if TYPE_CHECKING:
    from bliss.beacon import Beacon


class SettingsServerError(BlissError, ConnectionError):
    """The settings server does not answer, or refuses what it is asked."""


@contextmanager
def reported(asked: str) -> Iterator[None]:
    """Raise what goes wrong with the settings server as `SettingsServerError`.

    Args:
        asked: What was asked of it, to begin the message with: `"Channel 'x' cannot be set"`.
    """
    try:
        yield
    except (redis.ConnectionError, redis.TimeoutError, OSError) as problem:
        if isinstance(problem, BlissError):  # says what is wrong better than we could
            raise
        raise SettingsServerError(
            f"{asked}: the settings server does not answer ({problem}); "
            "Beacon starts it again if it has died, then try again"
        ) from problem
    except redis.exceptions.NoPermissionError as problem:
        raise SettingsServerError(
            f"{asked}: the role of this client does not allow it; a viewer reads, a client sets"
            " Channels, a session sets settings"
        ) from problem
    except redis.RedisError as problem:
        raise SettingsServerError(f"{asked}: the settings server says {problem}") from problem


def call(beacon: "Beacon", asked: str, function: str, keys: list[str], *args: Any) -> Any:
    """Call a function of functions.lua: one round trip.

    Raises:
        SettingsServerError: If there is no answer, or a refusal; begins with `asked`.
    """
    with reported(asked):
        return beacon.redis("settings").fcall(function, len(keys), *keys, *args)
