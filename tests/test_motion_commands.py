"""mv umv mvr umvr mvd umvd move: what they accept, what they refuse, and what stops them."""

import math
import re
import tempfile
from pathlib import Path

import gevent
import numpy as np
import pytest
from gevent.event import Event
from hypothesis import given, settings
from hypothesis import strategies as st

from bliss.common.errors import BlissError, DeviceError, LimitError
from bliss_shell.waits import sentence
from hardware.motion_hook import MotionHook
from hardware.move_listener import MoveListener
from tests.motion_commands import Commands

COMMANDS = ("mv", "umv", "mvr", "umvr", "mvd", "umvd", "move")


@pytest.fixture
def at(tmp_path):
    """The commands of a session whose roby runs backwards and is 1 mm off."""
    commands = Commands(tmp_path / "moves.jsonl")
    commands["roby"].position = 1.0
    yield commands
    commands.close()


@pytest.mark.parametrize("command", ["mv", "umv", "move"])
def test_user_positions(at, command):
    at.run(command, at["robx"], 1, at["roby"], np.float32(2))
    assert at.positions() == {"robx": 1.0, "roby": 2.0, "robz": 0.0, "slow": 0.0}
    assert at["roby"].dial == -1.0


@pytest.mark.parametrize("command", ["mvr", "umvr"])
def test_distances(at, command):
    at.run(command, at["robx"], 1.5, at["roby"], -2)
    at.run(command, at["robx"], 1.5)
    assert at.positions() == {"robx": 3.0, "roby": -1.0, "robz": 0.0, "slow": 0.0}


@pytest.mark.parametrize("command", ["mvd", "umvd"])
def test_dial_positions(at, command):
    at.run(command, at["robx"], 1.5, at["roby"], 3)
    assert (at["roby"].dial, at["roby"].position) == (3.0, -2.0)
    assert at["robx"].dial == 1.5


def test_move_by_a_distance_and_without_waiting(at):
    at.run("move", at["robx"], 1, relative=True)
    at.run("move", at["robx"], 1, relative=True)
    assert at["robx"].position == 2.0
    at.run("move", at["slow"], 5, at["robx"], 3, wait=False)
    assert at["slow"].is_moving
    at["robx"].wait_move()
    at["slow"].stop()
    assert at["robx"].position == 3.0


class Together(MoveListener):
    """Notes whether all axes had begun before the first one ended."""

    def __init__(self):
        self.calls = []

    def on_move_start(self, axis, start, target):
        self.calls.append("start")

    def on_move_end(self, axis, reached, problem):
        self.calls.append("end")


def test_axes_start_together(at):
    together = Together()
    for axis in at.axes:
        axis.listeners.append(together)
    at.run("mv", at["robx"], 1, at["roby"], 1.5, at["robz"], 1)
    assert together.calls == ["start"] * 3 + ["end"] * 3


def test_umv_leaves_the_last_positions(at):
    shown = at.run("umv", at["robx"], 1.25, at["roby"], -2)
    assert shown == "robx     1.2500 mm   roby    -2.0000 mm\n"
    assert at.run("mv", at["robx"], 1) == ""


def test_umv_says_why_a_position_is_not_known(at):
    def lose():
        at.controller.is_lost = True

    at["slow"].velocity = 50.0
    gevent.spawn_later(0.02, lose)
    with pytest.raises(DeviceError, match=r"^slow: motors does not answer"):
        at.run("umv", at["slow"], 10)
    assert at.out.getvalue() == "slow not known: motors does not answer\n"
    at.controller.is_lost = False


