"""A hundred sessions at one data server, beside a single one: what a transaction costs it."""

from collections.abc import Mapping

from bench.results import Result, median
from bench.worker import Worker

_RUNS = 3
_SESSIONS = 100
_POINTS = 2000
_PERIOD = 0.001  #: seconds between two points of any session


def measure(environment: Mapping[str, str]) -> list[Result]:
    """CPU of the server for a point of three channels; nobody follows, or one each session."""
    results = []
    for followed, who in ((False, "unfollowed"), (True, "followed")):
        many = [_server_time(environment, _SESSIONS, followed=followed) for _ in range(_RUNS)]
        one = [_server_time(environment, 1, followed=followed) for _ in range(_RUNS)]
        results.append(
            Result(
                what=f"server's CPU for a point of {_SESSIONS} sessions, {who}",
                ours=median(many),
                unit="µs",
                target=None,
                runs=many,
                compared_with="of one",
                theirs=median(one),
            )
        )
    return results


def _server_time(environment: Mapping[str, str], sessions: int, *, followed: bool) -> float:
    with (
        Worker("crowd:CrowdRole", environment) as producer,
        Worker("crowd:CrowdRole", environment) as follower,
    ):
        producer.call("begin", sessions=sessions)
        if followed:
            follower.start("follow", sessions=sessions)
            follower.receive()
        used: float = producer.call("publish", points=_POINTS, period=_PERIOD)["server"]
        producer.call("end")
        if followed:
            follower.receive()
    return used / _POINTS * 1e6
