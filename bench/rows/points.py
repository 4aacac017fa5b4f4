"""Points readable after a million single emits."""

from collections.abc import Mapping

from bench.results import Result, Target
from bench.worker import Worker

_POINTS = 1_000_000


def measure(environment: Mapping[str, str]) -> list[Result]:
    """Another process reads them when the scan has ended; only right values count."""
    with (
        Worker("session:SessionRole", environment, patched=True) as session,
        Worker("client:ClientRole", environment) as client,
    ):
        readable = client.call("readable", scan=session.call("indices", npoints=_POINTS))
    return [
        Result(
            what="points readable after 10⁶ single emits",
            ours=readable,
            unit="points",
            target=Target(_POINTS, at_least=True),
            runs=[readable],
            compared_with="emitted",
            theirs=_POINTS,
        )
    ]
