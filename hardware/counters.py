"""The standard counters: what every counter does the same way, whatever reads it.

What a particular device does is in its controller, a small object that all its counters share;
`bliss.common.protocols` says what a controller has to have.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from bliss.common import sampling
from bliss.common.errors import SettingError
from bliss.common.protocols import (
    CalculatingController,
    CounterController,
    IntegratingController,
    SamplingController,
)
from bliss.common.sampling import SamplingMode

Conversion = Callable[[Any], Any]


class Counter:
    """One value per point of a scan.

    Args:
        name: What the user types, `"diode1"`.
        controller: What reads it, together with its others.
        unit: Of its values.
        dtype: numpy's little-endian name of a value's type.
        shape: Of a value; `()` for a number.
        conversion_function: From what the device reads to the value, number to number.
        alias: What tables and plots show instead of the name.
    """

    def __init__(
        self,
        name: str,
        controller: CounterController,
        *,
        unit: str | None = None,
        dtype: str = "<f8",
        shape: tuple[int, ...] = (),
        conversion_function: Conversion | None = None,
        alias: str | None = None,
    ) -> None:
        self.name = name
        self.unit = unit
        self.dtype = dtype
        self.shape = shape
        self._controller: Any = controller
        self.conversion_function = conversion_function
        self.alias = alias

    @property
    def controller(self) -> Any:
        """The device that reads this counter, together with its others."""
        return self._controller

    @property
    def fullname(self) -> str:
        """`"simulation_counter_controller:sim_ct_gauss"`."""
        return f"{self._controller.name}:{self.name}"

    @property
    def conversion_function(self) -> Conversion | None:
        """From what the device reads to the value; None leaves it as it is."""
        return self._conversion_function

    @conversion_function.setter
    def conversion_function(self, function: Conversion | None) -> None:
        if function is not None and not callable(function):
            raise SettingError(
                f"{self.name}: {function!r:.40} is no conversion function; expected a function of "
                "one value, or None"
            )
        self._conversion_function = function

    @property
    def alias(self) -> str | None:
        """What tables and plots show instead of the name; None for the name."""
        return self._alias

    @alias.setter
    def alias(self, alias: str | None) -> None:
        if alias is not None and (not isinstance(alias, str) or not alias.strip()):
            raise SettingError(f"{self.name}: {alias!r:.40} is no alias; expected text, or None")
        self._alias = alias

    def __info__(self) -> str:
        """What a user wants to see."""
        return "\n".join([f"{self.name}: counter of {self._controller.name}", *self._described()])

    def _described(self) -> Iterator[str]:
        if self._alias:
            yield f"  alias  {self._alias}"
        yield f"  type   {self.dtype}, shape {self.shape}{f', {self.unit}' if self.unit else ''}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.fullname}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ARG002 - IPython's protocol
        nested = len(printer.stack) > 1  # in a list, say
        printer.text(repr(self) if nested else self.__info__())


class SamplingCounter(Counter):
    """A counter that can be read at any instant.

    Args:
        name: What the user types, `"diode1"`.
        controller: What reads it.
        mode: What is made of the samples of a point: one of `SamplingMode`, or its name.
        about: What every counter has: `unit`, `dtype`, `shape`, `conversion_function`, `alias`.

    Raises:
        SettingError: If one of these is not as expected.
    """

    def __init__(
        self,
        name: str,
        controller: SamplingController,
        *,
        mode: SamplingMode | str = SamplingMode.MEAN,
        **about: Any,
    ) -> None:
        super().__init__(name, controller, **about)
        self.mode = mode

    @property
    def mode(self) -> SamplingMode:
        """What is made of the samples of a point; set it to one of `SamplingMode`, or its name."""
        return self._mode

    @mode.setter
    def mode(self, mode: SamplingMode | str) -> None:
        self._mode = sampling.checked_mode(self.name, mode, self.shape)

    @property
    def value(self) -> Any:
        """One reading, taken now."""
        value = self._controller.read_all([self])[0]
        return self._conversion_function(value) if self._conversion_function else value

    def _described(self) -> Iterator[str]:
        yield f"  value  {self.value}{f' {self.unit}' if self.unit else ''}"
        yield f"  mode   {self.mode}"
        yield from super()._described()


class IntegratingCounter(Counter):
    """A counter of a device that counts by itself, and is read when that is over.

    Args as those of `Counter`.
    """

    def __init__(self, name: str, controller: IntegratingController, **about: Any) -> None:
        super().__init__(name, controller, **about)


class CalcCounter(Counter):
    """A counter that is calculated from others; a scan counts those, too.

    Args as those of `Counter`.
    """

    def __init__(self, name: str, controller: CalculatingController, **about: Any) -> None:
        super().__init__(name, controller, **about)

    def _described(self) -> Iterator[str]:
        inputs = self._controller.inputs.items()
        yield f"  of     {', '.join(f'{name} = {counter.name}' for name, counter in inputs)}"
        yield from super()._described()


class CounterNamespace:
    """Counters by name: `mca1.counters.spectrum`, `mca1.counters["spectrum"]`.

    Iterating gives the counters.
    """

    def __init__(self, counters: Iterable[Counter]) -> None:
        self._counters = {counter.name: counter for counter in counters}

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["_counters"][name]
        except KeyError:
            raise AttributeError(
                f"no counter {name!r}; there are {', '.join(self.__dict__.get('_counters', ()))}"
            ) from None

    def __getitem__(self, name: str) -> Any:
        return self._counters[name]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._counters.values())

    def __len__(self) -> int:
        return len(self._counters)

    def __contains__(self, name: object) -> bool:
        return name in self._counters or name in self._counters.values()

    def __dir__(self) -> list[str]:
        return list(self._counters)

    def __repr__(self) -> str:
        return f"<counters: {', '.join(self._counters)}>"
