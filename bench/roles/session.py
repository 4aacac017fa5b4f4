"""The session: what a scientist's commands do, timed."""

import itertools
import os
import resource
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self

import numpy as np
import psutil
from gevent.event import Event

import scans
from bench.beacon import SESSION
from bench.roles.devices import ImageMaster, IndexSlave, StampSlave
from bliss.beacon import Beacon, set_beacon
from bliss.config.channels import Channel
from bliss.scanning.acquisition.timer import TimerMaster
from bliss.scanning.chain import AcquisitionChain, AcquisitionMaster
from bliss.scanning.scan import Scan
from bliss.scanning.session import Session, set_current_session
from bliss_shell.devices import build_devices
from bliss_shell.live_table import LiveTable
from hardware.motion import Profile

_LISTEN_TIMEOUT = 30.0  #: seconds


class SessionRole:
    """A session that is set up as the shell does it, without a prompt."""

    def __init__(self) -> None:
        self._beacon = Beacon(role="session")
        self._beacon.connect()
        set_beacon(self._beacon)
        config = self._beacon.session_config(SESSION)
        self._beacon.lock_session(SESSION)
        self._session = Session(SESSION, self._beacon)
        set_current_session(self._session)
        self._devices, _ = build_devices(config)
        self._counter = self._devices["sim_ct_gauss_noise"]
        self._nowhere = open(os.devnull, "w")  # noqa: SIM115 - as long as the session

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        set_current_session(None)
        set_beacon(None)
        self._beacon.close()
        self._nowhere.close()

    def show_table(self) -> None:
        """Show a live table from now on, as at the prompt; nobody sees it."""
        self._session.listeners.append(LiveTable(out=self._nowhere))

    def ascan(self) -> dict[str, float]:
        """The document's `ascan`: seconds from call to return, and what nothing can do without."""
        robz, counter = self._devices["robz"], self._counter
        needed = _motion(robz, [robz.position, *np.linspace(-5, 5, 501)]) + 501 * 0.001
        return {
            **self._timed(lambda: scans.ascan(robz, -5, 5, 500, 0.001, counter)),
            "needed": needed,
        }

    def loopscan(self, npoints: int, count_time: float) -> dict[str, float]:
        """Seconds, and seconds of CPU, that a `loopscan` takes from call to return."""
        return self._timed(lambda: scans.loopscan(npoints, count_time, self._counter))

    def memory_growth(self, npoints: int) -> int:
        """Bytes by which a `loopscan` makes this process larger, at its highest."""
        process = psutil.Process()
        before: int = process.memory_info().rss
        self._timed(lambda: scans.loopscan(npoints, 0, self._counter))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        # the kernel updates its peak late, so what is there now may be above it
        return max(peak, process.memory_info().rss) - before

    def stamps(
        self, npoints: int, period: float, counters: int = 1, spectrum: int = 0
    ) -> dict[str, float]:
        """A scan whose points are the instants at which they are emitted; seconds it takes.

        Args:
            npoints: How many points.
            period: Seconds between two points.
            counters: How many channels of instants.
            spectrum: Values of a spectrum beside them; 0 for none.
        """
        timer = TimerMaster(period)
        timer.slaves.append(StampSlave(counters, spectrum))
        return self._timed(lambda: _run(timer, npoints))

    def images(self, count: int, shape: list[int]) -> dict[str, float]:
        """Seconds that a scan of `count` images takes from call to return."""
        camera = ImageMaster((shape[0], shape[1]))
        return self._timed(lambda: _run(camera, count))

    def indices(self, npoints: int) -> str:
        """Emit 0, 1, 2 … one by one; gives the scan's name, so that its data can be read."""
        timer = TimerMaster(0.0)
        timer.slaves.append(IndexSlave())
        return _run(timer, npoints).node.db_name

    def listen(self, name: str, count: int) -> Iterator[Any]:
        """Ages (s) of `count` values of a Channel, each the instant at which it was set."""
        ages: list[float] = []
        complete = Event()

        def take(value: float) -> None:
            ages.append(time.monotonic() - value)
            if len(ages) == count:
                complete.set()

        with Channel(name, callback=take):
            yield "ready"
            complete.wait(_LISTEN_TIMEOUT)
        yield ages

    def _timed(self, command: Callable[[], Scan]) -> dict[str, float]:
        began, used = time.perf_counter(), time.process_time()
        command()
        return {"wall": time.perf_counter() - began, "cpu": time.process_time() - used}


def _run(top: AcquisitionMaster, npoints: int) -> Scan:
    scan = Scan(AcquisitionChain(top, npoints), name="bench", save=False)
    scan.run()
    return scan


def _motion(axis: Any, positions: list[float]) -> float:
    """Seconds that an axis needs from each position to the next."""
    return sum(
        Profile.between(
            start, target, velocity=axis.velocity, acceleration=axis.acceleration
        ).duration
        for start, target in itertools.pairwise(positions)
    )
