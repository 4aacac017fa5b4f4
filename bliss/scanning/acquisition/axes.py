"""Axes that step from point to point."""

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

from bliss.common import clock
from bliss.common.ending import Step
from bliss.common.errors import ScanError
from bliss.common.protocols import Axis
from bliss.scanning._path import Path
from bliss.scanning.acquisition import moves
from bliss.scanning.chain import AcquisitionMaster
from bliss.scanning.channel import AcquisitionChannel


class StepMaster(AcquisitionMaster):
    """Moves axes to the next point, all at once, and triggers its slaves when they stand still.

    Only axes whose position changes are moved.

    Args:
        targets: Each axis with its user positions: as many for each, or in a `mesh` all of the
            first axis at each of the second, and so on.
        mesh: Whether to go through all combinations, the first axis fastest.
        backnforth: In a mesh, go every second row backwards.
        relative: Whether positions count from where the axes are when the scan runs; they return
            there at its end.

    Raises:
        ScanError: If an axis is given twice.
        LimitError: If an axis cannot reach one of its positions; nothing has moved.
    """

    def __init__(
        self,
        targets: Sequence[tuple[Axis, Sequence[float]]],
        *,
        mesh: bool = False,
        backnforth: bool = False,
        relative: bool = False,
    ) -> None:
        super().__init__("axis")
        self.axes: list[Axis] = [axis for axis, _ in targets]
        for axis in self.axes:
            if self.axes.count(axis) > 1:
                raise ScanError(f"{axis.name} is given twice; an axis can be moved once a scan")
        self._wanted = Path(tuple(positions for _, positions in targets), mesh, backnforth)
        self._path = self._wanted
        self._is_relative = relative
        self._centre: dict[Axis, float] = {}  #: where the axes of a relative scan were
        self.npoints = self._wanted.npoints
        self._points = iter(self._path)
        self._reached: tuple[float, ...] = ()
        self._target: tuple[float, ...] = ()
        self._next: tuple[float, ...] | None = None
        self.moving_time = 0.0  #: s that moves from point to point took in all
        self.returning_time = 0.0  #: s that moves after the last point took
        self.channels = [
            AcquisitionChannel(f"{self.name}:{axis.name}", unit=axis.unit) for axis in self.axes
        ]
        if not relative:
            self.check()

    def check(self) -> None:
        """Look where the axes are, if that matters, and whether they can go everywhere."""
        if self._is_relative:
            self._centre = {axis: axis.position for axis in self.axes}
            self._path = self._wanted.shifted(list(self._centre.values()))
        moves.check(self.axes, self._path)

    def ask(self) -> None:
        """Ask each axis what it does."""
        for axis in self.axes:
            _ = axis.state

    def describe(self) -> dict[str, Any]:
        """Where each axis begins and ends."""
        ends = [(positions[0], positions[-1]) for positions in self._path.positions]
        return {"start": [first for first, _ in ends], "stop": [last for _, last in ends]}

    def prepare(self) -> None:
        """Begin with the first point."""
        self._points = iter(self._path)
        self._next = next(self._points, None)
        self._reached = (math.nan,) * len(self.axes)

    def trigger(self) -> None:
        """Go to the next point, then begin it on all slaves."""
        assert self._next is not None  # noqa: S101 - there is a trigger a point
        self._target, self._next = self._next, next(self._points, None)
        self.trigger_again()

    def trigger_again(self) -> None:
        """Begin the last point once more; only an axis that is not there moves."""
        began = clock.now()
        changed = self._changed(self._target)
        moves.start(changed)
        for axis in changed:
            axis.wait_move()
        self._reached = self._target
        self.moving_time += clock.now() - began
        self.trigger_slaves()
        for axis, channel in zip(self.axes, self.channels, strict=True):
            channel.emit(axis.position)  # asked for while the slaves count
        if self._next is not None:
            moves.prepare(self._changed(self._next))

    def _changed(self, target: tuple[float, ...]) -> dict[Axis, float]:
        """Where axes have to go that are not there."""
        return {
            axis: position
            for axis, position, reached in zip(self.axes, target, self._reached, strict=True)
            if position != reached
        }

    def expected(self, npoints: int) -> tuple[float, float]:  # noqa: ARG002 - it knows its points
        """The moves, there and back again, as the axes' velocities and accelerations have them."""
        here = tuple(axis.position for axis in self.axes)
        if not self._is_relative:
            return moves.duration(self.axes, here, self._path), 0.0
        there = self._wanted.shifted(here)
        back = Path(tuple([place] for place in here))
        seconds = moves.duration(self.axes, here, there)
        return seconds + moves.duration(self.axes, there.last, back), 0.0

    def wait_ready(self) -> None:
        """Wait until all slaves have emitted the point."""
        self.wait_slaves()

    def stop_steps(self) -> list[Step]:
        """Stopping every axis, as steps of an ending that run side by side."""
        return [Step(f"stopping {axis.name}", axis.stop, again=True) for axis in self.axes]

    def after_steps(self, *, in_time: bool) -> list[Step]:  # noqa: ARG002
        """Returning the axes of a relative scan."""
        if moves.together(self.axes, "start_together"):
            groups = [self._centre] if self._centre else []
        else:
            groups = [{axis: position} for axis, position in self._centre.items()]
        return [Step(_returning(group), partial(self.go, group), optional=True) for group in groups]

    def go(self, targets: dict[Axis, float]) -> None:
        """Move and wait, after the last point; whatever interrupts that, the axes stand still."""
        began = clock.now()
        moves.go(targets)
        self.returning_time = max(self.returning_time, clock.now() - began)


def _returning(targets: dict[Axis, float]) -> str:
    places = (f"{axis.name} to {position:g}" for axis, position in targets.items())
    return f"returning {', '.join(places)}"
