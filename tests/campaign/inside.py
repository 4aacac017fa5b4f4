"""What is asked inside a session: what is alive in it, what moves, how its scans ended."""

import gc
import json
import os
import threading
from collections.abc import Sequence
from typing import Any

import gevent
import psutil
import redis
from greenlet import greenlet

from bliss.beacon import get_beacon
from bliss.common.errors import BlissError

SETTLE = 3.0  #: s that what is about to end may take


class Inside:
    """Tells, as JSON, about the session it was made in.

    Args:
        scans: Its `SCANS`.
        axes: Its axes.
    """

    def __init__(self, scans: Sequence[Any], *axes: Any) -> None:
        self._scans = scans
        self._axes = axes
        self._told: list[Any] = list(scans)
        self._baseline: dict[str, int] | None = None
        # what is there now is not looked at again, which makes looking quick
        gc.collect()
        gc.freeze()

    def tell(self, number: int) -> None:
        """Print what is to be known, marked with a number."""
        print(f"\nSTATE {number} {json.dumps(self.state())}", flush=True)

    def settle(self) -> None:
        """Take what is alive now for the baseline; called more than once, the most of each."""
        gevent.sleep(0.1)
        gc.collect()
        known = self._baseline or {}
        self._baseline = {name: max(n, known.get(name, 0)) for name, n in _counts().items()}

    def state(self) -> dict[str, Any]:
        """What is to be known."""
        new = [scan for scan in self._scans if scan not in self._told]
        self._told = list(self._scans)
        moving = [axis.name for axis in self._axes if axis.is_moving]
        alive = _counts()
        return {
            "velocities": {axis.name: axis.velocity for axis in self._axes},
            "moving": moving,
            "scans": [_told_of(scan) for scan in new],
            "extra": self._extra(),
            "alive": alive,
            "rss": psutil.Process().memory_info().rss,
        }

    def _extra(self) -> dict[str, list[str]]:
        """What is alive beyond the baseline, after some time to end."""
        if self._baseline is None:
            return {}
        if self._beyond():
            _drop_idle_connections()
        with gevent.Timeout(SETTLE, False):
            while self._beyond():
                gc.collect()
                gevent.sleep(0.02)
        return self._beyond()

    def _beyond(self) -> dict[str, list[str]]:
        assert self._baseline is not None
        return {
            name: found for name, found in _alive().items() if len(found) > self._baseline[name]
        }


def _counts() -> dict[str, int]:
    return {name: len(found) for name, found in _alive().items()}


def _alive() -> dict[str, list[str]]:
    descriptors = _descriptors()
    return {
        "greenlets": [str(g) for g in gc.get_objects() if isinstance(g, greenlet) and _is_ours(g)],
        "threads": [thread.name for thread in threading.enumerate()],
        "descriptors": descriptors,
        "connections": [name for name in descriptors if name.startswith("socket:")],
    }


def _is_ours(candidate: greenlet) -> bool:
    """Whether it runs, and is none of those that gevent's pool of threads keeps for later."""
    is_root = candidate.parent is None or getattr(candidate, "greenlet_tree_is_root", False)
    return bool(candidate) and not is_root  # roots are those of threads, and their hubs


def _drop_idle_connections() -> None:
    """Close what the pools keep for the next command: how many that are varies with the order."""
    for name in ("data", "settings"):
        get_beacon().redis(name).connection_pool.disconnect(inuse_connections=False)


def _descriptors() -> list[str]:
    found = []
    for number in os.listdir("/proc/self/fd"):
        try:
            found.append(os.readlink(f"/proc/self/fd/{number}"))
        except FileNotFoundError:  # that of listdir
            continue
    return found


def _told_of(scan: Any) -> dict[str, Any]:
    ended = scan.outcome is not None
    return {
        "name": scan.name,
        "state": scan.state.value,
        "outcome": scan.outcome.value if ended else None,
        "reason": scan.reason,
        "npoints": scan.chain.npoints,
        "points": _points(scan) if ended and scan.outcome.value == "complete" else None,
        "has_node": "node_name" in scan.scan_info,
    }


def _points(scan: Any) -> list[int]:
    """How many points its channels have, without repetition; none where its data is gone."""
    try:
        return sorted({len(points) for points in scan.get_data().values()})
    except (BlissError, redis.RedisError):
        return []
