"""When a value is bad enough to suspend scans, and good enough again; no clock, no device.

>>> beam = Condition(is_bad=lambda mA: mA < 10, is_good=lambda mA: mA > 12, delay=1.0)
>>> [beam.update(mA, now) for mA, now in ((50, 0), (5, 1), (5, 1.5), (5, 2.5), (11, 3), (13, 4))]
[False, False, False, True, True, False]
"""

from collections.abc import Callable
from typing import Any


class Condition:
    """Hysteresis and delays.

    Args:
        is_bad: Whether a value is a reason to suspend.
        is_good: Whether it is one to go on; what is not bad, by default.
        delay: Seconds that it has to be bad before it counts.
        resume_delay: Seconds that it has to be good before it counts.
    """

    def __init__(
        self,
        is_bad: Callable[[Any], bool],
        is_good: Callable[[Any], bool] | None = None,
        *,
        delay: float = 0.0,
        resume_delay: float = 0.0,
    ) -> None:
        self._is_bad = is_bad
        self._is_good = is_good or (lambda value: not is_bad(value))
        self._delay = delay
        self._resume_delay = resume_delay
        self._is_tripped = False
        self._since: float | None = None  #: when the value began to say the opposite

    @property
    def due(self) -> float | None:
        """When it changes if the value stays as it is; None if it does not."""
        if self._since is None:
            return None
        return self._since + (self._resume_delay if self._is_tripped else self._delay)

    def update(self, value: Any, now: float) -> bool:
        """Take a value; gives whether scans are to be suspended.

        Args:
            value: What was read.
            now: When, in seconds.
        """
        turns = self._is_good(value) if self._is_tripped else self._is_bad(value)
        if not turns:
            self._since = None
        elif self._since is None:
            self._since = now
        if self.due is not None and now >= self.due:
            self._is_tripped = not self._is_tripped
            self._since = None
        return self._is_tripped
