"""Reads back what `bliss_shell.move_log` has written; newest first, and no farther than needed."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Moved:
    """One move of an axis, or all those of a scan."""

    axis: str
    time: float  #: when the first one began, s since 1970
    start: float  #: where the first one began, user position
    target: float | None  #: where the last one was to end; None where that was not known before
    reached: float | None  #: where the last one ended; None: not known, it never ended
    unit: str | None
    offset: float  #: of the axis, when it began
    sign: int  #: of the axis, when it began
    command: str  #: what was typed; empty if it was made in the background
    scan: str | None  #: that it was made in
    user: str
    why: str = ""  #: why the last one was stopped, or what failed
    count: int = 1  #: how many moves this is

    def preceded_by(self, earlier: "Moved") -> "Moved":
        """This and one before it, as one."""
        last = {name: getattr(self, name) for name in ("target", "reached", "why")}
        return Moved(**(vars(earlier) | last | {"count": self.count + earlier.count}))


@dataclass
class Batch:
    """The moves that were made together, folded to one for each axis."""

    begun: float  #: s since 1970
    moves: dict[str, Moved] = field(default_factory=dict)  #: by axis, in the order they began

    def add_earlier(self, move: Moved) -> None:
        """One more, that began before the others."""
        known = self.moves.pop(move.axis, None)
        self.moves = {move.axis: known.preceded_by(move) if known else move, **self.moves}


def batches(lines: Iterable[bytes]) -> Iterator[Batch]:
    """What the lines of a file say, newest first; lines that say nothing are passed over.

    Args:
        lines: From the last one back.
    """
    ends: dict[tuple[str, float], dict[str, Any]] = {}
    collected: dict[float, Batch] = {}
    for record in _records(lines):
        if "began" in record:
            ends[record["axis"], record["began"]] = record
            continue
        for begun in [b for b in collected if b > record["time"]]:
            yield collected.pop(begun)
        batch = collected.setdefault(record["batch"], Batch(record["batch"]))
        batch.add_earlier(_moved(record, ends.pop((record["axis"], record["time"]), {})))
    yield from sorted(collected.values(), key=lambda batch: -batch.begun)


def _records(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            record = json.loads(line)
            known = _END if "began" in record else _START
            if all(isinstance(record[name], kind) for name, kind in known.items()):
                yield record
        except (ValueError, TypeError, KeyError):
            continue  # torn, or not ours


_START: dict[str, Any] = {
    "time": float,
    "axis": str,
    "from": float,
    "to": float | None,
    "unit": str | None,
    "offset": float,
    "sign": int,
    "batch": float,
    "user": str,
    "command": str,
    "scan": str | None,
}
_END: dict[str, Any] = {"axis": str, "began": float, "at": float | None}


def _moved(begin: dict[str, Any], end: dict[str, Any]) -> Moved:
    return Moved(
        axis=begin["axis"],
        time=begin["time"],
        start=begin["from"],
        target=begin["to"],
        reached=end.get("at"),
        unit=begin["unit"],
        offset=begin["offset"],
        sign=begin["sign"],
        command=begin["command"],
        scan=begin["scan"],
        user=begin["user"],
        why=str(end.get("why", "")),
    )
