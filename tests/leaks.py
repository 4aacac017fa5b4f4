"""What a test may not leave behind: greenlets, threads, processes, sockets, sessions, beats."""

import gc
import os
import threading
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import gevent
import psutil

from bliss.beacon._beat import Beat
from bliss.scanning import session
from tests.beacon_process import HELD_PORTS

SETTLE = 5.0  #: seconds that what is about to end may take


class Processes:
    """The tree of processes; asks only about those that it has not seen before."""

    def __init__(self) -> None:
        self._parents: dict[int, int] = {}

    def below(self, pid: int) -> frozenset[int]:
        """The children of a process, and theirs."""
        pids = [int(name) for name in os.listdir("/proc") if name.isdecimal()]
        self._parents = {pid: self._parents.get(pid) or _parent_of(pid) for pid in pids}
        found, last = set(), {pid}
        while last:
            last = {child for child, parent in self._parents.items() if parent in last}
            found |= last
        return frozenset(found)


def _parent_of(pid: int) -> int:
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return 0  # it has ended
    return int(stat.rpartition(b")")[2].split()[1])


_PROCESSES = Processes()


@dataclass(frozen=True)
class Census:
    """What is alive in this process."""

    greenlets: frozenset[int]
    threads: frozenset[int]
    processes: frozenset[int]
    sockets: frozenset[str]
    open_sessions: frozenset[int]
    beats: frozenset[int]

    def new_since(self, before: "Census") -> dict[str, str]:
        """What was not there before, in words."""
        new = {}
        for field in fields(self):
            more = getattr(self, field.name) - getattr(before, field.name)
            if more:
                new[field.name] = _in_words(field.name, more)
        return new


def _in_words(what: str, ids: frozenset) -> str:
    if what == "greenlets":
        return str([g for g in _objects(gevent.Greenlet) if id(g) in ids])
    if what == "threads":
        return str([t for t in threading.enumerate() if t.ident in ids])
    if what == "processes":
        return str([" ".join(psutil.Process(pid).cmdline()) for pid in ids])
    return str(sorted(ids))


def _objects(*kinds: type) -> list[Any]:
    """All objects of these classes that the collector knows; quick, for it is called often."""
    objects = gc.get_objects()
    wanted = {kind for kind in set(map(type, objects)) if issubclass(kind, kinds)}
    return [o for o, kind in zip(objects, map(type, objects), strict=True) if kind in wanted]


def census() -> Census:
    """What is alive now."""
    current = session._current
    objects = _objects(gevent.Greenlet, Beat)
    return Census(
        greenlets=frozenset(id(o) for o in objects if _is_alive(o)),
        threads=frozenset(t.ident for t in threading.enumerate()),
        processes=_PROCESSES.below(os.getpid()),
        sockets=frozenset(_sockets()),
        open_sessions=frozenset([id(current)] if current else []),
        beats=frozenset(id(o) for o in objects if isinstance(o, Beat) and o.running),
    )


def _is_alive(candidate: object) -> bool:
    """Whether it is a greenlet that has begun and has not ended."""
    return isinstance(candidate, gevent.Greenlet) and bool(candidate) and not candidate.dead


def _sockets() -> list[str]:
    found = []
    held = {str(holder.fileno()) for holder in HELD_PORTS}
    for fd in set(os.listdir("/proc/self/fd")) - held:
        try:
            target = os.readlink(f"/proc/self/fd/{fd}")
        except OSError:
            continue
        if target.startswith("socket:"):
            found.append(target)
    return found


def wait_until_clean(before: Census) -> dict[str, str]:
    """What is still there that was not before, after giving it time to end."""
    with gevent.Timeout(SETTLE, False):
        while census().new_since(before):
            gc.collect()
            gevent.sleep(0.02)
        return {}
    return census().new_since(before)
