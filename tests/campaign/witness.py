"""Who sees from outside how scans end: an independent process that follows the session."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from tests.campaign.child import Child

WAIT = 5.0  #: s until what has happened is seen
START = 20.0  #: s until it listens


class Witness:
    """A running follower.

    Args:
        environment: Variables that tell it which Beacon.
        folder: For its log.
    """

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self._ends: dict[str, list[tuple[str, str]]] = {}  #: outcome and reason by scan
        self._listening = False
        self._child = Child(
            "tests.campaign.follower", environment=environment, log=folder / "follower.log"
        )
        self._wait(lambda: self._listening, "that it listens", START)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.close()

    @property
    def pid(self) -> int:
        """Of its process."""
        return self._child.process.pid

    @property
    def scans(self) -> frozenset[str]:
        """All scans that it has seen."""
        self._take(0)
        return frozenset(self._ends)

    def has_ended(self, scan: str) -> bool:
        """Whether it has seen the END of a scan."""
        self._take(0)
        return bool(self._ends.get(scan))

    def end_of(self, scan: str, timeout: float = WAIT) -> tuple[str, str]:
        """Outcome and reason of a scan, as its END said."""
        self._wait(lambda: bool(self._ends.get(scan)), f"the END of {scan}", timeout)
        return self._ends[scan][0]

    def wait_for_new(self, known: frozenset[str]) -> str:
        """The name of a scan that is not in `known`."""
        self._wait(lambda: bool(set(self._ends) - known), "a new scan", WAIT)
        return min(set(self._ends) - known)

    def wait_for_all_ends(self) -> None:
        """Wait until every scan that began has ended, and check that each has one END."""
        self._wait(lambda: all(self._ends.values()), "the END of every scan", WAIT)
        self._take(0.02)
        twice = {name: ends for name, ends in self._ends.items() if len(ends) > 1}
        assert not twice, f"more than one END: {twice}"

    def _wait(self, condition: Callable[[], bool], what: str, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while not condition():
            left = deadline - time.monotonic()
            assert left > 0, (
                f"the follower has not seen {what} within {timeout} s; "
                f"last scans: {list(self._ends.items())[-3:]}"
            )
            self._take(left)

    def _take(self, timeout: float) -> None:
        for said in self._child.take(timeout):
            self._note(said)

    def _note(self, said: Mapping[str, Any]) -> None:
        if "listening" in said:
            self._listening = True
        elif "new_node" in said:
            self._ends.setdefault(said["new_node"], [])
        elif "end" in said:
            self._ends.setdefault(said["end"], []).append((said["outcome"], said["reason"]))
