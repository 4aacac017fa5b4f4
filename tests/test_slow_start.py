"""A session that does not open: what hangs is interrupted, and named, and the rest is there."""

import signal
import socket

import pytest

from tests.beacon_process import BeaconProcess
from tests.terminal import Terminal

CONFIG = """\
controllers:
  - name: motors
    class: hardware.simulated_axes.SimulatedAxisController
    axes: [{name: mx, velocity: 1000, acceleration: 10000}]
  - name: silent
    class: silent.Silent
    axes: [{name: my}]
  - name: dumb
    class: silent.Silent
    axes: [{name: mz}]
sessions:
  - name: demo_session
    setup-file: own.py
"""
SILENT = """\
import time
class Silent:
    def __init__(self, name, config):
        print("asks the hardware")
        time.sleep(100)
"""
SETUP = "import time\nfirst = 1\nprint('sets up'); time.sleep(100)\nsecond = 2\n"


@pytest.fixture
def arguments():
    """More of them, for `bliss-shell`."""
    return ()


@pytest.fixture
def shell(tmp_path, arguments):
    (tmp_path / "sessions.yml").write_text(CONFIG)
    (tmp_path / "silent.py").write_text(SILENT)
    (tmp_path / "own.py").write_text(SETUP)
    (tmp_path / "mine.py").write_text("print('the script runs')")
    with (
        BeaconProcess(tmp_path / "state", config=tmp_path / "sessions.yml") as beacon,
        Terminal("-s", "demo_session", *arguments, home=tmp_path, environment=beacon.env) as shell,
    ):
        shell.wait_for("^asks the hardware")
        yield shell


def test_ctrl_c_leaves_out_what_hangs(shell, tmp_path):
    shell.interrupt()
    shell.wait_for("^asks the hardware.*^asks the hardware")
    shell.interrupt()
    shell.wait_for("^sets up")
    shell.interrupt()
    shell.wait_for_prompt()
    for name in ("silent", "dumb"):
        assert f"controller '{name}': interrupted by Ctrl-C while it was made" in shell.text
    assert "the session goes on without my, mz" in shell.text
    said = f"setup file {tmp_path}/own.py:3: interrupted by Ctrl-C; what follows there is missing"
    assert said in shell.text
    assert "Traceback" not in shell.text
    assert "(1, False)" in shell.run("first, 'second' in dir()")
    assert "mx" in shell.run("umv(mx, 1)")
    assert shell.leave() == 0


def test_sigterm_ends_it(shell):
    shell.signal(signal.SIGTERM)
    shell.wait_for("^asks the hardware.*^asks the hardware")
    shell.signal(signal.SIGTERM)
    shell.wait_for("^sets up")
    shell.signal(signal.SIGTERM)
    assert shell.wait_for_end() == 143
    assert "DEMO_SESSION" not in shell.text
    assert "Traceback" not in shell.text


@pytest.mark.parametrize("arguments", [("--exec", "mine.py")])
def test_after_sigterm_no_script_runs(shell, arguments):
    for _ in range(2):
        shell.signal(signal.SIGTERM)
        shell.wait_for("^asks the hardware.*^asks the hardware")
    shell.wait_for("^sets up")
    shell.signal(signal.SIGTERM)
    assert shell.wait_for_end() == 143
    assert "the script runs" not in shell.text


def test_ctrl_c_before_there_is_a_session(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = f"127.0.0.1:{silent.getsockname()[1]}"
        with Terminal(
            *("-s", "demo_session", "--no-embedded"),
            home=tmp_path,
            environment={"BEACON_HOST": host},
        ) as shell:
            with silent.accept()[0]:
                shell.interrupt()
                assert shell.wait_for_end() == 130
            assert shell.text.endswith("\nbliss-shell: interrupted\n")
        assert "Traceback" not in shell.text
