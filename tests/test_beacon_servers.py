"""The two servers that Beacon keeps: roles, secrets, restarts."""

import contextlib
import signal
import socket
import time
from pathlib import Path

import psutil
import pytest
import redis

from bliss.beacon import wire
from bliss.common.errors import (
    BeaconError,
)
from tests.beacon_process import (
    BeaconProcess,
)

TIMEOUT = 20.0  #: seconds; what is waited for comes within a second or two


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A Beacon for tests that leave it as it is."""
    with BeaconProcess(tmp_path_factory.mktemp("beacon")) as process:
        yield process


@pytest.fixture
def own(tmp_path):
    """A Beacon for tests that change or end it."""
    with BeaconProcess(tmp_path / "state") as process:
        yield process


def server_process(beacon, name):
    return psutil.Process(beacon.status()["servers"][name]["pid"])


def test_servers_answer_with_the_roles_credentials(shared):
    with shared.client("session") as session:
        data, settings = session.redis("data"), session.redis("settings")
        assert session.redis("data") is data
        assert data.acl_whoami() == settings.acl_whoami() == "session"
        assert data.info("server")["run_id"] != settings.info("server")["run_id"]
        with pytest.raises(BeaconError, match="'nosuch': expected one of settings, data"):
            session.redis("nosuch")


def test_redis_py_neither_retries_nor_cuts_a_read_short(shared):
    with shared.client("session") as beacon:
        pool = beacon.redis("data").connection_pool
        connection = pool.get_connection()
        try:
            assert connection.retry.get_retries() == 0
            assert connection.socket_timeout is None
            assert connection.socket_connect_timeout == 3
            assert connection.protocol == 2
        finally:
            pool.release(connection)


WRITES = [["SET", "k", "v"], ["XADD", "s", "*", "a", "b"], ["EVAL", "return 1", "0"], ["DEL", "k"]]
READS = [["GET", "k"], ["XREAD", "STREAMS", "s", "0"], ["HGETALL", "h"], ["INFO", "server"],
         ["SCAN", "0"], ["TIME"], ["EVAL_RO", "return 1", "0"]]  # fmt: skip
FORBIDDEN = [["FLUSHALL"], ["CONFIG", "GET", "*"], ["KEYS", "*"], ["SHUTDOWN"], ["ACL", "LIST"],
             ["FUNCTION", "FLUSH"], ["CLIENT", "LIST"], ["MONITOR"], ["REPLICAOF", "a", "1"],
             ["SAVE"], ["BGREWRITEAOF"]]  # fmt: skip


@pytest.mark.parametrize(
    ("role", "writable"),
    [
        ("session", {"settings", "data"}),
        ("client", {"settings"}),
        ("writer", set()),
        ("viewer", set()),
    ],
)
@pytest.mark.parametrize("name", ["settings", "data"])
def test_what_a_role_may_do(shared, role, writable, name):
    with shared.client(role) as beacon:
        server = beacon.redis(name)
        for command in READS:
            server.execute_command(*command)
        for command in FORBIDDEN:
            with pytest.raises(redis.exceptions.NoPermissionError):
                server.execute_command(*command)
        for command in [*WRITES, ["PUBLISH", "c", "m"]]:
            if name in writable:
                server.execute_command(*command)
            else:
                with pytest.raises(redis.exceptions.NoPermissionError):
                    server.execute_command(*command)
        with contextlib.closing(server.pubsub()) as subscriber:
            subscriber.subscribe("c")
            assert subscriber.get_message(timeout=TIMEOUT)["type"] == "subscribe"


def test_no_one_gets_in_without_a_password(shared):
    with shared.client() as beacon:
        where = beacon.server("data")
    for user in ({}, {"password": "x"}, {"username": "janitor", "password": where["password"]}):
        with (
            redis.Redis(port=where["port"], retry=None, **user) as stranger,
            pytest.raises((redis.AuthenticationError, redis.exceptions.NoPermissionError)),
        ):
            stranger.ping()


def test_no_secret_can_be_seen_from_outside(shared):
    with shared.client() as beacon:
        secrets = [beacon.server(name)["password"] for name in ("data", "settings")]
        processes = [server_process(beacon, name) for name in ("data", "settings")]
    seen = str([each.cmdline() for each in processes])
    files = [path for path in shared.state.rglob("*") if path.is_file()]
    for secret in secrets:
        assert secret not in seen + shared.log
        assert not any(secret.encode() in path.read_bytes() for path in files)
    assert all(path.stat().st_mode & 0o077 == 0 for path in (shared.state, *files))


@pytest.mark.parametrize("name", ["settings", "data"])
def test_a_server_that_dies_is_back_where_it_was(own, name):
    with own.client("session") as beacon:
        server = beacon.redis(name)
        server.set("key", "value")
        before = server.info("server")["run_id"]
        where = beacon.server(name)
        server_process(beacon, name).kill()
        with contextlib.suppress(redis.ConnectionError):  # whether the old one is still seen or not
            server.ping()
        assert server.get("key") == (b"value" if name == "settings" else None)
        assert server.info("server")["run_id"] != before
        assert beacon.server(name) == where
        assert beacon.status()["servers"][name]["starts"] == 2


def test_functions_are_there_after_every_start(own):
    with own.client("session") as beacon:
        for name in ("data", "settings"):
            functions = (
                Path(wire.__file__).parents[1] / {"data": "data", "settings": "config"}[name]
            )
            if not (functions / "functions.lua").is_file():
                continue
            server = beacon.redis(name)
            assert_has_functions(server)
            server_process(beacon, name).kill()
            with contextlib.suppress(redis.ConnectionError):
                server.ping()
            assert_has_functions(server)


def assert_has_functions(server):
    """Sessions may not list functions; the memory that these take is public."""
    assert server.info("memory")["number_of_functions"] > 0


def test_the_data_server_never_evicts(shared):
    with shared.client("session") as beacon:
        memory = beacon.redis("data").info("memory")
        assert memory["maxmemory"] == 1 << 30
        assert memory["maxmemory_policy"] == "noeviction"
        assert beacon.redis("data").info("persistence")["aof_enabled"] == 0
        assert beacon.redis("settings").info("persistence")["aof_enabled"] == 1


def test_a_server_whose_port_was_taken_meanwhile_is_back_at_another(own):
    with own.client("session") as beacon:
        where = beacon.server("data")
        process = server_process(beacon, "data")
        own.process.send_signal(signal.SIGSTOP)  # so that we are first
        try:
            process.kill()
            listener = take_port(where["port"])
        finally:
            own.process.send_signal(signal.SIGCONT)
        with listener:
            assert beacon.server("data")["port"] != where["port"]
            assert beacon.redis("data").ping()


def take_port(port):
    """Listen on a port that a process which has been killed is about to leave."""
    deadline = time.monotonic() + TIMEOUT
    while True:
        try:
            return socket.create_server(("127.0.0.1", port))
        except OSError:
            assert time.monotonic() < deadline
