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

TIMEOUT = 20.0  #: seconds; what is waited for comes within a second or two


def server_process(client, name):
    return psutil.Process(client.status()["servers"][name]["pid"])


def test_servers_answer_with_the_roles_credentials(beacon):
    with beacon.client("session") as session:
        data, settings = session.redis("data"), session.redis("settings")
        assert session.redis("data") is data
        assert data.acl_whoami() == settings.acl_whoami() == "session"
        assert data.info("server")["run_id"] != settings.info("server")["run_id"]
        with pytest.raises(BeaconError, match="'nosuch': expected one of settings, data"):
            session.redis("nosuch")


def test_redis_py_neither_retries_nor_cuts_a_read_short(beacon):
    with beacon.client("session") as client:
        pool = client.redis("data").connection_pool
        connection = pool.get_connection()
        try:
            assert connection.retry.get_retries() == 0
            assert connection.socket_timeout is None
            assert connection.socket_connect_timeout == 3
            assert connection.protocol == 2
        finally:
            pool.release(connection)


def test_no_one_gets_in_without_a_password(beacon):
    with beacon.client() as client:
        where = client.server("data")
    for user in ({}, {"password": "x"}, {"username": "janitor", "password": where["password"]}):
        with (
            redis.Redis(port=where["port"], retry=None, **user) as stranger,
            pytest.raises((redis.AuthenticationError, redis.exceptions.NoPermissionError)),
        ):
            stranger.ping()


def test_no_secret_can_be_seen_from_outside(beacon):
    with beacon.client() as client:
        secrets = [client.server(name)["password"] for name in ("data", "settings")]
        processes = [server_process(client, name) for name in ("data", "settings")]
    seen = str([each.cmdline() for each in processes])
    files = [path for path in beacon.state.rglob("*") if path.is_file()]
    for secret in secrets:
        assert secret not in seen + beacon.log
        assert not any(secret.encode() in path.read_bytes() for path in files)
    assert all(path.stat().st_mode & 0o077 == 0 for path in (beacon.state, *files))


@pytest.mark.parametrize("name", ["settings", "data"])
def test_a_server_that_dies_is_back_where_it_was(own_beacon, name):
    with own_beacon.client("session") as client:
        server = client.redis(name)
        server.hset("key", "field", "value")
        before = server.info("server")["run_id"]
        where = client.server(name)
        server_process(client, name).kill()
        with contextlib.suppress(redis.ConnectionError):  # whether the old one is still seen or not
            server.ping()
        assert server.hget("key", "field") == (b"value" if name == "settings" else None)
        assert server.info("server")["run_id"] != before
        assert client.server(name) == where
        assert client.status()["servers"][name]["starts"] == 2


def test_functions_are_there_after_every_start(own_beacon):
    with own_beacon.client("session") as client:
        for name in ("data", "settings"):
            functions = (
                Path(wire.__file__).parents[1] / {"data": "data", "settings": "config"}[name]
            )
            if not (functions / "functions.lua").is_file():
                continue
            server = client.redis(name)
            assert_has_functions(server)
            server_process(client, name).kill()
            with contextlib.suppress(redis.ConnectionError):
                server.ping()
            assert_has_functions(server)


def assert_has_functions(server):
    """Sessions may not list functions; the memory that these take is public."""
    assert server.info("memory")["number_of_functions"] > 0


def test_the_data_server_never_evicts(beacon):
    with beacon.client("session") as client:
        memory = client.redis("data").info("memory")
        assert memory["maxmemory"] == 1 << 30
        assert memory["maxmemory_policy"] == "noeviction"
        assert client.redis("data").info("persistence")["aof_enabled"] == 0
        assert client.redis("settings").info("persistence")["aof_enabled"] == 1


def test_a_server_whose_port_was_taken_meanwhile_is_back_at_another(own_beacon):
    with own_beacon.client("session") as client:
        where = client.server("data")
        process = server_process(client, "data")
        own_beacon.process.send_signal(signal.SIGSTOP)  # so that we are first
        try:
            process.kill()
            listener = take_port(where["port"])
        finally:
            own_beacon.process.send_signal(signal.SIGCONT)
        with listener:
            assert client.server("data")["port"] != where["port"]
            assert client.redis("data").ping()


def take_port(port):
    """Listen on a port that a process which has been killed is about to leave."""
    deadline = time.monotonic() + TIMEOUT
    while True:
        try:
            return socket.create_server(("127.0.0.1", port))
        except OSError:
            assert time.monotonic() < deadline
