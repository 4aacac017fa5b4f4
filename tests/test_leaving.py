"""Signals that end a session, and the one that must not stop it."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys

import pytest
from gevent.event import Event

from bliss.beacon import set_beacon
from bliss.common.interrupts import CommandAbandonedError
from bliss.data import node
from bliss.data.node import EventType
from bliss_shell import leaving
from bliss_shell.keyboard import Keyboard
from bliss_shell.leaving import Leaving
from tests.beacon_process import BeaconProcess, python_environment
from tests.terminal import SHELL, WAIT, Terminal

ENDS = {
    "SIGTERM": (lambda shell: shell.signal(signal.SIGTERM) or shell.wait_for_end(), 143),
    "SIGHUP": (Terminal.hang_up, 129),
}


@pytest.fixture
def shell(beacon: BeaconProcess, tmp_path):
    with Terminal(
        "-s", "demo_session", home=tmp_path, environment={"BEACON_HOST": beacon.host}
    ) as shell:
        shell.wait_for_prompt()
        yield shell


@pytest.fixture
def client(beacon: BeaconProcess):
    with beacon.client() as here:
        set_beacon(here)
        yield here
        set_beacon(None)


@pytest.fixture
def interrupts():
    keyboard = Keyboard()
    keyboard.interrupts.on_count = lambda _count: None
    with keyboard.handled():
        yield keyboard.interrupts


def moves(home):
    path = home / ".local/state/bliss-shell/demo_session/moves.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("name", ENDS)
def test_a_scan_is_ended_and_its_axis_returned(shell, client, tmp_path, name):
    shell.run("umv(tx, 0)")
    shell.type("dscan(tx, -1, 1, 500, .05, diode1)\r")
    shell.wait_for(r"of 501 points")
    session_node = node.get_session_node("demo_session")
    scan_node = next(session_node.children()).last_child
    end, status = ENDS[name]
    assert end(shell) == status
    (event,) = [e for e in scan_node.walk_events(filter="scan") if e.type is EventType.END_SCAN]
    assert (event.data.outcome, name in event.data.reason) == ("aborted", True)
    assert client.status()["sessions"] == {}
    assert moves(tmp_path)[-1]["at"] == 0


@pytest.mark.parametrize("name", ENDS)
def test_what_moves_while_the_prompt_waits_is_stopped(shell, client, tmp_path, name):
    shell.run("umv(tx, 0)")
    shell.run("tx.jog(1)")
    end, status = ENDS[name]
    assert end(shell) == status
    assert client.status()["sessions"] == {}
    last = moves(tmp_path)[-1]
    assert last["at"] < 50
    assert name in last["why"]
    assert "Traceback" not in shell.text


def test_exit_stops_what_moves_and_says_so(shell, tmp_path):
    shell.run("umv(tx, 0)")
    shell.run("tx.jog(1)")
    assert shell.leave() == 0
    assert "stopped tx, as the session ends" in shell.text
    assert moves(tmp_path)[-1]["why"] == "the end of the session"


def test_a_script_is_ended(beacon, client, tmp_path):
    script = tmp_path / "mine.py"
    script.write_text("print('begins')\numv(tx, 0)\numv(tx, 100)\n")
    with Terminal(
        *("-s", "demo_session", "--exec", str(script)),
        home=tmp_path,
        environment={"BEACON_HOST": beacon.host},
    ) as shell:
        shell.wait_for("tx +[1-9]")
        shell.signal(signal.SIGTERM)
        assert shell.wait_for_end() == 143
    assert f"{script}:3: interrupted by SIGTERM" in shell.text
    assert "SIGTERM" in moves(tmp_path)[-1]["why"]


def test_a_session_that_reads_a_pipe_is_ended(beacon, tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", SHELL, "-s", "demo_session"],
        env=python_environment(HOME=str(tmp_path)) | beacon.env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as session:
        for line in session.stdout:
            if "fluo_diode" in line:  # the end of the setup file
                break
        session.send_signal(signal.SIGTERM)
        out, err = session.communicate(timeout=WAIT)
    assert session.returncode == 143
    assert "Traceback" not in out + err


def test_ctrl_z_stops_no_scan(shell):
    since = shell.type("loopscan(20, .1, diode1)\r")
    shell.wait_for("of 20 points")
    shell.type("\x1a")
    shown = shell.finish(since)
    assert "complete after 20 points" in shown


def test_ctrl_z_leaves_the_line_at_the_prompt_alone(shell):
    since = shell.type("40 + \x1a2\r")
    assert re.search(r"Out \[\d+\]: 42\n", shell.finish(since))


def test_what_goes_on_is_interrupted_again_and_again(interrupts, monkeypatch, capfd):
    monkeypatch.setattr(leaving, "_AGAIN", 0.01)
    given_up = Event()

    def ignore():
        with contextlib.suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
        while not given_up.is_set():
            with contextlib.suppress(KeyboardInterrupt):
                given_up.wait()

    def command():
        with interrupts.shielded():
            interrupts.attempt(ignore)

    with Leaving(interrupts) as leaves, pytest.raises(CommandAbandonedError):
        interrupts.run_command(command)
    given_up.set()
    assert leaves.status == 143
    assert capfd.readouterr().err == "\nthis session ends, because of SIGTERM\n"


def test_a_terminal_is_closed_once_however_often_that_is_told(interrupts):
    def command():
        with interrupts.shielded():
            for _ in range(2):
                os.kill(os.getpid(), signal.SIGHUP)
            return interrupts.count

    with Leaving(interrupts) as leaves:
        assert interrupts.run_command(command) == 1
    assert leaves.status == 129


def test_nohup_keeps_a_session_running(interrupts):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Leaving(interrupts) as leaves:
            os.kill(os.getpid(), signal.SIGHUP)
        assert leaves.status is None
    finally:
        signal.signal(signal.SIGHUP, before)


def test_ctrl_s_stops_no_scan(shell):
    since = shell.type("loopscan(20, .1, diode1)\r")
    shell.wait_for("of 20 points")
    shell.type("\x13")
    assert "complete after 20 points" in shell.finish(since)


def test_an_error_elsewhere_leaves_ctrl_c_alone(shell):
    """What fails while it is told of a failure comes to `sys.excepthook`, in any greenlet."""
    shell.run("import sys, gevent")
    problem = "OSError, OSError('nobody reads this'), None"
    since = shell.type(f"gevent.spawn(sys.excepthook, {problem}); loopscan(1000, .1, diode1)\r")
    shell.wait_for("^OSError: nobody reads this", since=since)
    shell.wait_for("of 1000 points", since=since)
    shell.interrupt()
    assert "interrupted by Ctrl-C" in shell.finish(since)
