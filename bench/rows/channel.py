"""How soon a change of a Channel has reached another process, beside bare PUBLISH."""

from collections.abc import Mapping

from bench.results import Result
from bench.rows.ages import age_results
from bench.worker import Worker

_ROUNDS = 5
_CHANGES = 500
_PAUSE = 0.0015  #: seconds between two changes


def measure(environment: Mapping[str, str]) -> list[Result]:
    """A plain program sets it, as an on-line analysis does; the session's callback has it."""
    with (
        Worker("session:SessionRole", environment, patched=True) as session,
        Worker("client:ClientRole", environment) as client,
        Worker("bare:BareRole", environment) as producer,
        Worker("bare:BareRole", environment) as consumer,
    ):
        ours, theirs = [], []
        for _ in range(_ROUNDS):
            session.start("listen", name="bench", count=_CHANGES)
            session.receive()
            client.call("set_often", name="bench", count=_CHANGES, pause=_PAUSE)
            ours.append(session.receive())
            consumer.start("listen", count=_CHANGES)
            consumer.receive()
            producer.call("publish_often", count=_CHANGES, pause=_PAUSE)
            theirs.append(consumer.receive())
    return age_results(
        "change of a Channel in another process",
        ours,
        theirs,
        compared_with="bare PUBLISH",
        targets=(2.0, None),
    )
