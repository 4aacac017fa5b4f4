"""Counters that are calculated from those of other devices."""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from bliss.common.errors import DeviceError
from bliss.common.protocols import CalculatingController, Counter
from bliss.scanning.acquisition._counted import Conversions, channel_of
from bliss.scanning.chain import AcquisitionSlave
from bliss.scanning.channel import AcquisitionChannel


class CalculatingSlave(AcquisitionSlave):
    """Calculates each point once all inputs have emitted it.

    It has to come after its inputs in the chain.

    Args:
        controller: What calculates.
        counters: Those of its counters that take part.
        inputs: The channel of each of its inputs, by the controller's name for it.
    """

    def __init__(
        self,
        controller: CalculatingController,
        counters: Sequence[Counter],
        inputs: Mapping[str, AcquisitionChannel],
    ) -> None:
        super().__init__(controller.name)
        self._controller = controller
        self._names = [counter.name for counter in counters]
        self._conversions = Conversions(self.name, counters)
        self.channels = [channel_of(counter) for counter in counters]
        self._waiting: dict[str, deque[Any]] = {}
        for name, channel in inputs.items():
            self._waiting[name] = deque()
            channel.add_listener(self._waiting[name].extend)

    def wait_ready(self) -> None:
        """Emit the points that all inputs have."""
        while all(self._waiting.values()):
            point = {name: values.popleft() for name, values in self._waiting.items()}
            values = self._conversions.applied(self._asked(self._controller.calculate(point)))
            for channel, value in zip(self.channels, values, strict=True):
                channel.emit(value)

    def _asked(self, results: Mapping[str, Any]) -> list[Any]:
        try:
            return [results[name] for name in self._names]
        except (KeyError, TypeError):
            raise DeviceError(
                f"{self.name}: calculated {results!r:.60}; expected a mapping with a value for "
                f"each of {', '.join(self._names)}"
            ) from None
