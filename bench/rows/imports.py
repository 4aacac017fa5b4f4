"""What a client's first import costs, beside that of the libraries it cannot do without."""

import subprocess
import sys
from collections.abc import Mapping

from bench.results import Result, Target, median

_ROUNDS = 10
_TIMED = "import time; began = time.perf_counter(); import {}; print(time.perf_counter() - began)"


def measure(environment: Mapping[str, str]) -> list[Result]:
    """`import bliss.data.node` in a new process."""
    ours, theirs = [], []
    for _ in range(_ROUNDS):
        ours.append(_import("bliss.data.node", environment))
        theirs.append(_import("numpy, redis, msgpack", environment))
    ours, theirs = ours[1:], theirs[1:]  # the first of each warms up the disk
    return [
        Result(
            what="import of bliss.data.node",
            ours=median(ours),
            unit="s",
            target=Target(1.5, of_ratio=True),
            runs=ours,
            compared_with="numpy, redis, msgpack",
            theirs=median(theirs),
        )
    ]


def _import(modules: str, environment: Mapping[str, str]) -> float:
    done = subprocess.run(
        [sys.executable, "-c", _TIMED.format(modules)],
        env=dict(environment),
        stdout=subprocess.PIPE,
        check=True,
    )
    return float(done.stdout)
