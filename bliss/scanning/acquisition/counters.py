"""Counters that are sampled while the timer runs."""

from collections.abc import Sequence

import gevent
from gevent.event import Event

from bliss.common.protocols import SamplingController, SamplingCounter, optional
from bliss.scanning.acquisition._counted import Conversions, channel_name, channel_of
from bliss.scanning.acquisition._samples import (
    EXTRA_CHANNELS,
    Samples,
    extra_unit,
    mode_of,
    samples_of,
)
from bliss.scanning.chain import AcquisitionSlave
from bliss.scanning.channel import AcquisitionChannel

_FREQUENCY = 1000.0  #: Hz, of samples; where the controller does not say otherwise


class SamplingSlave(AcquisitionSlave):
    """Reads the counters of one controller together.

    All are read when the point begins, and those whose mode wants more samples again and again
    until it ends.

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
        self._counters = list(counters)
        self._conversions = Conversions(self.name, counters)
        self._samples = [samples_of(counter, count_time) for counter in counters]
        self._groups = [_channels(counter) for counter in counters]
        self.channels = [channel for group in self._groups for channel in group]
        self._repeated = [
            (counter, samples)
            for counter, samples in zip(counters, self._samples, strict=True)
            if samples.is_repeated
        ]
        self._first: Sequence[object] = ()
        self._period = 1 / (getattr(controller, "max_sampling_frequency", None) or _FREQUENCY)
        self._is_sampled = bool(self._repeated) and count_time > 2 * self._period
        self._sampler: gevent.Greenlet | None = None
        self._problem: BaseException | None = None  #: of the sampler
        self._over = Event()

    def ask(self) -> None:
        """Read once, for nothing."""
        self._controller.read_all(self._counters)

    def trigger(self) -> None:
        """Read once, and go on reading if a counter wants more samples."""
        self._first = self._conversions.applied(self._controller.read_all(self._counters))
        if self._repeated:
            for samples, value in zip(self._samples, self._first, strict=True):
                samples.begin(value)
        if self._is_sampled:
            self._over.clear()
            self._sampler = gevent.spawn(self._sample)

    def _sample(self) -> None:
        counters = [counter for counter, _ in self._repeated]
        conversions = Conversions(self.name, counters)
        try:
            while not self._over.wait(self._period):
                values = conversions.applied(self._controller.read_all(counters))
                for (_, samples), value in zip(self._repeated, values, strict=True):
                    samples.add(value)
        except BaseException as error:  # noqa: BLE001 - raised by who ends the sampling
            self._problem = error

    def look(self) -> None:
        """Raise what has ended the sampling."""
        if self._problem:
            self._end_sampling()

    def wait_ready(self) -> None:
        """End the sampling and emit."""
        if self._is_sampled:
            self._end_sampling()
        if self._repeated:
            for samples, channels in zip(self._samples, self._groups, strict=True):
                _emit(samples, channels)
        else:
            for channel, value in zip(self.channels, self._first, strict=True):
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


def _channels(counter: SamplingCounter) -> list[AcquisitionChannel]:
    """The channel of a counter, and those that its mode adds."""
    extra = EXTRA_CHANNELS.get(mode_of(counter), {})
    return [channel_of(counter), *(_extra(counter, end, shape) for end, shape in extra.items())]


def _extra(counter: SamplingCounter, suffix: str, shape: tuple[int, ...]) -> AcquisitionChannel:
    alias = optional(counter, "alias")
    return AcquisitionChannel(
        channel_name(counter) + suffix,
        shape=shape,
        unit=extra_unit(suffix, counter.unit),
        alias=alias and alias + suffix,
    )


def _emit(samples: Samples, channels: Sequence[AcquisitionChannel]) -> None:
    for channel, value in zip(channels, samples.end(), strict=True):
        channel.emit(value)
