"""Axes over TCP: what only a connection can do to them, and hardware that was not left alone."""

import random
import time
from pathlib import Path

import gevent
import psutil
import pytest

from bliss.beacon import set_beacon
from bliss.common.errors import BlissError, ConfigError, DeviceError
from hardware.group import Group
from hardware.tcp_axes import TcpAxisController
from tests.beacon_process import free_port, something_else
from tests.motor_server import MotorServer, Voice

TX = {
    "name": "tx",
    "motor": 1,
    "unit": "mm",
    "steps_per_unit": 1000.0,
    "velocity": 1000.0,
    "acceleration": 1e5,
    "limits": [-100.0, 100.0],
}
TY = {**TX, "name": "ty", "motor": 2, "tolerance": 0.05, "backlash": 0.2}


@pytest.fixture(scope="module", autouse=True)
def server():
    with MotorServer() as running:
        yield running


@pytest.fixture
def voice(server):
    speaking = Voice(server.address)
    speaking.say("!RESET")
    yield speaking
    speaking.say("!HEAL")
    speaking.close()


@pytest.fixture
def open_session(server, voice):
    """Makes a controller as a session does, whose settings outlive it; `leave()` ends it."""
    stores, opened = {}, []

    def make(**more):
        config = {"address": server.address, "axes": [TX, TY], **more}
        settings = lambda name: stores.setdefault(name, {})  # noqa: E731
        opened.append(TcpAxisController("tower", config, settings=settings))
        return opened[-1].axes["tx"], opened[-1].axes["ty"]

    yield make
    voice.say("!HEAL")
    for controller in opened:
        controller.leave()


@pytest.fixture
def tx(open_session):
    return open_session()[0]


def warnings(caplog):
    return [record.getMessage() for record in caplog.records]


def ask_until_it_fails(axis):
    while True:
        gevent.sleep(0.002)
        axis.state  # noqa: B018


# --- on the wire


def test_nothing_is_asked_before_an_axis_is_used(open_session):
    tx, _ = open_session(address=f"localhost:{free_port()}")
    assert not tx.controller.line.is_open
    assert tx.limits == (-100.0, 100.0)


def test_a_move_takes_few_round_trips(tx):
    tx.move(1.0)
    line = tx.controller.line
    gevent.sleep(0.01)
    asked = line.asked
    tx.move(1.0)
    assert line.asked - asked <= 3  # its status, MOVE, its status
    gevent.sleep(0.01)
    asked = line.asked
    tx.move(1.5)  # 4.5 ms: the status once in between
    assert line.asked - asked <= 5


def test_motions_of_several_axes_are_one_request(open_session, monkeypatch):
    tx, ty = open_session()
    said = []
    ask = tx.controller.line.ask
    monkeypatch.setattr(
        tx.controller.line, "ask", lambda text, *rest: said.append(text) or ask(text, *rest)
    )
    Group(tx, ty).move(tx, 1.0, ty, 2.0)
    assert [text for text in said if text.startswith("MOVE")] == ["MOVE 1 1000.0 2 2000.0"]


def test_nothing_listens(open_session):
    address = f"127.0.0.1:{free_port()}"
    tx, _ = open_session(address=address)
    with pytest.raises(DeviceError) as caught:
        tx.position  # noqa: B018
    assert str(caught.value) == (
        f"tower: cannot connect to {address} (connection refused); expected a controller there: "
        "is it switched on, and is its address right?"
    )


def test_no_answer_in_time(open_session, voice, server):
    tx, ty = open_session(timeout=0.1)
    tx.move(1.0)
    gevent.sleep(0.002)
    voice.say("!MUTE 1")
    began = time.monotonic()
    with pytest.raises(DeviceError) as caught:
        tx.state  # noqa: B018
    assert time.monotonic() - began < 5
    assert str(caught.value) == (
        f"tx: {server.address} gave no answer within 0.1 s to '?STATUS 1'; "
        "expected OK, a position, seconds and states"
    )
    assert tx.position == 1.0
    assert ty.position == 0.0


