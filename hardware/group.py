"""Axes that move together: begun at once, waited for together, stopped together when one fails.

slit_blades = Group(s1u, s1d)
slit_blades.move(s1u, 1.0, s1d, -1.0)
"""

from collections.abc import Iterator, Mapping
from typing import Any

import gevent
from gevent.event import Event

from bliss.common.errors import ArgumentError
from bliss.common.protocols import is_axis
from hardware import _start
from hardware.axis import Axis
from hardware.axis_state import AxisState


class Group:
    """Axes that are moved together.

    Args:
        axes: Any, of one controller or of several, calculated ones too.

    Raises:
        ArgumentError: If one is no axis, or there twice.
    """

    def __init__(self, *axes: Axis) -> None:
        for axis in axes:
            if not is_axis(axis):
                raise ArgumentError(f"{axis!r:.60} is not an axis; a group is made of axes")
            if axes.count(axis) > 1:
                raise ArgumentError(f"{axis.name} is given twice; an axis moves once at a time")
        self._axes = axes

    @property
    def axes(self) -> dict[str, Axis]:
        """The axes by name."""
        return {axis.name: axis for axis in self._axes}

    @property
    def position(self) -> dict[str, float]:
        """Their positions, read from the hardware: `{"robx": 1.0, "roby": 2.0}`."""
        return {axis.name: axis.position for axis in self._axes}

    @property
    def state(self) -> AxisState:
        """What they do together; see `joint_state`."""
        return joint_state(axis.state for axis in self._axes)

    @property
    def is_moving(self) -> bool:
        """Whether one of them is."""
        return any(axis.is_moving for axis in self._axes)

    def check(self, targets: Mapping[Axis, float]) -> None:
        """Raise `LimitError` when the axes, or real ones behind them, cannot all go there."""
        _start.check(targets)

    def start(self, targets: Mapping[Axis, float]) -> None:
        """Begin all moves and return; if one cannot be begun, those that were are stopped.

        Raises:
            LimitError: If a position is outside limits; nothing has moved.
            DeviceError: If an axis moves already, or cannot be moved.
        """
        _start.start(targets)

    def wait_move(self) -> None:
        """Wait until all stand still; when one fails, the others are stopped.

        Raises:
            DeviceError: What the first one that failed says.
        """
        if len(self._axes) == 1:
            self._axes[0].wait_move()
            return
        news = Event()
        waits = [gevent.spawn(_failure_of, axis) for axis in self._axes]
        try:
            for wait in waits:
                wait.link(lambda _: news.set())
            while not all(wait.ready() for wait in waits):
                news.clear()
                failures = [wait.value for wait in waits if wait.ready() and wait.value]
                if failures:
                    _start.stop(self._axes, failures[0])
                    raise failures[0]
                news.wait()
        finally:
            gevent.killall(waits)
        for wait in waits:
            if wait.value:
                raise wait.value

    def move(self, *pairs: Any, wait: bool = True, relative: bool = False) -> None:
        """Move axes of the group to positions; an interrupted move stops them all.

            group.move(robx, 1, roby, 2)
            group.move({robx: 1, roby: 2})

        Args:
            pairs: Axes and positions in turn, or one dict.
            wait: Return at the end of the moves, not at their start.
            relative: The positions are distances from where the axes are.

        Raises:
            ArgumentError: If these are no pairs, or of another axis.
            LimitError: If a position is outside limits; nothing has moved.
            DeviceError: If an axis moves already, cannot be moved, or failed on its way.
        """
        targets = self._targets(pairs)
        if relative:
            targets = {axis: axis.position + by for axis, by in targets.items()}
        moving = Group(*targets)
        moving.start(targets)
        if not wait:
            for axis in targets:
                axis.watch_move()
            return
        try:
            moving.wait_move()
        except BaseException as reason:
            if moving.is_moving:
                _start.stop(list(targets), reason)
            raise

    def rmove(self, *pairs: Any, wait: bool = True) -> None:
        """Move axes of the group by distances; otherwise as `move`."""
        self.move(*pairs, wait=wait, relative=True)

    def _targets(self, pairs: tuple[Any, ...]) -> dict[Axis, float]:
        if len(pairs) == 1 and isinstance(pairs[0], Mapping):
            pairs = tuple(part for pair in pairs[0].items() for part in pair)
        axes, targets = pairs[::2], pairs[1::2]
        if not pairs or len(axes) != len(targets):
            raise ArgumentError("expected pairs of axis and position, as in move(robx, 1, roby, 2)")
        for axis in axes:
            if axis not in self._axes:
                raise ArgumentError(f"{axis!r:.60} is not of this group: {self!r}")
            if axes.count(axis) > 1:
                raise ArgumentError(f"{axis.name} is given twice; give each axis one position")
        return dict(zip(axes, targets, strict=True))

    def stop(self) -> None:
        """Stop all of them side by side, and return when all stand still."""
        _start.stop(self._axes)

    def __repr__(self) -> str:
        return f"<Group {', '.join(self.axes)}>"


def _failure_of(axis: Axis) -> BaseException | None:
    try:
        axis.wait_move()
    except Exception as problem:  # noqa: BLE001 - raised by who waits for all
        return problem
    return None


def joint_state(states: Iterator[AxisState]) -> AxisState:
    """What several axes do together.

    MOVING if one is; READY if all are; anything else, such as FAULT, if one says so.
    """
    known = list(states)
    names: dict[str, str] = {}
    for state in known:
        names |= {name: state.meaning(name) for name in state}
    if not all("READY" in state for state in known) or "MOVING" in names:
        names.pop("READY", None)
    return AxisState(*names.items())
