"""Inside a session: a setting that is set at a steady rate, also while its server is killed."""

import itertools
import json
import time
from collections.abc import Callable

import gevent
from gevent.event import Event

from bliss.common.errors import BlissError

PERIOD = 0.02  #: s from one value to the next
FIRST = 4.0  #: mm/s: what it may set is a velocity
STEP = 1e-6  #: from one value to the next


class Steady:
    """Reads a setting and sets it to the next value, in turn; tells as JSON what became of it.

    Args:
        set_value: Sets a setting to a number.
        get_value: Reads it back, as it is stored.
        is_moving: Whether the axis moves.
    """

    def __init__(
        self,
        set_value: Callable[[float], None],
        get_value: Callable[[], float],
        is_moving: Callable[[], bool],
    ) -> None:
        self._set = set_value
        self._get = get_value
        self._is_moving = is_moving
        self._number = 0
        self._end = Event()

    def start(self) -> None:
        """Begin, on another greenlet."""
        self._end.clear()
        self._confirmed: list[tuple[float, float]] = []  #: each value, and when it was set
        self._moved: list[float] = []  #: when the axis was seen to move
        self._lost = 0.0  #: s of confirmed values that were gone, the most
        self._errors = 0
        self._set_next()
        self._greenlet = gevent.spawn(self._run)

    def stop(self) -> None:
        """End, and tell."""
        self._end.set()
        self._greenlet.get()
        times = [when for _, when in self._confirmed]
        told = {
            "set": len(times),
            "errors": self._errors,
            "lost": self._lost,
            "longest": max(later - when for when, later in itertools.pairwise(times)),
            "moved": [min(self._moved, default=0.0), max(self._moved, default=0.0)],
        }
        print(f"\nSTEADY {json.dumps(told)}", flush=True)

    def _run(self) -> None:
        while not self._end.wait(PERIOD):
            try:
                self._lost = max(self._lost, self._lost_after(self._get()))
                self._set_next()
            except BlissError:
                self._errors += 1
            if self._is_moving():
                self._moved.append(time.monotonic())

    def _set_next(self) -> None:
        self._number += 1
        value = FIRST + self._number * STEP
        self._set(value)
        self._confirmed.append((value, time.monotonic()))

    def _lost_after(self, stored: float) -> float:
        """Seconds from when what is stored was set until the last one that is not was."""
        kept = [when for value, when in self._confirmed if value <= stored]
        return self._confirmed[-1][1] - kept[-1] if kept else float("inf")
