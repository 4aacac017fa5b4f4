"""The state folder: where Beacon keeps what must survive it, held by one Beacon at a time.

The lock is the kernel's (`flock`), so it ends with the process whatever happens to that; what the
lock file says about its holder is for people only.
"""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bliss.common.errors import BeaconError

LOG_FILE = "beacon.log"  #: of an embedded Beacon, in its state folder


class BusyError(BeaconError):
    """Another process has what this Beacon needs: the state folder or the port."""


class StateFolder:
    """A folder that this process holds."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock = lock

    def sign(self, holder: str) -> None:
        """Leave word, for others that find the folder held, of who holds it."""
        os.truncate(self._lock, 0)
        os.pwrite(self._lock, f"{holder}\n".encode(), 0)


def default_folder(port: int, environment: Mapping[str, str] = os.environ) -> Path:
    """State folder of the Beacon at `port`: `~/.local/state/bliss/beacon-25000`."""
    base = environment.get("XDG_STATE_HOME", "")
    root = Path(base) if os.path.isabs(base) else Path.home() / ".local" / "state"
    return root / "bliss" / f"beacon-{port}"


@contextmanager
def held_folder(path: Path) -> Iterator[StateFolder]:
    """Hold the folder at `path`, made if needed and open to this user only.

    Raises:
        BusyError: If another process holds it; says which.
        BeaconError: If it cannot be used.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.chmod(0o700)
        lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise BeaconError(
            f"state folder {path}: expected a folder that this user owns"
            f" ({error.strerror}); choose another with --state"
        ) from error
    try:
        _take(lock, path)
        yield StateFolder(path.resolve(), lock)
    finally:
        os.close(lock)


def _take(lock: int, path: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(lock, 1000).decode(errors="replace").strip() or "another process"
        raise BusyError(f"state folder {path} is in use by {holder}") from None
    os.truncate(lock, 0)
