"""Large scans written straight to the data server, which waits while that is full."""

import threading
import time
from types import TracebackType
from typing import Self

import numpy as np
import redis

from bliss.data.append import ServerFullError
from bliss.data.encoding import PointType
from tests.campaign.tally import checksum
from tests.data_tree import ScanWriter

MEGABYTE = 1_000_000
IMAGE = PointType("|u1", (MEGABYTE,))
AGAIN = 0.01  #: s until a full server is tried again
LONGEST = 120.0  #: s that it may be full


def image(index: int) -> np.ndarray:
    """One point of 1 MB; no two are the same."""
    return np.full((1, MEGABYTE), index % 251, "u1")


def send(scan: ScanWriter, index: int) -> None:
    """Send one image, as soon as there is room."""
    block = scan.block("x", image(index))
    deadline = time.monotonic() + LONGEST
    while True:
        try:
            return scan.appender.append([block])
        except ServerFullError:
            assert time.monotonic() < deadline, f"the data server is full for {LONGEST} s"
            time.sleep(AGAIN)


def write_scan(server: redis.Redis, name: str, session: str, megabytes: int) -> ScanWriter:
    """A whole scan."""
    scan = ScanWriter(server, name, {"x": IMAGE}, session=session).prepared()
    for index in range(megabytes):
        send(scan, index)
    return scan.end()


class Producer:
    """A scan that another thread writes; `with` waits until it has ended.

    Args:
        scan: With one channel of images.
        megabytes: How many to write.
    """

    def __init__(self, scan: ScanWriter, megabytes: int) -> None:
        self.scan = scan
        self.sent = 0
        self.checksum = 0
        self._megabytes = megabytes
        self._problem: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="producer")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is not None:
            self._megabytes = 0
        self._thread.join()
        if self._problem and kind is None:
            raise self._problem

    def _run(self) -> None:
        try:
            while self.sent < self._megabytes:
                send(self.scan, self.sent)
                self.checksum = checksum(image(self.sent), self.checksum)
                self.sent += 1
            self.scan.end()
        except Exception as problem:  # noqa: BLE001 - raised where it is waited for
            self._problem = problem

    def wait_for(self, share: float) -> None:
        """Wait until so much of it is sent."""
        deadline = time.monotonic() + LONGEST
        while self.sent < share * self._megabytes and not self._problem:
            assert time.monotonic() < deadline, f"{self.sent} MB sent in {LONGEST} s"
            time.sleep(AGAIN)
