"""A wire that carries trigger pulses from one device to others."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError


class TriggerLine:
    """Gives the pulses of a device to those that are connected to it."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[float], None]] = []

    def connect(self, listener: Callable[[float], None]) -> None:
        """Have `listener` called at each pulse, with its instant on `bliss.common.clock`."""
        self._listeners.append(listener)

    def pulse(self, instant: float) -> None:
        """Trigger all that is connected."""
        for listener in self._listeners:
            listener(instant)


def _with_output(value: object) -> object:
    if not hasattr(type(value), "trigger_out"):
        raise PydanticCustomError(
            "trigger", "a device that gives triggers is expected, as in `trigger: $counter_card`"
        )
    return value


#: A device in the configuration that has a `trigger_out`, a `TriggerLine`.
TriggerReference = Annotated[Any, BeforeValidator(_with_output)]
