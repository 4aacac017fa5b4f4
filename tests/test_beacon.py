"""What Beacon answers, and to whom: real processes, real sockets."""

import contextlib
import http.server
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time

import gevent
import pytest
import redis

from bliss.beacon import Beacon, get_beacon, set_beacon, wire
from bliss.common.errors import (
    BeaconError,
    BeaconNotFoundError,
    ConfigError,
    SessionLockedError,
    UnknownSessionError,
)
from bliss.config import get_sessions_list
from tests.beacon_process import (
    DEMO,
    BeaconProcess,
    free_port,
    run_python,
    something_else,
)

TIMEOUT = 20.0  #: seconds; what is waited for comes within a second or two


def test_sessions_and_their_configuration(beacon):
    with beacon.client() as client:
        assert client.session_names() == ["demo_session"]
        config = client.session_config("demo_session")
        assert config["name"] == "demo_session"
        assert "robz" in config["objects"]
        assert config["file"] == client.config == str(DEMO)
        with pytest.raises(UnknownSessionError, match=r"'nosuch'.*demo_session"):
            client.session_config("nosuch")


def test_the_configuration_is_read_again(tmp_path):
    config = tmp_path / "sessions.yml"
    config.write_text("sessions: [{name: one}]")
    with BeaconProcess(tmp_path / "state", config=config) as process, process.client() as client:
        assert client.session_names() == ["one"]
        config.write_text("sessions:\n  - name: one\n  - name: 2\n")
        with pytest.raises(ConfigError, match=r"sessions.yml:3: sessions\[1\].name: expected"):
            client.session_names()
        config.write_text("sessions: [{name: one}, {name: two}]")
        assert client.session_names() == ["one", "two"]


def test_the_default_beacon_of_a_process(beacon):
    result = run_python(
        "-c",
        "from bliss.config import get_sessions_list; import sys\n"
        "print(get_sessions_list(), {'gevent', 'IPython', 'pydantic'} & set(sys.modules))",
        BEACON_HOST=beacon.host,
    )
    assert result.stdout.split() == ["['demo_session']", "set()"], result.stderr
    with beacon.client() as client:
        set_beacon(client)
        try:
            assert get_beacon() is client
            assert get_sessions_list() == ["demo_session"]
        finally:
            set_beacon(None)


def test_status_says_what_a_person_wants_to_know(beacon):
    with beacon.client("session") as client:
        client.lock_session("demo_session")
        status = client.status()
    assert status["config"] == str(DEMO)
    assert status["pid"] == beacon.process.pid
    assert f"process {os.getpid()}" in status["sessions"]["demo_session"]
    assert {name: each["up"] for name, each in status["servers"].items()} == {
        "settings": True,
        "data": True,
    }


def test_one_client_serves_many_threads(beacon):
    with beacon.client() as client:
        wrong = []

        def ask():
            for _ in range(50):
                if client.session_names() != ["demo_session"]:
                    wrong.append("names")
                if client.session_config("demo_session")["name"] != "demo_session":
                    wrong.append("config")

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []


def test_an_answer_that_no_one_waited_for_is_not_taken_for_another(own_beacon):
    with own_beacon.client() as client:
        client.connect()
        own_beacon.process.send_signal(signal.SIGSTOP)
        try:
            with pytest.raises(gevent.Timeout), gevent.Timeout(0.05):
                client.session_config("demo_session")
        finally:
            own_beacon.process.send_signal(signal.SIGCONT)
        assert client.session_names() == ["demo_session"]


def test_a_closed_client_says_so(beacon):
    client = beacon.client()
    server = client.redis("data")
    client.close()
    client.close()
    with pytest.raises(BeaconError, match="is closed"):
        client.session_names()
    with pytest.raises(redis.ConnectionError, match="is closed"):
        server.ping()


def test_a_session_has_one_holder(beacon):
    with beacon.client("session") as first, beacon.client("session") as second:
        first.lock_session("demo_session")
        first.lock_session("demo_session")
        with pytest.raises(SessionLockedError) as caught:
            second.lock_session("demo_session")
        for part in ("demo_session", f"process {os.getpid()}", socket.gethostname(), "since 2"):
            assert part in str(caught.value)
        second.unlock_session("demo_session")  # not its own_beacon: nothing happens
        with pytest.raises(SessionLockedError):
            second.lock_session("demo_session")
        first.unlock_session("demo_session")
        second.lock_session("demo_session")
        with pytest.raises(UnknownSessionError):
            first.lock_session("nosuch")


def test_a_session_is_free_when_its_process_was_killed(beacon):
    code = (
        "from bliss.beacon import Beacon; import signal\n"
        "client = Beacon(role='session'); client.lock_session('demo_session')\n"
        "print('held', flush=True); signal.pause()"
    )
    with (
        subprocess.Popen(
            [sys.executable, "-c", code], env=beacon.env, stdout=subprocess.PIPE
        ) as process,
        beacon.client("session") as client,
    ):
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(SessionLockedError, match=f"process {process.pid}"):
            client.lock_session("demo_session")
        process.kill()
        process.wait()
        lock_when_free(client)
        client.unlock_session("demo_session")


