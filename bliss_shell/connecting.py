"""Find Beacon, or start one, and open a session of it."""

from bliss.beacon import Beacon, set_beacon
from bliss.common.errors import ConfigError
from bliss.server.embedded import ensure_beacon
from bliss_shell.keyboard import Keyboard
from bliss_shell.opening import OpenSession


def connect(config: str | None, *, embedded: bool) -> Beacon:
    """A connected Beacon, which becomes the current one; says which it is.

    Args:
        config: The configuration file to start one with.
        embedded: Whether to start one where none answers.
    """
    if embedded:
        beacon, notice = ensure_beacon(config=config)
    else:
        beacon, notice = Beacon(role="session"), None
        beacon.connect()
    print(notice or f"Beacon at {beacon.address} (configuration: {beacon.config})")
    set_beacon(beacon)
    return beacon


def open_in(beacon: Beacon, name: str | None, keyboard: Keyboard | None = None) -> OpenSession:
    """Open a session; by default the only one there is.

    Raises:
        ConfigError: If there is none of that name, or several to choose from.
        SessionLockedError: If it is open elsewhere.
    """
    known = beacon.session_names()
    if name is None and len(known) != 1:
        raise ConfigError(f"which session? Choose with `-s NAME`, from: {', '.join(known)}")
    return OpenSession(beacon, name or known[0], keyboard)


def close(beacon: Beacon) -> None:
    """The opposite of `connect`."""
    set_beacon(None)
    beacon.close()
