"""Counters that exist only here, and see what `simulated_signals` describes."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from bliss.common.errors import ConfigError
from hardware.configuration import DeviceConfig, checked
from hardware.counters import CounterNamespace, SamplingCounter
from hardware.simulated_signals import AnySignal, Signal


class SimulatedCountersConfig(DeviceConfig):
    """A controller of simulated counters in the configuration."""

    counters: list[AnySignal] = Field(min_length=1)
    seed: int | None = None  #: of the noise; the same seed gives the same values


class SimulatedCounterController:
    """Reads simulated counters.

    Each reading has its own normal noise, relative to the signal, and is not rounded: rounding
    would break the foot of a peak.

    Args:
        name: Of the controller.
        config: `counters`, a list of entries with `name`, `shape` (`gauss`, `blobs` or
            `constant`), `noise`, `unit`, `alias`, `mode`, and what the shape needs; `seed`.
    """

    def __init__(self, name: str, config: Mapping[str, Any]) -> None:
        self.name = name
        self._counters: dict[str, SamplingCounter] = {}
        self._readings: dict[str, Signal] = {}
        settings = checked(SimulatedCountersConfig, name, config)
        # Not for secrets; an own generator, so that other users of `random` change nothing here.
        self._random = random.Random(settings.seed)  # noqa: S311
        for entry in settings.counters:
            self._add(entry)

    @property
    def devices(self) -> dict[str, object]:
        """The counters by name."""
        return dict(self._counters)

    @property
    def counters(self) -> CounterNamespace:
        """The counters, to be named in a scan as one."""
        return CounterNamespace(self._counters.values())

    def read_all(self, counters: Sequence[Any]) -> list[float]:
        """One value per counter, in the order asked, read now: `[99.7, 0.25]`."""
        readings = self._readings
        return [readings[counter.name]() for counter in counters]

    def _add(self, entry: AnySignal) -> None:
        name = entry.name
        if name in self._counters:
            raise ConfigError(f"{self.name}: there are two counters of the name {name!r}")
        self._counters[name] = SamplingCounter(
            name, self, unit=entry.unit, mode=entry.mode, alias=entry.alias
        )
        signal = entry.signal()
        self._readings[name] = _noisy(signal, entry.noise, self._random) if entry.noise else signal

    def __repr__(self) -> str:
        return f"<SimulatedCounterController {self.name}: {', '.join(self._counters)}>"


def _noisy(signal: Signal, noise: float, generator: random.Random) -> Signal:
    def read() -> float:
        return signal() * generator.gauss(1.0, noise)

    return read
