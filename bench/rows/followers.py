"""Many followers of one scan at 1 kHz: how old its points are when they have them."""

import contextlib
from collections.abc import Mapping, Sequence

from bench.results import Result, Target, median, quantile
from bench.worker import Worker

_ROUNDS = 3
_POINTS = 1200
_PERIOD = 0.001  #: seconds between two points
_A_PROCESS = 10  #: followers in one process at most, a thread each
_FOLLOWERS = (1, 10, 50)
_SLOWER = {10: Target(1.05, of_ratio=True)}


def measure(environment: Mapping[str, str]) -> list[Result]:
    """Ages from emit to the walk; and how long the scan takes beside one that nobody follows."""
    with Worker("session:SessionRole", environment, patched=True) as session:
        _scan(session)  # the first one warms up
        return [
            result
            for followers in _FOLLOWERS
            for result in _followed(session, environment, followers)
        ]


def _followed(session: Worker, environment: Mapping[str, str], followers: int) -> list[Result]:
    ages: list[Sequence[float]] = []
    alone, walls = [], []
    with contextlib.ExitStack() as stack:
        shares = _shares(followers)
        clients = [stack.enter_context(Worker("client:ClientRole", environment)) for _ in shares]
        for _ in range(_ROUNDS):
            alone.append(_scan(session))
            for client, share in zip(clients, shares, strict=True):
                client.start("follow", count=_POINTS, followers=share)
                client.receive()
            walls.append(_scan(session))
            ages.append([age for client in clients for age in client.receive()])
    who = f"{followers} follower{'s' if followers > 1 else ''}"
    return [
        *(_age(f"age of a point with {who}, {name}", ages, share) for name, share in _SHARES),
        Result(
            what=f"wall time of the scan with {who}",
            ours=median(walls),
            unit="s",
            target=_SLOWER.get(followers),
            runs=walls,
            compared_with="with none",
            theirs=median(alone),
        ),
    ]


_SHARES = (("median", 0.5), ("99 %", 0.99))


def _age(what: str, rounds: Sequence[Sequence[float]], share: float) -> Result:
    runs = [quantile(ages, share) * 1e3 for ages in rounds]
    return Result(what=what, ours=median(runs), unit="ms", target=None, runs=runs)


def _shares(followers: int) -> list[int]:
    """How many followers each process has."""
    return [min(_A_PROCESS, followers - done) for done in range(0, followers, _A_PROCESS)]


def _scan(session: Worker) -> float:
    wall: float = session.call("stamps", npoints=_POINTS, period=_PERIOD)["wall"]
    return wall
