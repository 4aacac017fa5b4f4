"""A scan that has to wait for the data server says for whom, and how long."""

from collections.abc import Callable

import gevent

from bliss.common import clock

_LOOK = 0.5  #: s between looks
_FIRST = 2.0  #: s of waiting after which it is said; each time after twice as long

FULL = "the data server is full"
SILENT = "the data server does not answer"


class Waiting:
    """Watches that what is sent is answered.

    Args:
        say: Called with a sentence when a wait has lasted, lasts, or is over.
        waits_for: Gives the names of those for want of whom the server is full.
    """

    def __init__(self, say: Callable[[str], None], waits_for: Callable[[], list[str]]) -> None:
        self._say = say
        self._waits_for = waits_for
        self._since: float | None = None
        self._reason = SILENT
        self._who = ""  #: as far as it was asked, the last time that something was said
        self._said = False
        self._greenlet = gevent.spawn(self._watch)

    def begin(self) -> None:
        """Something is sent; it is not answered yet."""
        self._since = clock.now()
        self._reason = SILENT

    def goes_on(self, reason: str) -> None:
        """It was answered, but has to be sent again."""
        self._reason = reason

    def over(self) -> None:
        """It is answered."""
        if self._said:
            self._said = False
            self._say(f"going on, after {self.seconds:.0f} s")
        self._since = None

    @property
    def seconds(self) -> float:
        """How long it has waited, 0 if it does not wait."""
        return 0.0 if self._since is None else clock.now() - self._since

    @property
    def sentence(self) -> str:
        """For whom it waits, and how long."""
        self._who = " and ".join(self._waits_for()) if self._reason == FULL else ""
        who = f" for {self._who}" if self._who else ""
        return f"waiting{who}: {self._reason}, {self.seconds:.0f} s"

    @property
    def in_short(self) -> str:
        """What was said, as it is now: `waiting for writer, 12 s`; asks nobody.

        Empty as long as nothing was said.
        """
        if not self._said:
            return ""
        return f"waiting for {self._who or 'the data server'}, {self.seconds:.0f} s"

    def close(self) -> None:
        """Watch no longer."""
        self._said = False
        self._greenlet.kill(block=False)

    def _watch(self) -> None:
        following = _FIRST
        while True:
            gevent.sleep(_LOOK)
            if self.seconds >= following:
                following = 2 * self.seconds
                self._said = True
                self._say(self.sentence)
            elif self.seconds < _FIRST:
                following = _FIRST
