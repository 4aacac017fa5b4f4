"""Endings: every step runs, whatever happens in one of them and however great the hurry."""

import gevent
import pytest
from gevent.event import Event

from bliss.common.ending import Ending, Step, StepSkippedError, first_of, in_words
from bliss.common.errors import DeviceError


def failing(error):
    def call():
        raise error

    return call


@pytest.mark.parametrize("error", [OSError("x"), KeyboardInterrupt(), SystemExit(3)])
def test_every_step_runs_and_each_error_names_its_step(error):
    done = []
    phases = [
        [Step("one", failing(error)), Step("two", lambda: done.append(2))],
        [Step("three", failing(DeviceError("broken")))],
        [Step("four", lambda: done.append(4))],
    ]
    errors = Ending(phases).run()
    assert done == [2, 4]
    assert [str(e) for e in errors] == [str(error), "broken"]
    assert [e.__notes__ for e in errors] == [["while one"], ["while three"]]


def test_steps_of_a_phase_run_side_by_side_and_phases_one_after_the_other():
    first, second, order = Event(), Event(), []

    def meet(mine, other):
        mine.set()
        other.wait(5)
        order.append("met")

    phases = [
        [Step("a", lambda: meet(first, second)), Step("b", lambda: meet(second, first))],
        [Step("c", lambda: order.append("after"))],
    ]
    assert Ending(phases).run() == []
    assert order == ["met", "met", "after"]


def test_a_step_that_takes_too_long_is_given_up_and_named():
    done = []
    phases = [[Step("calling", Event().wait, limit=0.01)], [Step("last", lambda: done.append(1))]]
    (error,) = Ending(phases).run()
    assert isinstance(error, StepSkippedError)
    assert str(error) == "calling: no answer, it was given up"
    assert done == [1]


def run_and_hurry(phases, hurries, running):
    ending = Ending(phases)
    run = gevent.spawn(ending.run)
    running.wait(5)
    for _ in range(hurries):
        ending.hurry()
    return run.get(timeout=5)


def test_a_hurry_leaves_out_what_it_can_and_waits_for_the_rest():
    running, stopped, done = Event(), Event(), []

    def stop():
        running.set()
        stopped.wait(5)
        done.append("robx")

    def open_vent():
        stopped.set()

    phases = [
        [Step("stopping robx", stop), Step("waiting", lambda: gevent.sleep(100), optional=True)],
        [Step("returning robx", lambda: done.append("returned"), optional=True)],
        [Step("publishing the end", lambda: done.append("published"))],
    ]
    gevent.spawn(running.wait).link(lambda _: open_vent())
    errors = run_and_hurry(phases, 1, running)
    assert done == ["robx", "published"]
    assert [str(e) for e in errors] == ["waiting was interrupted", "returning robx was left out"]


def test_a_second_hurry_waits_for_nothing_and_names_what_did_not_answer():
    running, release, done = Event(), Event(), []

    def deaf():
        running.set()
        while not release.is_set():
            try:
                release.wait(100)
            except BaseException:  # noqa: BLE001 - that is what makes it deaf
                continue

    phases = [[Step("stopping robx", deaf)], [Step("next", lambda: done.append(1))]]
    errors = run_and_hurry(phases, 2, running)
    assert [str(e) for e in errors] == ["stopping robx: no answer, it was given up"]
    assert done == [1]
    release.set()


def test_an_error_that_comes_up_again_is_told_once():
    error = OSError("gone")
    errors = Ending([[Step("publishing", failing(error))]], [error]).run()
    assert errors == [error]
    assert not hasattr(error, "__notes__")


def test_the_first_error_comes_out_with_the_others_as_notes():
    first, second = OSError("one"), DeviceError("two")
    second.add_note("while stopping robx")
    assert first_of([]) is None
    assert first_of([first, second]) is first
    assert first.__notes__ == ["then, while stopping robx: two"]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (DeviceError("robz: fault"), "robz: fault"),
        (DeviceError(), "DeviceError"),
        (OSError("gone"), "OSError: gone"),
        (ValueError(), "ValueError"),
        (SystemExit(3), "SystemExit: 3"),
    ],
)
def test_the_words_for_an_error_are_never_empty(error, words):
    assert in_words(error) == words
