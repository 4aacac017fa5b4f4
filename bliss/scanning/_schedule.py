"""When points should begin, and which began too late; no clock.

>>> schedule = Schedule(0.1)
>>> [schedule.begin(now) for now in (5.0, 5.1, 5.205, 5.35, 5.45)]
[False, False, False, True, False]
"""

SHARE = 0.1  #: of the time from point to point, that one may be late
LEAST = 1e-3  #: s, that one may be late however short that time is


class Schedule:
    """Each point should begin a fixed time after the one before.

    Args:
        period: Seconds from the beginning of one point to that of the next.
    """

    def __init__(self, period: float) -> None:
        self._longest = period + max(SHARE * period, LEAST)
        self._before: float | None = None

    def begin(self, now: float) -> bool:
        """A point begins; gives whether that is too late.

        Args:
            now: When, in seconds.
        """
        before, self._before = self._before, now
        return before is not None and now - before > self._longest

    def interrupt(self) -> None:
        """The next point begins when it can: it is not late."""
        self._before = None
