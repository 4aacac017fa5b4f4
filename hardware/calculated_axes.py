"""Axes that are calculated from others: a gap from two blades, an energy from an angle.

The real axes are checked against their limits and moved; the calculated one has limits, offset and
sign of its own besides.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from bliss.common.errors import ConfigError, DeviceError
from bliss.common.protocols import is_axis
from hardware.axis_config import AxisConfig, ControllerConfig
from hardware.axis_controller import AxisController, Motion
from hardware.axis_settings import Store
from hardware.axis_state import AxisState
from hardware.group import joint_state

if TYPE_CHECKING:
    from hardware.axis import Axis
    from hardware.driven_axis import DrivenAxis

Positions = Mapping[str, float]
"""Positions by role: `{"gap": 2.0, "offset": 0.0}`."""


class CalculatedAxisConfig(AxisConfig):
    """One entry of `axes`."""

    role: str | None = None  #: what the calculation calls it; its name by default


class CalculatedAxesConfig(ControllerConfig):
    """A controller of calculated axes in the configuration."""

    real: dict[str, Any]  #: the real axes by role: `{upper: $s1u, lower: $s1d}`
    axes: Sequence[CalculatedAxisConfig] = Field(min_length=1)


class CalculatedAxisController(AxisController):
    """Moves real axes so that calculated ones are where they should be.

    Derived classes write the two functions; positions in them are user positions, by role.
    """

    Config: ClassVar[type[ControllerConfig]] = CalculatedAxesConfig
    remembers = False

    def __init__(
        self, name: str, config: Mapping[str, Any], *, settings: Store | None = None
    ) -> None:
        super().__init__(name, config, settings=settings)
        self.real: dict[str, Axis] = self.config.real
        for role, axis in self.real.items():
            if not is_axis(axis):
                raise ConfigError(
                    f"{name}: real.{role} is {axis!r:.60}; expected an axis, as in {role}: $robx"
                )

    @property
    def real_axes(self) -> "list[Axis]":
        """The axes that are moved for the calculated ones."""
        return list(self.real.values())

    def from_real(self, real: Positions) -> Positions:
        """Where the calculated axes are when the real ones are here, all of both."""
        raise NotImplementedError

    def to_real(self, calculated: Positions) -> Positions:
        """Where the real axes have to be for the calculated ones to be here, all of both."""
        raise NotImplementedError

    def real_targets(self, targets: "Mapping[Axis, float]") -> "dict[Axis, float]":
        """User positions of the real axes; calculated ones that are not asked for stay.

        Raises:
            DeviceError: If they cannot be calculated.
        """
        wanted = {}
        for axis in self.axes.values():
            if axis in targets:
                wanted[_role(axis)] = axis.user_to_dial(targets[axis])
            else:
                wanted[_role(axis)] = axis.user_to_dial(axis.set_position)
        places = self._asked("to_real", self.to_real, wanted, self.real)
        return {axis: places[role] for role, axis in self.real.items()}

    def expected_time(self, axis: "Axis", start: float, target: float) -> float:
        """As long as the slowest of the real axes needs."""
        begin, end = (self.real_targets({axis: place}) for place in (start, target))
        return max(real.expected_time(begin[real], end[real]) for real in end)

    def _calculated(self) -> dict[str, float]:
        real = {role: axis.position for role, axis in self.real.items()}
        roles = [_role(axis) for axis in self.axes.values()]
        return self._asked("from_real", self.from_real, real, roles)

    def _asked(
        self,
        name: str,
        function: Callable[[Positions], Positions],
        positions: Positions,
        roles: Sequence[str] | Mapping[str, Any],
    ) -> dict[str, float]:
        """What a function of the user's says, looked at."""
        try:
            found = function(positions)
            return {role: float(found[role]) for role in roles}
        except Exception as problem:
            raise DeviceError(
                f"{self.name}: {name}({dict(positions)}) failed ({type(problem).__name__}: "
                f"{problem}); it has to give a position for each of {', '.join(roles)}"
            ) from problem

    def read_position(self, axis: "DrivenAxis") -> float:
        """Where the calculated axis is now."""
        return self._calculated()[_role(axis)] * axis.steps_per_unit

    def state(self, axis: "DrivenAxis") -> AxisState:  # noqa: ARG002 - the same for all
        """What the real axes do."""
        return joint_state(_named(real) for real in self.real.values())

    def motion_end(self, axis: "DrivenAxis") -> float | None:  # noqa: ARG002 - the same for all
        """When the last of the real axes ends, if all say so."""
        ends = [real.motion_end() for real in self.real.values()]
        return None if None in ends else max(end for end in ends if end is not None)

    def start_one(self, motion: Motion) -> None:
        """Nothing: the real axes are begun by who begins this."""

    def start_all(self, motions: Sequence[Motion]) -> None:
        """Nothing, as above."""

    def stop(self, axis: "DrivenAxis") -> None:  # noqa: ARG002 - the same for all
        """Stop the real axes."""
        for real in self.real.values():
            real.begin_stop()


def _named(axis: "Axis") -> AxisState:
    """What an axis does; a fault says whose it is."""
    state = axis.state
    if "FAULT" in state:
        return state.with_(("FAULT", f"{axis.name}: {state.meaning('FAULT')}"), without="FAULT")
    return state


def _role(axis: "DrivenAxis") -> str:
    return axis.config.role or axis.name


class FunctionAxesConfig(CalculatedAxesConfig):
    """A controller of axes that are calculated by two functions of the user's."""

    from_real: str  #: dotted path: `my_beamline.mono.energy_from_angle`
    to_real: str


class FunctionAxisController(CalculatedAxisController):
    """Calculates with two functions that the configuration names.

    Each takes a dict of positions by role and gives one; see `CalculatedAxisController`.
    """

    Config: ClassVar[type[ControllerConfig]] = FunctionAxesConfig

    def __init__(
        self, name: str, config: Mapping[str, Any], *, settings: Store | None = None
    ) -> None:
        super().__init__(name, config, settings=settings)
        self._from_real = _function(name, self.config.from_real)
        self._to_real = _function(name, self.config.to_real)

    def from_real(self, real: Positions) -> Positions:
        """As the user's function says."""
        return self._from_real(real)

    def to_real(self, calculated: Positions) -> Positions:
        """As the user's function says."""
        return self._to_real(calculated)


def _function(owner: str, path: str) -> Callable[[Positions], Positions]:
    module, _, name = path.rpartition(".")
    try:
        function = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as problem:
        raise ConfigError(
            f"{owner}: no function {path!r}: {problem}; expected a dotted path that can be imported"
        ) from None
    if not callable(function):
        raise ConfigError(f"{owner}: {path} is {function!r:.60}; expected a function")
    return function  # type: ignore[no-any-return]  # what it gives is looked at each time
