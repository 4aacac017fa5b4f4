"""The states of a scan, and which may follow which."""

from collections.abc import Mapping
from enum import Enum

from bliss.common.errors import ScanStateError


class ScanState(Enum):
    """Where a scan is in its life."""

    IDLE = "idle"  #: made, not run
    PREPARING = "preparing"  #: its nodes are created, its devices prepared
    STARTING = "starting"  #: it acquires points; BLISS's name for it
    PAUSED = "paused"  #: it waits at a point, to go on later
    STOPPING = "stopping"  #: it cleans up
    DONE = "done"  #: it has ended


class Outcome(Enum):
    """How a scan ended."""

    COMPLETE = "complete"  #: its last point was taken
    STOPPED = "stopped"  #: a program or a person had seen enough
    ABORTED = "aborted"  #: interrupted
    FAILED = "failed"  #: something broke
    LOST = "lost"  #: its session died, or the data server did


_NEXT: Mapping[ScanState, frozenset[ScanState]] = {
    ScanState.IDLE: frozenset({ScanState.PREPARING}),
    ScanState.PREPARING: frozenset({ScanState.STARTING, ScanState.STOPPING}),
    ScanState.STARTING: frozenset({ScanState.PAUSED, ScanState.STOPPING}),
    ScanState.PAUSED: frozenset({ScanState.STARTING, ScanState.STOPPING}),
    ScanState.STOPPING: frozenset({ScanState.DONE}),
    ScanState.DONE: frozenset(),
}


def check_next(name: str, state: ScanState, following: ScanState) -> None:
    """Raise `ScanStateError` unless `following` may come after `state`."""
    if following in _NEXT[state]:
        return
    if following is ScanState.PREPARING:
        raise ScanStateError(
            f"{name}: a scan runs once, and this one is {state.value}; make a new one"
        )
    raise ScanStateError(f"{name}: {following.value} cannot follow {state.value}")
