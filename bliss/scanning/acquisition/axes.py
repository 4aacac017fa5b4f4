"""Axes that step from point to point."""

from collections.abc import Sequence

from bliss.common.ending import Step
from bliss.common.errors import ScanError
from bliss.common.protocols import Axis
from bliss.scanning.chain import AcquisitionMaster
from bliss.scanning.channel import AcquisitionChannel


class StepMaster(AcquisitionMaster):
    """Moves axes to the next point, all at once, and triggers its slaves when they stand still.

    Args:
        targets: Each axis with its user positions, as many for each.

    Raises:
        LimitError: If an axis cannot reach one of its positions; nothing has moved.
    """

    def __init__(self, targets: Sequence[tuple[Axis, Sequence[float]]]) -> None:
        super().__init__("axis")
        self.axes = [axis for axis, _ in targets]
        for axis, positions in targets:
            if self.axes.count(axis) > 1:
                raise ScanError(f"{axis.name} is given twice; an axis can be moved once a scan")
            for position in (min(positions), max(positions)):
                axis.check_target(position)
        self.npoints = len(targets[0][1])
        self._points = iter(zip(*(positions for _, positions in targets), strict=True))
        self.channels = [
            AcquisitionChannel(f"{self.name}:{axis.name}", unit=axis.unit) for axis in self.axes
        ]

    def trigger(self) -> None:
        """Go to the next point, then begin it on all slaves."""
        target = next(self._points)
        for axis, position in zip(self.axes, target, strict=True):
            axis.start_move(position)
        for axis in self.axes:
            axis.wait_move()
        for axis, channel in zip(self.axes, self.channels, strict=True):
            channel.emit(axis.position)
        self.trigger_slaves()

    def wait_ready(self) -> None:
        """Wait until all slaves have emitted the point."""
        self.wait_slaves()

    def stop_steps(self) -> list[Step]:
        """Stopping every axis, as steps of an ending that run side by side."""
        return [Step(f"stopping {axis.name}", axis.stop, again=True) for axis in self.axes]
