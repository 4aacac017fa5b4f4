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
from gevent.event import Event

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
        #: That, the defaults, and what is not stored yet; empty until they were read.
        self._values: dict[str, Any] = {}
        self._changes: Channel | None = None  #: tells other sessions that a setting has changed
        self._revision = ""  #: what was told last from here
        self._seen: dict[str, Any] = {}  #: not stored yet
        self._writer: gevent.Greenlet | None = None
        self._hurry = Event()

    @property
    def known(self) -> Mapping[str, Any]:
        """All of them, as they are now; for who needs several, many times a second.

        Another object once one of them was set, here or by another session.
        """
        if not self._values:
            self.load()
        return self._values

    def __getitem__(self, field: str) -> Any:
        return self.known.get(field)

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
        given = {name: value for name, value in stored.items() if value is not None}
        self._stored, self._values = stored, self._defaults | given | self._seen

    def update(self, fields: Mapping[str, Any], *, durably: bool = False) -> None:
        """Set several, all or none; None sets one back to the configuration's.

        Args:
            fields: Their values.
            durably: Return when the end of the settings server cannot undo it: what positions
                depend on must not be lost.

        Raises:
            SettingsServerError: If the server does not answer, or refuses.  Whether they were
                changed is not known then: they are read again before they are used.
        """
        if not self._values:
            self.load()
        try:
            if durably and isinstance(self._store, HashSetting):
                self._store.update_safely(fields)
            else:
                self._store.update(fields)
        except BaseException:
            self._values = {}
            raise
        if self._values:  # if not, another session has changed something meanwhile
            self._take(self._stored | dict(fields))
        self._tell_others()

    def saw(self, *, soon: bool = False, **where: Any) -> None:
        """Keep where the axis was last seen; stored a little later, and not at each step.

        Args:
            soon: Store it now, in the background: that an axis is about to move has to be known
                if this process is killed meanwhile.
            where: `seen` and `going_to`, dial positions.
        """
        self._seen |= where
        if self._values:
            self._values |= where
        if soon:
            self._hurry.set()
        if self._writer is None or self._writer.dead:
            self._writer = gevent.spawn(self._store_later)

    def _store_later(self) -> None:
        while self._seen:
            self._hurry.wait(_PAUSE)
            self._hurry.clear()
            if not self.flush():
                return  # it is stored with what comes next

    def flush(self) -> bool:
        """Store where the axis was last seen, now; whether that worked."""
        seen = dict(self._seen)
        if not seen:
            return True
        try:
            self._store.update(seen)
        except BlissError as problem:  # it costs a message after the next crash, no more
            _log.debug("where an axis is was not stored: %s", problem)
            return False
        self._stored |= seen
        self._seen = {n: v for n, v in self._seen.items() if n not in seen or v != seen[n]}
        return True

    def close(self) -> None:
        """Store what is to be stored, and leave nothing running."""
        if self._writer is not None:
            self._hurry.set()  # one that is killed may leave a connection half made
            self._writer.join()
            self._writer = None
        with contextlib.suppress(BlissError):
            self.flush()
        if self._changes:
            self._changes.close()
            self._changes = None