def test_something_else_answers(open_session):
    with something_else(b"SSH-2.0-OpenSSH_9.2\r\n") as address:
        tx, _ = open_session(address=address, timeout=1.0)
        try:
            with pytest.raises(DeviceError, match=r"^tx: .* b?'SSH-2.0-OpenSSH_9.2"):
                tx.position  # noqa: B018
        finally:
            tx.controller.line.close()


def test_garbage_is_a_device_error(open_session, voice):
    dice = random.Random(1)
    tx, _ = open_session(timeout=0.05)
    tx.move(1.0)
    said = 0
    answers = [b"\n", b"OK\n", b"OK 1 2\n", b"OK nan 0 READY\n", b"OK 1 inf READY\n", b"OK 1 0 ,\n"]
    answers += [b"OK 1 0 READY\x00\n", b"ERR\n", b"OK 1e999 0 READY\n", b"OK 1 0 READY"]
    answers += [dice.randbytes(dice.randrange(1, 200)) + b"\n" for _ in range(60)]
    for answer in answers:
        gevent.sleep(0.0015)
        voice.say("!GARBAGE", answer.hex())
        try:
            tx.position  # noqa: B018
        except DeviceError as problem:
            said += str(problem).startswith("tx: ")
        gevent.sleep(0.0015)
        try:
            assert tx.position == 1.0
        except DeviceError:  # the rest of what it said before
            gevent.sleep(0.0015)
            tx.controller.line.close()
            assert tx.position == 1.0
    assert said >= len(answers) - 5


def test_who_is_interrupted_leaves_no_answer_for_others(open_session, voice):
    tx, ty = open_session()
    Group(tx, ty).move(tx, 1.0, ty, 2.0)
    voice.say("!SLOW 0.05")
    for _ in range(3):
        gevent.sleep(0.002)
        with gevent.Timeout(0.01, False):
            tx.position  # noqa: B018
        assert ty.position == 2.0
        assert tx.position == 1.0
    voice.say("!SLOW 0")


def test_it_connects_again_and_the_axes_are_initialized(open_session, voice):
    tx, _ = open_session()
    tx.velocity = 123
    tx.move(1.0)
    voice.say("!CUT 0 0")
    with pytest.raises(DeviceError, match=r"^tx: .* cut the connection"):
        ask_until_it_fails(tx)
    voice.say("VEL 1 5")
    assert tx.position == 1.0
    assert voice.say("?VEL 1") == "123000.0"


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({}, "tower: expected either address (host:port) or start_server: true"),
        (
            {"address": "localhost:1", "start_server": True},
            "tower: expected either address (host:port) or start_server: true",
        ),
        (
            {"address": "localhost"},
            "tower: address 'localhost': expected host:port, such as localhost:5025",
        ),
        (
            {"address": "::1:5025"},
            "tower: address '::1:5025': expected host:port, such as localhost:5025",
        ),
    ],
)
def test_wrong_configuration(config, sentence):
    with pytest.raises(ConfigError) as caught:
        TcpAxisController("tower", {**config, "axes": [TX]}, settings=lambda _: {})
    assert str(caught.value) == sentence


# --- hardware that was not left alone


def test_an_axis_that_lost_its_position_says_so(open_session, voice, caplog):
    tx, _ = open_session()
    tx.move(5.0)
    tx.position = 12.0
    tx.controller.leave()
    voice.say("!POWERCYCLE")
    again, _ = open_session()
    assert again.position == 7.0
    assert warnings(caplog) == [
        "tx: is at dial position 0.0 mm, but was last seen at 5.0 mm: it was moved by other means, "
        "or lost its position; if it still stands where it was, type tx.dial = 5.0 and then "
        "tx.position = 12.0, else look where it is and type tx.position = ..."
    ]
    again.dial = 5.0
    again.position = 12.0
    assert (again.position, again.dial) == (12.0, 5.0)
    again.controller.leave()
    caplog.clear()
    again, _ = open_session()
    assert again.position == 12.0
    assert not warnings(caplog)


