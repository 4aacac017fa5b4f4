"""The commands that move axes."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, TextIO

import gevent

from bliss.common import clock
from bliss.common.ending import Ending, first_of
from bliss.common.errors import BlissError
from bliss.common.interrupts import Interrupts
from bliss_shell import together
from bliss_shell.move_log import UnderWay
from bliss_shell.numbers import aligned, digits_of
from bliss_shell.screen import InPlace, Picture, arrow, width_of
from bliss_shell.side_by_side import ask, why
from bliss_shell.targets import Meaning, absolute, dial, relative, targets_of
from bliss_shell.waits import FIRST, Rhythm, sentence
from bliss_shell.ways import Way, how_far
from hardware.axis import Axis

COMMANDS = ("mv", "umv", "mvr", "umvr", "mvd", "umvd", "move")

_DRAW = 0.1  #: s between two pictures of axes that move
_LOOK = 0.5  #: s between two looks at what is waited for
_LONG = 1.0  #: s that moves take at least for a line that says how far they are

Targets = Mapping[Axis, float]
"""User positions to go to."""

Answers = Mapping[Axis, float | BaseException]
"""The position of each axis, or why it is not known."""


class Motion:
    """The commands that move axes.

    Each of them checks everything before anything moves, begins all moves together, and stops
    all axes when one fails or is interrupted.

    Args:
        interrupts: Who gets a Ctrl-C.
        under_way: The moves that have not ended, by axis.
        in_place: What the screen shows that changes in place.
        out: Where positions are shown, standard output by default.
    """

    def __init__(
        self,
        interrupts: Interrupts,
        under_way: Mapping[Any, UnderWay],
        in_place: InPlace | None = None,
        out: TextIO | None = None,
    ) -> None:
        self._interrupts = interrupts
        self._under_way = under_way
        self._in_place = in_place or InPlace()
        self._given_out = out

    @property
    def _out(self) -> TextIO:
        return self._given_out or sys.stdout

    def mv(self, *axes_and_positions: Any) -> None:
        """Move axes to positions, all at once, and wait until they stand still.

            mv(robx, 1)
            mv(robx, 1, roby, 2)

        Raises:
            ArgumentError: If axes and positions do not come in pairs.
            LimitError: If a position is outside an axis' limits; nothing has moved.
            DeviceError: If an axis moves already, cannot be moved, or failed on its way.
        """
        self._typed("mv", axes_and_positions, absolute)

    def umv(self, *axes_and_positions: Any) -> None:
        """As `mv`, and show the positions while they change.

        umv(robx, 1)
        """
        self._typed("umv", axes_and_positions, absolute, shows=True)

    def mvr(self, *axes_and_distances: Any) -> None:
        """Move axes by distances from where they are now; otherwise as `mv`.

        mvr(robx, -0.5)
        """
        self._typed("mvr", axes_and_distances, relative)

    def umvr(self, *axes_and_distances: Any) -> None:
        """As `mvr`, and show the positions while they change."""
        self._typed("umvr", axes_and_distances, relative, shows=True)

    def mvd(self, *axes_and_dial_positions: Any) -> None:
        """Move axes to dial positions; otherwise as `mv`.

        mvd(robx, 1)
        """
        self._typed("mvd", axes_and_dial_positions, dial)

    def umvd(self, *axes_and_dial_positions: Any) -> None:
        """As `mvd`, and show the (user) positions while they change."""
        self._typed("umvd", axes_and_dial_positions, dial, shows=True)

    def move(self, *axes_and_positions: Any, wait: bool = True, relative: bool = False) -> None:
        """Move axes as `mv` does, in a script.

            move(robx, 1)
            move(robx, 1, wait=False)

        Args:
            axes_and_positions: Axis, position, axis, position, …
            wait: False returns as soon as they move; `robx.wait_move()` waits for one.
            relative: Whether the numbers are distances, as for `mvr`.
        """
        targets = targets_of("move", axes_and_positions, _MEANINGS[bool(relative)])
        if wait:
            self.go(targets)
        else:
            together.check(targets)
            together.start(targets, wait=False)

    def _typed(
        self, command: str, pairs: Sequence[Any], meaning: Meaning, *, shows: bool = False
    ) -> None:
        self.go(targets_of(command, pairs, meaning), shows=shows)

    def go(self, targets: Targets, *, shows: bool = False) -> None:
        """Move axes together, and stop all of them should anything go wrong.

        Args:
            targets: User positions.
            shows: Whether positions are shown while they change.
        """
        axes, begun = list(targets), list[Axis]()
        with self._interrupts.shielded():
            with self._shown(targets, begun, positions=shows):
                error = self._interrupts.attempt(partial(self._move, targets, begun))
                errors = [error] if error else []
                if error and begun:
                    stops = Ending([together.stop_steps(axes)], errors)
                    errors = self._interrupts.finish(stops)
            if error:
                raise first_of(errors) or error

    def _move(self, targets: Targets, begun: list[Axis]) -> None:
        together.check(targets)
        begun += targets
        together.start(targets, wait=True)
        together.wait_for(list(targets))

    # What is shown meanwhile

    @contextmanager
    def _shown(self, targets: Targets, begun: list[Axis], *, positions: bool) -> Iterator[None]:
        picture = Picture(self._out, self._in_place)
        if positions and picture.is_live:
            show = partial(self._show_positions, targets, picture)
        else:
            show = partial(self._show_waits, targets, picture)
        showing = gevent.spawn(show, begun)
        try:
            yield
        finally:
            showing.kill()
            if positions and begun:
                picture.leave(self._in_lines(self._ask(list(targets))))
            else:
                picture.clear()

    def _show_positions(self, targets: Targets, picture: Picture, begun: list[Axis]) -> None:
        began, ways = clock.now(), dict[Axis, Way]()
        while True:
            if begun:
                ways |= self._ways({a: at for a, at in targets.items() if a not in ways})
                answers = self._ask(list(targets))
                picture.draw([*self._in_lines(answers), *_far(ways, answers, clock.now() - began)])
            else:
                began = clock.now()
            gevent.sleep(_DRAW)

    def _ways(self, targets: Targets) -> dict[Axis, Way]:
        """The ways of those axes that move."""
        found = {axis: self._under_way[axis].start for axis in targets if axis in self._under_way}
        return {
            axis: Way(start, targets[axis], _expected(axis, start, targets[axis]))
            for axis, start in found.items()
        }

    def _show_waits(self, targets: Targets, picture: Picture, _begun: list[Axis]) -> None:
        """A line that changes, on a terminal; elsewhere one now and then."""
        rhythm, began, width = Rhythm(), clock.now(), width_of(self._out)
        gevent.sleep(_LONG if picture.is_live else FIRST)
        ways = self._ways(targets) if picture.is_live else {}
        while True:
            seconds = clock.now() - began
            if picture.is_live or rhythm.is_due(seconds):
                said = sentence(targets, seconds, arrow(self._out), width, ways)
                picture.draw([said])
                if not picture.is_live:
                    print(said, file=self._out, flush=True)
            gevent.sleep(_LOOK)

    @staticmethod
    def _ask(axes: Sequence[Axis]) -> Answers:
        return ask(axes, lambda axis: axis.position)

    def _in_lines(self, answers: Answers) -> list[str]:
        """In one line if they fit, else one a line."""
        shown = [_position(axis, answer) for axis, answer in answers.items()]
        width, line = width_of(self._out), "   ".join(shown)
        if width is None or len(line) < width:
            return [line]
        name = max(len(axis.name) for axis in answers)
        return [_position(axis, answer, name) for axis, answer in answers.items()]


def _expected(axis: Axis, start: float, target: float) -> float:
    """Seconds that a move should take; 0 where that is not known."""
    with suppress(BlissError):  # of a calculated axis, whose function is somebody else's
        return axis.expected_time(start, target)
    return 0.0


def _far(ways: Mapping[Axis, Way], answers: Answers, seconds: float) -> Iterator[str]:
    """The line that says how far moves are that take long."""
    places = [(way, answers[axis]) for axis, way in ways.items()]
    known = [(way, place) for way, place in places if not isinstance(place, BaseException)]
    if known and max(seconds, *(way.expected for way, _ in known)) >= _LONG:
        yield f"  {how_far(known, seconds)}"


_MEANINGS: Mapping[bool, Meaning] = {False: absolute, True: relative}


def _position(axis: Any, answer: float | BaseException, width: int = 0) -> str:
    if isinstance(answer, BaseException):
        return f"{axis.name:{width}} not known: {why(axis, answer)}"
    digits = digits_of(axis)
    return f"{axis.name:{width}} {aligned(answer, digits):>{digits + 6}} {axis.unit or ''}".rstrip()
