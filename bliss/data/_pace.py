"""When to read, so that a reader that has fallen behind is no burden; touches no socket, no clock.

A read costs about the same whether it brings one block or ten.  Where the machine has no processor
time left, a reader that takes each block by itself takes time from the scan that makes them, and
has them late all the same.  So it reads less often then, and gets several at a time.
"""

_SHORTEST = 0.0005  #: s from one read to the next, once they are held back
_LONGEST = 0.008  #: s
_TURNS = 8  #: the last two of so many reads are not held back; the second of them is judged
_STEEPEST = 4  #: times that one read may slow down those that follow
_ENOUGH = 8  #: blocks in each read that is held back: more at a time would hardly cost less
_LET_GO = 0.98  #: times the interval after each that kept up: it stays where one in 30 is behind


class Pace:
    """How long to wait before the next read.

    A read that waits is woken by the first block that comes.  So one that brings several was sent
    when all of them were there already: the reader is behind.  On an idle machine that is so for
    one read in a thousand, and holding back the next by half a millisecond delays nothing.

    A read that was held back brings several for that reason, and the one after it may, as it had
    to wait until those were dealt with.  So only the one after that tells how things are.
    """

    def __init__(self) -> None:
        self._interval = 0.0  #: s that are to pass from one read to the next
        self._last = 0.0  #: when the last one came back
        self._turn = 0  #: of the next read; at 0 it is judged
        self._fewest = _ENOUGH  #: blocks that came with one of the last that were held back

    def pause(self, now: float) -> float:
        """Seconds to wait before the next read.

        Args:
            now: The time in seconds, of any clock that only goes forward.
        """
        if not self._interval:
            return 0.0
        self._turn = (self._turn + 1) % _TURNS
        return 0.0 if self._is_free else max(0.0, self._last + self._interval - now)

    @property
    def _is_free(self) -> bool:
        return self._turn in (0, _TURNS - 1)

    def took(self, blocks: int, now: float) -> None:
        """Note what a read gave.

        Args:
            blocks: How many, of the stream that had most.
            now: When it came, by the same clock.
        """
        self._last = now
        if not self._is_free:
            self._fewest = min(self._fewest, blocks)
        elif self._turn == 0 and blocks > 1:
            self._slow_down(min(blocks, _STEEPEST))
        elif self._turn == 0:
            faster = self._interval * _LET_GO
            self._interval = faster if faster >= _SHORTEST else 0.0
        if not self._turn:
            self._fewest = _ENOUGH

    def _slow_down(self, times: int) -> None:
        if not self._interval:
            self._interval = _SHORTEST
        elif self._fewest < _ENOUGH:
            self._interval = min(times * self._interval, _LONGEST)
