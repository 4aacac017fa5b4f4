"""Points at a high rate, of many counters or of spectra, beside bare redis-py."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.results import Result, median
from bench.rows.ages import age_results
from bench.worker import Worker


@dataclass(frozen=True, slots=True)
class _Load:
    """What is emitted at each point."""

    what: str
    points: int
    period: float  #: seconds between two points
    counters: int = 1  #: channels of one number
    spectrum: int = 0  #: values of type uint32 in a spectrum beside them


_ROUNDS = 5
_COUNTERS = _Load("20 counters at 1 kHz", points=1000, period=0.001, counters=20)
_SPECTRA = _Load("spectra of 2,048 at 5 kHz", points=2500, period=0.0002, spectrum=2048)


def counters(environment: Mapping[str, str]) -> list[Result]:
    """Twenty counters."""
    return _measure(environment, _COUNTERS)


def spectra(environment: Mapping[str, str]) -> list[Result]:
    """Spectra, 41 MB a second."""
    return _measure(environment, _SPECTRA)


def _measure(environment: Mapping[str, str], load: _Load) -> list[Result]:
    """The scan's time over that of its counting, its CPU, and the ages of its points.

    The other figures are those of as many XADD to as many streams, and of a blocking XREAD.
    """
    ours, theirs, walls, busy, bare_walls = [], [], [], [], []
    emitted = {"period": load.period, "counters": load.counters, "spectrum": load.spectrum}
    added = {"period": load.period, "streams": load.counters, "size": 4 * load.spectrum}
    with (
        Worker("session:SessionRole", environment, patched=True) as session,
        Worker("client:ClientRole", environment) as client,
        Worker("bare:BareRole", environment) as producer,
        Worker("bare:BareRole", environment) as consumer,
    ):
        for _ in range(_ROUNDS):
            client.start("follow", count=load.points)
            client.receive()
            taken = session.call("stamps", npoints=load.points, **emitted)
            ours.append(client.receive())
            walls.append(taken["wall"])
            busy.append(100 * taken["cpu"] / taken["wall"])
            consumer.start("read_stamps", count=load.points, streams=load.counters)
            consumer.receive()
            bare_walls.append(producer.call("add_stamps", count=load.points, **added))
            theirs.append(consumer.receive())
    compared_with = "bare redis-py"
    return [
        Result(
            what=f"{load.what}: wall time",
            ours=median(walls),
            unit="s",
            target=None,
            runs=walls,
            compared_with=compared_with,
            theirs=median(bare_walls),
        ),
        Result(f"{load.what}: CPU of the session", median(busy), "% of a core", None, busy),
        *age_results(
            f"{load.what}: age",
            ours,
            theirs,
            compared_with=compared_with,
            targets=(None, None),
        ),
    ]
