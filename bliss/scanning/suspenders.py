"""What pauses scans by itself: no beam, a shut shutter, any counter, channel or function.

    beam = Suspender("beam", mca_current, below=10, resume_above=12, resume_delay=5)
    add_suspender(beam)

From then on it watches while a scan runs.  When the value is bad, the scan pauses before its next
point; the point in hand is spoiled, and is taken again when the value is good; both are kept, and
flagged in the channel `timer:flags`.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import gevent
from gevent.event import Event

from bliss.common import clock
from bliss.common.ending import in_words
from bliss.common.errors import ArgumentError
from bliss.common.protocols import is_axis, is_counter
from bliss.config.channels import Channel
from bliss.scanning._condition import Condition
from bliss.scanning.gate import Gate

FIRST_LOOK = 2.0  #: s that a suspender has for its first look, before it counts as bad
PERIOD = 0.1  #: s between two readings of what does not tell by itself that it changes


class Suspender:
    """Pauses scans while a value is bad.

    Args:
        name: Of it, in what is said: `"beam"`.
        source: What is watched: a counter, an axis, the name of a Channel, or a function without
            arguments.
        below: The value is bad below this,
        above: or above this,
        equals: or if it is this; or
        bad: if this function of it says so.
        resume_above: With `below`: good again only above this.
        resume_below: With `above`: good again only below this.
        delay: Seconds that it has to be bad before a scan pauses.
        resume_delay: Seconds that it has to be good before the scan goes on.
        period: Seconds between two readings; a Channel is not read, it tells.

    Raises:
        ArgumentError: If it is not said what is bad, or more than once.
    """

    def __init__(
        self,
        name: str,
        source: Any,
        *,
        below: float | None = None,
        above: float | None = None,
        equals: Any = None,
        bad: Callable[[Any], bool] | None = None,
        resume_above: float | None = None,
        resume_below: float | None = None,
        delay: float = 0.0,
        resume_delay: float = 0.0,
        period: float = PERIOD,
    ) -> None:
        given = [each for each in (below, above, equals, bad) if each is not None]
        if len(given) != 1:
            raise ArgumentError(
                f"suspender {name}: expected one of below=, above=, equals=, bad= to say when "
                f"scans are to pause, got {len(given)}"
            )
        for what, value in (("delay", delay), ("resume_delay", resume_delay), ("period", period)):
            if not (isinstance(value, int | float) and 0 <= value < math.inf):
                raise ArgumentError(f"suspender {name}: {what} is {value!r}; expected seconds")
        self.name = name
        self.source = source
        self.period = period
        self.unit = getattr(source, "unit", None)
        self._read = _reader(name, source)
        self._equals = equals
        self._says = _sentence(below, above, equals)
        self._new_condition: Callable[[], Condition] = lambda: Condition(
            _bad(below, above, equals, bad),
            _good(resume_above, resume_below),
            delay=delay,
            resume_delay=resume_delay,
        )

    def __str__(self) -> str:
        source = getattr(self.source, "name", self.source)
        return f"{self.name}: {source!s:.40}{self._says or ' as a function says'}"

    def __repr__(self) -> str:
        return f"<Suspender {self}>"

    def watch(self, gate: Gate, looked: Event) -> None:
        """Open and shut a scan's gate, for ever; `looked` is set when it is as it should be."""
        condition = self._new_condition()
        if isinstance(self.source, str):
            self._watch_channel(self.source, condition, gate, looked)
        while True:
            self._look(condition, gate, self._read)
            looked.set()
            gevent.sleep(self.period)

    def _watch_channel(self, name: str, condition: Condition, gate: Gate, looked: Event) -> None:
        changed = Event()
        with Channel(name, callback=lambda _: changed.set()) as channel:
            while True:
                changed.clear()
                self._look(condition, gate, lambda: channel.value)
                looked.set()
                due = condition.due
                changed.wait(None if due is None else max(0.0, due - clock.now()))

    def _look(self, condition: Condition, gate: Gate, read: Callable[[], Any]) -> None:
        try:
            value = read()
            is_tripped = value is not None and condition.update(value, clock.now())
        except Exception as problem:  # noqa: BLE001 - what cannot be seen is not known to be good
            reason = f"{self.name}: cannot be read ({in_words(problem)})"
            gate.shut(self, reason, spoils=True)
            return
        if is_tripped:
            gate.shut(self, f"{self.name}: {self._reason(value)}", spoils=True)
        else:
            gate.open(self)

    def _reason(self, value: Any) -> str:
        if self._equals is not None:
            return f"is {self._shown(value)}"
        return f"{self._shown(value)}{self._says or ' is bad'}"

    def _shown(self, value: Any) -> str:
        text = f"{value:.6g}" if isinstance(value, float) else str(value)
        return f"{text} {self.unit}" if self.unit else text


def _reader(name: str, source: Any) -> Callable[[], Any]:
    if isinstance(source, str):
        return lambda: None
    if is_axis(source):
        return lambda: source.position
    if is_counter(source) and hasattr(type(source), "value"):
        return lambda: source.value  # type: ignore[attr-defined]  # it was just looked for
    if callable(source):
        return source  # type: ignore[no-any-return]
    raise ArgumentError(
        f"suspender {name}: {source!r:.60} cannot be watched; expected a counter, an axis, the "
        "name of a Channel, or a function"
    )


def _bad(
    below: float | None, above: float | None, equals: Any, bad: Callable[[Any], bool] | None
) -> Callable[[Any], bool]:
    if below is not None:
        return lambda value: not value >= below  # so is NaN
    if above is not None:
        return lambda value: not value <= above
    if equals is not None:
        return lambda value: bool(value == equals)
    assert bad is not None  # noqa: S101 - one of them is given
    return bad


def _good(above: float | None, below: float | None) -> Callable[[Any], bool] | None:
    if above is not None:
        return lambda value: bool(value > above)
    if below is not None:
        return lambda value: bool(value < below)
    return None


def _sentence(below: float | None, above: float | None, equals: Any) -> str:
    if below is not None:
        return f" is below {below:g}"
    if above is not None:
        return f" is above {above:g}"
    return "" if equals is None else f" is {equals}"


class Watchers:
    """Suspenders at work while one scan runs."""

    def __init__(self) -> None:
        self._greenlets: list[gevent.Greenlet] = []

    def begin(self, suspenders: Sequence[Suspender], gate: Gate) -> None:
        """Have them watch, and wait until each has looked once: before the first point."""
        looks = []
        for suspender in suspenders:
            looks.append((suspender, looked := Event()))
            self._greenlets.append(gevent.spawn(suspender.watch, gate, looked))
        deadline = clock.now() + FIRST_LOOK
        for suspender, looked in looks:
            if not looked.wait(max(0.0, deadline - clock.now())):
                reason = f"{suspender.name}: cannot be read (no answer within {FIRST_LOOK:g} s)"
                gate.shut(suspender, reason, spoils=True)

    def end(self) -> None:
        """Have them watch no longer."""
        gevent.killall(self._greenlets)
