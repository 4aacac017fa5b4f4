"""Counters that exist only here: a peak over an axis, and a steady light."""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal, Protocol

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from bliss.common.errors import ConfigError
from hardware.configuration import DeviceConfig, checked
from hardware.counters import SamplingCounter, SamplingMode


class Positioned(Protocol):
    """What a peak follows: an axis, of any make."""

    @property
    def position(self) -> float:
        """Where it is now."""


def _positioned(value: object) -> object:
    # Asks the class: asking the axis itself would read its hardware.
    if not hasattr(type(value), "position"):
        raise PydanticCustomError("axis", "an axis is expected, as in `axis: $robz`")
    return value


class CounterConfig(DeviceConfig):
    """What an entry of `counters` has, whatever its shape."""

    name: str = Field(min_length=1)
    unit: str | None = "cts"
    peak: float  #: highest signal, in `unit`
    noise: float = Field(default=0.0, ge=0)  #: standard deviation, as a share of the signal


class GaussConfig(CounterConfig):
    """A signal that is a peak when an axis moves through it."""

    shape: Literal["gauss"]
    axis: Annotated[Any, BeforeValidator(_positioned)]
    centre: float = 0.0  #: in the axis' unit
    sigma: float = Field(gt=0)  #: in the axis' unit
    mode: SamplingMode = "SINGLE"

    def signal(self) -> Callable[[], float]:
        """A function that computes the signal, without noise, where the axis is now."""
        return _gauss(self.axis, peak=self.peak, centre=self.centre, sigma=self.sigma)


class ConstantConfig(CounterConfig):
    """A steady signal."""

    shape: Literal["constant"]
    mode: SamplingMode = "MEAN"

    def signal(self) -> Callable[[], float]:
        """A function that returns the signal, without noise."""
        level = self.peak
        return lambda: level


class SimulatedCountersConfig(DeviceConfig):
    """A controller of simulated counters in the configuration."""

    counters: list[Annotated[GaussConfig | ConstantConfig, Field(discriminator="shape")]] = Field(
        min_length=1
    )
    seed: int | None = None  #: of the noise; the same seed gives the same values


class SimulatedCounterController:
    """Reads simulated counters.

    Each reading has its own normal noise, relative to the signal, and is not rounded: rounding
    would break the foot of a peak.

    Args:
        name: Of the controller.
        config: `counters`, a list of entries with `name`, `shape` (`gauss` or `constant`),
            `peak`, `noise`, `unit`, `mode`, and for a gauss `axis`, `centre`, `sigma`; `seed`.
    """

    def __init__(self, name: str, config: Mapping[str, Any]) -> None:
        self.name = name
        self._counters: dict[str, SamplingCounter] = {}
        self._readings: dict[str, Callable[[], float]] = {}
        settings = checked(SimulatedCountersConfig, name, config)
        # Not for secrets; an own generator, so that other users of `random` change nothing here.
        self._random = random.Random(settings.seed)  # noqa: S311
        for entry in settings.counters:
            self._add(entry)

    @property
    def devices(self) -> dict[str, object]:
        """The counters by name."""
        return dict(self._counters)

    def read_all(self, counters: Sequence[Any]) -> list[float]:
        """One value per counter, in the order asked, read now: `[99.7, 0.25]`."""
        readings = self._readings
        return [readings[counter.name]() for counter in counters]

    def _add(self, entry: GaussConfig | ConstantConfig) -> None:
        name = entry.name
        if name in self._counters:
            raise ConfigError(f"{self.name}: there are two counters of the name {name!r}")
        self._counters[name] = SamplingCounter(name, self, unit=entry.unit, mode=entry.mode)
        signal = entry.signal()
        self._readings[name] = _noisy(signal, entry.noise, self._random) if entry.noise else signal

    def __repr__(self) -> str:
        return f"<SimulatedCounterController {self.name}: {', '.join(self._counters)}>"


def _gauss(axis: Positioned, *, peak: float, centre: float, sigma: float) -> Callable[[], float]:
    def read() -> float:
        return peak * math.exp(-(((axis.position - centre) / sigma) ** 2) / 2)

    return read


def _noisy(
    signal: Callable[[], float], noise: float, generator: random.Random
) -> Callable[[], float]:
    def read() -> float:
        return signal() * generator.gauss(1.0, noise)

    return read
