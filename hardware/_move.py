"""One move of one axis, from its start to the check of where it ended.

The hardware moves by itself; who waits for the move does what is left to do: begin its second
leg, look whether it failed, and whether the axis is where it was sent.  A move that has more to
do than to be looked at is waited for by a greenlet of its own.
"""

import contextlib
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import gevent
from gevent.lock import BoundedSemaphore

from bliss.common import clock
from bliss.common.ending import in_words
from bliss.common.errors import DeviceError
from hardware.axis_state import AxisState

if TYPE_CHECKING:
    from hardware.axis import Axis

#: While an axis moves its state is read this often (s): a stop or a fault may come at any time.
POLL_INTERVAL = 0.01
#: Around the end that is expected it is read more often, beginning with this (s).
FIRST_POLL = 0.001

_log = logging.getLogger(__name__)


class Move:
    """A move under way.

    Args:
        axis: What moves.
        start: User position where it begins.
        start_dial: The same as a dial position.
        target: User position where it is to end; None where that is not known before.
        legs: Dial positions to go to, one after the other; who makes this begins the first one.
        after: Called with this when all has happened, whatever that was.
    """

    def __init__(
        self,
        axis: "Axis",
        *,
        start: float = 0.0,
        start_dial: float = 0.0,
        target: float | None = None,
        legs: Sequence[float] = (),
        after: Sequence[Callable[["Move"], object]] = (),
    ) -> None:
        self.axis = axis
        self.start = start
        self.start_dial = start_dial
        self.target = target
        self.is_stopped = False  #: whether somebody wanted it to end where it is
        self.parts: Sequence[Move] = ()  #: moves of the real axes, of one that is calculated
        self._legs = list(legs)
        self.last = self._legs[-1] if self._legs else None  #: dial position where it is to end
        self._note_leg(self._legs[0] - start_dial if legs else 0.0)
        self._is_done = False
        self._error: Exception | None = None
        self._after = after
        self._is_told = False  #: whether somebody waits, and so is told what goes wrong
        self._lock = BoundedSemaphore(1)

    def _note_leg(self, distance: float) -> None:
        self._began, self._distance = clock.now(), distance
        self._end: float | None = None  #: when the leg should end, once that was asked

    def _expected_end(self) -> float:
        if self._end is None:
            self._end = self._began + self.axis.duration(self._distance)
        return self._end

    @classmethod
    def to(
        cls,
        axis: "Axis",
        target: float,
        dial: float,
        after: Sequence[Callable[["Move"], object]] = (),
    ) -> "Move":
        """The move of an axis that is at a dial position to a user position."""
        start = axis.dial_to_user(dial)
        legs = axis.legs_to(target, start)
        return cls(axis, start=start, start_dial=dial, target=target, legs=legs, after=after)

    def take_leg(self) -> float:
        """The next dial position to go to, at once; no other takes it."""
        self._began = clock.now()
        return self._legs.pop(0)

    @property
    def is_done(self) -> bool:
        """Whether all of it has happened, the checks after it too."""
        return self._is_done

    @property
    def has_legs(self) -> bool:
        """Whether the axis goes on by itself when it comes to rest."""
        return bool(self._legs) and not self.is_stopped and not self._is_done

    @property
    def error(self) -> Exception | None:
        """What went wrong, once it is done."""
        return self._error

    def watch(self, *, quietly: bool = False) -> None:
        """Wait for it in a greenlet of its own, so that it goes on though nobody else waits.

        Args:
            quietly: Whether what goes wrong is told by somebody else.
        """
        self._is_told = self._is_told or quietly
        gevent.spawn(self._watch)

    def _watch(self) -> None:
        try:
            self._finish()
        except Exception as problem:  # noqa: BLE001 - raised in whoever waits; told if nobody does
            if not self._is_told:
                _log.warning("%s", in_words(problem))

    def wait(self) -> None:
        """Wait for its end.

        Who is interrupted while waiting leaves it to go on.

        Raises:
            DeviceError: If it failed, or the axis is not where it was sent.
        """
        before, self._is_told = self._is_told, True
        try:
            self._finish()
        finally:
            if not self._is_done:  # interrupted: the next one to wait is told
                self._is_told = before

    def settle(self) -> None:
        """Have done with it: the axis stands still already, only nobody has looked since."""
        with contextlib.suppress(Exception):  # told to who waits, or watches
            self._finish()

    def _finish(self) -> None:
        with self._lock:
            if not self._is_done:
                try:
                    self._go_to_its_end()
                except Exception as problem:  # noqa: BLE001 - raised below, in all that wait
                    self._error = problem
                    for part in self.parts:
                        part.settle()
                self._conclude()
        if self._error:
            raise self._error

    def _conclude(self) -> None:
        self._is_done = True
        try:
            self.axis.on_move_end(self._error)
            for call in self._after:
                call(self)
        except Exception as problem:  # noqa: BLE001 - raised by `_finish`
            self._error = self._error or problem

    def _go_to_its_end(self) -> None:
        while True:
            state = self.wait_standstill()
            if "FAULT" in state:
                raise DeviceError(f"{self._failed()}: {state.meaning('FAULT')}")
            if self.is_stopped or not self._legs:
                break
            self._note_leg(self.axis.begin_leg(self.take_leg()))
        for part in self.parts:
            part.wait()
        if self.target is not None and not self.is_stopped:
            self._check_arrival(state)

    def wait_standstill(self) -> AxisState:
        """Wait until the axis stands still, and give its state then."""
        axis, pause = self.axis, FIRST_POLL
        while "MOVING" in (state := axis.hardware_state()):
            exact = axis.motion_end()
            end = self._expected_end() if exact is None else exact
            left = end - clock.now()
            # Only the last part is waited for in one go: a stop or a fault may come before.
            if left > 2 * POLL_INTERVAL:
                gevent.sleep(POLL_INTERVAL)
            elif left > 0:
                clock.sleep_until(end)
            else:
                gevent.sleep(pause)
                pause = min(1.5 * pause, POLL_INTERVAL)
        return state

    def _check_arrival(self, state: AxisState) -> None:
        axis = self.axis
        assert self.target is not None  # noqa: S101 - only then is this called
        off = axis.distance_from(self.target)
        switches = [name for name in ("LIMPOS", "LIMNEG") if name in state]
        if off is None and not switches:
            return
        if switches and abs(axis.position - self.target) > axis.resolution:
            which = "positive" if switches[0] == "LIMPOS" else "negative"
            raise DeviceError(f"{self._failed()}: it ran into its {which} limit switch")
        if off is not None and off > (axis.tolerance or 0.0):
            what = "its encoder says" if axis.checks_encoder else "it stands at"
            where = axis.measured_position if axis.checks_encoder else axis.position
            raise DeviceError(
                f"{axis.name}: {what} {axis.amount(where)} after the move to "
                f"{axis.amount(self.target)}, farther than its tolerance "
                f"({axis.amount(axis.tolerance)}); look whether it slips"
            )

    def _failed(self) -> str:
        axis = self.axis
        what = "the move" if self.target is None else f"the move to {axis.amount(self.target)}"
        return f"{axis.name}: {what} failed at {axis.amount(axis.position)}"
