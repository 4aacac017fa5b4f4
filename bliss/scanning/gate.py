"""The gate that a scan passes before each point: shut while somebody wants it to pause."""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass

from gevent.event import Event

from bliss.common import clock
from bliss.scanning._schedule import Schedule

SUSPENDED = 1  #: flag of a point that was taken while the scan should have paused
RETAKEN = 2  #: flag of a point that was taken again
LATE = 4  #: flag of a point that began later than its schedule allows


@dataclass(frozen=True, slots=True)
class Pause:
    """Why a scan pauses, and since when."""

    reason: str  #: `"beam: 1.2 mA is below 10"`
    since: float  #: on `clock.now()`
    spoils: bool  #: whether the point in hand is of no use


class Gate:
    """Knows who wants a scan to pause, and whether they spoiled a point.

    Args:
        on_change: Called when somebody wants a pause, or does not any more.
        on_wait: Called with True when all masters that still take points wait here, with False
            when they go on.
    """

    def __init__(self, on_change: Callable[[], object], on_wait: Callable[[bool], object]) -> None:
        self._on_change = on_change
        self._on_wait = on_wait
        self._pauses: dict[Hashable, Pause] = {}
        self._news = Event()
        self._masters = 0  #: at the top of the chain, that still take points
        self._waiting = 0  #: how many of them wait here
        self._began: float | None = None  #: when the last of them began to
        self._is_gone = False
        self._last_spoiled = -1.0  #: when somebody shut it because of what they saw
        self._spoilers = 0
        #: Whether the points are on their way and cannot wait any more, as those of an axis that
        #: moves on.
        self.is_passed = False
        self.paused_time = 0.0  #: s that were waited here in all

    @property
    def pauses(self) -> list[Pause]:
        """Why the scan pauses; empty if it does not."""
        return list(self._pauses.values())

    def shut(self, who: Hashable, reason: str, *, spoils: bool) -> None:
        """Have the scan pause before its next point, for as long as `who` wants.

        Args:
            who: Wants it.
            reason: Why; another one than before is not told again.
            spoils: Whether the point in hand is of no use, and has to be taken again.
        """
        if self._is_gone or who in self._pauses:
            return
        self._pauses[who] = Pause(reason, clock.now(), spoils)
        if spoils:
            self._last_spoiled = clock.now()
            self._spoilers += 1
        self._on_change()

    def open(self, who: Hashable) -> None:
        """Let it go on, as far as `who` is concerned; harmless when it did not pause for them."""
        pause = self._pauses.pop(who, None)
        if pause is None:
            return
        self._spoilers -= pause.spoils
        self._news.set()
        self._on_change()

    def release(self) -> None:
        """Wake up who waits here, as the scan is to end."""
        self._news.set()

    def remove(self) -> None:
        """The scan takes no more points: nobody can have it pause any more."""
        self._is_gone = True
        self._pauses.clear()

    def wait(self, is_over: Callable[[], bool]) -> bool:
        """Wait until nobody wants a pause, or the scan is over; whether there was a wait."""
        if not self._pauses or is_over():
            return False
        self._waiting += 1
        self._look()
        try:
            while self._pauses and not is_over():
                self._news.clear()
                self._news.wait()
        finally:
            self._waiting -= 1
            began, self._began = self._began, None
            if began is not None:
                self.paused_time += clock.now() - began
        if began is not None:
            self._on_wait(False)
        return True

    def enter(self) -> None:
        """One more master is to take points."""
        self._masters += 1

    def leave(self) -> None:
        """A master has taken all its points; the others may be waiting."""
        self._masters -= 1
        self._look()

    def _look(self) -> None:
        if self._began is None and 0 < self._masters == self._waiting:
            self._began = clock.now()
            self._on_wait(True)

    def is_spoiled(self, began: float) -> bool:
        """Whether a point that began at this instant is of no use."""
        return self._spoilers > 0 or self._last_spoiled >= began


class Passage:
    """The points of one master at the top: their pauses, and what is to be said of each.

    Args:
        gate: That they have to pass.
        can_wait: Whether each can wait there, and be taken again; if not, only the first can wait.
        period: Seconds from the beginning of one to that of the next, if there is a schedule.
    """

    def __init__(self, gate: Gate, *, can_wait: bool = True, period: float | None = None) -> None:
        gate.enter()
        self._schedule = Schedule(period) if period else None
        self._is_late = False
        self._gate = gate
        self._can_wait = can_wait
        self._is_on_its_way = False  #: whether the first has begun
        self._is_retake = False
        self._verdict: bool | None = None  #: of the point in hand, once it was judged
        self._began = 0.0

    def begin(self, is_over: Callable[[], bool], *, again: bool = False) -> bool:
        """Wait before a point; whether it is to be taken.

        Args:
            is_over: Says that the scan is to end.
            again: Whether it is taken again.
        """
        has_waited = False
        if self._can_wait or not self._is_on_its_way:
            has_waited = self._gate.wait(is_over)
        self._is_on_its_way = True
        self._gate.is_passed = not self._can_wait
        self._is_retake, self._verdict, self._began = again, None, clock.now()
        self._is_late = False
        if self._schedule:
            if has_waited or again:
                self._schedule.interrupt()
            self._is_late = self._schedule.begin(self._began)
        return not (again and is_over())

    def note_late(self) -> None:
        """The point in hand begins later than it should, as its master knows."""
        self._is_late = True

    def end(self) -> None:
        """There are no more points."""
        self._gate.leave()

    @property
    def is_spoiled(self) -> bool:
        """Whether the point in hand is of no use; the first answer counts."""
        if self._verdict is None:
            self._verdict = self._gate.is_spoiled(self._began)
        return self._verdict

    @property
    def is_in_vain(self) -> bool:
        """Whether it is certain already that the point in hand has to be taken again."""
        return self._can_wait and self._gate.is_spoiled(self._began)

    @property
    def is_to_repeat(self) -> bool:
        """Whether the point in hand is to be taken again."""
        return self._can_wait and self.is_spoiled

    @property
    def flags(self) -> int:
        """What is to be said of the point in hand."""
        return SUSPENDED * self.is_spoiled | RETAKEN * self._is_retake | LATE * self._is_late


def in_words(flags: int) -> Iterator[str]:
    """The names of the flags that are set: `suspended`, `retaken`, `late`."""
    for flag, name in ((SUSPENDED, "suspended"), (RETAKEN, "retaken"), (LATE, "late")):
        if flags & flag:
            yield name
