"""2 MB images at the highest rate, from their detector to another process, beside bare redis-py."""

import time
from collections.abc import Mapping

from bench.results import Result, median
from bench.worker import Worker

_ROUNDS = 5
_IMAGES = 120
_SHAPE = (1000, 1000)
_BYTES = 2 * _SHAPE[0] * _SHAPE[1]
_MEGABYTES = _IMAGES * _BYTES / 1e6


def measure(environment: Mapping[str, str]) -> list[Result]:
    """From the start of the scan to a client that has its END; from first XADD to last XREAD."""
    with (
        Worker("session:SessionRole", environment, patched=True) as session,
        Worker("client:ClientRole", environment) as client,
        Worker("bare:BareRole", environment) as producer,
        Worker("bare:BareRole", environment) as consumer,
    ):
        ours, theirs, missing = [], [], []
        for _ in range(_ROUNDS + 1):
            client.start("take_scan")
            client.receive()
            began = time.monotonic()
            session.call("images", count=_IMAGES, shape=_SHAPE)
            ended, lost = client.receive()
            ours.append(_MEGABYTES / (ended - began))
            missing.append(lost)
            consumer.start("take_images", count=_IMAGES)
            consumer.receive()
            began = time.monotonic()
            producer.call("images", count=_IMAGES, size=_BYTES, kept=_IMAGES)
            theirs.append(_MEGABYTES / (consumer.receive() - began))
    ours, theirs = ours[1:], theirs[1:]  # the first round warms up the server
    return [
        Result(
            what="2 MB images to another process",
            ours=median(ours),
            unit="MB/s",
            target=None,
            runs=ours,
            compared_with="bare redis-py",
            theirs=median(theirs),
        ),
        Result("images that it did not get", sum(missing), "images", None, missing),
    ]
