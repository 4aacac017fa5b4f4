"""The one standard multichannel analyser: a spectrum a point, and what is in parts of it.

What a particular device does is in an `MCADriver`, a small object; an `MCA` has one, and adds
what a user expects.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from bliss.config.settings import HashSetting
from hardware.counters import CounterNamespace, IntegratingCounter
from hardware.regions import Regions


class Spectrum(NamedTuple):
    """What a device has at the end of a point."""

    counts: np.ndarray  #: unsigned integers of 4 bytes, shape (channels,)
    real_time: float  #: s that it counted
    live_time: float  #: s of these in which it was not busy with an event


class MCADriver(Protocol):
    """What a multichannel analyser can do.

    It may have an `end`, which ends the point in hand before its time: `read` then returns.
    """

    channels: int  #: of a spectrum

    def prepare(self, count_time: float, npoints: int) -> None:
        """Make ready for so many points (0: until it is stopped), or raise `DeviceError`."""

    def start(self) -> None:
        """Begin a point, and return at once."""

    def read(self) -> Spectrum:
        """Wait for the end of the point, and read it."""

    def stop(self) -> None:
        """Count no longer; harmless when it does not."""


class MCACounter(IntegratingCounter):
    """A part of what an MCA reads.

    Args:
        name: `"spectrum"`.
        mca: The device.
        of: Takes it out of a spectrum.
        about: As of `Counter`.
    """

    def __init__(self, name: str, mca: "MCA", of: Callable[[Spectrum], Any], **about: Any) -> None:
        super().__init__(name, mca, **about)
        self.of = of


class MCA:
    """A multichannel analyser.

    Its counters are `spectrum`, `real_time` and `live_time` in seconds, `deadtime` (the share of
    the real time that it was busy), and the sum of each region of interest.

    Args:
        name: What the user types, `"mca1"`.
        driver: What drives it.
    """

    def __init__(self, name: str, driver: MCADriver) -> None:
        self.name = name
        self._driver = driver
        self._own = [
            MCACounter(
                "spectrum", self, lambda s: s.counts, dtype="<u4", shape=(driver.channels,),
                unit="cts",
            ),
            MCACounter("real_time", self, lambda s: s.real_time, unit="s"),
            MCACounter("live_time", self, lambda s: s.live_time, unit="s"),
            MCACounter("deadtime", self, _deadtime),
        ]  # fmt: skip
        self._rois = Regions(
            name,
            ("start", "stop"),
            self._problem_of,
            HashSetting(f"{name}:rois"),
            taken=[counter.name for counter in self._own],
        )
        self._sums: dict[tuple[str, tuple[int, ...]], MCACounter] = {}

    @property
    def devices(self) -> dict[str, object]:
        """None but itself."""
        return {}

    @property
    def rois(self) -> Regions:
        """Regions of interest, whose sums are counters: `mca1.rois.set("cu", 700, 800)`.

        Both ends belong to a region.
        """
        return self._rois

    @property
    def counters(self) -> CounterNamespace:
        """All that it counts, with a sum for each region there is now."""
        sums = [self._sum(name, numbers) for name, numbers in self._rois.get_rois().items()]
        return CounterNamespace([*self._own, *sums])

    def prepare_counting(self, count_time: float, npoints: int) -> None:
        """Make ready for a scan."""
        self._driver.prepare(count_time, npoints)

    def start_counting(self) -> None:
        """Begin a point."""
        self._driver.start()

    def read_counting(self, counters: Sequence[Any]) -> list[Any]:
        """Wait for the end of the point; one value per counter, in the order asked."""
        spectrum = self._driver.read()
        return [counter.of(spectrum) for counter in counters]

    def end_counting(self) -> None:
        """End the point before its time, if the driver can."""
        if end := getattr(self._driver, "end", None):
            end()

    def stop_counting(self) -> None:
        """Count no longer."""
        self._driver.stop()

    def _sum(self, name: str, numbers: tuple[int, ...]) -> MCACounter:
        """The counter of a region, the same one as long as the region stays the same."""
        start, stop = numbers
        key = (name, numbers)
        if key not in self._sums:
            self._sums[key] = MCACounter(
                name, self, lambda s: int(s.counts[start : stop + 1].sum()), dtype="<i8", unit="cts"
            )
        return self._sums[key]

    def _problem_of(self, start: int, stop: int) -> str:
        if 0 <= start <= stop < self._driver.channels:
            return ""
        return f"expected 0 <= start <= stop <= {self._driver.channels - 1}"

    def __info__(self) -> str:
        """What a user wants to see."""
        return (
            f"{self.name}: multichannel analyser of {self._driver.channels} channels\n"
            f"  counters  {', '.join(counter.name for counter in self.counters)}"
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ARG002 - IPython's protocol
        printer.text(repr(self) if len(printer.stack) > 1 else self.__info__())


def _deadtime(spectrum: Spectrum) -> float:
    real = spectrum.real_time
    return 1 - spectrum.live_time / real if real > 0 else 0.0
