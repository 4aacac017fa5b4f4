"""The demo's axes over TCP at the real prompt: slow, stopped by Ctrl-C, gone when all have left."""

import re
from pathlib import Path

import psutil

from tests.beacon_process import free_port
from tests.terminal import Terminal

GONE = 10.0  #: s after `exit`


def test_the_demos_motors_are_started_when_used_and_end_after_the_shell(tmp_path):
    host = f"localhost:{free_port()}"
    with Terminal(
        "-s", "demo_session", home=tmp_path, environment={"BEACON_HOST": host}
    ) as terminal:
        terminal.wait_for_prompt()
        terminal.run("loopscan(2, .01, diode1)")  # its metadata does without them
        (state,) = tmp_path.glob(".local/state/bliss/beacon-*")
        assert not (state / "motors").exists()
        assert re.search(r"tx +0\.2000", terminal.run("umv(tx, .2)"))
        since = terminal.type("umv(tx, 50)\r")
        terminal.wait_for(r"tx +[0-9]\.\d*[1-9]", since=since)
        terminal.interrupt()
        terminal.finish(since)
        assert "READY" in terminal.run("print(tx.state)")
        assert "hardware.line_connection.tower" in terminal.run("debugon(tx)")
        assert re.search(r"tower: tx: \?STATUS 1 -> OK ", terminal.run("tx.state"))
        server = _server(state)
        assert terminal.leave() == 0
    psutil.wait_procs([server], GONE)
    assert not server.is_running()


def _server(state: Path) -> psutil.Process:
    return psutil.Process(int((state / "motors" / "port").read_text().split()[1]))
