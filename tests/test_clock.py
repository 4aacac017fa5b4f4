"""Waits are never too short, let others run, and leave nothing behind."""

import contextlib
import math
import os
import socket
import subprocess
import sys

import gevent
import pytest
from gevent import monkey

from bliss.common import _timerfd, clock


def open_descriptors():
    descriptors = {}
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(FileNotFoundError):  # the one that the listing itself had
            descriptors[number] = os.readlink(f"/proc/self/fd/{number}")
    return descriptors


@pytest.fixture(autouse=True)
def no_descriptor_left():
    gevent.sleep(0.001)  # the event loop has descriptors of its own
    before = open_descriptors()
    yield
    assert open_descriptors() == before


@pytest.fixture(params=[True, False], ids=["timerfd", "gevent.sleep"])
def any_timer(request, monkeypatch):
    """The waits as they are on Linux, and as they are elsewhere."""
    monkeypatch.setattr(_timerfd, "AVAILABLE", request.param and _timerfd.AVAILABLE)


@pytest.mark.parametrize("duration", [0.0, 20e-6, 120e-6, 1e-3, 1.6e-3, 5e-3, 30e-3])
def test_never_early(any_timer, duration):
    for _ in range(20):
        deadline = clock.now() + duration
        clock.sleep_until(deadline)
        assert clock.now() >= deadline


def test_sleep_lasts_its_duration(any_timer):
    start = clock.now()
    clock.sleep(0.002)
    assert clock.now() >= start + 0.002


def test_a_deadline_in_the_past_returns():
    for deadline in (clock.now(), 0.0, -1.0, -math.inf):
        clock.sleep_until(deadline)


def test_wait_longer_than_one_timer(any_timer, monkeypatch):
    monkeypatch.setattr(clock, "LONGEST_TIMER", 0.001)
    deadline = clock.now() + 0.005
    clock.sleep_until(deadline)
    assert clock.now() >= deadline


def test_others_run_during_a_wait(any_timer):
    ticks = []

    def tick():
        while True:
            ticks.append(clock.now())
            gevent.sleep(0.001)

    ticker = gevent.spawn(tick)
    clock.sleep(0.05)
    ticker.kill()
    assert len(ticks) > 3


def test_concurrent_waits_end_in_the_order_of_their_deadlines():
    ended = []

    def wait(deadline):
        clock.sleep_until(deadline)
        ended.append(deadline)

    start = clock.now()
    deadlines = [start + 0.05 * n for n in (3, 1, 5, 2, 4)]
    gevent.joinall([gevent.spawn(wait, deadline) for deadline in deadlines], raise_error=True)
    assert ended == sorted(deadlines)


def test_a_loop_that_never_waits_does_not_starve_sockets():
    # gevent.sleep(0) fails this: gevent does not poll between the callbacks it makes.
    near, far = socket.socketpair()
    received = []
    reader = gevent.spawn(lambda: received.append(near.recv(1)))
    gevent.sleep(0.001)
    with near, far:
        far.send(b"x")
        turns = 0
        while not received and turns < 10:
            work_until = clock.now() + clock.TURN_INTERVAL
            while clock.now() < work_until:
                pass
            clock.sleep_until(work_until)
            turns += 1
        reader.join()
    assert turns < 10


@pytest.mark.parametrize("duration", [0.05, math.inf])
def test_an_interrupted_wait_ends_at_once_and_leaves_nothing(any_timer, duration):
    def wait():
        with pytest.raises(KeyboardInterrupt):
            clock.sleep(duration)
        return "interrupted"

    waiter = gevent.spawn(wait)
    gevent.sleep(0.005)
    waiter.kill(KeyboardInterrupt, block=False)
    assert waiter.get() == "interrupted"


def test_a_timer_refuses_what_is_no_instant():
    fd = _timerfd.create()
    with pytest.raises(OSError, match="Invalid argument"):
        _timerfd.arm(fd, -1.0)
    monkey.get_original("os", "close")(fd)


PROGRAM = """
import os, sys, threading
import gevent
from bliss.common import clock

def wait():
    for _ in range(5):
        deadline = clock.now() + 0.003
        clock.sleep_until(deadline)
        assert clock.now() >= deadline

wait()
thread = threading.Thread(target=wait)  # has an event loop of its own
thread.start()
wait()
thread.join()
waiter = gevent.spawn(wait)
gevent.sleep(0.001)
if (child := gevent.os.fork()) == 0:
    wait()
    os._exit(0)
waiter.get()
wait()
assert os.waitstatus_to_exitcode(gevent.os.waitpid(child, 0)[1]) == 0
print("done")
"""


@pytest.mark.parametrize("patch", ["", "from gevent import monkey; monkey.patch_all()\n"])
def test_with_threads_and_forks(patch):
    done = subprocess.run(
        [sys.executable, "-c", patch + PROGRAM],
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("done\n", "", 0)