BAD = [
    ("mv", (), "mv: expected pairs of axis and number, as in mv(robx, 1, roby, 2)"),
    ("umv", ("robx",), "umv: expected pairs of axis and number, as in umv(robx, 1, roby, 2)"),
    ("mvr", ("robx", 1, "roby"), "mvr: expected pairs"),
    ("mvd", ("'robx'", 1), "mvd: 'robx' is not an axis; wa() lists the axes"),
    ("umvr", (1, "robx"), "umvr: 1 is not an axis"),
    ("move", ("robx", 1, None, 2), "move: None is not an axis"),
    ("umvd", ("robx", 1, "robx", 2), "umvd: an axis is given twice, robx; "),
    ("mv", ("roby", 1, "robx", "'home'"), "robx: 'home' is no position; expected a finite number"),
    ("mv", ("robx", "roby"), "robx: <Axis roby> is no position"),
    ("umv", ("roby", 1, "robx", math.nan), "robx: nan is no position"),
    ("mvr", ("roby", 1, "robx", math.inf), "robx: inf is no distance; expected a finite number"),
    ("umvr", ("robx", "'1'"), "robx: '1' is no distance"),
    ("mvd", ("roby", 1, "robx", None), "robx: None is no dial position"),
    ("umvd", ("robx", True), "robx: True is no dial position"),
    ("mv", ("roby", 2, "robx", 101), "robx: 101.0 mm is beyond the high limit (100.0 mm); "),
    ("umv", ("roby", 2, "robx", -101), "robx: -101.0 mm is beyond the low limit"),
    ("mvr", ("robx", 2, "roby", 10.5), "roby: 11.5 mm is beyond the high limit (11.0 mm)"),
    ("umvr", ("robx", 2, "roby", -10.5), "roby: -9.5 mm is beyond the low limit (-9.0 mm)"),
    ("mvd", ("robx", 2, "roby", 11), "roby: -10.0 mm is beyond the low limit (-9.0 mm)"),
    ("umvd", ("robx", 2, "roby", -11), "roby: 12.0 mm is beyond the high limit (11.0 mm)"),
    ("move", ("roby", 2, "robz", 21), "robz: 21.0 deg is beyond the high limit (20.0 deg)"),
]


@pytest.mark.parametrize(("command", "arguments", "said"), BAD)
def test_wrong_arguments_are_one_sentence_and_move_nothing(at, command, arguments, said):
    def typed(value):
        if not isinstance(value, str):
            return value
        return value.strip("'") if value.startswith("'") else at[value]

    before = at.positions()
    with pytest.raises(BlissError) as caught:
        at.run(command, *map(typed, arguments))
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)
    assert at.positions() == before
    assert at.controller.sent == []


@pytest.mark.parametrize("command", COMMANDS)
def test_an_axis_that_is_disabled_moves_nothing(at, command):
    at["robz"].disable()
    with pytest.raises(DeviceError, match=r"^robz: cannot be moved.*enable\(\)"):
        at.run(command, at["robx"], 1, at["robz"], 1)
    assert at.controller.sent == []


@pytest.mark.parametrize("command", COMMANDS)
def test_an_axis_that_moves_already_goes_on_and_nothing_else_moves(at, command):
    at["slow"].move(50, wait=False)
    sent = list(at.controller.sent)
    with pytest.raises(DeviceError, match=r"^slow: is moving to 50\.0 mm already; "):
        at.run(command, at["robx"], 1, at["slow"], 1)
    assert at.controller.sent == sent
    assert at["slow"].is_moving
    at["slow"].stop()


@pytest.mark.parametrize("command", COMMANDS)
def test_an_axis_that_does_not_answer_moves_nothing(at, command):
    at.run("mv", at["robx"], 1)
    at.controller.sent.clear()
    at.controller.is_lost = True
    with pytest.raises(DeviceError, match=r"^rob[xy]: motors does not answer$"):
        at.run(command, at["robx"], 1, at["roby"], 1)
    assert at.controller.sent == []
    at.controller.is_lost = False


def test_one_that_fails_stops_the_others(at):
    at.controller.motor(at["robx"]).fail_move(0.0001, "following error")
    with pytest.raises(DeviceError, match=r"^robx: the move to 90\.0 mm failed.*following error"):
        at.run("mv", at["slow"], 50, at["robx"], 90)
    assert at["slow"].state == "READY"
    assert at["slow"].position < 50


def test_one_that_cannot_be_stopped_is_told_beside_what_failed(at, capfd):
    def stop(axis):
        raise DeviceError(f"{axis.name}: no answer")

    at.controller.stop = stop
    at.controller.motor(at["robx"]).fail_move(0.0001, "following error")
    at["slow"].velocity = 1000.0
    with pytest.raises(DeviceError, match="following error") as caught:
        at.run("mv", at["slow"], 5, at["robx"], 90)
    assert any("slow could not be stopped" in note for note in caught.value.__notes__)
    assert "Traceback" not in capfd.readouterr().err
    del at.controller.stop


def test_one_that_cannot_start_stops_the_others(at):
    at.controller.motor(at["robx"]).fail_start("no power")
    with pytest.raises(DeviceError, match=r"^robx: cannot be moved to 1\.0 mm: no power"):
        at.run("mv", at["slow"], 50, at["robx"], 1)
    assert not at["slow"].is_moving
    at.run("mv", at["robx"], 1)


