"""The one standard camera: an image a point, and what is in parts of it.

What a particular camera does is in a `CameraDriver`, a small object; a `Camera` has one, and adds
what a user expects.
"""

import math
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, Protocol

import numpy as np

from bliss.common.errors import SettingError
from bliss.config.settings import HashSetting
from hardware.counters import CounterNamespace, IntegratingCounter
from hardware.regions import Regions


class TriggerMode(StrEnum):
    """What begins an exposure."""

    SOFTWARE = "SOFTWARE"  #: the scan, at each point
    HARDWARE = "HARDWARE"  #: a pulse on the camera's trigger input


class CameraDriver(Protocol):
    """What a camera can do.

    It may have an `end`, which ends the exposure before its time: `read` then returns.
    """

    width: int  #: pixels
    height: int  #: pixels
    exposure_range: tuple[float, float]  #: s, shortest and longest

    def prepare(self, exposure: float, npoints: int, trigger: TriggerMode) -> None:
        """Make ready for so many images (0: until it is stopped), or raise `DeviceError`."""

    def start(self) -> None:
        """Begin an exposure, or wait for the pulse that does, and return at once."""

    def read(self) -> np.ndarray:
        """Wait for the image: unsigned integers of 2 bytes, shape (height, width).

        It is the caller's: a new one each time.
        """

    def stop(self) -> None:
        """Expose no longer; harmless when it does not."""


class CameraCounter(IntegratingCounter):
    """The image, or a number that is made of a part of it.

    Args:
        name: `"image"`.
        camera: The device.
        of: Makes it from an image.
        about: As of `Counter`.
    """

    def __init__(
        self, name: str, camera: "Camera", of: Callable[[np.ndarray], Any], **about: Any
    ) -> None:
        super().__init__(name, camera, **about)
        self.of = of


#: What is made of the pixels in a region, by the end of the counter's name.
STATISTICS: dict[str, Callable[[np.ndarray], float]] = {
    "sum": lambda pixels: float(pixels.sum(dtype="u8")),
    "avg": lambda pixels: float(pixels.mean()),
    "std": lambda pixels: float(pixels.std()),
    "min": lambda pixels: float(pixels.min()),
    "max": lambda pixels: float(pixels.max()),
}


