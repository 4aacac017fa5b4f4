"""How far a scan is, in words; knows nothing of a terminal or a clock."""

from collections.abc import Sequence

from bliss.scanning.timing import shown


def progress(
    points: int, npoints: int, seconds: float, estimate: float, waits: Sequence[str] = ()
) -> str:
    """A line: `120 of 501 points, 24 %, 12.5 s left`.

    Args:
        points: That are there.
        npoints: That there will be; 0 if that is not known.
        seconds: Since it began, without those that it paused.
        estimate: Seconds that it should take in all; 0 if that is not known.
        waits: For what it waits, if it does: `"paused: beam: 3 mA is below 10"`; nobody knows then
            how long it takes.
    """
    if npoints:
        parts = [f"{points} of {npoints} points", f"{100 * points // npoints} %"]
        if not waits and (points or estimate > seconds):
            rest = left(points, npoints, seconds, estimate)
            parts.append(f"{shown(rest) if rest >= 0.1 else '0 s'} left")
    else:
        parts = [f"{points} points", f"{shown(seconds)} so far"]
    return ", ".join([*parts, *waits])


def left(points: float, npoints: int, seconds: float, estimate: float) -> float:
    """Seconds that it still takes: as estimated at first, then as what is done has come so far.

    >>> left(0, 100, 1.0, 11.0), left(50, 100, 6.0, 11.0), left(100, 100, 13.0, 11.0)
    (10.0, 5.5, 0.0)
    """
    share = points / npoints
    expected = max(0.0, estimate - seconds)
    measured = seconds / share - seconds if points else expected
    return expected * (1 - share) + measured * share
