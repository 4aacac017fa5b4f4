"""Channels that the line below the prompt shows; each says itself when it changes."""

import reprlib
from collections.abc import Callable
from functools import partial
from typing import Any

from bliss.beacon import Beacon
from bliss.common.errors import ArgumentError
from bliss.config.channels import Channel

COMMANDS = ("watch_channel", "unwatch_channel")

_WIDTH = 30  #: characters of a value that are shown


class WatchedChannels:
    """The commands, and what they show.

    Args:
        beacon: Where the Channels are.
    """

    def __init__(self, beacon: Beacon) -> None:
        self._beacon = beacon
        self._channels: dict[str, Channel] = {}
        self._values: dict[str, str] = {}  #: as they are shown

    def commands(self) -> dict[str, Callable[..., None]]:
        """What can be typed."""
        return {name: getattr(self, name) for name in COMMANDS}

    def now(self) -> list[str]:
        """What each is, in words: `["stop_alignment: False"]`; asks nobody."""
        return [f"{name}: {self._values.get(name, '')}" for name in list(self._channels)]

    def watch_channel(self, *names: str) -> None:
        """Show what Channels are, below the prompt, until `unwatch_channel` or the session's end.

            watch_channel("stop_alignment")
            watch_channel()

        A Channel that is watched is held: it keeps its value when nobody else does.

        Args:
            names: Of the Channels; without any, those that are watched are listed.

        Raises:
            ArgumentError: If one is no name.
        """
        for name in names:
            if not (isinstance(name, str) and name.strip() and name.isprintable()):
                raise ArgumentError(
                    f"watch_channel: {name!r:.60} is no name of a Channel; "
                    'expected one in quotes, such as watch_channel("stop_alignment")'
                )
        for name in names:
            if name not in self._channels:
                take = partial(self._take, name)
                channel = Channel(name, callback=take, beacon=self._beacon)
                self._values.setdefault(name, shown(channel.value))
                self._channels[name] = channel
        if not names:
            print(*self.now() or ["no Channel is watched"], sep="\n")

    def unwatch_channel(self, *names: str) -> None:
        """Show Channels no more; without names, none.

            unwatch_channel("stop_alignment")

        Raises:
            ArgumentError: If one is not watched.
        """
        for name in names:
            if name not in self._channels:
                known = ", ".join(self._channels) or "none"
                raise ArgumentError(
                    f"unwatch_channel: {name!r:.60} is not watched; those that are: {known}"
                )
        for name in names or list(self._channels):
            self._channels.pop(name).close()
            self._values.pop(name, None)

    def close(self) -> None:
        """Let go of all."""
        self.unwatch_channel()

    def _take(self, name: str, value: Any) -> None:
        self._values[name] = shown(value)


def shown(value: Any) -> str:
    """A value in few characters, none of which moves the cursor.

    >>> shown(0.1 + 0.2), shown("moving\\n"), shown(None), shown("x" * 99)
    ('0.3', "'moving\\\\n'", 'no value', "'xxxxxxxxxxxx...xxxxxxxxxxxxx'")
    """
    if value is None:
        return "no value"
    text = f"{value:.6g}" if isinstance(value, float) else _short.repr(value)
    text = " ".join(text.split())
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 3]}..."


_short = reprlib.Repr()
