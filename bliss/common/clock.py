"""Exact waits for programs on gevent, and the one time base that motion and counting share.

    >>> start = now()
    >>> sleep_until(start + 0.001)
    >>> now() >= start + 0.001
    True

Only what runs in the session process imports this file: it needs gevent.
"""

import time
from contextvars import ContextVar

import gevent
from gevent import get_hub, monkey

from bliss.common import _timerfd

#: Seconds on CLOCK_MONOTONIC, since an arbitrary start; `time.perf_counter` shows the same.
now = time.monotonic

#: The event loop is asked to wake us this much early (s), and the rest is spun: from the timer
#: to the greenlet it takes 50 us, 120 us in one case of a hundred.
SLACK = 100e-6 if _timerfd.AVAILABLE else 500e-6

#: A processor that slept longer wakes up later, 200 us after 20 ms: a wait of more than
#: `LONG_WAIT` (s) is interrupted `WARM_UP` (s) before its end, so that its last part is short.
LONG_WAIT = 1.5e-3
WARM_UP = 500e-6

#: A greenlet that never has to wait lets the others run after this time (s).
TURN_INTERVAL = 1e-3 - SLACK

#: A single timer waits at most this long (s); a longer wait is made of several.
LONGEST_TIMER = 3600.0

# In a patched process os.close waits for the next turn of the loop, in case someone still watches
# the descriptor; here nobody does.
_close = monkey.get_original("os", "close")

_last_turn: ContextVar[float] = ContextVar("last_turn", default=0.0)  # of the current greenlet


def sleep_until(deadline: float) -> None:
    """Wait until `deadline`, exactly, while other greenlets run on.

    A deadline in the past costs 0.3 us, so a scan may call this at each point; still, the event
    loop gets a turn once a millisecond.

    Args:
        deadline: Instant as `now()` gives it; infinity waits for ever.
    """
    instant = now()
    if deadline > instant + SLACK:
        if deadline > instant + LONG_WAIT:
            _wait(deadline - WARM_UP)
        _wait(deadline - SLACK)
        _last_turn.set(now())
    elif instant - _last_turn.get() > TURN_INTERVAL:
        _turn()
        _last_turn.set(now())
    while now() < deadline:
        pass


def sleep(duration: float) -> None:
    """Wait for `duration` seconds, exactly, while other greenlets run on."""
    sleep_until(now() + duration)


def _wait(instant: float) -> None:
    """Return at `instant` or up to some 100 us after it."""
    while (current := now()) < instant:
        stage = min(instant, current + LONGEST_TIMER)
        if _timerfd.AVAILABLE:
            _wait_for_timer(stage)
        else:
            gevent.sleep(stage - current)


def _wait_for_timer(instant: float) -> None:
    # A timer for each wait: keeping some for the next saves 10 us of a wait that lasts longer,
    # but a timer kept is shared with forked children, and tied to one thread's event loop.
    hub = get_hub()
    fd = _timerfd.create()
    try:
        _timerfd.arm(fd, instant)
        watcher = hub.loop.io(fd, 1)
        try:
            hub.wait(watcher)
        finally:
            watcher.close()
    finally:
        _close(fd)


def _turn() -> None:
    """Let the event loop poll its sockets once, and all that is ready run.

    `gevent.sleep(0)` would not do: between the callbacks that it queues, gevent polls only after
    a thousand of them.  A timer of no duration fires after the poll; the low priority puts it
    behind the sockets that the poll found ready.
    """
    hub = get_hub()
    timer = hub.loop.timer(0, priority=-2)
    try:
        hub.wait(timer)
    finally:
        timer.close()
