"""The commands that look at moves that were made, and take them back."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, TextIO

from bliss.common.errors import ArgumentError, DeviceError
from bliss_shell import together
from bliss_shell.asking import yes
from bliss_shell.columns import Column, lines_of
from bliss_shell.motion import Motion
from bliss_shell.move_file import MoveFile
from bliss_shell.move_history import Batch, Moved, batches
from bliss_shell.numbers import aligned, digits_of, is_there, short
from bliss_shell.screen import arrow, width_of
from bliss_shell.targets import check_axis
from hardware.axis import Axis

COMMANDS = ("moves", "undo")

_COLUMNS = (
    Column("began"),
    Column("axis"),
    Column("from", is_number=True),
    Column("to", is_number=True),
    Column("", gap=1),
    Column("by"),
)


class PastMoves:
    """The commands that look at moves that were made, and take them back.

    Args:
        file: Where they were written.
        axes: Those of the session.
        motion: What moves them back.
        ask: Asks a question that is answered by yes or no.
        out: Where they are shown, standard output by default.
    """

    def __init__(
        self,
        file: MoveFile,
        axes: Sequence[Any],
        motion: Motion,
        ask: Callable[[str], bool] = yes,
        out: TextIO | None = None,
    ) -> None:
        self._file = file
        self._axes = {axis.name: axis for axis in axes}
        self._motion = motion
        self._ask = ask
        self._given_out = out

    @property
    def _out(self) -> TextIO:
        return self._given_out or sys.stdout

    def moves(self, axis: Any = None, count: int = 10) -> None:
        """Show the last moves, the newest one at the end; those of a scan in one line.

            moves()
            moves(robz)
            moves(robz, 20)

        Args:
            axis: Of which axis; of all if none is given.
            count: How many at most.

        Raises:
            ArgumentError: If an argument is anything else.
        """
        if axis is not None:
            check_axis("moves", axis)
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise ArgumentError(f"moves: count is {count!r:.60}; expected a whole number above 0")
        found = list(islice(self._of(axis), count))
        self._say_what_is_missing()
        if not found:
            print("no moves so far", file=self._out)
            return
        rows = [self._row(move) for move in reversed(found)]
        for line in lines_of(_COLUMNS, rows, width_of(self._out)):
            print(line, file=self._out)

    def undo(self, ask: bool = True) -> None:
        """Take the last move back, or all those of the last scan; undone twice, it is as before.

            undo()

        It says first from where to where, and asks.

        Args:
            ask: False asks nothing.

        Raises:
            DeviceError: If there is nothing to undo, or it cannot be; nothing has moved.
        """
        self._say_what_is_missing()
        batch = next(self._batches(), None)
        if batch is None:
            raise DeviceError("undo: no move is recorded that could be taken back")
        moves = list(batch.moves.values())
        targets = self._targets_of(moves)
        together.check(targets)
        what = f"{moves[0].scan or moves[0].command or 'the move':.60} of {_clock(batch.begun)}"
        here = {axis: axis.position for axis in targets}
        if all(is_there(axis, here[axis], target) for axis, target in targets.items()):
            print(f"nothing to undo: all is where it was before {what}", file=self._out)
            return
        lines = [self._way_back(batch.moves[axis.name], axis, here[axis]) for axis in targets]
        print(f"undo {what}:", *lines, sep="\n  ", file=self._out)
        if not ask or self._ask("move there? (y/n) "):
            self._motion.go(targets)

    def _targets_of(self, moves: Sequence[Moved]) -> dict[Axis, float]:
        targets = {}
        for move in moves:
            axis = self._axes.get(move.axis)
            if axis is None:
                raise DeviceError(f"undo: {move.axis} was moved, which is not in this session")
            if (axis.offset, axis.sign) != (move.offset, move.sign):
                raise DeviceError(
                    f"undo: the offset or sign of {axis.name} was changed since, so that "
                    f"{short(move.start)} is another place now; move it with mv"
                )
            targets[axis] = move.start
        return _without_those_moved_by_others(targets)

    def _way_back(self, move: Moved, axis: Axis, here: float) -> str:
        digits, unit = digits_of(axis), f" {axis.unit}" if axis.unit else ""
        way = f"{axis.name} {short(here, digits)} {arrow(self._out)} {short(move.start, digits)}"
        end = move.target if move.reached is None else move.reached
        if end is None or is_there(axis, here, end):
            return f"{way}{unit}"
        return f"{way}{unit} (the move ended at {short(end, digits)}: it was moved since)"

    def _batches(self) -> Iterator[Batch]:
        return batches(self._file.newest_first())

    def _of(self, axis: Any) -> Iterator[Moved]:
        for batch in self._batches():
            for move in reversed(batch.moves.values()):
                if axis is None or move.axis == axis.name:
                    yield move

    def _say_what_is_missing(self) -> None:
        if self._file.problem:
            print(f"not all moves were recorded: {self._file.problem}", file=self._out)

    def _row(self, move: Moved) -> Sequence[str]:
        axis = self._axes.get(move.axis)
        digits = digits_of(axis)
        end = move.target if move.reached is None else move.reached
        to = "?" if end is None else aligned(end, digits)
        start = aligned(move.start, digits)
        return [_clock(move.time), move.axis, start, to, move.unit or "", _by(move, digits)]


def _by(move: Moved, digits: int) -> str:
    many = f", {move.count} moves" if move.count > 1 else ""
    by = f"{move.scan or move.command or 'in the background'}{many}"
    if move.reached is None:
        return f"{by}; it is not known where it ended"
    if move.why.startswith(f"{move.axis}: "):  # it failed, and that says where
        return f"{by}; {move.why.removeprefix(f'{move.axis}: ')}"
    is_off = move.target is not None and abs(move.reached - move.target) >= 10.0**-digits
    aim = f"not at {short(move.target, digits)}" if move.target is not None and is_off else ""
    how = ": ".join(part for part in (aim, move.why) if part)
    return f"{by}; {how}" if how else by


def _clock(instant: float) -> str:
    """`12:03:11`, with the date if it was not today."""
    then = time.localtime(instant)
    is_today = then[:3] == time.localtime()[:3]
    return time.strftime("%H:%M:%S" if is_today else "%Y-%m-%d %H:%M:%S", then)


def _without_those_moved_by_others(targets: dict[Axis, float]) -> dict[Axis, float]:
    """Without calculated axes whose real ones are all there, else without these real ones."""
    kept = dict(targets)
    for axis in targets:
        real = set(axis.real_axes)
        if real and real <= set(targets):
            kept.pop(axis, None)
        else:
            kept = {other: target for other, target in kept.items() if other not in real}
    return kept
