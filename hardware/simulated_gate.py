"""The counting time of a simulated device: by a clock of its own, with delays, and with faults."""

from typing import Literal, get_args

import gevent
from gevent.event import Event
from pydantic import Field

from bliss.common import clock
from bliss.common.errors import DeviceError
from hardware.configuration import DeviceConfig

#: What can go wrong, each named after what the device does when it does.
Fault = Literal["prepare", "start", "read", "stop", "hang", "disconnect"]

TIMEOUT = 2.0  #: s beyond its time after which a device that gives no answer is given up


class GateConfig(DeviceConfig):
    """How a simulated device takes its time, in the configuration."""

    latency: float = Field(default=0.0, ge=0)  #: s from the start until it counts
    readout: float = Field(default=0.0, ge=0)  #: s from the end until it can be read
    clock_error: float = Field(default=0.0, gt=-1)  #: share by which its seconds are too long


class SimulatedGate:
    """When a simulated device counts.

    Args:
        name: Of the device, for errors.
        config: Its times.
    """

    timeout = TIMEOUT  #: s

    def __init__(self, name: str, config: GateConfig) -> None:
        self._name = name
        self._config = config
        self._faults: dict[Fault, tuple[int, str]] = {}
        self._count_time = 0.0
        self._counted = 0.0  #: s by its own clock, of the point in hand
        self._end = 0.0
        self._hangs = False
        self._begun = Event()
        self.points = 0  #: begun since it was prepared

    @property
    def dead_time(self) -> float:
        """Seconds that a point takes beyond its counting time."""
        return self._config.latency + self._config.readout

    def fail(self, fault: Fault, reason: str = "simulated failure", *, after: int = 0) -> None:
        """Have something go wrong, once; `disconnect` lasts until `repair`.

        Args:
            fault: What the device does wrong next: `prepare start read stop` raise an error,
                `hang` never gets ready, `disconnect` answers nothing any more.
            reason: What the error says.
            after: So many times it still goes well.
        """
        if fault not in get_args(Fault):
            raise ValueError(f"no fault {fault!r}; there are {', '.join(get_args(Fault))}")
        self._faults[fault] = (after, reason)

    def repair(self) -> None:
        """Forget all faults, also those to come."""
        self._faults.clear()

    def prepare(self, count_time: float) -> None:
        """Count for that many seconds from the next start on."""
        self.check("prepare")
        self._count_time = count_time
        self._begun.clear()
        self.points = 0

    def start(self) -> None:
        """Begin a point."""
        self.check("start")
        self.begin(clock.now())

    def begin(self, instant: float) -> None:
        """Begin a point that a trigger began at `instant`."""
        self._hangs = self._is_due("hang")
        self._counted = self._count_time
        self._end = instant + self._config.latency + self._count_time * self._own_second
        self.points += 1
        self._begun.set()

    @property
    def _own_second(self) -> float:
        return 1 + self._config.clock_error

    def end(self) -> None:
        """End the point in hand now, unless it has ended."""
        left = self._end - clock.now()
        if self._begun.is_set() and left > 0:
            self._counted = max(0.0, self._count_time - left / self._own_second)
            self._end -= left

    def wait_end(self, what: str = "its start") -> float:
        """Wait until it counts no longer; the seconds it counted, by its own clock.

        What the device does itself with what it counted, it does before `wait_readout`.

        Args:
            what: Has to begin it.

        Raises:
            DeviceError: If nothing began it, or it does not get ready.
        """
        if not self._begun.wait(self.timeout):
            raise DeviceError(
                f"{self._name}: waited {self.timeout:g} s for {what}, and it did not come"
            )
        if self._hangs:
            gevent.sleep(max(0.0, self._end - clock.now()) + self.timeout)
            raise DeviceError(
                f"{self._name}: was not ready {self.timeout:g} s after the end of its counting time"
            )
        clock.sleep_until(self._end)
        return self._counted

    def wait_readout(self) -> None:
        """Wait until it can be read.

        Raises:
            DeviceError: If it cannot.
        """
        clock.sleep_until(self._end + self._config.readout)
        self._begun.clear()
        self.check("read")

    def stop(self) -> None:
        """Count no longer."""
        self._begun.clear()
        self.check("stop")

    def check(self, action: Fault) -> None:
        """Raise what was ordered for this action.

        Raises:
            DeviceError: If it is to fail.
        """
        if self._is_due("disconnect", keep=True):
            _, reason = self._faults["disconnect"]
            raise DeviceError(f"{self._name}: does not answer; is it connected? ({reason})")
        reason = self._faults.get(action, (0, ""))[1]
        if self._is_due(action):
            raise DeviceError(f"{self._name}: cannot {action} ({reason})")

    def _is_due(self, fault: Fault, *, keep: bool = False) -> bool:
        if fault not in self._faults:
            return False
        after, reason = self._faults[fault]
        if after:
            self._faults[fault] = (after - 1, reason)
            return False
        if not keep:
            del self._faults[fault]
        return True
