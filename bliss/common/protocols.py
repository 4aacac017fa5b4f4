"""What the scan engine asks of hardware.

`bliss.scanning` knows devices only through these protocols, so that a device of any make takes
part in a scan by having these members; it need not inherit from anything.  All times are seconds.
"""

from collections.abc import Iterable, Mapping, Sequence
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
    """One value per point, of a fixed shape and type.

    It may have a `conversion_function`, which every reading goes through, and an `alias`, which
    tables and plots show instead of its name; see `optional`.
    """

    name: str  #: `"sim_ct_gauss"`
    unit: str | None  #: `"cts"`
    dtype: str  #: numpy's little-endian name, `"<f8"`
    shape: tuple[int, ...]  #: `()` for a scalar, `(2048,)` for a spectrum

    @property
    def controller(self) -> "CounterController":
        """The device that reads this counter, together with its others."""


class CounterController(Protocol):
    """A device with one or more counters.

    What else it has says how it takes part in a scan: it is a `SamplingController`, an
    `IntegratingController` or a `CalculatingController`, or makes its own part, as an
    `AcquisitionProvider`.
    """

    name: str  #: `"simulation_counter_controller"`


class SamplingController(CounterController, Protocol):
    """A device whose counters are read at any instant, all that are asked for at once.

    It may say how often at most, in Hz, with `max_sampling_frequency`; 1000 otherwise.
    """

    def read_all(self, counters: Sequence[Any]) -> Sequence[Any]:
        """One value per counter, in the order asked, read now: `[99.7, 0.25]`."""


class SamplingCounter(Counter, Protocol):
    """A counter of a `SamplingController`."""

    @property
    def mode(self) -> str:
        """What is made of the samples of a point, one of `SamplingMode`: `"MEAN"`."""


class IntegratingController(CounterController, Protocol):
    """A device that counts by itself for a time, and is read when that is over.

    `prepare_counting` may take more keyword arguments: the `acquisition_settings` that the
    default chain has for the device.  It may have a `check_counting` with the same arguments, which
    raises what `prepare_counting` would, before anything is done; and an `end_counting`, which
    ends the point in hand before its time: `read_counting` then returns, with what was counted.
    """

    def prepare_counting(self, count_time: float, npoints: int) -> None:
        """Make ready for a scan of so many points (0: until it is stopped), or raise."""

    def start_counting(self) -> None:
        """Begin a point, and return at once."""

    def read_counting(self, counters: Sequence[Any]) -> Sequence[Any]:
        """Wait for the end of the point; one value per counter, in the order asked: `[1042]`."""

    def stop_counting(self) -> None:
        """Count no longer, and return; harmless when it does not."""


class CalculatingController(CounterController, Protocol):
    """Counters whose values are calculated from those of others, at the same point."""

    @property
    def inputs(self) -> Mapping[str, Counter]:
        """What it calculates from, by the names that it has for them."""

    def calculate(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """From one value per input to one per counter, by name: `{"ratio": 0.5}`."""


class AcquisitionProvider(CounterController, Protocol):
    """A device that says itself what it does in a scan."""

    def create_acquisition(
        self, counters: Sequence[Any], *, count_time: float, npoints: int
    ) -> Any:
        """An acquisition object of the scan engine that emits these counters.

        It may take more keyword arguments: the device's `acquisition_settings`.
        """


class CounterContainer(Protocol):
    """What stands for several counters in a scan: a detector, a measurement group."""

    @property
    def counters(self) -> Iterable[Counter]:
        """Those that it stands for now."""


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


def is_integrating_controller(value: object) -> TypeGuard[IntegratingController]:
    """Whether `value` is an `IntegratingController`."""
    return _has_methods(
        value, "prepare_counting", "start_counting", "read_counting", "stop_counting"
    )


def is_calculating_controller(value: object) -> TypeGuard[CalculatingController]:
    """Whether `value` is a `CalculatingController`."""
    return _has_methods(value, "calculate") and hasattr(type(value), "inputs")


def is_acquisition_provider(value: object) -> TypeGuard[AcquisitionProvider]:
    """Whether `value` is an `AcquisitionProvider`."""
    return _has_methods(value, "create_acquisition")


def is_counter_container(value: object) -> TypeGuard[CounterContainer]:
    """Whether `value` is a `CounterContainer`; asks nothing of it."""
    return hasattr(type(value), "counters") or "counters" in getattr(value, "__dict__", ())


def counters_of(value: object) -> list[Counter]:
    """`value` if it is a counter, those that it stands for if it is a container, else none."""
    if is_counter(value):
        return [value]
    if not is_counter_container(value):
        return []
    counters = value.counters
    several = counters.values() if isinstance(counters, Mapping) else counters
    return [counter for counter in several if is_counter(counter)]


def optional(counter: Counter, what: str) -> Any:
    """What a counter may have, `alias` or `conversion_function`; None if it has not."""
    return getattr(counter, what, None)
