"""An axis of anything that has a position: a temperature, a voltage, an object of one's own.

class Furnace:
    temperature = 20.0

furnace_axis = SoftAxis("furnace", Furnace(), position="temperature", unit="degC")
ascan(furnace_axis, 20, 100, 8, 1)
"""

from collections.abc import Callable
from typing import Any

from bliss.common.ending import in_words
from bliss.common.errors import BlissError, ConfigError, DeviceError
from hardware.axis import Axis
from hardware.axis_controller import AxisController, Motion
from hardware.axis_state import READY, AxisState
from hardware.driven_axis import DrivenAxis


class _SoftController(AxisController):
    """Drives one object of the user's."""

    thing: Any
    parts: dict[str, str | Callable[..., Any] | None]

    def read_position(self, axis: DrivenAxis) -> float:
        part = self.parts["position"]
        if callable(part):
            return float(self._call(axis, "position", part))
        assert part is not None  # noqa: S101 - SoftAxis saw to that
        value = self._call(axis, part, lambda: getattr(self.thing, part))
        return float(self._call(axis, part, value) if callable(value) else value)

    def state(self, axis: DrivenAxis) -> AxisState:
        part = self.parts["state"]
        if part is None:
            return READY
        state = self._call(axis, "state", self._method(part))
        return state if isinstance(state, AxisState) else AxisState(*str(state).split())

    def start_one(self, motion: Motion) -> None:
        part = self.parts["move"]
        if part is None:
            name = self.parts["position"]
            self._call(
                motion.axis, f"{name} =", lambda: setattr(self.thing, str(name), motion.target)
            )
        else:
            self._call(motion.axis, "move", self._method(part), motion.target)

    def stop(self, axis: DrivenAxis) -> None:
        part = self.parts["stop"]
        if part is not None:
            self._call(axis, "stop", self._method(part))

    def _method(self, part: str | Callable[..., Any]) -> Callable[..., Any]:
        return part if callable(part) else getattr(self.thing, part)

    def _call(self, axis: DrivenAxis, what: str, call: Callable[..., Any], *args: float) -> Any:
        try:
            return call(*args)
        except BlissError:
            raise
        except Exception as problem:
            raise DeviceError(
                f"{axis.name}: {what} of {type(self.thing).__name__} failed ({in_words(problem)})"
            ) from problem


class SoftAxis(Axis):
    """An axis of an object.

    Args:
        name: What the user types.
        thing: The object.
        position: Name of its attribute or method, or a function, that gives the position.
        move: Name of its method, or a function, that goes to a position; without one the
            attribute is set.  It may return before the position is reached if there is a `state`.
        stop: Name of its method, or a function, that stops it.
        state: Name of its method, or a function, that says `"READY"`, `"MOVING"` or `"FAULT"`.
        low_limit: Lowest position.
        high_limit: Highest position.
        tolerance: How far from its target it may end.
        unit: Of its positions.

    Raises:
        ConfigError: If the object has no such attribute.
    """

    def __init__(
        self,
        name: str,
        thing: Any,
        *,
        position: str | Callable[[], float] = "position",
        move: str | Callable[[float], object] | None = None,
        stop: str | Callable[[], object] | None = None,
        state: str | Callable[[], object] | None = None,
        low_limit: float | None = None,
        high_limit: float | None = None,
        tolerance: float | None = None,
        unit: str | None = None,
    ) -> None:
        parts = {"position": position, "move": move, "stop": stop, "state": state}
        for what, part in parts.items():
            if isinstance(part, str) and not hasattr(thing, part):
                raise ConfigError(f"{name}: {what}={part!r}: {thing!r:.60} has no such attribute")
        if callable(position) and move is None:
            raise ConfigError(
                f"{name}: say with move= how to go to a position; it can only be read"
            )
        entry = {
            "name": name,
            "unit": unit,
            "limits": [low_limit, high_limit],
            "tolerance": tolerance,
        }
        controller = _SoftController(f"{name}_controller", {"axes": [entry]}, settings=lambda _: {})
        controller.thing, controller.parts = thing, parts
        super().__init__(name, controller, controller.config.axes[0], {})
        controller.axes[name] = self
