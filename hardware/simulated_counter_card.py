"""A counter card that exists only here: scalers behind one gate, with a clock of their own."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from pydantic import Field

from bliss.common import clock
from bliss.common.errors import ConfigError
from hardware.configuration import checked
from hardware.counters import CounterNamespace, IntegratingCounter
from hardware.simulated_gate import GateConfig, SimulatedGate
from hardware.simulated_signals import AnySignal, Signal
from hardware.trigger_line import TriggerLine


class CounterCardConfig(GateConfig):
    """A simulated counter card in the configuration."""

    counters: list[AnySignal] = Field(min_length=1)  #: their signals are counts per second
    seed: int | None = None  #: of the noise; the same seed gives the same values


class SimulatedCounterCard:
    """Counts pulses while its gate is open; whole numbers, with the noise of counting.

    Args:
        name: Of the card.
        config: `counters` as those of `SimulatedCounterController`, with rates in counts per
            second; `latency`, `readout`, `clock_error`; `seed`.
    """

    def __init__(self, name: str, config: Mapping[str, Any]) -> None:
        self.name = name
        settings = checked(CounterCardConfig, name, config)
        self.gate = SimulatedGate(name, settings)  #: to make it fail
        self._trigger_out = TriggerLine()
        self._seed = settings.seed
        self._counters: dict[str, IntegratingCounter] = {}
        self._rates: dict[str, Signal] = {}
        self._at_start: dict[str, float] = {}
        for entry in settings.counters:
            if entry.name in self._counters:
                raise ConfigError(f"{name}: there are two counters of the name {entry.name!r}")
            self._counters[entry.name] = IntegratingCounter(
                entry.name, self, unit=entry.unit, dtype="<i8", alias=entry.alias
            )
            self._rates[entry.name] = entry.signal()

    @cached_property
    def _random(self) -> np.random.Generator:
        # only now: numpy's generators take a while to import, and a session shall begin quickly
        return np.random.default_rng(self._seed)

    @property
    def devices(self) -> dict[str, object]:
        """The counters by name."""
        return dict(self._counters)

    @property
    def counters(self) -> CounterNamespace:
        """The counters, to be named in a scan as one."""
        return CounterNamespace(self._counters.values())

    @property
    def trigger_out(self) -> TriggerLine:
        """Gives a pulse whenever the gate opens."""
        return self._trigger_out

    def prepare_counting(self, count_time: float, npoints: int) -> None:  # noqa: ARG002
        """Set the time that the gate is open."""
        self.gate.prepare(count_time)

    def start_counting(self) -> None:
        """Open the gate."""
        self.gate.start()
        self._at_start = self._read_rates()
        self._trigger_out.pulse(clock.now())

    def read_counting(self, counters: Sequence[Any]) -> list[int]:
        """Wait until the gate is closed; the counts of each counter, in the order asked."""
        seconds = self.gate.wait_end()
        rates = self._read_rates()
        counts = [
            self._counted((self._at_start[each.name] + rates[each.name]) / 2 * seconds)
            for each in counters
        ]
        self.gate.wait_readout()
        return counts

    def end_counting(self) -> None:
        """Close the gate before its time."""
        self.gate.end()

    def stop_counting(self) -> None:
        """Close the gate."""
        self.gate.stop()

    def _read_rates(self) -> dict[str, float]:
        """Counts per second now: their mean at start and end is right where they change evenly."""
        return {name: rate() for name, rate in self._rates.items()}

    def _counted(self, expected: float) -> int:
        return int(self._random.poisson(max(0.0, expected)))

    def __repr__(self) -> str:
        return f"<SimulatedCounterCard {self.name}: {', '.join(self._counters)}>"
