"""Followers that are stopped do not slow a large scan, and have all of it, or a GAP, afterwards."""

import contextlib
import time

import redis

from tests.beacon_process import BeaconProcess
from tests.campaign.collecting import Collecting
from tests.campaign.producing import IMAGE, image, send
from tests.campaign.report import Part
from tests.campaign.tally import checksum
from tests.data_tree import ScanWriter

SESSION = "demo_session"
FOLLOWERS = 10
WAYS = ("walk", "async")  #: in turn
MOST_SLOWER = 1.05  #: times as long, the fastest scan of each kind: other work only adds time
CATCH_UP = 60.0  #: s


def run(part: Part, *, megabytes: int = 300) -> None:
    """Write pairs of scans so large (MB): one followed by nobody, one by those that are stopped."""
    alone: list[float] = []
    beside: list[float] = []
    with BeaconProcess(part.folder / "state") as beacon, beacon.client("session") as client:
        client.lock_session(SESSION)
        server = client.redis("data")
        _timed_scan(server, "0_warm", megabytes)
        for number in part.numbers:
            trial = _Trial(part, beacon, server, number, megabytes)

            def pair(trial: _Trial = trial) -> str:
                alone.append(trial.alone())
                beside.append(trial.beside_stopped())
                return f"{alone[-1]:.2f} s alone, {beside[-1]:.2f} s beside"

            part.attempt(number, pair, lambda: beacon.log[-3000:])
        part.attempt(len(part.numbers), lambda: _check(part, alone, beside), lambda: "")


def _check(part: Part, alone: list[float], beside: list[float]) -> str:
    ratio = min(beside) / min(alone)
    words = (
        f"fastest {min(alone):.2f} s alone, {min(beside):.2f} s beside {FOLLOWERS} stopped "
        f"followers: {ratio:.2f} times; most {max(alone):.2f} and {max(beside):.2f} s"
    )
    part.figures.append(words)
    # a single pair says nothing: what else runs makes more of a difference
    assert len(alone) < 5 or ratio <= MOST_SLOWER, words
    return words


def _timed_scan(server: redis.Redis, name: str, megabytes: int) -> tuple[str, float]:
    scan = ScanWriter(server, name, {"x": IMAGE}, session=SESSION).prepared()
    began = time.perf_counter()
    for index in range(megabytes):
        send(scan, index)
    took = time.perf_counter() - began
    scan.end()
    return scan.name, took


class _Trial:
    def __init__(
        self, part: Part, beacon: BeaconProcess, server: redis.Redis, number: int, megabytes: int
    ) -> None:
        self._part = part
        self._beacon = beacon
        self._server = server
        self._number = number
        self._megabytes = megabytes

    def alone(self) -> float:
        """How long a scan takes that nobody follows (s)."""
        return _timed_scan(self._server, f"{self._number}_alone", self._megabytes)[1]

    def beside_stopped(self) -> float:
        """How long it takes beside stopped followers (s); they catch up."""
        with contextlib.ExitStack() as everything:
            followers = [
                everything.enter_context(
                    Collecting(WAYS[n % len(WAYS)], self._beacon.env, self._part.folder)
                )
                for n in range(FOLLOWERS)
            ]
            for each in followers:
                each.wait_until_it_listens()
            for each in followers:
                each.freeze()
            scan, took = _timed_scan(self._server, f"{self._number}_beside", self._megabytes)
            for each in followers:
                each.thaw()
            for each in followers:
                self._check_caught_up(each, scan)
        return took

    def _check_caught_up(self, follower: Collecting, scan: str) -> None:
        had = follower.end_of(scan, CATCH_UP)["channels"][f"{scan}:axis:x"]
        assert had["count"] == self._megabytes, had
        assert had["again"] == had["skipped"] == 0, had
        if not had["missing"]:
            assert had["checksum"] == _checksum(self._megabytes), had


def _checksum(megabytes: int) -> int:
    whole = 0
    for index in range(megabytes):
        whole = checksum(image(index), whole)
    return whole
