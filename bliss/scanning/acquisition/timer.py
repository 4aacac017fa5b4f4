"""The timer that tells counters how long to count."""

import time
from operator import methodcaller

from bliss.common import clock
from bliss.scanning.chain import AcquisitionMaster, each
from bliss.scanning.channel import AcquisitionChannel

_LOOK = 0.2  #: s between two looks whether all devices still work, in a long point
_look = methodcaller("look")
_cut = methodcaller("cut")


class TimerMaster(AcquisitionMaster):
    """Lets its slaves count for a time.

    Args:
        count_time: Seconds a point.
    """

    def __init__(self, count_time: float) -> None:
        super().__init__("timer")
        self.count_time = self.time_per_point = count_time
        #: Instant at which the point in hand ends, where a master above keeps the time.
        self.until: float | None = None
        self._elapsed = AcquisitionChannel("timer:elapsed_time", unit="s")
        self._epoch = AcquisitionChannel("timer:epoch", unit="s")
        self.channels = [self._elapsed, self._epoch]
        self._flags: AcquisitionChannel | None = None
        self.points_taken = 0
        self.counting_time = 0.0  #: s that points took in all, the slaves' last reading too
        self._first: float | None = None
        self._began = 0.0
        self._offset = 0.0  #: from the clock's time to that of the epoch

    def add_flags(self) -> None:
        """Publish what is to be said of each point; see docs/pausing.md."""
        if self._flags is None:
            self._flags = AcquisitionChannel("timer:flags", dtype="<u2")
            self.channels.append(self._flags)

    def expected(self, npoints: int) -> tuple[float, float]:
        """The counting times."""
        return 0.0, npoints * self.count_time

    def start(self) -> None:
        """Tie the clock to the time of day, once, so that epochs never step back."""
        self._offset = time.time() - clock.now()

    def trigger(self) -> None:
        """Begin to count."""
        self._began = clock.now()
        if self._first is None:
            self._first = self._began
        self.trigger_slaves()

    def wait_ready(self) -> None:
        """Wait for the end of the counting time, then for the slaves.

        A long point is ended before if it has to be taken again anyway.
        """
        end = self._began + self.count_time if self.until is None else self.until
        while end - clock.now() > 2 * _LOOK:
            clock.sleep(_LOOK)
            each(self.slaves, _look)
            if self.passage and self.passage.is_in_vain:
                each(self.slaves, _cut)
                end = clock.now()
        clock.sleep_until(end)
        self.wait_slaves()
        self._elapsed.emit(self._began - (self._first or 0.0))
        self._epoch.emit(self._began + self._offset)
        self.counting_time += clock.now() - self._began
        self.points_taken += 1
        if self._flags and self.passage:
            self._flags.emit(self.passage.flags)
