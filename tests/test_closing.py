"""The end of a session: all is closed, whatever does not answer."""

import os
import signal

import gevent
import pytest

from bliss_shell import closing
from bliss_shell.closing import Closing
from tests.beacon_process import BeaconProcess
from tests.terminal import Terminal


def interrupt():
    os.kill(os.getpid(), signal.SIGINT)


def broken():
    raise ZeroDivisionError("broken")


def compute():
    interrupt()
    while True:
        pass


def test_one_that_fails_is_raised_when_all_else_is_closed():
    closed, steps = [], Closing()
    steps.add("first", lambda: closed.append("first"))
    steps.add_all(lambda: [("second", broken), ("third", lambda: closed.append("third"))])
    with pytest.raises(ZeroDivisionError):
        steps.run()
    assert closed == ["third", "first"]


@pytest.mark.parametrize("hang", [lambda: interrupt() or gevent.sleep(60), compute])
def test_after_an_interrupt_nothing_is_waited_for_and_what_was_left_is_named(capsys, hang):
    closed, steps = [], Closing()
    steps.add("log", lambda: closed.append("log"))
    steps.add("camera", lambda: gevent.sleep(60))
    steps.add("motors", hang)
    steps.run()
    assert closed == ["log"]
    assert capsys.readouterr().err == "left without closing motors, camera\n"
    with pytest.raises(KeyboardInterrupt):  # as ever
        interrupt() or gevent.sleep(60)


def test_what_takes_long_is_named(capsys, monkeypatch):
    monkeypatch.setattr(closing, "_PATIENCE", 0.01)
    said, steps = [], Closing()

    def hang():
        while not said:
            gevent.sleep(0.01)
            said.extend(capsys.readouterr().err.splitlines())

    steps.add("camera", hang)
    steps.run()
    assert said == [
        "closing camera takes long: it, or a server, does not answer; Ctrl-C leaves at once"
    ]


def test_a_session_is_left_though_a_server_stands_still(tmp_path):
    with (
        BeaconProcess(tmp_path / "state") as beacon,
        Terminal(
            "-s", "demo_session", home=tmp_path, environment={"BEACON_HOST": beacon.host}
        ) as shell,
    ):
        shell.wait_for_prompt()
        shell.run("umv(robx, 1)")
        with beacon.frozen("settings"):
            since = shell.type("exit\r")
            shell.wait_for("takes long: .* Ctrl-C leaves at once", since=since)
            shell.interrupt()
            assert shell.wait_for_end() == 0
        assert "left without closing" in shell.text[since:]
        assert "Traceback" not in shell.text[since:]
        with beacon.client() as client:
            assert client.status()["sessions"] == {}
