"""How a Beacon starts and ends, by hand and for a shell that finds none."""

import os
import signal
import socket
import subprocess
import sys

import psutil
import pytest

from bliss.beacon import Beacon
from bliss.common.errors import (
    ConfigError,
)
from bliss.server.find_config import find_configuration
from bliss.server.lifetime import EmbeddedLife
from bliss.server.main import main
from tests.beacon_process import (
    DEMO,
    BeaconProcess,
    free_port,
    python_environment,
    run_python,
    something_else,
)

TIMEOUT = 20.0  #: seconds; what is waited for comes within a second or two


def server_process(client, name):
    return psutil.Process(client.status()["servers"][name]["pid"])


def wait_until_gone(processes):
    _, alive = psutil.wait_procs(processes, timeout=TIMEOUT)
    assert not alive


def test_settings_survive_a_clean_end(tmp_path):
    with BeaconProcess(tmp_path) as first, first.client("session") as client:
        client.redis("settings").set("kept", "yes")
        client.redis("data")
        processes = [server_process(client, name) for name in ("data", "settings")]
    wait_until_gone(processes)
    with BeaconProcess(tmp_path) as second, second.client() as client:
        assert client.redis("settings").get("kept") == b"yes"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it_well(tmp_path, number):
    process = BeaconProcess(tmp_path)
    children = psutil.Process(process.process.pid).children(recursive=True)
    assert len(children) == 2
    process.process.send_signal(number)
    process.process.send_signal(number)
    assert process.process.wait(TIMEOUT) == 0
    assert process.stop() == 0
    assert "Beacon has ended" in process.log
    assert {line.split()[2] for line in process.lines} == {"INFO"}
    wait_until_gone(children)


def test_its_servers_have_no_terminal_to_take_ctrl_c_from(beacon):
    with beacon.client() as client:
        processes = [server_process(client, name) for name in ("data", "settings")]
    assert len({os.getsid(each.pid) for each in processes} | {os.getsid(beacon.process.pid)}) == 3


def test_killed_it_takes_its_servers_along_and_hinders_no_next_start(tmp_path):
    first = BeaconProcess(tmp_path)
    with first.client("session") as client:
        client.redis("settings").set("kept", "yes")
    children = psutil.Process(first.process.pid).children(recursive=True)
    first.kill()
    with BeaconProcess(tmp_path) as second, second.client() as client:
        assert client.redis("settings").get("kept") == b"yes"
    wait_until_gone(children)


def test_a_second_one_says_who_has_the_folder(beacon):
    result = run_python("-m", "bliss.server", "--port", 0, "--state", beacon.state)
    assert result.returncode == 1
    assert f"in use by Beacon at 127.0.0.1:{beacon.host.split(':')[1]}" in result.stderr
    assert f"process {beacon.process.pid}" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_port_that_is_taken_is_one_clear_sentence(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        result = run_python("-m", "bliss.server", "--port", port, "--state", tmp_path)
    assert result.returncode == 1
    assert f"cannot listen at 127.0.0.1:{port}: Address already in use" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--host", "0.0.0.0"], "other machines can reach it: expected a password"),
        (["--host", "192.168.1.1"], "other machines can reach it: expected a password"),
        (["--trust-nobody"], "--trust-nobody: expected a password"),
        (["--password-file", "/nosuch"], "password file /nosuch: expected a text file"),
        (["--host", "beamline"], "expected an IP address"),
        (["--config", "/nosuch/sessions.yml"], "--config /nosuch/sessions.yml: expected"),
        (["--server-binary", "/nosuch/server"], "/nosuch/server: expected a server program"),
        (["--state", "/dev/null"], "state folder /dev/null"),
        (["--port", "0"], "expected --state too"),
    ],
)
def test_wrong_options_are_one_clear_sentence(tmp_path, monkeypatch, caplog, arguments, message):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    before = os.umask(0o022)
    try:
        assert main(["--port", str(free_port()), *arguments]) == 2
    finally:
        os.umask(before)
    (said,) = caplog.messages  # where nothing logs, as at a prompt, it goes to standard error
    assert message in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("arguments", "address", "message"),
    [
        ([], "lab:1:2", "BEACON_HOST='lab:1:2': expected host:port"),
        (["--port", "70000"], "", "expected a number from 0 to 65535, got '70000'"),
    ],
)
def test_a_bad_address_is_named_at_the_terminal(tmp_path, arguments, address, message):
    result = run_python(
        "-m", "bliss.server", *arguments, BEACON_HOST=address, XDG_STATE_HOME=str(tmp_path)
    )
    assert result.returncode == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_a_server_that_cannot_start_ends_it_with_the_reason(tmp_path):
    binary = tmp_path / "server"
    binary.write_text("#!/bin/sh\necho it is broken\nexit 3\n")
    binary.chmod(0o700)
    result = run_python(
        "-m", "bliss.server", "--port", 0, "--state", tmp_path / "s", "--server-binary", binary
    )
    assert result.returncode == 2
    assert "server cannot be used: it ended at once: it is broken" in result.stderr


def test_a_configuration_with_an_error_does_not_stop_beacon(tmp_path):
    config = tmp_path / "sessions.yml"
    config.write_text("sessions: 1\n")
    with BeaconProcess(tmp_path / "state", config=config) as process, process.client() as client:
        assert client.redis("settings").ping()
        with pytest.raises(ConfigError, match=r"sessions\.yml:1: sessions: expected a valid list"):
            client.session_names()


