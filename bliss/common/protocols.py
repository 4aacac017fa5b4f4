"""What the scan engine asks of hardware.

`bliss.scanning` knows devices only through these protocols, so that a device of any make takes
part in a scan by having these members; it need not inherit from anything.  All times are seconds.
"""

from collections.abc import Sequence
from typing import Any, Protocol, TypeGuard


class Axis(Protocol):
    """Something that moves to a position and stops."""

    name: str  #: `"robz"`
    unit: str | None  #: `"mm"`

    @property
    def position(self) -> float:
        """User position, read from the hardware: `-4.98`."""

    @property
    def dial(self) -> float:
        """Position as the hardware has it, read from it: `-5.01`."""

    @property
    def state(self) -> Any:
        """What it does, in a word that `str` gives: `READY`."""

    @property
    def is_moving(self) -> bool:
        """Whether a move is under way."""

    def check_target(self, target: float) -> None:
        """Raise `LimitError` when `target` (user position) cannot be reached; touches nothing."""

    def start_move(self, target: float) -> None:
        """Start to move to `target` (user position) and return at once."""

    def wait_move(self) -> None:
        """Wait for the end of the move, raise `DeviceError` when it failed."""

    def stop(self) -> None:
        """Decelerate, and return once the axis stands still; harmless on an axis at rest."""


class MovingAxis(Axis, Protocol):
    """An axis whose speed is known, so that points can be taken while it moves."""

    @property
    def velocity(self) -> float:
        """Of the next move, in unit/s; it can be set."""

    @velocity.setter
    def velocity(self, velocity: float) -> None: ...

    @property
    def acceleration(self) -> float:
        """Of the next move, in unit/s2."""


class Counter(Protocol):
    """One value per point, of a fixed shape and type."""

    name: str  #: `"sim_ct_gauss"`
    unit: str | None  #: `"cts"`
    dtype: str  #: numpy's little-endian name, `"<f8"`
    shape: tuple[int, ...]  #: `()` for a scalar, `(2048,)` for a spectrum

    @property
    def controller(self) -> "CounterController":
        """The device that reads this counter, together with its others."""


class CounterController(Protocol):
    """A device with one or more counters; what is common to every kind of it."""

    name: str  #: `"simulation_counter_controller"`


class SamplingController(CounterController, Protocol):
    """A device whose counters are read at any instant, all that are asked for at once."""

    def read_all(self, counters: Sequence[Any]) -> Sequence[float]:
        """One value per counter, in the order asked, read now: `[99.7, 0.25]`."""


class SamplingCounter(Counter, Protocol):
    """A counter of a `SamplingController`."""

    mode: str  #: what is made of the samples of a point: `"MEAN"` or `"SINGLE"`


def _has_methods(value: object, *names: str) -> bool:
    return all(callable(getattr(type(value), name, None)) for name in names)


def is_axis(value: object) -> TypeGuard[Axis]:
    """Whether `value` is an `Axis`; does not read it."""
    return _has_methods(value, "check_target", "start_move", "wait_move", "stop")


def is_moving_axis(value: object) -> TypeGuard[MovingAxis]:
    """Whether `value` is a `MovingAxis`; does not read it."""
    return is_axis(value) and all(
        hasattr(type(value), name) for name in ("velocity", "acceleration")
    )


def is_counter(value: object) -> TypeGuard[Counter]:
    """Whether `value` is a `Counter`; does not read it."""
    return not is_axis(value) and all(
        hasattr(value, name) for name in ("name", "unit", "dtype", "shape", "controller")
    )


def is_sampling_controller(value: object) -> TypeGuard[SamplingController]:
    """Whether `value` is a `SamplingController`."""
    return _has_methods(value, "read_all")


def is_sampling_counter(value: object) -> TypeGuard[SamplingCounter]:
    """Whether `value` is a `SamplingCounter`; does not read it."""
    return is_counter(value) and hasattr(value, "mode")
