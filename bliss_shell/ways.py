"""How far moves are, in words; knows nothing of hardware, a terminal or a clock."""

from collections.abc import Iterable
from dataclasses import dataclass

from bliss.scanning.timing import shown
from bliss_shell.progress import left


@dataclass(frozen=True, slots=True)
class Way:
    """The way of an axis from where it was to where it goes."""

    start: float
    target: float
    expected: float = 0.0  #: s that it should take, by its motion profile; 0 if that is not known

    def share(self, position: float) -> float:
        """How much of it is behind the axis, 0 … 1.

        >>> Way(10.0, 0.0).share(7.5), Way(0.0, 10.0).share(11.0), Way(1.0, 1.0).share(1.0)
        (0.25, 1.0, 1.0)
        """
        if self.target == self.start:
            return 1.0
        return min(max((position - self.start) / (self.target - self.start), 0.0), 1.0)


def how_far(places: Iterable[tuple[Way, float]], seconds: float) -> str:
    """How far moves are that have begun together, of the one that has the most before it.

    >>> how_far([(Way(0.0, 10.0, 20.0), 2.5), (Way(0.0, 1.0, 2.0), 1.0)], 5.0)
    '25 %, 15.0 s left'
    >>> how_far([(Way(0.0, 10.0), 0.0)], 1.0)
    '0 %'

    Args:
        places: The way and the position of each axis.
        seconds: Since they began.
    """
    shares = [(way.share(position), way.expected) for way, position in places]
    percent = f"{int(100 * min((share for share, _ in shares), default=1.0))} %"
    if not all(share or expected for share, expected in shares):
        return percent  # nobody knows yet
    rest = max((left(share, 1, seconds, expected) for share, expected in shares), default=0.0)
    return f"{percent}, {shown(rest) if rest >= 0.1 else '0 s'} left"
