"""A required consumer stopped, killed and started again while far more goes through than fits."""

import os
import signal
import time
from pathlib import Path

from tests.beacon_process import BeaconProcess
from tests.campaign.child import Child
from tests.campaign.producing import IMAGE, LONGEST, Producer
from tests.campaign.report import Part
from tests.campaign.storing import NAME, StoredTallies
from tests.data_tree import ScanWriter

SESSION = "demo_session"
START = 20.0  #: s until it listens
KILLED = (0.2, 0.4, 0.8)  #: shares of the data after which it is killed
STOPPED = 0.6  #: and after which it is stopped


def run(part: Part, *, megabytes: int = 1500, memory: int = 256, stop: float = 60.0) -> None:
    """Send so much data through so much memory (MB), with the consumer stopped for some seconds."""
    options = ("--data-memory", f"{memory}mb")
    with BeaconProcess(part.folder / "state", options=options) as beacon:
        for number in part.numbers:
            trial = _Trial(part, beacon, number, stop)
            part.attempt(number, lambda t=trial: t.run(megabytes), lambda: beacon.log[-3000:])


class _Trial:
    def __init__(self, part: Part, beacon: BeaconProcess, number: int, stop: float) -> None:
        self._part = part
        self._beacon = beacon
        self._number = number
        self._stop = stop
        self._file: Path = part.folder / f"stored-{number}"

    def run(self, megabytes: int) -> str:
        """All points are stored, once."""
        with self._beacon.client("session") as client:
            client.lock_session(SESSION)
            began = time.monotonic()
            server = client.redis("data")
            child = self._started()
            try:
                scan = ScanWriter(
                    *(server, f"{self._number}_large", {"x": IMAGE}),
                    session=SESSION,
                    consumers=(NAME,),
                ).prepared()
                with Producer(scan, megabytes) as producer:
                    child = self._maltreat(child, producer)
                _wait_for_end(child, scan.name)
            finally:
                child.close()
        return self._check(producer, time.monotonic() - began)

    def _started(self) -> Child:
        child = Child(
            *("tests.campaign.storing", self._file),
            environment=self._beacon.env,
            log=self._part.folder / "storing.log",
        )
        assert child.take(START), f"it does not listen after {START} s"
        return child

    def _maltreat(self, child: Child, producer: Producer) -> Child:
        """Do to it what is to be done; the process that is the last one."""
        for share in sorted((*KILLED, STOPPED)):
            producer.wait_for(share)
            if share == STOPPED:
                os.kill(child.process.pid, signal.SIGSTOP)
                time.sleep(self._stop)  # what it is about: nothing happens that could be awaited
                os.kill(child.process.pid, signal.SIGCONT)
            else:
                child.close()
                child = self._started()
        return child

    def _check(self, producer: Producer, seconds: float) -> str:
        stored = StoredTallies(self._file)
        stored.close()
        tally = stored.channels[producer.scan.channel("x")]
        words = (
            f"{producer.sent} MB in {seconds:.0f} s: {tally.missing + tally.skipped} points "
            f"missing, {tally.again} came again and were known"
        )
        self._part.figures.append(words)
        assert tally.missing == tally.skipped == 0, words
        assert (tally.count, tally.checksum) == (producer.sent, producer.checksum), words
        return words


def _wait_for_end(child: Child, scan: str) -> None:
    deadline = time.monotonic() + LONGEST
    while {"end": scan} not in child.take(1.0):
        assert time.monotonic() < deadline, f"{scan} is not stored after {LONGEST} s"
