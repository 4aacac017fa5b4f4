"""Age of a point when another process has it, beside bare redis-py."""

from collections.abc import Mapping

from bench.results import Result
from bench.rows.ages import age_results
from bench.worker import Worker

_ROUNDS = 5
_POINTS = 1200
_PERIOD = 0.001  #: seconds between two points


def measure(environment: Mapping[str, str]) -> list[Result]:
    """From emit to the walk of a plain process; from XADD to a blocking XREAD."""
    with (
        Worker("session:SessionRole", environment, patched=True) as session,
        Worker("client:ClientRole", environment) as client,
        Worker("bare:BareRole", environment) as producer,
        Worker("bare:BareRole", environment) as consumer,
    ):
        ours, theirs = [], []
        for _ in range(_ROUNDS):
            client.start("follow", count=_POINTS)
            client.receive()
            session.call("stamps", npoints=_POINTS, period=_PERIOD)
            ours.append(client.receive())
            consumer.start("read_stamps", count=_POINTS)
            consumer.receive()
            producer.call("add_stamps", count=_POINTS, period=_PERIOD)
            theirs.append(consumer.receive())
    return age_results(
        "age of a point at 1 kHz",
        ours,
        theirs,
        compared_with="bare redis-py",
        targets=(0.5, 1.0),
    )
