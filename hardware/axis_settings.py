"""What of an axis outlives the session: its settings, and where it was last seen.

They are in the settings server, in a hash for each axis (`axis:robz`), and known here too, so
that a position costs no round trip.
"""

import contextlib
import logging
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

import gevent
from gevent.event import Event

from bliss.common.errors import BlissError
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
        self.defaults = dict(defaults)  #: what counts where nothing is set
        self._store = store
        self._known: dict[str, Any] | None = None  #: what is in the store, once it was read
        self._seen: dict[str, Any] = {}  #: not stored yet
        self._writer: gevent.Greenlet | None = None
        self._hurry = Event()

    def __getitem__(self, field: str) -> Any:
        if self._known is None:
            self.load()
        assert self._known is not None  # noqa: S101 - it was loaded, or that raised
        known = self._seen if field in self._seen else self._known
        value = known.get(field)
        return self.defaults.get(field) if value is None else value

    def load(self) -> None:
        """Read them from the store, again if they were."""
        self._known = dict(self._store.items())

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
        if self._known is None:
            self.load()
        try:
            if durably and isinstance(self._store, HashSetting):
                self._store.update_safely(fields)
            else:
                self._store.update(fields)
        except BaseException:
            self._known = None
            raise
        if self._known is not None:
            self._known |= fields

    @property
    def changed(self) -> dict[str, Any]:
        """Those that are not what the configuration says."""
        if self._known is None:
            self.load()
        assert self._known is not None  # noqa: S101 - as above
        return {n: v for n, v in self._known.items() if n in self.defaults and v is not None}

    def saw(self, *, soon: bool = False, **where: Any) -> None:
        """Keep where the axis was last seen; stored a little later, and not at each step.

        Args:
            soon: Store it now, in the background: that an axis is about to move has to be known
                if this process is killed meanwhile.
            where: `seen` and `going_to`, dial positions.
        """
        self._seen |= where
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
        if self._known is not None:
            self._known |= seen
        self._seen = {n: v for n, v in self._seen.items() if n not in seen or v != seen[n]}
        return True

    def close(self) -> None:
        """Store what is to be stored, and leave nothing running."""
        if self._writer is not None:
            self._writer.kill()
            self._writer = None
        with contextlib.suppress(BlissError):
            self.flush()