class Camera:
    """A camera.

    Its counters are `image` and, for each region of interest, `NAME_sum NAME_avg NAME_std
    NAME_min NAME_max`.

    Args:
        name: What the user types, `"camera1"`.
        driver: What drives it.
    """

    def __init__(self, name: str, driver: CameraDriver) -> None:
        self.name = name
        self._driver = driver
        self._exposure: float | None = None
        self._trigger_mode = TriggerMode.SOFTWARE
        fields = ("x", "y", "width", "height")
        self._rois = Regions(name, fields, self._problem_of, HashSetting(f"{name}:roi_counters"))
        self._image = CameraCounter(
            "image", self, lambda image: image, dtype="<u2", shape=(driver.height, driver.width),
            unit="cts",
        )  # fmt: skip
        self._made: dict[tuple[str, tuple[int, ...]], list[CameraCounter]] = {}

    @property
    def devices(self) -> dict[str, object]:
        """None but itself."""
        return {}

    @property
    def roi_counters(self) -> Regions:
        """Regions of interest, each with five counters, by x, y, width and height in pixels.

        `camera1.roi_counters.set("spot", 100, 80, 20, 20)`; x and y are those of the corner next
        to the image's first pixel.
        """
        return self._rois

    @property
    def image(self) -> CameraCounter:
        """The image as a counter."""
        return self._image

    @property
    def counters(self) -> CounterNamespace:
        """All that it counts, with the statistics of each region there is now."""
        regions = self._rois.get_rois().items()
        statistics = [each for name, box in regions for each in self._statistics(name, box)]
        return CounterNamespace([self._image, *statistics])

    @property
    def exposure(self) -> float | None:
        """Seconds of an exposure; None for the counting time of the scan."""
        return self._exposure

    @exposure.setter
    def exposure(self, exposure: float | None) -> None:
        self._exposure = None if exposure is None else self._checked_exposure(exposure)

    @property
    def trigger_mode(self) -> TriggerMode:
        """What begins an exposure: `"SOFTWARE"` or `"HARDWARE"`."""
        return self._trigger_mode

    @trigger_mode.setter
    def trigger_mode(self, mode: TriggerMode | str) -> None:
        self._trigger_mode = self._checked_mode(mode)

    def check_counting(
        self,
        count_time: float,
        npoints: int,  # noqa: ARG002 - as prepare_counting
        *,
        exposure: float | None = None,
        trigger_mode: TriggerMode | str | None = None,
    ) -> None:
        """Raise `SettingError` if the camera cannot expose like that; touches nothing."""
        self._exposure_of(count_time, exposure)
        self._checked_mode(trigger_mode or self._trigger_mode)

    def prepare_counting(
        self,
        count_time: float,
        npoints: int,
        *,
        exposure: float | None = None,
        trigger_mode: TriggerMode | str | None = None,
    ) -> None:
        """Make ready for a scan; `exposure` and `trigger_mode` are for this scan only.

        Raises:
            SettingError: If the camera cannot expose for that long.
        """
        mode = self._checked_mode(trigger_mode or self._trigger_mode)
        self._driver.prepare(self._exposure_of(count_time, exposure), npoints, mode)

    def start_counting(self) -> None:
        """Begin a point."""
        self._driver.start()

    def read_counting(self, counters: Sequence[Any]) -> list[Any]:
        """Wait for the image; one value per counter, in the order asked."""
        image = self._driver.read()
        return [counter.of(image) for counter in counters]

    def end_counting(self) -> None:
        """End the exposure before its time, if the driver can."""
        if end := getattr(self._driver, "end", None):
            end()

    def stop_counting(self) -> None:
        """Expose no longer."""
        self._driver.stop()

    def _statistics(self, name: str, box: tuple[int, ...]) -> list[CameraCounter]:
        """The counters of a region, the same ones as long as the region stays the same."""
        key = (name, box)
        if key not in self._made:
            self._made[key] = [
                CameraCounter(f"{name}_{end}", self, _Part(box, function), unit="cts")
                for end, function in STATISTICS.items()
            ]
        return self._made[key]

    def _problem_of(self, x: int, y: int, width: int, height: int) -> str:
        is_inside = x >= 0 and y >= 0 and width > 0 and height > 0
        if is_inside and x + width <= self._driver.width and y + height <= self._driver.height:
            return ""
        return f"expected a rectangle in the image of {self._driver.width} x {self._driver.height}"

    def _exposure_of(self, count_time: float, exposure: float | None) -> float:
        """Seconds of an exposure: those of the scan's settings, its own, or the counting time."""
        wanted = self._exposure if exposure is None else exposure
        return self._checked_exposure(count_time if wanted is None else wanted)

    def _checked_exposure(self, seconds: Any) -> float:
        shortest, longest = self._driver.exposure_range
        is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
        if is_number and math.isfinite(seconds) and shortest <= seconds <= longest:
            return float(seconds)
        raise SettingError(
            f"{self.name}: cannot expose for {seconds!r:.40} s; expected {shortest:g} to "
            f"{longest:g} s, the counting time or {self.name}.exposure"
        )

    def _checked_mode(self, mode: Any) -> TriggerMode:
        try:
            return TriggerMode(mode)
        except ValueError:
            raise SettingError(
                f"{self.name}: {mode!r:.40} is no trigger mode; expected one of "
                f"{', '.join(TriggerMode)}"
            ) from None

    def __info__(self) -> str:
        """What a user wants to see."""
        exposure = "the counting time" if self._exposure is None else f"{self._exposure:g} s"
        return (
            f"{self.name}: camera of {self._driver.width} x {self._driver.height} pixels\n"
            f"  exposure      {exposure}\n"
            f"  trigger mode  {self._trigger_mode}\n"
            f"  counters      {', '.join(counter.name for counter in self.counters)}"
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ARG002 - IPython's protocol
        printer.text(repr(self) if len(printer.stack) > 1 else self.__info__())


class _Part:
    """Makes a number of the pixels in a region."""

    def __init__(self, box: tuple[int, ...], function: Callable[[np.ndarray], float]) -> None:
        x, y, width, height = box
        self._rows = slice(y, y + height)
        self._columns = slice(x, x + width)
        self._function = function

    def __call__(self, image: np.ndarray) -> float:
        return self._function(image[self._rows, self._columns])