def test_a_power_cycle_in_the_middle_of_a_session(open_session, voice, caplog):
    tx, ty = open_session()
    Group(tx, ty).move(tx, 5.0, ty, 3.0)
    voice.say("!POWERCYCLE")
    with pytest.raises(DeviceError, match=r"^tx: "):
        ask_until_it_fails(tx)
    assert tx.position == 0.0
    assert [said[:50] for said in warnings(caplog)] == [
        "tx: is at dial position 0.0 mm, but was last seen "
    ]
    assert ty.position == 0.0
    assert len(warnings(caplog)) == 2


def test_an_axis_that_was_moved_by_hand_says_so(open_session, voice, caplog):
    tx, ty = open_session()
    Group(tx, ty).move(tx, 5.0, ty, 5.0)
    tx.controller.leave()
    voice.say("!HAND 1 2")
    voice.say("!HAND 2 20")  # within its tolerance
    tx, ty = open_session()
    assert (tx.position, ty.position) == (5.002, 5.02)
    assert len(warnings(caplog)) == 1
    assert "tx: is at dial position 5.002 mm, but was last seen at 5.0 mm" in caplog.text


def test_sync_hard_believes_the_hardware(open_session, voice, caplog):
    tx, _ = open_session()
    tx.move(5.0)
    voice.say("!HAND 1 1000")
    tx.sync_hard()
    assert tx.position == 6.0
    assert not warnings(caplog)


@pytest.mark.parametrize("axis", [0, 1])
def test_an_interrupted_move_explains_where_it_is(open_session, voice, caplog, axis):
    for ways in ((5.0, 1.0), (-2.0, 4.0)):
        moving = open_session()[axis]
        moving.controller.axes["tx"].position  # noqa: B018
        moving.velocity = 100
        for target in ways:
            moving.start_move(target)
            gevent.sleep(0.004)  # as long as it takes to be known
            moving.settings._writer.kill()  # the session is killed: nothing more is stored
            moving.controller.line.close()
            moving = open_session()[axis]
            assert moving.position is not None
            moving.stop()
            assert "last seen" not in caplog.text
        moving.controller.leave()


# --- the controller that the session starts


@pytest.fixture
def open_embedded(own_beacon):
    """Makes a controller that starts its server."""
    opened = []

    def make():
        controller = TcpAxisController(
            "tower", {"start_server": True, "axes": [TX]}, settings=lambda _: {}
        )
        opened.append(controller)
        return controller.axes["tx"]

    with own_beacon.client("session") as client:
        set_beacon(client)
        yield make
        for controller in opened:
            controller.leave()
        set_beacon(None)


def process_of(folder):
    return psutil.Process(int((folder / "port").read_text().split()[1]))


def test_sessions_that_start_it_at_once_have_one(own_beacon, open_embedded):
    folder = Path(own_beacon.state).resolve() / "motors"
    axes = [open_embedded() for _ in range(3)]
    assert all(axis.is_dormant for axis in axes)
    gevent.joinall([gevent.spawn(axis.sync_hard) for axis in axes], raise_error=True)
    assert not any(axis.is_dormant for axis in axes)
    assert len({axis.controller.line.address for axis in axes}) == 1
    process = process_of(folder)
    assert process.cmdline()[-1] == str(folder)
    axes[0].move(3.0)
    assert axes[1].position == axes[2].position == 3.0
    for axis in axes:
        axis.controller.leave()
    process.wait(20)  # nobody needs it any longer
    assert not (folder / "port").exists()
    assert open_embedded().position == 3.0


def test_one_that_was_killed_is_started_again(own_beacon, open_embedded):
    tx = open_embedded()
    tx.move(3.0)
    folder = Path(own_beacon.state).resolve() / "motors"
    process_of(folder).kill()
    with pytest.raises(DeviceError, match=r"^tx: .* cut the connection"):
        ask_until_it_fails(tx)
    assert tx.state == "READY"


def test_a_beacon_on_another_machine(open_embedded, monkeypatch):
    tx = open_embedded()
    monkeypatch.setattr("bliss.beacon.client.Beacon.state", None)
    with pytest.raises(
        BlissError, match=r"^tower: start_server starts a simulated controller in B"
    ):
        tx.position  # noqa: B018