class Begun(MoveListener):
    """Tells when an axis moves."""

    def __init__(self):
        self.event = Event()

    def on_move_start(self, axis, start, target):
        self.event.set()


@pytest.mark.parametrize("command", ["mv", "umvr"])
def test_ctrl_c_stops_all_axes_of_the_command(at, command):
    begun = Begun()
    at["slow"].listeners.append(begun)
    at["robz"].velocity = 1.0

    def work():
        at.interrupts.is_shielded = False  # as for a line at the prompt
        at.run(command, at["robz"], 15, at["slow"], 50)

    running = gevent.spawn(at.interrupts.run_command, work)
    assert begun.event.wait(5)
    gevent.sleep(0.01)
    at.interrupts.arrive()
    with pytest.raises(KeyboardInterrupt):
        running.get(timeout=5)
    assert at["robz"].state == at["slow"].state == "READY"
    assert 0 < at["slow"].position < 1


class Slow(MotionHook):
    """Takes for ever before a move."""

    def __init__(self):
        self.called = Event()

    def pre_move(self, moves):
        self.called.set()
        gevent.sleep(1000)


def test_ctrl_c_before_anything_has_moved(at):
    hook = Slow()
    at["robx"].motion_hooks.append(hook)

    def work():
        at.interrupts.is_shielded = False
        at.run("mv", at["robx"], 15)

    running = gevent.spawn(at.interrupts.run_command, work)
    assert hook.called.wait(5)
    at.interrupts.arrive()
    with pytest.raises(KeyboardInterrupt):
        running.get(timeout=5)
    assert at.controller.sent == []
    assert at["robx"].state == "READY"


def test_a_wait_that_lasts_says_for_what(at, monkeypatch):
    monkeypatch.setattr("bliss_shell.waits.FIRST", 0.05)
    monkeypatch.setattr("bliss_shell.motion.FIRST", 0.05)
    at["slow"].velocity = 10.0
    shown = at.run("mv", at["robx"], 3, at["slow"], 7)
    assert re.match(r"waiting for slow: MOVING \d\.\d+ → 7\.0, \d s\n", shown)
    assert "robx" not in shown


def test_a_wait_for_many_axes_names_as_many_as_there_is_room_for(at):
    targets = dict.fromkeys(at.axes, 5.0)
    at.controller.is_lost = True
    lost = "motors does not answer"
    assert sentence(targets, 14.4, "→") == (
        f"waiting for robx: {lost}, roby: {lost}, robz: {lost}, 1 more, 14 s"
    )
    assert sentence(targets, 2, "→", width=60) == f"waiting for robx: {lost}, 3 more, 2 s"
    assert sentence(targets, 2, "→", width=5) == f"waiting for robx: {lost}, 3 more, 2 s"
    at.controller.is_lost = False
    assert sentence({at["slow"]: None}, 2, "→") == "waiting for slow: READY 0.0, 2 s"


numbers = st.one_of(
    st.floats(-120, 120),
    st.floats(),
    st.sampled_from([-100, 100, -20, 20, -9, 11, 0, 1e300, "1", None, True]),
)
lines = st.tuples(
    st.sampled_from(COMMANDS),
    st.lists(st.tuples(st.sampled_from(["robx", "roby", "robz"]), numbers), max_size=3),
)
offsets = st.sampled_from([0.0, 1.0, -3.25])


@settings(deadline=None, max_examples=60)
@given(st.lists(lines, min_size=1, max_size=6), offsets)
def test_no_combination_moves_an_axis_outside_its_limits(typed, offset):
    with tempfile.TemporaryDirectory() as folder:
        at = Commands(Path(folder) / "moves.jsonl")
        for axis in at.axes:
            axis.position = offset
        for command, pairs in typed:
            before, sent = at.positions(), len(at.controller.sent)
            try:
                at.run(command, *(x for axis, value in pairs for x in (at[axis], value)))
            except BlissError:
                assert at.positions() == before
                assert len(at.controller.sent) == sent
            assert all(axis.state == "READY" for axis in at.axes)
        for name, dial in at.controller.sent:
            low, high = at[name].dial_limits
            assert low - 1e-9 <= dial <= high + 1e-9
        at.close()


def test_limits_hold_at_their_very_ends(at):
    at.run("mv", at["robx"], 100, at["roby"], 11, at["robz"], -20)
    assert at.positions() == {"robx": 100.0, "roby": 11.0, "robz": -20.0, "slow": 0.0}
    with pytest.raises(LimitError):
        at.run("mvr", at["robx"], 1e-6)
