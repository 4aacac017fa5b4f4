"""What a test may not leave behind: greenlets, threads, processes, sockets, sessions, beats."""

import gc
import os
import threading
from dataclasses import dataclass, fields

import gevent
import psutil

from bliss.beacon._beat import Beat
from bliss.scanning import session

SETTLE = 5.0  #: seconds that what is about to end may take


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
        return str([g for g in _greenlets() if id(g) in ids])
    if what == "threads":
        return str([t for t in threading.enumerate() if t.ident in ids])
    if what == "processes":
        children = psutil.Process().children(recursive=True)
        return str([" ".join(p.cmdline()) for p in children if p.pid in ids])
    return str(sorted(ids))


def _greenlets() -> list[gevent.Greenlet]:
    return [o for o in gc.get_objects() if isinstance(o, gevent.Greenlet) and o and not o.dead]


def census() -> Census:
    """What is alive now."""
    current = session._current
    return Census(
        greenlets=frozenset(id(g) for g in _greenlets()),
        threads=frozenset(t.ident for t in threading.enumerate()),
        processes=frozenset(p.pid for p in psutil.Process().children(recursive=True)),
        sockets=frozenset(_sockets()),
        open_sessions=frozenset([id(current)] if current else []),
        beats=frozenset(id(o) for o in gc.get_objects() if isinstance(o, Beat) and o.running),
    )


def _sockets() -> list[str]:
    found = []
    for fd in os.listdir("/proc/self/fd"):
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
