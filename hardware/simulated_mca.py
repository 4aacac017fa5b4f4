"""A multichannel analyser that exists only here: fluorescence lines over a background."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
from pydantic import Field

from hardware.configuration import DeviceConfig, checked
from hardware.mca import MCA, Spectrum
from hardware.simulated_gate import GateConfig, SimulatedGate


class LineConfig(DeviceConfig):
    """One line of the spectrum."""

    channel: float = Field(ge=0)  #: where it is
    sigma: float = Field(default=10.0, gt=0)  #: in channels
    rate: float = Field(ge=0)  #: events per second


class SimulatedMCAConfig(GateConfig):
    """A simulated multichannel analyser in the configuration."""

    channels: int = Field(default=2048, ge=1, le=65536)
    lines: list[LineConfig] = Field(default_factory=list)
    background: float = Field(default=100.0, ge=0)  #: events per second, in all channels together
    event_time: float = Field(default=1e-6, ge=0)  #: s that it is busy with each event
    seed: int | None = None  #: of the noise; the same seed gives the same spectra


class SimulatedMCADriver:
    """Counts events of some lines.

    Args:
        name: Of the device, for errors.
        settings: What it sees, and how long it takes.
    """

    def __init__(self, name: str, settings: SimulatedMCAConfig) -> None:
        self.channels = settings.channels
        self.gate = SimulatedGate(name, settings)
        self._seed = settings.seed
        self._rates = _rates(settings)
        total = float(self._rates.sum())
        #: share of the time in which a device that each event makes busy is not, see Knoll,
        #: Radiation Detection and Measurement, chapter 4 (nonparalyzable)
        self._live = 1 / (1 + total * settings.event_time)

    @cached_property
    def _random(self) -> np.random.Generator:
        # only now: numpy's generators take a while to import, and a session shall begin quickly
        return np.random.default_rng(self._seed)

    def prepare(self, count_time: float, npoints: int) -> None:  # noqa: ARG002
        """Set the time."""
        self.gate.prepare(count_time)

    def start(self) -> None:
        """Begin a point."""
        self.gate.start()

    def read(self) -> Spectrum:
        """Wait for the end of the point, and read it."""
        real = self.gate.wait_end()
        live = real * self._live
        counts = self._random.poisson(self._rates * live).astype("<u4")
        self.gate.wait_readout()
        return Spectrum(counts, real, live)

    def end(self) -> None:
        """End the point before its time."""
        self.gate.end()

    def stop(self) -> None:
        """Count no longer."""
        self.gate.stop()


class SimulatedMCA(MCA):
    """A simulated multichannel analyser.

    Args:
        name: What the user types.
        config: `channels`; `lines`, a list of `channel`, `sigma`, `rate`; `background`,
            `event_time`; `latency`, `readout`, `clock_error`; `seed`.
    """

    def __init__(self, name: str, config: Mapping[str, Any]) -> None:
        driver = SimulatedMCADriver(name, checked(SimulatedMCAConfig, name, config))
        super().__init__(name, driver)
        self.gate = driver.gate  #: to make it fail


def _rates(settings: SimulatedMCAConfig) -> np.ndarray:
    """Events per second in each channel."""
    channels = np.arange(settings.channels)
    rates = np.full(settings.channels, settings.background / settings.channels)
    for line in settings.lines:
        peak = np.exp(-(((channels - line.channel) / line.sigma) ** 2) / 2)
        rates += line.rate * peak / (line.sigma * np.sqrt(2 * np.pi))
    return rates
