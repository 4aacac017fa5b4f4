"""What a user wants done around a scan, its chain or each point: open the shutter, close it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from bliss.common.errors import ScanError
from bliss.scanning._taps import connect

if TYPE_CHECKING:
    from bliss.scanning.chain import AcquisitionChain


class ScanPreset:
    """Called around a scan, on the greenlet that runs it; attach with `Scan.add_preset`.

    An exception in `prepare` or `start` ends the scan as failed.  `stop` is called whatever
    happened, once `prepare` was.
    """

    acq_chain: "AcquisitionChain | None" = None  #: of the scan; there from `prepare` on

    def prepare(self, scan: Any) -> None:
        """Called before the devices are prepared."""

    def start(self, scan: Any) -> None:
        """Called when all is prepared, before the first point."""

    def stop(self, scan: Any) -> None:
        """Called when every device has stopped."""

    def connect_data_channels(
        self, channels_list: Sequence[Any], callback: Callable[[Any, str, Any], object]
    ) -> None:
        """Have `callback` called with all that is emitted to some channels; for use in `prepare`.

        It is called as `callback(counter, channel_name, data)` with what stands in the list, the
        full name of the channel and its new points, shape (n, *shape), on the greenlet that
        emits: the scan waits for it.  An exception ends the scan as failed.

        Args:
            channels_list: Counters, axes, channels, or their names.
            callback: What to call.

        Raises:
            ScanError: If one of them takes no part in the scan, or none runs yet.
        """
        if self.acq_chain is None:
            raise ScanError(
                f"{type(self).__name__}: there are no channels yet; call connect_data_channels in "
                "prepare(), of a preset that was attached with Scan.add_preset"
            )
        connect(self.acq_chain.devices, channels_list, callback, type(self).__name__)


class ChainIterationPreset:
    """Called around each point, on the greenlet that takes it; see `ChainPreset.get_iterator`.

    `stop` is called whatever happened, once `prepare` was.
    """

    def prepare(self) -> None:
        """Called before the point."""

    def start(self) -> None:
        """Called when all `prepare` were, right before the devices are triggered."""

    def stop(self) -> None:
        """Called when all devices have emitted the point, or have stopped."""


class ChainPreset:
    """Called around the work of a chain; attach with `AcquisitionChain.add_preset`.

    With `DEFAULT_CHAIN.add_preset` it is called for every scan of the standard commands.  An
    exception in `prepare` or `start` ends the scan as failed.  `before_stop` and `stop` are called
    whatever happened, once `prepare` was.
    """

    def prepare(self, chain: "AcquisitionChain") -> None:
        """Called before the devices are prepared."""

    def start(self, chain: "AcquisitionChain") -> None:
        """Called before the devices start."""

    def before_stop(self, chain: "AcquisitionChain") -> None:
        """Called when the last point is taken, before the devices stop.

        After an error or an interrupt it is called while they stop, as nothing may delay that.
        """

    def stop(self, chain: "AcquisitionChain") -> None:
        """Called when every device has stopped."""

    def get_iterator(self, chain: "AcquisitionChain") -> Iterable[ChainIterationPreset]:  # noqa: ARG002
        """The presets around the points, one for each point from the first on.

        A point that is taken again has the same one again.  When they come to an end, the points
        after have none.
        """
        return ()


class ChainPresets:
    """The presets of one chain, and which of them have to be stopped.

    Args:
        chain: Given to each.
    """

    def __init__(self, chain: "AcquisitionChain") -> None:
        self._chain = chain
        self._presets: list[tuple[ChainPreset, int]] = []
        self._prepared: list[ChainPreset] = []
        self._arounds: list[Around] = []

    def add(self, preset: ChainPreset, top: int) -> None:
        """Have `preset` called; its points are those of the top master number `top`."""
        if not isinstance(preset, ChainPreset):
            raise ScanError(
                f"{preset!r:.60} cannot be called around a chain: expected an instance of a class "
                "derived from bliss.scanning.presets.ChainPreset"
            )
        self._presets.append((preset, top))

    def prepare(self) -> None:
        """Prepare all."""
        for preset, _ in self._presets:
            self._prepared.append(preset)
            blaming(preset, preset.prepare, self._chain)

    def start(self) -> None:
        """Start all."""
        for preset, _ in self._presets:
            blaming(preset, preset.start, self._chain)

    @property
    def prepared(self) -> list[ChainPreset]:
        """Those that have to be stopped, the last one first."""
        return self._prepared[::-1]

    @property
    def open_points(self) -> list[ChainIterationPreset]:
        """Those around the points in hand, the last one first."""
        return [preset for around in self._arounds for preset in reversed(around.open)]

    def around(self, top: int) -> "Around | None":
        """What is called around the points of a top master; None if nothing is."""
        iterators = [
            iter(preset.get_iterator(self._chain))
            for preset, index in self._presets
            if index == top and type(preset).get_iterator is not ChainPreset.get_iterator
        ]
        if not iterators:
            return None
        self._arounds.append(Around(iterators))
        return self._arounds[-1]


class Around:
    """Calls what is to be called around each point.

    Args:
        iterators: Each gives the preset of one point after the other.
    """

    def __init__(self, iterators: Sequence[Iterator[ChainIterationPreset]]) -> None:
        self._iterators = list(iterators)
        self._last: list[ChainIterationPreset] = []  #: those of the last point
        self.open: list[ChainIterationPreset] = []  #: prepared, and to be stopped

    def begin(self, *, again: bool = False) -> None:
        """Prepare and start those of the next point, or once more those of the last one."""
        for preset in list(self._last) if again else self._next():
            self.open.append(preset)
            blaming(preset, preset.prepare)
        for preset in self.open:
            blaming(preset, preset.start)

    def _next(self) -> Iterator[ChainIterationPreset]:
        self._last = []
        for iterator in list(self._iterators):
            preset = next(iterator, None)
            if preset is None:
                self._iterators.remove(iterator)
            else:
                self._last.append(preset)
                yield preset

    def end(self) -> None:
        """Stop them; what one leaves undone, as it fails, is done at the end of the scan."""
        while self.open:
            preset = self.open.pop()
            blaming(preset, preset.stop)


def blaming(preset: object, call: Callable[..., object], *arguments: Any) -> None:
    """Call a preset's method; what it raises says which preset it was."""
    try:
        call(*arguments)
    except Exception as error:
        if not hasattr(error, "device"):
            error.device = type(preset).__name__  # type: ignore[attr-defined]  # as devices have it
        raise
