"""2 MB images into a stream, beside bare redis-py."""

from collections.abc import Mapping

from bench.results import Result, Target, median
from bench.worker import Worker

_ROUNDS = 7
_IMAGES = 120
_SHAPE = (1000, 1000)
_BYTES = 2 * _SHAPE[0] * _SHAPE[1]
_MEGABYTES = _IMAGES * _BYTES / 1e6


def measure(environment: Mapping[str, str]) -> list[Result]:
    """A scan, from call to return; as many times XADD of as many bytes."""
    with (
        Worker("session:SessionRole", environment, patched=True) as session,
        Worker("bare:BareRole", environment) as bare,
    ):
        ours, theirs = [], []
        for _ in range(_ROUNDS + 1):
            taken = session.call("images", count=_IMAGES, shape=_SHAPE)["wall"]
            ours.append(_MEGABYTES / taken)
            taken = bare.call("images", count=_IMAGES, size=_BYTES)
            theirs.append(_MEGABYTES / taken)
    ours, theirs = ours[1:], theirs[1:]  # the first round warms up the server
    return [
        Result(
            what="2 MB images into the stream",
            ours=median(ours),
            unit="MB/s",
            target=Target(0.8, at_least=True, of_ratio=True),
            runs=ours,
            compared_with="bare redis-py",
            theirs=median(theirs),
        )
    ]
