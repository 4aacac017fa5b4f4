"""Writes down every move: when, who, from where to where, and how it ended.

A line of JSON when a move begins, and one when it has ended; a session that is killed in between
leaves the first one.  `bliss_shell.move_history` reads them.

    {"time": 1760000000.25, "axis": "robz", "unit": "mm", "from": 0.0, "to": 5.0, "offset": 0.0,
     "sign": 1, "batch": 1760000000.25, "user": "opid00", "session": "demo_session",
     "command": "mv(robz, 5)", "scan": null}
    {"time": 1760000002.5, "axis": "robz", "unit": "mm", "began": 1760000000.25, "at": 3.2,
     "why": "Ctrl-C"}

`batch` is the same in all moves that belong together: those of a scan, and those that a command
has under way at the same time.  `why` is there when the axis was stopped, or has failed.
"""

import json
import logging
import math
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple

from bliss.common import clock
from bliss.common.ending import in_words
from bliss.common.interrupts import Interrupts
from bliss.common.protocols import Axis
from bliss.scanning.session import Session
from bliss.scanning.states import ScanState
from bliss_shell.move_file import MoveFile, default_path
from bliss_shell.numbers import is_there
from bliss_shell.typed_line import TypedLine
from hardware.move_listener import MoveListener

_log = logging.getLogger(__name__)


class Occasion(NamedTuple):
    """What moves are made for."""

    command: str  #: what was typed; empty in the background
    scan: str | None  #: name of the scan that runs


def occasion_in(session: Session, typed: TypedLine) -> Callable[[], Occasion]:
    """What tells why moves are made in a session."""

    def occasion() -> Occasion:
        scan = session.scans[-1] if session.scans else None
        name = scan.name if scan and scan.state is not ScanState.DONE else None
        return Occasion(typed.text, name)

    return occasion


class UnderWay(NamedTuple):
    """A move that has not ended."""

    time: float  #: when it began, s since 1970
    since: float  #: the same, of `bliss.common.clock`
    start: float
    target: float | None
    batch: float


class MoveLog(MoveListener):
    """Writes down the moves of all axes that it is attached to.

    Args:
        file: Where to.
        user: Who.
        session: Its name.
        occasion: Gives what moves are made for now.
        interrupts: Tells whether a Ctrl-C stops axes.
    """

    def __init__(
        self,
        file: MoveFile,
        *,
        user: str,
        session: str,
        occasion: Callable[[], Occasion],
        interrupts: Interrupts,
    ) -> None:
        self.file = file
        self.under_way: dict[Axis, UnderWay] = {}
        self._who = f'"user":{json.dumps(user)},"session":{json.dumps(session)}'
        self._occasion = occasion
        self._interrupts = interrupts
        self._names: dict[Any, str] = {}  #: of axes, with their units, as JSON
        self._last: tuple[Occasion | None, str] = (None, "")
        self._batch = 0.0
        self._failure = (0.0, "")  #: batch in which a move failed, and why

    def attach(self, axes: Iterable[Any]) -> None:
        """Write down the moves of these axes."""
        for axis in axes:
            if isinstance(getattr(axis, "listeners", None), list):
                axis.listeners.append(self)

    def on_move_start(self, axis: Any, start: float, target: float | None) -> None:
        """Write down that a move begins."""
        now = time.time()
        batch = self._batch_at(now)
        self.under_way[axis] = UnderWay(now, clock.now(), start, target, batch)
        name = self._names.get(axis)
        if name is None:
            name = f'"axis":{json.dumps(axis.name)},"unit":{json.dumps(axis.unit)}'
            self._names[axis] = name
        self.file.write(
            f'{{"time":{now:.6f},{name},"from":{_number(start)},"to":{_number(target)},'
            f'"offset":{_number(axis.offset)},"sign":{axis.sign},"batch":{batch:.6f},'
            f"{self._last[1]}}}\n".encode()
        )

    def on_move_end(self, axis: Any, reached: float, problem: Exception | None) -> None:
        """Write down how it ended."""
        move = self.under_way.pop(axis, None)
        if move is None:
            return
        why = self._why(axis, move, reached, problem)
        because = f',"why":{json.dumps(why)}' if why else ""
        self.file.write(
            f'{{"time":{time.time():.6f},{self._names[axis]},"began":{move.time:.6f},'
            f'"at":{_number(reached)}{because}}}\n'.encode()
        )

    def _why(self, axis: Any, move: UnderWay, reached: float, problem: Exception | None) -> str:
        """What ended a move that did not end by itself; empty if that is not known."""
        if problem:
            self._failure = move.batch, in_words(problem)
        elif move.target is not None and is_there(axis, reached, move.target):
            return ""
        elif self._interrupts.count or self._interrupts.cause:
            return self._interrupts.cause or "Ctrl-C"
        batch, failure = self._failure
        return failure if batch == move.batch else ""

    def _batch_at(self, now: float) -> float:
        occasion = self._occasion()
        before, _ = self._last
        if occasion != before:
            command, scan = json.dumps(occasion.command), json.dumps(occasion.scan)
            self._last = occasion, f'{self._who},"command":{command},"scan":{scan}'
            self._batch = now
        elif occasion.scan is None and not self._is_under_way(self._batch):
            self._batch = now
        return self._batch

    def _is_under_way(self, batch: float) -> bool:
        return any(move.batch == batch for move in self.under_way.values())

    @staticmethod
    def seconds(move: UnderWay) -> float:
        """How long a move has taken."""
        return clock.now() - move.since

    def late(self, axes: Sequence[Any], least: float) -> dict[Any, UnderWay]:
        """The moves of these axes that have taken longer than `least` s."""
        moves = {axis: self.under_way[axis] for axis in axes if axis in self.under_way}
        return {axis: move for axis, move in moves.items() if self.seconds(move) >= least}


def open_log(session: Session, typed: TypedLine) -> MoveLog:
    """The log of a session, attached to its axes."""
    file = MoveFile(default_path(session.name), partial(_log.warning, "%s"))
    log = MoveLog(
        file,
        user=session.user,
        session=session.name,
        occasion=occasion_in(session, typed),
        interrupts=session.interrupts,
    )
    log.attach(session.axes)
    return log


def _number(value: float | None) -> str:
    return repr(float(value)) if value is not None and math.isfinite(value) else "null"
