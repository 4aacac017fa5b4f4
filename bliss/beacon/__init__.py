"""Client and wire protocol of Beacon, the process that knows where everything is."""

import threading

from bliss.beacon.client import Beacon

__all__ = ["Beacon", "get_beacon", "set_beacon"]

_default: Beacon | None = None  # the one piece of process-wide state; see set_beacon
_default_lock = threading.Lock()


def get_beacon() -> Beacon:
    """The Beacon of this process: the one `set_beacon` put there, else of `BEACON_HOST`.

    Raises:
        ConfigError: If `BEACON_HOST` is not an address.
    """
    global _default  # noqa: PLW0603
    with _default_lock:
        if _default is None:
            _default = Beacon()
        return _default


def set_beacon(beacon: Beacon | None) -> None:
    """Make `beacon` the one that `get_beacon` returns; None forgets it, and closes nothing."""
    global _default  # noqa: PLW0603
    with _default_lock:
        _default = beacon
