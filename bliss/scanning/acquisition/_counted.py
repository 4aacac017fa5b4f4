"""What all devices with counters share: their channels, and checks of what they give."""

from collections.abc import Callable, Sequence
from typing import Any

from bliss.common.errors import DeviceError
from bliss.common.protocols import Counter, optional
from bliss.scanning.channel import AcquisitionChannel

Convert = Callable[[Any], Any]


def channel_of(counter: Counter) -> AcquisitionChannel:
    """The channel of a counter's values."""
    return AcquisitionChannel(
        channel_name(counter),
        dtype=counter.dtype,
        shape=counter.shape,
        unit=counter.unit,
        alias=optional(counter, "alias"),
    )


def channel_name(counter: Counter) -> str:
    """`"simulation_counter_controller:sim_ct_gauss"`."""
    return f"{counter.controller.name}:{counter.name}"


class Conversions:
    """The conversion functions of some counters.

    Args:
        device: That gives their values.
        counters: In the order of the values.
    """

    def __init__(self, device: str, counters: Sequence[Counter]) -> None:
        functions = (optional(counter, "conversion_function") for counter in counters)
        self._device = device
        self._count = len(counters)
        self._functions: list[tuple[int, Convert]] = [
            (index, function) for index, function in enumerate(functions) if function is not None
        ]

    def applied(self, values: Sequence[Any]) -> Sequence[Any]:
        """The values, each through the function of its counter.

        Raises:
            DeviceError: If there is not one per counter.
        """
        if len(values) != self._count:
            raise DeviceError(
                f"{self._device}: gave {len(values)} values for {self._count} counters; "
                "expected one per counter, in the order asked"
            )
        if self._functions:
            values = list(values)
            for index, function in self._functions:
                values[index] = function(values[index])
        return values
