"""What of an axis outlives the session: its settings, and where it was last seen.

They are in the settings server, in a hash for each axis (`axis:robz`), and known here too, so
that a position costs no round trip.  Several sessions may use an axis: each hears of what the
others set.
"""

import contextlib
import logging
import uuid
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

import gevent

from bliss.common.errors import BlissError
from bliss.config.channels import Channel
from bliss.config.settings import HashSetting

_log = logging.getLogger(__name__)

Store = Callable[[str], MutableMapping[str, Any]]
"""Where the settings of the axis of a name are kept."""


def in_settings_server(axis: str) -> MutableMapping[str, Any]:
    """The settings of an axis in the settings server: they outlive the session."""
    return HashSetting(f"axis:{axis}")


_PAUSE = 0.3  #: s between two writes of where an axis was last seen


class AxisSettings:
    """Settings of one axis.

    Args:
        defaults: What they are as long as nobody has set them: those of the configuration.
        store: Where they are kept; a `HashSetting`, or a dict in a program without Beacon.
    """

    def __init__(self, defaults: Mapping[str, Any], store: MutableMapping[str, Any]) -> None:
        self._defaults = dict(defaults)
        self._store = store
        self._stored: dict[str, Any] = {}  #: what is in the store
        self._values: dict[str, Any] = {}  #: that and the defaults; empty until they were read
        self._changes: Channel | None = None  #: tells other sessions that a setting has changed
        self._revision = ""  #: what was told last from here
        self._seen: dict[str, Any] = {}  #: not stored yet
        self._writer: gevent.Greenlet | None = None

    def __getitem__(self, field: str) -> Any:
        if not self._values:
            self.load()
        return self._values.get(field)

    def load(self) -> None:
        """Read them from the store, again if they were."""
        if self._changes is None and isinstance(self._store, HashSetting):
            name = f"{self._store.name}:changed"
            self._changes = Channel(name, callback=self._note_change)
        self._take(dict(self._store.items()))

    def _note_change(self, revision: str) -> None:
        """Read them again when they are next asked for, if another session has changed them."""
        if revision != self._revision:
            self._values = {}

    def _tell_others(self) -> None:
        self._revision = uuid.uuid4().hex
        try:
            if self._changes:
                self._changes.value = self._revision
        except BlissError as problem:
            _log.warning("other sessions that use the axis do not know yet: %s", problem)

    def set_defaults(self, defaults: Mapping[str, Any]) -> None:
        """Have others count where nothing is set."""
        self._defaults = dict(defaults)
        self._take(self._stored)

    def _take(self, stored: dict[str, Any]) -> None:
        self._stored, self._values = stored, self._defaults | stored

    def update(self, fields: Mapping[str, Any], *, durably: bool = False) -> None:
        """Set several, all or none; None sets one back to the configuration's.

        Args:
            fields: Their values.
            durably: Return when they are on disk: what positions depend on is not to be lost
                with the settings server, which writes once a second.

        Raises:
            SettingsServerError: If they cannot be stored; they are as before.
        """
        kept = {name: value for name, value in fields.items() if value is not None}
        self._store.update(kept)
        for name in set(fields) - set(kept):
            self._store.pop(name, None)
        if not self._values:
            self.load()
        left = {name: value for name, value in self._stored.items() if name not in fields}
        self._take(left | kept)
        self._tell_others()
        if durably and isinstance(self._store, HashSetting):
            self._store.wait_until_stored()

    def saw(self, **where: Any) -> None:
        """Keep where the axis was last seen; stored a little later, and not at each step."""
        self._seen |= where
        if self._writer is None or self._writer.dead:
            self._writer = gevent.spawn(self._store_later)

    def _store_later(self) -> None:
        gevent.sleep(_PAUSE)
        self.flush()

    def flush(self) -> None:
        """Store where the axis was last seen, now."""
        seen, self._seen = self._seen, {}
        if not seen:
            return
        try:
            self._store.update(seen)
        except BlissError as problem:  # it costs a message after the next crash, no more
            _log.debug("where an axis is was not stored: %s", problem)
        if self._values:
            self._take(self._stored | seen)

    def close(self) -> None:
        """Store what is to be stored, and leave nothing running."""
        if self._writer is not None:
            self._writer.kill()
            self._writer = None
        with contextlib.suppress(BlissError):
            self.flush()
        if self._changes:
            self._changes.close()
            self._changes = None
