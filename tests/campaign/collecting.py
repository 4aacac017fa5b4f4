"""Followers of all points, each a process of its own, and what they have to have."""

import os
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import redis

from bliss.data.node import make
from tests.campaign.child import Child
from tests.campaign.tally import checksum

START = 20.0  #: s until it listens
WAIT = 20.0  #: s until it has what there is


class Collecting:
    """A running `collector`.

    Args:
        way: How it follows: `"walk"`, `"async"` or `"consumer"`.
        environment: Variables that tell it which Beacon.
        folder: For its log.
    """

    def __init__(self, way: str, environment: Mapping[str, str], folder: Path) -> None:
        self.way = way
        self.ends: dict[str, dict[str, Any]] = {}  #: what it had of each scan at its END
        self.begun: set[str] = set()
        self._is_listening = False
        self._child = Child(
            *("tests.campaign.collector", way),
            environment=environment,
            log=folder / f"collector-{way}.log",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.close()

    def wait_until_it_listens(self) -> None:
        """Wait until it sees all that happens from now on."""
        self._wait(lambda: self._is_listening, "that it listens", START)

    def wait_for_new(self, known: set[str], kind: str = "loopscan") -> str:
        """The name of a scan of that kind that is not in `known`."""

        def new() -> list[str]:
            return [scan for scan in self.begun - known if scan.endswith(f"_{kind}")]

        self._wait(lambda: bool(new()), f"a new {kind}", WAIT)
        return min(new())

    def end_of(self, scan: str, timeout: float = WAIT) -> dict[str, Any]:
        """What it had of a scan at its END."""
        self._wait(lambda: scan in self.ends, f"the END of {scan}", timeout)
        return self.ends[scan]

    def freeze(self) -> None:
        """Stop it, until `thaw`."""
        os.kill(self._child.process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        os.kill(self._child.process.pid, signal.SIGCONT)

    def _wait(self, condition: Callable[[], bool], what: str, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while not condition():
            left = deadline - time.monotonic()
            assert left > 0, f"{self.way}: has not seen {what} within {timeout} s"
            for said in self._child.take(left):
                self._note(said)

    def _note(self, said: dict[str, Any]) -> None:
        self._is_listening |= "listening" in said
        if "new" in said:
            self.begun.add(said["new"])
        elif "end" in said:
            assert said["end"] not in self.ends, f"{self.way}: more than one END: {said}"
            self.ends[said["end"]] = said


def check_whole(had: Mapping[str, Any], server: redis.Redis, npoints: int) -> None:
    """Every channel of a scan came whole and once, as the data server still has it."""
    assert had["channels"], f"no points: {had}"
    for name, channel in had["channels"].items():
        points = make(server, name, "channel").get_as_array(0, -1)
        expected = {
            "count": npoints,
            "checksum": checksum(points),
            "again": 0,
            "missing": 0,
            "skipped": 0,
        }
        assert channel == expected, f"{name}: {channel}, expected {expected}"
