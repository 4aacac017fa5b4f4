"""The acquisition chain: masters that trigger slaves, point by point."""

from collections.abc import Callable, Iterable, Iterator
from itertools import count
from operator import methodcaller

from bliss.common import clock
from bliss.common.ending import Step
from bliss.scanning.channel import AcquisitionChannel


class AcquisitionObject:
    """A device's part in a scan.

    The methods are called on the greenlet that runs the scan: `prepare` and `start` once, then
    `trigger` and `wait_ready` for each point, `stop` at the end whatever happened.

    Args:
        name: Of the device; the data node has it too.
    """

    node_type = "slave"

    def __init__(self, name: str) -> None:
        self.name = name
        self.channels: list[AcquisitionChannel] = []

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    def prepare(self) -> None:
        """Make ready for the scan; nothing moves yet."""

    def start(self) -> None:
        """Begin; the first point follows."""

    def trigger(self) -> None:
        """Begin a point, without waiting for its end."""

    def wait_ready(self) -> None:
        """Wait for the end of the point, and emit it."""

    def stop(self) -> None:
        """Stand still; called at any time, also twice."""

    def stop_steps(self) -> list[Step]:
        """Stopping it, as steps of an ending that run side by side."""
        return [Step(f"stopping {self.name}", self.stop, again=True)]


class AcquisitionSlave(AcquisitionObject):
    """A device that acquires when its master triggers it."""


class AcquisitionMaster(AcquisitionObject):
    """A device that triggers others."""

    node_type = "master"

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.slaves: list[AcquisitionObject] = []

    def trigger_slaves(self) -> None:
        """Begin a point on all slaves."""
        each(self.slaves, _trigger)

    def wait_slaves(self) -> None:
        """Wait until all slaves have emitted the point."""
        each(self.slaves, _wait_ready)


class AcquisitionChain:
    """A tree of masters and slaves, run point by point.

    Args:
        top: The master at the top.
        npoints: How many points; 0 goes on until the scan is stopped.
        sleep_time: Seconds between two points.
    """

    def __init__(self, top: AcquisitionMaster, npoints: int, *, sleep_time: float = 0.0) -> None:
        self.top = top
        self.npoints = npoints
        self.sleep_time = sleep_time

    def walk(self) -> Iterator[tuple[AcquisitionObject, tuple[str, ...]]]:
        """Every device in it, masters before their slaves, with the names from the top to it."""
        yield from _walk(self.top, ())

    @property
    def devices(self) -> list[AcquisitionObject]:
        """Every device in it, masters before their slaves."""
        return [device for device, _ in self.walk()]

    def prepare(self) -> None:
        """Prepare every device, slaves first: a master may begin to trigger in its `start`."""
        each(reversed(self.devices), _prepare)

    def start(self) -> None:
        """Start every device, slaves first."""
        each(reversed(self.devices), _start)

    def run(self, is_over: Callable[[], bool]) -> None:
        """Take points until all are taken or `is_over` says so after one of them."""
        top, pause = (self.top,), self.sleep_time
        for index in range(self.npoints) if self.npoints else count():
            if pause and index:
                clock.sleep(pause)
            each(top, _trigger)
            each(top, _wait_ready)
            if is_over():
                return

    def stop_steps(self) -> list[Step]:
        """Stopping every device, as steps of an ending that run side by side."""
        return [step for device in self.devices for step in device.stop_steps()]


_prepare = methodcaller("prepare")
_start = methodcaller("start")
_trigger = methodcaller("trigger")
_wait_ready = methodcaller("wait_ready")


def each(devices: Iterable[AcquisitionObject], call: Callable[[AcquisitionObject], None]) -> None:
    """Do something with each device; what one raises says which device it was."""
    device = None
    try:
        for device in devices:
            call(device)
    except Exception as error:
        if device and not hasattr(error, "device"):
            error.device = device.name  # type: ignore[attr-defined]  # the innermost one
        raise


def _walk(
    device: AcquisitionObject, above: tuple[str, ...]
) -> Iterator[tuple[AcquisitionObject, tuple[str, ...]]]:
    path = (*above, device.name)
    yield device, path
    if isinstance(device, AcquisitionMaster):
        for slave in device.slaves:
            yield from _walk(slave, path)
