"""The commands for moving and looking, beside the scans."""

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, TextIO

import gevent

import scans
from bliss.common.ending import Ending, Step, first_of
from bliss.common.errors import ArgumentError
from bliss.common.interrupts import Interrupts
from bliss.common.protocols import Axis, is_axis
from bliss_shell import counter_commands

_DRAW = 0.1  #: s between two pictures of axes that move


def namespace(devices: Mapping[str, Any], interrupts: Interrupts) -> dict[str, Any]:
    """What a session's prompt has beside its objects."""
    motion = Motion([device for device in devices.values() if is_axis(device)], interrupts)
    return {
        **{name: getattr(scans, name) for name in scans.__all__},
        **{name: getattr(motion, name) for name in ("mv", "umv", "wa", "sta")},
        **counter_commands.namespace(devices),
    }


class Motion:
    """The commands that move axes and show them.

    Args:
        axes: Those of the session.
        interrupts: Who gets a Ctrl-C.
        out: Where they are shown, standard output by default.
    """

    def __init__(
        self, axes: Sequence[Axis], interrupts: Interrupts, out: TextIO | None = None
    ) -> None:
        self._axes = axes
        self._interrupts = interrupts
        self._out = out

    def mv(self, *axes_and_positions: Any) -> None:
        """Move axes, all at once, and wait until they stand still.

            mv(robx, 1)
            mv(robx, 1, roby, 2)

        Raises:
            ArgumentError: If axes and positions do not come in pairs.
            LimitError: If a position is outside an axis' limits; nothing has moved.
        """
        self._move("mv", axes_and_positions)

    def umv(self, *axes_and_positions: Any) -> None:
        """As `mv`, and show the positions while they change."""
        axes = axes_and_positions[::2]
        with self._interrupts.shielded():
            picture = gevent.spawn(self._picture, axes)
            error = self._interrupts.attempt(partial(self._move, "umv", axes_and_positions))
            picture.kill()
            if error:
                raise error
        self._draw(axes, end="\n")

    def wa(self) -> None:
        """Show where all axes are."""
        self._table([(axis.name, f"{axis.position:.4f} {axis.unit or ''}") for axis in self._axes])

    def sta(self) -> None:
        """Show the states of all axes."""
        self._table([(axis.name, str(axis.state)) for axis in self._axes])

    def _move(self, command: str, pairs: Sequence[Any]) -> None:
        axes, targets = pairs[::2], pairs[1::2]
        if not pairs or len(axes) != len(targets):
            raise ArgumentError(
                f"{command}: expected pairs of axis and position, as in {command}(robx, 1, roby, 2)"
            )
        for axis, target in zip(axes, targets, strict=True):
            if not is_axis(axis):
                raise ArgumentError(f"{command}: {axis!r:.60} is not an axis; wa() lists the axes")
            axis.check_target(target)
        if len(set(axes)) < len(axes):
            raise ArgumentError(f"{command}: an axis is given twice; give each axis one position")
        with self._interrupts.shielded():
            error = self._interrupts.attempt(partial(_go, axes, targets))
            if error:
                stops = [Step(f"stopping {axis.name}", axis.stop, again=True) for axis in axes]
                errors = self._interrupts.finish(Ending([stops], [error]))
                raise first_of(errors) or error

    def _picture(self, axes: Sequence[Axis]) -> None:
        while True:
            self._draw(axes, end="")
            gevent.sleep(_DRAW)

    def _draw(self, axes: Sequence[Axis], *, end: str) -> None:
        shown = "   ".join(f"{axis.name} {axis.position:10.4f} {axis.unit or ''}" for axis in axes)
        print(f"\r{shown}", end=end, file=self._out or sys.stdout, flush=True)

    def _table(self, rows: Sequence[tuple[str, str]]) -> None:
        width = max((len(name) for name, _ in rows), default=0)
        for name, value in rows:
            print(f"{name:{width}}  {value}", file=self._out or sys.stdout)


def _go(axes: Sequence[Axis], targets: Sequence[float]) -> None:
    for axis, target in zip(axes, targets, strict=True):
        axis.start_move(target)
    for axis in axes:
        axis.wait_move()
