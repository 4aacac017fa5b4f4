"""Counters that are calculated from others at each point, by a function or a formula.

ratio = calc_counter("ratio", lambda i0, it: it / i0, diode1, diode2)
absorption = expression_counter("absorption", "log(i0 / it)", i0=diode1, it=diode2)
loopscan(10, .1, absorption)        # counts diode1 and diode2, too
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

import numpy as np
from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from bliss.common.errors import ConfigError, SettingError
from bliss.common.protocols import Counter, is_counter
from hardware.configuration import DeviceConfig, checked
from hardware.counters import CalcCounter, CounterNamespace
from hardware.expressions import CONSTANTS, FUNCTIONS, Expression


class CalcCounterController:
    """Calculates counters; derive from it and write `calc_function`, or give it a function.

    Args:
        name: Of the controller.
        inputs: What it calculates from, by the names that the function has for them.
        outputs: Names of its counters, or the `CalcCounter` arguments of each by name.
        function: From `{input: value}` to `{output: value}` at one point.

    Raises:
        SettingError: If an input is no counter.
    """

    def __init__(
        self,
        name: str,
        inputs: Mapping[str, Counter],
        outputs: Sequence[str] | Mapping[str, Mapping[str, Any]],
        function: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None,
    ) -> None:
        self.name = name
        self._inputs = dict(inputs)
        self._function = function
        for each, counter in self._inputs.items():
            if not is_counter(counter):
                raise SettingError(f"{name}: input {each} is {counter!r:.60}; expected a counter")
        about = outputs if isinstance(outputs, Mapping) else {output: {} for output in outputs}
        self._counters = {each: CalcCounter(each, self, **more) for each, more in about.items()}

    @property
    def inputs(self) -> Mapping[str, Counter]:
        """What it calculates from, by the names that it has for them."""
        return self._inputs

    @property
    def counters(self) -> CounterNamespace:
        """What it calculates."""
        return CounterNamespace(self._counters.values())

    @property
    def devices(self) -> dict[str, object]:
        """The counters by name."""
        return dict(self._counters)

    def calc_function(self, input_dict: Mapping[str, Any]) -> Mapping[str, Any]:
        """From one value per input to one per output."""
        if self._function is None:
            raise NotImplementedError(f"{self.name}: has no function; write its calc_function")
        return self._function(input_dict)

    def calculate(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the scan engine calls at each point."""
        return self.calc_function(values)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}: {', '.join(self._counters)}>"


def calc_counter(
    name: str, function: Callable[..., Any], *inputs: Counter, **about: Any
) -> CalcCounter:
    """A counter that a function calculates from others.

        ratio = calc_counter("ratio", lambda a, b: a / b, diode1, fluo_diode)

    Args:
        name: What the user types.
        function: Takes one value per input, in their order, and gives the value.
        inputs: Counters.
        about: What every counter has: `unit`, `dtype`, `shape`, `conversion_function`, `alias`.

    Raises:
        SettingError: If an input is no counter.
    """
    names = [f"input{index}" for index in range(len(inputs))]

    def calculated(values: Mapping[str, Any]) -> Mapping[str, Any]:
        return {name: function(*(values[each] for each in names))}

    controller = CalcCounterController(
        name, dict(zip(names, inputs, strict=True)), {name: about}, calculated
    )
    return controller.counters[name]  # type: ignore[no-any-return]


def expression_counter(name: str, expression: str, /, **inputs: Any) -> CalcCounter:
    """A counter that a formula calculates from others.

        ratio = expression_counter("ratio", "a / b", a=diode1, b=fluo_diode)

    Args:
        name: What the user types.
        expression: The formula; `hardware.expressions` says what it may have.
        inputs: The counter, or the number, that each name of it stands for; and `unit`, `alias`.

    Raises:
        ConfigError: If it is no formula of these names.
    """
    about = {key: inputs.pop(key) for key in ("unit", "alias") if isinstance(inputs.get(key), str)}
    constants = {key: value for key, value in inputs.items() if not is_counter(value)}
    counters = {key: value for key, value in inputs.items() if key not in constants}
    made = _Expressions(name, counters, constants, {name: (expression, about)})
    return made.counters[name]  # type: ignore[no-any-return]


class _Expressions(CalcCounterController):
    """Calculates a formula for each of its counters."""

    def __init__(
        self,
        name: str,
        inputs: Mapping[str, Counter],
        constants: Mapping[str, Any],
        outputs: Mapping[str, tuple[str, Mapping[str, Any]]],
    ) -> None:
        _check_names(name, inputs, constants)
        known = [*inputs, *constants]
        try:
            self._expressions = {
                output: Expression(text, known) for output, (text, _) in outputs.items()
            }
        except ConfigError as problem:
            raise ConfigError(f"{name}: {problem}") from None
        self._constants = dict(constants)
        super().__init__(name, inputs, {output: about for output, (_, about) in outputs.items()})

    def calc_function(self, input_dict: Mapping[str, Any]) -> Mapping[str, Any]:
        values = self._constants | dict(input_dict)
        return {name: _plain(each.evaluate(values)) for name, each in self._expressions.items()}


def _plain(value: Any) -> Any:
    """A number as Python's own, which a channel takes more quickly."""
    return value.item() if isinstance(value, np.generic) else value


def _check_names(name: str, inputs: Mapping[str, Counter], constants: Mapping[str, object]) -> None:
    for each in [*inputs, *constants]:
        if each in CONSTANTS or each in FUNCTIONS:
            raise ConfigError(f"{name}: {each} means something in a formula; choose another name")
    for each, value in constants.items():
        if isinstance(value, bool) or not isinstance(value, int | float | np.number):
            raise ConfigError(f"{name}: {each} is {value!r:.40}; expected a counter or a number")


def _counter(value: object) -> object:
    if not is_counter(value):
        raise PydanticCustomError("counter", "a counter is expected, as in `counter: $diode1`")
    return value


class InputConfig(DeviceConfig):
    """A counter that formulas use."""

    counter: Annotated[Any, BeforeValidator(_counter)]
    tags: str = Field(pattern=r"^[A-Za-z_]\w*$")  #: its name in the formulas


class OutputConfig(DeviceConfig):
    """A counter that a formula calculates."""

    name: str = Field(min_length=1)
    expression: str = Field(min_length=1)
    unit: str | None = None
    alias: str | None = Field(default=None, min_length=1)


class ExpressionCountersConfig(DeviceConfig):
    """A controller of counters calculated by formulas in the configuration."""

    inputs: list[InputConfig] = Field(default_factory=list)
    constants: dict[str, float] = Field(default_factory=dict)
    outputs: list[OutputConfig] = Field(min_length=1)


class ExpressionCounters(_Expressions):
    """Counters calculated by formulas that the configuration has.

    Args:
        name: Of the controller.
        config: `inputs`, a list of `counter` and `tags` (its name in the formulas); `constants`,
            numbers by name; `outputs`, a list of `name`, `expression`, `unit`, `alias`.
    """

    def __init__(self, name: str, config: Mapping[str, Any]) -> None:
        settings = checked(ExpressionCountersConfig, name, config)
        super().__init__(
            name,
            {each.tags: each.counter for each in settings.inputs},
            settings.constants,
            {
                each.name: (each.expression, {"unit": each.unit, "alias": each.alias})
                for each in settings.outputs
            },
        )
