"""Devices that count by themselves: counter cards, spectrometers, cameras."""

from collections.abc import Mapping, Sequence
from operator import methodcaller
from typing import Any

from bliss.common.protocols import Counter, IntegratingController
from bliss.scanning.acquisition._counted import Conversions, channel_of
from bliss.scanning.chain import AcquisitionMaster, each

_cut = methodcaller("cut")


class CountingMaster(AcquisitionMaster):
    """Starts a device with the point, and reads it at its end in one go.

    Where the device triggers others by wire, these are its slaves.

    Args:
        controller: The device.
        counters: Those of its counters that take part; it counts without any, too.
        count_time: Seconds a point.
        npoints: How many points, 0 for as many as come.
        settings: More arguments of the device's `prepare_counting`.
    """

    def __init__(
        self,
        controller: IntegratingController,
        counters: Sequence[Counter],
        count_time: float,
        npoints: int,
        settings: Mapping[str, Any],
    ) -> None:
        super().__init__(controller.name)
        self._controller = controller
        self._counters = list(counters)
        self._conversions = Conversions(self.name, counters)
        self._count_time = count_time
        self._npoints = npoints
        self._settings = dict(settings)
        self.channels = [channel_of(counter) for counter in counters]

    @property
    def node_type(self) -> str:  # type: ignore[override]  # the node's type depends on its use
        """A master only where it triggers others."""
        return "master" if self.slaves else "slave"

    def check(self) -> None:
        """Have a device that knows beforehand refuse what it cannot do."""
        check = getattr(self._controller, "check_counting", None)
        if check:
            check(self._count_time, self._npoints, **self._settings)

    def expect_retakes(self) -> None:
        """Have the device take as many points as come."""
        self._npoints = 0

    def prepare(self) -> None:
        """Tell the device how long to count."""
        self._controller.prepare_counting(self._count_time, self._npoints, **self._settings)

    def trigger(self) -> None:
        """Begin a point, on the slaves first: they wait for this device's trigger."""
        if self.slaves:
            self.trigger_slaves()
        self._controller.start_counting()

    def cut(self) -> None:
        """End the point on the device, if that can be, and on its slaves."""
        if end := getattr(self._controller, "end_counting", None):
            end()
        each(self.slaves, _cut)

    def wait_ready(self) -> None:
        """Wait for the device, read and emit."""
        values = self._conversions.applied(self._controller.read_counting(self._counters))
        for channel, value in zip(self.channels, values, strict=True):
            channel.emit(value)
        if self.slaves:
            self.wait_slaves()

    def stop(self) -> None:
        """Count no longer."""
        self._controller.stop_counting()