EMBEDDED = """
import sys, time
from bliss.server.embedded import ensure_beacon
client, notice = ensure_beacon()
print(client.status()["pid"], notice, sep="|", flush=True)
sys.stdin.read()
client.close()
"""


class Shell:
    """A process that needs a Beacon, as the prompt does."""

    def __init__(self, folder, port):
        self.process = subprocess.Popen(
            [sys.executable, "-c", EMBEDDED],
            cwd=folder,
            env=python_environment(
                BEACON_HOST=f"localhost:{port}", XDG_STATE_HOME=str(folder / "state")
            ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def read(self):
        pid, notice = self.process.stdout.readline().strip().split("|")
        self.beacon = psutil.Process(int(pid))
        return notice

    def end(self):
        self.process.communicate(timeout=TIMEOUT)
        assert self.process.returncode == 0


def test_an_embedded_beacon_lives_as_long_as_shells_do(tmp_path):
    port = free_port()
    first = Shell(tmp_path, port)
    notice = first.read()
    config = find_configuration(None, {}, str(tmp_path))
    expected = f"started an embedded Beacon at localhost:{port} (configuration: {config})"
    assert notice == expected
    processes = [first.beacon, *first.beacon.children(recursive=True)]
    assert len(processes) == 3
    assert os.getsid(first.beacon.pid) == first.beacon.pid
    second = Shell(tmp_path, port)
    assert second.read() == "None"
    assert second.beacon == first.beacon
    first.end()
    with Beacon(f"localhost:{port}") as client:
        assert client.session_names() == ["demo_session"]
    second.end()
    wait_until_gone(processes)
    log = tmp_path / "state" / "bliss" / f"beacon-{port}" / "beacon.log"
    assert "Beacon has ended" in log.read_text()


def test_when_an_embedded_beacon_is_of_no_more_use():
    life = EmbeddedLife()
    life.update({"client": 1})
    assert not life.is_over(29.9)
    assert life.is_over(30.0)
    life.update({"client": 1, "session": 2})
    assert not life.is_over(1e9)
    life.update({"client": 1, "session": 0})
    assert life.is_over(1.0)


def test_shells_that_start_together_share_one_beacon(tmp_path):
    port = free_port()
    shells = [Shell(tmp_path, port) for _ in range(10)]
    notices = [shell.read() for shell in shells]
    assert len([each for each in notices if each.startswith("started")]) == 1
    assert len({shell.beacon.pid for shell in shells}) == 1
    processes = [shells[0].beacon, *shells[0].beacon.children(recursive=True)]
    assert len(processes) == 3
    for shell in shells:
        shell.end()
    wait_until_gone(processes)


def test_a_shell_that_comes_when_the_last_one_goes_gets_a_beacon(tmp_path):
    port = free_port()
    beacons = []
    shell = Shell(tmp_path, port)
    shell.read()
    for _ in range(5):
        beacons += [shell.beacon, *shell.beacon.children(recursive=True)]
        next_shell = Shell(tmp_path, port)
        shell.end()
        next_shell.read()
        shell = next_shell
    beacons += [shell.beacon, *shell.beacon.children(recursive=True)]
    shell.end()
    wait_until_gone(beacons)


def test_a_shell_is_told_of_another_configuration(tmp_path, beacon):
    mine = tmp_path / "sessions.yml"
    mine.write_text("sessions: []")
    result = run_python(
        "-c",
        "from bliss.server.embedded import ensure_beacon\n"
        f"client, notice = ensure_beacon(config={str(mine)!r})\nprint(notice)",
        BEACON_HOST=beacon.host,
    )
    assert result.stdout == f"Beacon at {beacon.host} uses the configuration {DEMO} (not {mine})\n"


@pytest.mark.parametrize(
    ("address", "config", "message"),
    [
        (
            "no.such.invalid:1",
            "None",
            "BeaconNotFoundError: no Beacon answers at no.such",
        ),
        (None, "'/nosuch.yml'", "ConfigError: --config /nosuch.yml: expected a sessions.yml"),
    ],
)
def test_an_embedded_beacon_that_cannot_be(tmp_path, address, config, message):
    result = run_python(
        "-c",
        "from bliss.server.embedded import ensure_beacon\n"
        f"ensure_beacon({address!r}, config={config})",
        BEACON_HOST=f"localhost:{free_port()}",
        XDG_STATE_HOME=str(tmp_path),
    )
    assert message in result.stderr


def test_an_embedded_beacon_that_fails_says_why(tmp_path):
    result = run_python(
        "-c",
        "from bliss.server.embedded import ensure_beacon\nensure_beacon()",
        BEACON_HOST=f"localhost:{free_port()}",
        XDG_STATE_HOME=str(tmp_path),
        BLISS_SERVER_BINARY="/nosuch/server",
    )
    assert "BeaconError: the embedded Beacon did not start: bliss-beacon: /nosuch" in result.stderr


def test_no_beacon_is_started_where_something_else_listens(tmp_path):
    with something_else(b"SSH-2.0-OpenSSH_9.2\r\n") as address:
        result = run_python(
            "-c",
            "from bliss.server.embedded import ensure_beacon\nensure_beacon()",
            BEACON_HOST=address,
            XDG_STATE_HOME=str(tmp_path),
        )
    assert "what listens there is not Beacon" in result.stderr
    assert not list(tmp_path.iterdir())
