"""Counters that are sampled while the timer runs."""

from collections.abc import Sequence

import gevent
from gevent.event import Event

from bliss.common.protocols import SamplingController, SamplingCounter
from bliss.scanning.chain import AcquisitionSlave
from bliss.scanning.channel import AcquisitionChannel

_PERIOD = 1e-3  #: s between two samples


class SamplingSlave(AcquisitionSlave):
    """Reads the counters of one controller together.

    Counters in mode `SINGLE` give what is read when the point begins.  Those in mode `MEAN` are
    read again and again until it ends.

    Args:
        controller: The device.
        counters: Those of its counters that take part.
        count_time: Seconds a point.
    """

    def __init__(
        self,
        controller: SamplingController,
        counters: Sequence[SamplingCounter],
        count_time: float,
    ) -> None:
        super().__init__(controller.name)
        self._controller = controller
        self._single = [counter for counter in counters if counter.mode != "MEAN"]
        self._mean = [counter for counter in counters if counter.mode == "MEAN"]
        self._counters = self._single + self._mean
        self.channels = [
            AcquisitionChannel(f"{self.name}:{c.name}", dtype=c.dtype, shape=c.shape, unit=c.unit)
            for c in self._counters
        ]
        self._values: list[float] = []
        self._samples = 0
        self._has_time = count_time > 2 * _PERIOD
        self._sampler: gevent.Greenlet | None = None
        self._problem: BaseException | None = None  #: of the sampler
        self._over = Event()

    def trigger(self) -> None:
        """Read once, and go on reading if a counter wants the mean."""
        self._values = list(self._controller.read_all(self._counters))
        self._samples = 1
        if self._mean and self._has_time:
            self._over.clear()
            self._sampler = gevent.spawn(self._sample)

    def _sample(self) -> None:
        first = len(self._single)
        try:
            while not self._over.wait(_PERIOD):
                for index, value in enumerate(self._controller.read_all(self._mean), first):
                    self._values[index] += value
                self._samples += 1
        except BaseException as error:  # noqa: BLE001 - raised by who ends the sampling
            self._problem = error

    def wait_ready(self) -> None:
        """End the sampling and emit."""
        self._end_sampling()
        if self._samples > 1:
            for index in range(len(self._single), len(self._values)):
                self._values[index] /= self._samples
        for channel, value in zip(self.channels, self._values, strict=True):
            channel.emit(value)

    def _end_sampling(self) -> None:
        self._over.set()  # also for one that an interrupt kept from being noted
        sampler, self._sampler = self._sampler, None
        if sampler is None:
            return
        sampler.join()
        problem, self._problem = self._problem, None
        if problem:
            raise problem

    def stop(self) -> None:
        """End the sampling."""
        self._end_sampling()
