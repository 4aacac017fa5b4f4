"""Interrupts: which greenlet gets them, and when."""

import gevent
import pytest
from gevent.event import Event

from bliss.common.ending import Ending, Step
from bliss.common.interrupts import CommandAbandonedError, Interrupts


def open_to(interrupts, work):
    """A command that is open to interrupts, as user code is."""

    def command():
        with interrupts.shielded():
            error = interrupts.attempt(work)
        if error:
            raise error
        return "done"

    return command


def start(interrupts, work):
    return gevent.spawn(interrupts.run_command, work)


def test_without_a_command_the_line_is_cleared():
    cleared = []
    Interrupts(on_idle=lambda: cleared.append(1)).arrive()
    assert cleared == [1]


def test_a_command_that_waits_is_interrupted_and_no_other_greenlet():
    interrupts, waiting = Interrupts(), Event()
    other = gevent.spawn(gevent.sleep, 0.02)

    def work():
        waiting.set()
        gevent.sleep(100)

    run = start(interrupts, open_to(interrupts, work))
    waiting.wait(5)
    interrupts.arrive()
    with pytest.raises(KeyboardInterrupt):
        run.get(timeout=5)
    other.get(timeout=5)


def test_a_command_that_computes_is_interrupted_at_once():
    interrupts, passed = Interrupts(), []

    def work():
        interrupts.arrive()  # as the signal handler does, in the middle of the computation
        passed.append(1)

    run = start(interrupts, open_to(interrupts, work))
    with pytest.raises(KeyboardInterrupt):
        run.get(timeout=5)
    assert passed == []


def test_under_the_shield_it_is_kept_and_raised_at_the_end():
    interrupts, done = Interrupts(), []

    def command():
        def work():
            with interrupts.shielded():
                interrupts.arrive()
                done.append("inside")
            done.append("behind")

        with interrupts.shielded():
            error = interrupts.attempt(work)
        raise error

    run = start(interrupts, command)
    with pytest.raises(KeyboardInterrupt):
        run.get(timeout=5)
    assert done == ["inside"]


def test_it_is_raised_when_the_shield_is_lifted():
    interrupts, done = Interrupts(), []

    def command():
        with interrupts.shielded():
            interrupts.arrive()
            done.append(type(interrupts.attempt(lambda: done.append("never"))))
        return "done"

    assert start(interrupts, command).get(timeout=5) == "done"
    assert done == [KeyboardInterrupt]


def test_the_second_one_hurries_the_ending():
    counts, ended, stopping = [], [], Event()
    interrupts = Interrupts(on_count=counts.append)

    def stop():
        stopping.set()
        gevent.sleep(100)

    def command():
        with interrupts.shielded():
            error = interrupts.attempt(lambda: gevent.sleep(100))
            ended.extend(interrupts.finish(Ending([[Step("returning robx", stop, optional=True)]])))
            raise error

    run = start(interrupts, command)
    gevent.idle()
    interrupts.arrive()
    stopping.wait(5)
    interrupts.arrive()
    with pytest.raises(KeyboardInterrupt):
        run.get(timeout=5)
    assert counts == [1, 2]
    assert [str(e) for e in ended] == ["returning robx was interrupted"]


def test_the_third_one_gives_a_deaf_command_up():
    interrupts, release = Interrupts(), Event()

    def deaf():
        while not release.is_set():
            try:
                release.wait(100)
            except KeyboardInterrupt:
                continue

    run = start(interrupts, open_to(interrupts, deaf))
    for _ in range(3):
        gevent.sleep(0.01)
        interrupts.arrive()
    with pytest.raises(CommandAbandonedError):
        run.get(timeout=10)
    release.set()
    assert start(interrupts, lambda: "next").get(timeout=5) == "next"


def test_what_a_command_returns_and_raises_comes_out():
    interrupts = Interrupts()
    assert interrupts.run_command(lambda: 42) == 42
    with pytest.raises(SystemExit):
        interrupts.run_command(lambda: (_ for _ in ()).throw(SystemExit(1)))


def test_on_another_greenlet_nothing_is_shielded():
    interrupts = Interrupts()
    with interrupts.shielded():
        assert interrupts.attempt(lambda: None) is None
    assert interrupts.finish(Ending([[Step("x", lambda: None)]])) == []
