"""A camera that exists only here, and sees a spot that an axis or two move."""

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from bliss.common.errors import DeviceError
from hardware.camera import Camera, TriggerMode
from hardware.configuration import DeviceConfig, checked
from hardware.simulated_gate import GateConfig, SimulatedGate
from hardware.simulated_signals import AxisReference
from hardware.trigger_line import TriggerReference

_NOISES = 8  #: frames of noise that are used in turn; a new one takes longer than many exposures
_SATURATION = 65535  #: of a pixel


class SpotConfig(DeviceConfig):
    """What the camera sees."""

    axes: Annotated[list[AxisReference], Field(max_length=2)] = Field(default_factory=list)
    pixels_per_unit: float = 10.0  #: by which the spot moves, for each unit of the axes
    sigma: float = Field(default=10.0, gt=0)  #: in pixels
    peak: float = Field(default=10_000.0, ge=0)  #: counts per second at its centre


class SimulatedCameraConfig(GateConfig):
    """A simulated camera in the configuration."""

    width: int = Field(default=320, ge=1, le=4096)
    height: int = Field(default=240, ge=1, le=4096)
    exposure_range: Annotated[list[float], Field(min_length=2, max_length=2)] = Field(
        default_factory=lambda: [1e-5, 60.0]
    )  #: s, shortest and longest
    background: float = Field(default=10.0, ge=0)  #: counts, in each image
    spot: SpotConfig = Field(default_factory=SpotConfig)
    trigger: TriggerReference | None = None  #: what its trigger input is connected to
    seed: int | None = None  #: of the noise; the same seed gives the same images


class SimulatedCameraDriver:
    """Exposes, reads out, and sometimes loses a frame.

    Args:
        name: Of the camera, for errors.
        settings: What it sees, and how long it takes.
    """

    def __init__(self, name: str, settings: SimulatedCameraConfig) -> None:
        self._name = name
        self._settings = settings
        self.width, self.height = settings.width, settings.height
        self.exposure_range = (settings.exposure_range[0], settings.exposure_range[1])
        self.gate = SimulatedGate(name, settings)
        self._trigger = TriggerMode.SOFTWARE
        self._is_armed = False
        self._exposure = 0.0
        self._dropped = -1  #: index of the frame that gets lost
        self._noises: np.ndarray | None = None
        if settings.trigger is not None:
            settings.trigger.trigger_out.connect(self._on_pulse)

    def prepare(self, exposure: float, npoints: int, trigger: TriggerMode) -> None:  # noqa: ARG002
        """Set the exposure, and what begins it."""
        if trigger is TriggerMode.HARDWARE and self._settings.trigger is None:
            raise DeviceError(
                f"{self._name}: its trigger input is not connected; see `trigger` in its "
                "configuration, or use trigger mode SOFTWARE"
            )
        self._trigger = trigger
        self._is_armed = False
        self._exposure = exposure
        if self._noises is None:  # only now: a session begins more quickly without
            random = np.random.default_rng(self._settings.seed)
            shape = (_NOISES, self.height, self.width)
            self._noises = random.poisson(self._settings.background, shape).astype("<u2")
        self.gate.prepare(exposure)

    def start(self) -> None:
        """Begin an exposure, or wait for the pulse."""
        if self._trigger is TriggerMode.SOFTWARE:
            self.gate.start()
        else:
            self.gate.check("start")
            self._is_armed = True

    def read(self) -> np.ndarray:
        """Wait for the image."""
        is_by_wire = self._trigger is TriggerMode.HARDWARE
        exposure = self.gate.wait_end("a trigger pulse" if is_by_wire else "its start")
        picture = self._picture(exposure)
        self.gate.wait_readout()
        frame = self.gate.points - 1
        if frame == self._dropped:
            self._dropped = -1
            raise DeviceError(f"{self._name}: frame {frame} was dropped, its buffer was full")
        return picture

    def end(self) -> None:
        """End the exposure before its time."""
        self.gate.end()

    def stop(self) -> None:
        """Expose no longer."""
        self._is_armed = False
        self.gate.stop()

    def drop(self, frame: int) -> None:
        """Lose that frame of the next scan, counted from 0."""
        self._dropped = frame

    def _on_pulse(self, instant: float) -> None:
        if self._is_armed:  # as a real one, it does not see a pulse that comes too early
            self._is_armed = False
            self.gate.begin(instant)

    def _picture(self, exposure: float) -> np.ndarray:
        """A round spot over noise; the product of two curves, which is quick."""
        spot = self._settings.spot
        moved = [axis.position * spot.pixels_per_unit for axis in spot.axes]
        across, up = [*moved, 0.0, 0.0][:2]
        columns = _curve(self.width, self.width / 2 + across, spot.sigma)
        rows = _curve(self.height, self.height / 2 + up, spot.sigma)
        light = np.outer(rows * (spot.peak * exposure), columns)
        noise = self._noises[self.gate.points % _NOISES] if self._noises is not None else 0
        picture: np.ndarray = np.minimum(light + noise, _SATURATION).astype("<u2")
        return picture


class SimulatedCamera(Camera):
    """A simulated camera.

    Args:
        name: What the user types.
        config: `width`, `height`, `exposure_range`, `background`; `spot` with `axes`,
            `pixels_per_unit`, `sigma`, `peak`; `trigger`, the device its trigger input is
            connected to; `latency`, `readout`, `clock_error`; `seed`.
    """

    def __init__(self, name: str, config: Mapping[str, Any]) -> None:
        self._simulated = SimulatedCameraDriver(name, checked(SimulatedCameraConfig, name, config))
        super().__init__(name, self._simulated)
        self.gate = self._simulated.gate  #: to make it fail

    def drop(self, frame: int) -> None:
        """Lose that frame of the next scan, counted from 0."""
        self._simulated.drop(frame)


def _curve(length: int, centre: float, sigma: float) -> np.ndarray:
    return np.exp(-(((np.arange(length) - centre) / sigma) ** 2) / 2)