def lock_when_free(client):
    """Beacon sees the end of a connection an instant after the process that had it is gone."""
    deadline = time.monotonic() + TIMEOUT
    while True:
        try:
            return client.lock_session("demo_session")
        except SessionLockedError:
            assert time.monotonic() < deadline


def test_a_client_connects_again_and_takes_its_session_again(tmp_path):
    port = free_port()
    with BeaconProcess(tmp_path / "state", port=port) as process:
        client = process.client("session")
        client.lock_session("demo_session")
        settings = client.redis("settings")
        settings.set("kept", "yes")
        settings.execute_command("WAITAOF", 1, 0, 0)  # on disk: that may take a second
        process.kill()
        with pytest.raises(BeaconNotFoundError, match="connection refused"):
            client.session_names()
        with pytest.raises(redis.ConnectionError):
            settings.get("kept")
        with (
            BeaconProcess(tmp_path / "state", port=port) as again,
            again.client("session") as other,
            client,
        ):
            assert client.session_names() == ["demo_session"]
            with pytest.raises(SessionLockedError):
                other.lock_session("demo_session")
            assert settings.get("kept") == b"yes"


def test_nothing_there():
    address = f"localhost:{free_port()}"
    with pytest.raises(BeaconNotFoundError) as caught:
        Beacon(address).session_names()
    assert str(caught.value) == (
        f"no Beacon answers at {address} (connection refused);"
        " start one with `bliss-beacon`, or set BEACON_HOST=host:port"
    )


def test_a_host_that_does_not_exist():
    with pytest.raises(BeaconNotFoundError, match=r"at no\.such\.invalid:1 \("):
        Beacon("no.such.invalid:1").session_names()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.0 400 Bad Request\r\n\r\n",
        b"\x00\x00\x00\x05hello",
        b"\x00\x00\x00\x01\xc0",
        b"\x00\x00\x00\x01\x80",
        wire.encode({"result": "hi"}),
        wire.encode({"result": None})[:-1],
        b"\xff" * 100,
        None,
    ],
)
def test_something_else_there(answer):
    with something_else(answer) as address, pytest.raises(BeaconNotFoundError) as caught:
        Beacon(address).session_names()
    assert f"no Beacon answers at {address} (what listens there is not Beacon: " in str(
        caught.value
    )


def test_a_web_server_there():
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler) as server:
        server.RequestHandlerClass.log_message = lambda *args: None
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        with pytest.raises(BeaconNotFoundError, match="what listens there is not Beacon"):
            Beacon(f"127.0.0.1:{server.server_port}").session_names()
        thread.join()


def connect(process):
    host, port = process.host.split(":")
    return socket.create_connection((host, int(port)), TIMEOUT)


def send(connection, message):
    connection.sendall(wire.encode(message))
    header = connection.recv(wire.HEADER_SIZE, socket.MSG_WAITALL)
    return wire.decode(connection.recv(wire.payload_length(header), socket.MSG_WAITALL))


HELLO = {"op": "hello", "version": 1, "role": "client", "client": "c", "user": "u", "host": "h",
         "pid": 1}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "speaks version 1 of its protocol, the client version 2"),
        ({"op": "status"}, "speaks version 1"),
        ({"role": "janitor"}, "'janitor': expected one of session, writer, client, viewer"),
        ({"role": None}, "role of a request: expected text"),
        ({"user": 5}, "user of a request: expected text"),
    ],
)
def test_a_hello_that_is_refused(beacon, change, message):
    with connect(beacon) as connection:
        assert message in send(connection, HELLO | change)["message"]
        assert connection.recv(1) == b""


def test_the_client_says_why_it_was_refused(beacon):
    with pytest.raises(BeaconError, match="'boss': expected one of session"):
        Beacon(beacon.host, "boss").connect()


def test_requests_that_make_no_sense_get_an_error(beacon):
    with connect(beacon) as connection:
        assert send(connection, HELLO)["result"]["protocol"] == 1
        for request in (
            {"op": "explode"},
            {"op": ["x"]},
            {"op": {}},
            {},
            {"op": "session_config"},
            {"op": "session_config", "name": 5},
            {"op": "server", "name": []},
            {"op": "__init__"},
        ):
            assert send(connection, request)["error"] == "BeaconError"
        assert send(connection, {"op": "session_names"}) == {"result": ["demo_session"]}


@pytest.mark.parametrize(
    "data", [b"GET / HTTP/1.1\r\n\r\n", b"\xff\xff\xff\xff", b"\x00\x00\x00\x01\xc1", b"\x00"]
)
def test_nonsense_ends_the_connection_and_nothing_else(beacon, data):
    with beacon.client() as client, connect(beacon) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""
        assert client.session_names() == ["demo_session"]


def test_strangers_cannot_use_up_connections(own_beacon):
    with contextlib.ExitStack() as stack, own_beacon.client() as client:
        client.connect()
        strangers = [stack.enter_context(connect(own_beacon)) for _ in range(100)]
        refused, _, _ = select.select(strangers, [], [], TIMEOUT)
        assert refused
        assert client.session_names() == ["demo_session"]
        for stranger in strangers:  # the others are sent away after the time for a hello
            assert stranger.recv(1) == b""
        with own_beacon.client() as late:
            assert late.session_names() == ["demo_session"]
