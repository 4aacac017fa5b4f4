"""One of Beacon's servers killed: it has to be back soon."""

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass

from tests.beacon_process import BeaconProcess

BACK = 3.0  #: s until a server that died is back


@dataclass
class Killed:
    """A server that was killed."""

    at: float  #: when, by the monotonic clock
    back: float = 0.0  #: s until it was there again, once that is known

    @property
    def since(self) -> float:
        """Seconds since then."""
        return time.monotonic() - self.at


@contextlib.contextmanager
def server_killed(beacon: BeaconProcess, name: str) -> Iterator[Killed]:
    """Kill `data` or `settings`; afterwards it has to have been back in time."""
    with beacon.client() as client:
        before = client.status()["servers"][name]
        os.kill(before["pid"], signal.SIGKILL)
        killed = Killed(time.monotonic())
        yield killed
        client.server(name)
        after = client.status()["servers"][name]
    assert after["pid"] != before["pid"]
    killed.back = after["since"] - (time.time() - killed.since)
    assert killed.back < BACK, f"the {name} server was back after {killed.back:.1f} s"
